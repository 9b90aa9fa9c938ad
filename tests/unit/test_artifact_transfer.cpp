#include "artifact/transfer.hpp"
#include "base/error.hpp"
#include "support/http_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "artifact_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace {

using mlem::Verdict;
using mlem::artifact::HttpHeader;
using mlem::artifact::Retries;
using mlem::artifact::Transfer;
using mlem::artifact::TransferEngine;
using mlem::artifact::TransferResult;
using namespace mlem::test;
namespace fs = mlem::fs;
using namespace std::chrono_literals;

constexpr Retries quick{.most = 3, .pause = 1ms, .longest = 5s};

/// A sandbox with an engine.
struct World {
  Sandbox box;
  mlem::source::Settings settings = user_settings(box);
  TransferEngine engine{settings, quick};

  TransferResult run(Transfer transfer) { return engine.run(std::move(transfer)); }
  TransferResult get(const std::string& url, std::optional<std::uint64_t> size = {}) {
    return run({.url = url, .name = "rf", .size = size});
  }
};

std::string verdict(const TransferResult& result) {
  return result.refusal ? std::string(name(result.refusal->verdict)) : "ok";
}
std::string message(const TransferResult& result) { return result.refusal ? result.refusal->message : ""; }
std::string hint(const TransferResult& result) { return result.refusal ? result.refusal->hint : ""; }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string partial(const std::string& range, const std::string& body, const std::string& headers = {}) {
  return HttpStub::response("206 Partial Content", body, "Content-Range: bytes " + range + "\r\n" + headers);
}

std::string chunked(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n" + headers + "\r\n" +
         (body.empty() ? "" : std::to_string(body.size()) + "\r\n" + body + "\r\n") + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("transfer: a file is taken whole with what the server tells of it") {
  World world;
  HttpStub server({HttpStub::response("200 OK", "weights", "ETag: \"v1\"\r\nContent-Type: model/rf\r\n")});
  const TransferResult result = world.get(server.url("rf?key=1"), 7);
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
  CHECK(result.status == 200);
  CHECK(result.size == 7);
  CHECK(result.received == 7);
  CHECK(result.etag == "\"v1\"");
  CHECK(result.content_type == "model/rf");
  CHECK(server.requests().size() == 1);
  CHECK(server.requests()[0].substr(0, 25) == "GET /rf?key=1 HTTP/1.1\r\nH");
}

TEST_CASE("transfer: what broke off is gone on with where it ended") {
  World world;
  HttpStub server({HttpStub::cut_response("weig", 7, "ETag: \"v1\"\r\n"), partial("4-6/7", "hts", "ETag: \"v1\"\r\n")});
  std::vector<std::uint64_t> begun;
  Transfer transfer{.url = server.url("rf"), .size = 7};
  transfer.begin = [&](std::uint64_t offset) { return begun.push_back(offset), true; };
  const TransferResult result = world.run(transfer);
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
  CHECK(begun == std::vector<std::uint64_t>{0, 4});
  REQUIRE(server.requests().size() == 2);
  CHECK(contains(server.requests()[1], "\r\nRange: bytes=4-\r\nIf-Range: \"v1\"\r\n"));
}

TEST_CASE("transfer: what broke off is gone on with after a server was busy") {
  World world;
  HttpStub server(
      {HttpStub::cut_response("weig", 7), HttpStub::response("503 Busy", "later"), partial("4-6/7", "hts")});
  const TransferResult result = world.get(server.url("rf"), 7);
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
}

TEST_CASE("transfer: a server that sends all where a part was asked for is taken from the beginning") {
  World world;
  HttpStub server({HttpStub::response("200 OK", "weights")});
  std::vector<std::uint64_t> begun;
  Transfer transfer{.url = server.url("rf"), .size = 7, .offset = 4, .etag = "\"v0\""};
  transfer.begin = [&](std::uint64_t offset) { return begun.push_back(offset), true; };
  const TransferResult result = world.run(transfer);
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
  CHECK(begun == std::vector<std::uint64_t>{0});
}

TEST_CASE("transfer: a file that changed since is taken from the beginning") {
  World world;
  HttpStub server({partial("4-6/7", "hts", "ETag: \"v2\"\r\n"), HttpStub::response("200 OK", "weights")});
  const TransferResult result = world.run({.url = server.url("rf"), .size = 7, .offset = 4, .etag = "\"v1\""});
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
  REQUIRE(server.requests().size() == 2);
  CHECK_FALSE(contains(server.requests()[1], "Range:"));
}

TEST_CASE("transfer: a part that cannot be had is taken from the beginning") {
  World world;
  HttpStub server({HttpStub::response("416 Range Not Satisfiable", ""), HttpStub::response("200 OK", "weights")});
  const TransferResult result = world.run({.url = server.url("rf"), .offset = 9});
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
}

TEST_CASE("transfer: a server that does not know how to send a part is asked for the whole from then on") {
  for (const std::string& answer : {partial("0-6/7", "weights"), HttpStub::response("206 Partial Content", "hts"),
                                    HttpStub::response("400 Bad Request", ""), HttpStub::response("501 What", "")}) {
    CAPTURE(answer);
    World world;
    HttpStub server({answer, HttpStub::cut_response("wei", 7), HttpStub::response("200 OK", "weights")});
    std::vector<std::uint64_t> offsets;
    std::string taken = "weig";
    Transfer transfer{.url = server.url("rf"), .size = 7, .offset = 4};
    transfer.begin = [&](std::uint64_t offset) { return offsets.push_back(offset), taken.resize(offset), true; };
    transfer.take = [&](std::string_view bytes) { return taken += bytes, true; };
    CHECK(message(world.run(transfer)) == "");
    CHECK(taken == "weights");
    CHECK(offsets == std::vector<std::uint64_t>{0, 0});
    const std::vector<std::string> requests = server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(contains(requests[0], "Range: bytes=4-\r\n"));
    CHECK_FALSE(contains(requests[1], "Range:"));
    CHECK_FALSE(contains(requests[2], "Range:"));
  }
}

TEST_CASE("transfer: what is here already is not asked for") {
  World world;
  HttpStub server({HttpStub::response("500 Oops", "")});
  const TransferResult result = world.run({.url = server.url("rf"), .size = 7, .offset = 7});
  CHECK(message(result) == "");
  CHECK(result.received == 7);
  bool is_begun = false;
  Transfer empty{.url = server.url("rf"), .size = 0};
  empty.begin = [&](std::uint64_t offset) { return is_begun = true, offset == 0; };
  CHECK(message(world.run(empty)) == "");
  CHECK(is_begun);
  CHECK(server.requests().empty());
}

TEST_CASE("transfer: answers that do not fit the file are refused") {
  struct Row {
    std::string name;
    std::string answer;
    std::uint64_t offset;
    std::string verdict;
    std::string message;
    std::string hint;
  };
  const std::string page = "<html>Log in</html>";
  const std::string html = "Content-Type: text/html; charset=utf-8\r\n";
  const std::string login = "it may be a page to log in on";
  const Row rows[] = {
      {"longer", HttpStub::response("200 OK", "weights!"), 0, "artifact-mismatch", "it has 8 bytes, not 7", ""},
      {"shorter", HttpStub::response("200 OK", "weight"), 0, "artifact-mismatch", "it has 6 bytes, not 7", ""},
      {"longer than known", chunked("weights!"), 0, "artifact-mismatch", "it has more than 7 bytes", ""},
      {"shorter than known", chunked("weight"), 0, "unreachable", "it ends after 6 of 7 bytes", ""},
      {"a page", HttpStub::response("200 OK", page, html), 0, "unreachable", "the answer is a page of 19 bytes, not 7",
       login},
      {"a page of unknown size", chunked("<html>", html), 0, "unreachable", "the answer is a page of 6 bytes, not 7",
       login},
      {"another part", partial("3-6/7", "ghts"), 4, "unreachable",
       "the server sends another part of the file than it was asked for", ""},
      {"a part of another file", partial("4-7/8", "hts!"), 4, "artifact-mismatch", "it has 8 bytes, not 7", ""},
      {"a part that was not asked for", partial("0-6/7", "weights"), 0, "unreachable",
       "the server sends another part of the file than it was asked for", ""},
      {"no part at all", HttpStub::response("206 Partial Content", "hts"), 4, "unreachable",
       "the server sends another part of the file than it was asked for", ""},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.name);
    HttpStub server({row.answer});
    std::string taken;
    Transfer transfer{.url = server.url("rf"), .name = "rf", .size = 7, .offset = row.offset};
    transfer.begin = [&](std::uint64_t offset) { return taken.resize(offset), true; };
    transfer.take = [&](std::string_view bytes) { return taken += bytes, true; };
    const TransferResult result = world.run(transfer);
    CHECK(verdict(result) == row.verdict);
    CHECK(message(result) == "cannot read 'rf': " + row.message);
    CHECK(hint(result) == row.hint);
    CHECK(taken.size() <= 7);
  }
}

TEST_CASE("transfer: a file of unknown size has a limit") {
  World world;
  for (const std::string& answer : {HttpStub::response("200 OK", "weights"), chunked("weights")}) {
    HttpStub server({answer});
    const TransferResult result = world.run({.url = server.url("rf"), .name = "rf", .limit = 5});
    CHECK(verdict(result) == "too-large");
    CHECK(result.body == "");
  }
}

TEST_CASE("transfer: an answer that is not a file has its verdict") {
  struct Row {
    std::string status;
    std::string verdict;
    std::string hint;
    std::size_t requests;
  };
  const Row rows[] = {
      {"404 Not Found", "artifact-missing", "or this account may not see it", 1},
      {"410 Gone", "artifact-missing", "or this account may not see it", 1},
      {"401 Unauthorized", "auth-required", "", 1},
      {"403 Forbidden", "auth-required", "", 1},
      {"418 I'm a teapot", "unreachable", "", 1},
      {"500 Internal Server Error", "unreachable", "", 4},
      {"503 Service Unavailable", "unreachable", "", 4},
      {"429 Too Many Requests", "unreachable", "", 4},
      {"509 Bandwidth Limit Exceeded", "unreachable", "", 1},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.status);
    HttpStub server({HttpStub::response(row.status, "words")});
    const TransferResult result = world.get(server.url("rf"), 7);
    CHECK(verdict(result) == row.verdict);
    CHECK(message(result) == "cannot read 'rf': the server answered " + row.status);
    CHECK(hint(result) == row.hint);
    CHECK(result.body == "words");
    CHECK(server.requests().size() == row.requests);
  }
}

TEST_CASE("transfer: a busy server is asked again when it wants to be") {
  World world;
  HttpStub server({HttpStub::response("429 Too Many Requests", "", "Retry-After: 0\r\n"),
                   HttpStub::response("502 Bad Gateway", "<html>"), HttpStub::response("200 OK", "weights")});
  const TransferResult result = world.get(server.url("rf"), 7);
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
  HttpStub patient({HttpStub::response("429 Too Many Requests", "", "Retry-After: 3600\r\n")});
  const TransferResult refused = world.get(patient.url("rf"), 7);
  CHECK(verdict(refused) == "unreachable");
  CHECK(message(refused) ==
        "cannot read 'rf': the server answered 429 Too Many Requests, and wants to be asked again in 3600 seconds");
  CHECK(patient.requests().size() == 1);
}

TEST_CASE("transfer: a server that does not come back is asked once for the next file") {
  World world;
  HttpStub server({HttpStub::response("500 Oops", "")});
  world.get(server.url("a"));
  CHECK(server.requests().size() == 4);
  world.get(server.url("b"));
  CHECK(server.requests().size() == 5);
}

TEST_CASE("transfer: a connection that breaks off again and again is given up") {
  World world;
  HttpStub server({HttpStub::cut_response("weig", 7), HttpStub::cut_response("weig", 7)});
  const TransferResult result = world.get(server.url("rf"), 7);
  CHECK(verdict(result) == "unreachable");
  CHECK(contains(message(result), "cannot read 'rf': the connection broke off: "));
  CHECK(server.requests().size() == 4);
}

TEST_CASE("transfer: nobody listens") {
  World world;
  const std::string url = SilentServer().url("rf");
  const TransferResult result = world.get(url, 7);
  CHECK(verdict(result) == "unreachable");
  CHECK(contains(message(result), "cannot read 'rf': Failed to connect to 127.0.0.1 port "));
}

TEST_CASE("transfer: no progress ends it") {
  World world;
  world.settings.budget.timeout = 1s;
  SilentServer silent;
  DripServer drips;
  for (const std::string& url : {silent.url("rf"), drips.url("rf")}) {
    const TransferResult result = world.get(url);
    CHECK(verdict(result) == "timeout");
    CHECK(message(result) == "cannot read 'rf': no progress for 1 seconds");
    CHECK(hint(result) == "mlem.timeout sets how long to wait");
  }
}

TEST_CASE("transfer: a server that is silent again and again is not waited for any more") {
  World world;
  world.settings.budget.timeout = 100ms;
  world.settings.budget.jobs = 8;
  SilentServer silent;
  world.engine.run_all(std::vector<Transfer>(8, {.url = silent.url("rf")}));
  const TransferResult result = world.get(silent.url("rf"));
  CHECK(verdict(result) == "timeout");
  CHECK(message(result) == "cannot read 'rf': the server has not answered for other files");
}

TEST_CASE("transfer: a deadline ends it") {
  World world;
  world.settings.budget.timeout = 0s;
  world.settings.budget.deadline = std::chrono::steady_clock::now() + 200ms;
  SilentServer silent;
  const TransferResult result = world.get(silent.url("rf"));
  CHECK(verdict(result) == "timeout");
  CHECK(message(result) == "cannot read 'rf': it took too long");
}

TEST_CASE("transfer: a request to end is heard while a server is silent and in a pause") {
  World world;
  SilentServer silent;
  HttpStub busy({HttpStub::response("503 Busy", "", "Retry-After: 5\r\n")});
  for (const std::string& url : {silent.url("rf"), busy.url("rf")}) {
    mlem::Interrupt interrupt;
    world.settings.observer.interrupt = &interrupt;
    std::thread other([&] {
      std::this_thread::sleep_for(200ms);
      interrupt.request();
    });
    CHECK_THROWS_AS(world.engine.run_all({{.url = url}, {.url = url}}), mlem::Interrupted);
    other.join();
  }
}

TEST_CASE("transfer: headers go to the server that they are for and not to another") {
  World world;
  HttpStub other({HttpStub::response("200 OK", "weights")});
  HttpStub server({HttpStub::response("302 Found", "", "Location: " + other.url("there") + "\r\n")});
  const TransferResult result = world.run(
      {.url = server.url("rf"), .headers = {{"Authorization", "Basic secret"}, {"X-Token", "secret"}}, .size = 7});
  CHECK(message(result) == "");
  CHECK(result.body == "weights");
  REQUIRE(other.requests().size() == 1);
  CHECK(contains(server.requests()[0], "Authorization: Basic secret\r\nX-Token: secret\r\n"));
  CHECK_FALSE(contains(other.requests()[0], "secret"));
}

TEST_CASE("transfer: headers stay with a redirection on the same server") {
  World world;
  HttpStub server(
      {HttpStub::response("307 Temporary Redirect", "", "Location: /there\r\n"), HttpStub::response("200 OK", "{}")});
  const TransferResult result = world.run({.method = Transfer::Method::post,
                                           .url = server.url("batch"),
                                           .headers = {{"Authorization", "Basic secret"}},
                                           .body = "[1]"});
  CHECK(message(result) == "");
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].substr(0, 13) == "POST /there H");
  CHECK(contains(server.requests()[1], "Authorization: Basic secret"));
  CHECK(server.requests()[1].ends_with("\r\n\r\n[1]"));
}

TEST_CASE("transfer: redirections have a bound and their rules") {
  struct Row {
    std::string location;
    std::string verdict;
    std::string message;
  };
  const Row rows[] = {
      {"/rf", "unreachable", "it redirects without end"},
      {"file:///etc/passwd", "forbidden", "not an address of the web: its protocol is not http or https"},
      {"ftp://127.0.0.1/rf", "forbidden", "not an address of the web: its protocol is not http or https"},
      {"http://alice:sesame@127.0.0.1:1/rf", "forbidden",
       "it redirects to 'http://***@127.0.0.1:1/rf', and that may not be used: it has a user"},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.location);
    HttpStub server({HttpStub::response("302 Found", "", "Location: " + row.location + "\r\n")});
    const TransferResult result = world.get(server.url("rf"));
    CHECK(verdict(result) == row.verdict);
    CHECK(message(result) == "cannot read 'rf': " + row.message);
  }
  HttpStub nowhere({HttpStub::response("302 Found", "")});
  CHECK(message(world.get(nowhere.url("rf"))) == "cannot read 'rf': the server answered 302 Found without an address");
}

TEST_CASE("transfer: redirections are not followed where git's configuration says so") {
  Sandbox box;
  box.add_config("http.followRedirects", "false");
  const mlem::source::Settings settings = user_settings(box);
  TransferEngine engine(settings, quick);
  HttpStub server({HttpStub::response("302 Found", "", "Location: /there\r\n")});
  const TransferResult result = engine.run({.url = server.url("rf"), .name = "rf"});
  CHECK(verdict(result) == "unreachable");
  CHECK(message(result) == "cannot read 'rf': it redirects to another address");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("transfer: what may not be reached is not asked") {
  World world;
  CountingListener listener;
  world.settings.access.url_policy.protocols = {"https"};
  const TransferResult by_protocol = world.get(listener.url("rf"));
  CHECK(verdict(by_protocol) == "forbidden");
  CHECK(message(by_protocol) == "cannot read 'rf': may not be used: the protocol 'http' is not in mlem.allowProtocol");
  world.settings.access.url_policy = {.public_hosts = true};
  const TransferResult by_host = world.get(listener.url("rf"));
  CHECK(message(by_host) == "cannot read 'rf': may not be used: its host '127.0.0.1' has no public name");
  world.settings.access.url_policy = {.sources = {"https://git.example.com/**"}};
  CHECK(message(world.get(listener.url("rf"))) == "cannot read 'rf': may not be used: it is not in mlem.allowSource");
  CHECK(listener.attempts() == 0);
}

TEST_CASE("transfer: names of servers are shown without secrets") {
  World world;
  HttpStub server({HttpStub::response("404 Not Found", "")});
  const TransferResult result = world.run({.url = server.url("rf?signature=secret#x")});
  CHECK(message(result) == "cannot read '" + server.url("rf") + "': the server answered 404 Not Found");
  CHECK(mlem::artifact::shown_url("https://alice:sesame@h/x\x1b?y") == "https://***@h/x\\033");
}

TEST_CASE("transfer: proxies and headers are those of git") {
  Sandbox box;
  HttpStub proxy({HttpStub::response("200 OK", "by proxy")});
  HttpStub direct({HttpStub::response("200 OK", "direct")});
  box.add_config("http.http://models.invalid/.proxy", proxy.url(""));
  box.add_config("http.http://models.invalid/.extraHeader", "Authorization: Basic Y2k=");
  box.environment()["http_proxy"] = "http://127.0.0.1:1/";
  box.environment()["no_proxy"] = "127.0.0.1";
  const mlem::source::Settings settings = user_settings(box);
  TransferEngine engine(settings, quick);
  CHECK(engine.run({.url = "http://models.invalid/rf"}).body == "by proxy");
  CHECK(engine.run({.url = direct.url("rf")}).body == "direct");
  REQUIRE(proxy.requests().size() == 1);
  CHECK(contains(proxy.requests()[0], "GET http://models.invalid/rf HTTP/1.1\r\n"));
  CHECK(contains(proxy.requests()[0], "Authorization: Basic Y2k=\r\n"));
  CHECK_FALSE(contains(direct.requests()[0], "Authorization"));
  engine.run({.url = "http://models.invalid/rf", .headers = {{"authorization", "Bearer own"}}});
  REQUIRE(proxy.requests().size() == 2);
  CHECK_FALSE(contains(proxy.requests()[1], "Y2k="));
}

TEST_CASE("transfer: several headers of the user are collected and forgotten as git does it") {
  struct Row {
    std::string name;
    std::vector<std::pair<std::string, std::string>> settings;  ///< `@` stands for the address of the server
    std::string sent;
  };
  const std::vector<Row> rows = {
      {"two", {{"http", "X-A: 1"}, {"http", "X-B: 2"}}, "X-A: 1, X-B: 2"},
      {"for the server and all", {{"http", "X-A: 1"}, {"http.@", "X-B: 2"}}, "X-A: 1, X-B: 2"},
      {"for all after the server", {{"http.@", "X-B: 2"}, {"http", "X-A: 1"}}, "X-B: 2"},
      {"an empty one", {{"http", "X-A: 1"}, {"http", ""}, {"http", "X-C: 3"}}, "X-C: 3"},
      {"an empty one for the server", {{"http", "X-A: 1"}, {"http.@", ""}}, ""},
      {"for another server", {{"http", "X-A: 1"}, {"http.http://h/\"x\\", "X-B: 2"}}, "X-A: 1"},
      {"the same twice", {{"http", "X-A: 1"}, {"http", "X-A: 2"}}, "X-A: 1, X-A: 2"},
  };
  const auto headers_of = [](const std::string& request) {
    std::string headers;
    for (std::size_t at = 0; (at = request.find("\r\nX-", at)) != std::string::npos; ++at)
      headers += (headers.empty() ? "" : ", ") + request.substr(at + 2, request.find("\r\n", at + 2) - at - 2);
    return headers;
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Sandbox box;
    HttpStub server({HttpStub::response("404 Not Found", "")});
    for (const auto& [section, value] : row.settings) {
      const std::size_t at = section.find('@');
      const std::string place = at == std::string::npos ? section : section.substr(0, at) + server.url("");
      box.add_config(place + ".extraHeader", value);
    }
    const mlem::source::Settings settings = user_settings(box);
    TransferEngine(settings, quick).run({.url = server.url("rf")});
    box.git({"ls-remote", server.url("rf")});
    REQUIRE(server.requests().size() >= 2);
    CHECK(headers_of(server.requests()[0]) == row.sent);
    CHECK(headers_of(server.requests()[1]) == row.sent);
  }
}

TEST_CASE("transfer: who takes the bytes may end it") {
  World world;
  HttpStub server({HttpStub::response("200 OK", "weights")});
  Transfer transfer{.url = server.url("rf")};
  transfer.take = [](std::string_view) { return false; };
  CHECK(world.run(transfer).is_stopped);
  transfer.begin = [](std::uint64_t) { return false; };
  CHECK(world.run(transfer).is_stopped);
  transfer.begin = nullptr;
  transfer.take = [](std::string_view) -> bool { throw std::runtime_error("the disk is full"); };
  CHECK_THROWS_WITH(world.run(transfer), "the disk is full");
  CHECK_THROWS_WITH(world.engine.run_all({transfer, transfer}), "the disk is full");
  // And what the others do ends with it.
  world.settings.budget.timeout = 0s;
  SilentServer silent;
  CHECK_THROWS_WITH(world.engine.run_all({{.url = silent.url("rf")}, transfer}), "the disk is full");
  CHECK(world.get(server.url("rf"), 7).body == "weights");
}

TEST_CASE("transfer: the size of a file is asked for without its bytes") {
  World world;
  HttpStub head({"HTTP/1.1 200 OK\r\nContent-Length: 4294967297\r\nConnection: close\r\n\r\n"});
  CHECK(world.run({.method = Transfer::Method::head, .url = head.url("rf")}).size == 4294967297U);
  CHECK(head.requests()[0].substr(0, 5) == "HEAD ");
  struct Row {
    std::string answer;
    std::uint64_t size;
  };
  const Row rows[] = {{partial("0-0/4294967297", "w"), 4294967297U},
                      {HttpStub::response("200 OK", "weights"), 7},
                      {HttpStub::response("416 Range Not Satisfiable", "", "Content-Range: bytes */0\r\n"), 0}};
  for (const Row& row : rows) {
    HttpStub server({row.answer});
    const TransferResult result = world.run({.method = Transfer::Method::first_byte, .url = server.url("rf")});
    CHECK(message(result) == "");
    CHECK(result.size == row.size);
    CHECK(contains(server.requests()[0], "\r\nRange: bytes=0-0\r\n"));
  }
}

TEST_CASE("transfer: an address that has expired or is refused is renewed once") {
  World world;
  HttpStub server({HttpStub::response("200 OK", "weights")});
  HttpStub refusing({HttpStub::response("403 Forbidden", "expired")});
  int renewed = 0;
  Transfer expired{.url = refusing.url("rf"), .expires = Transfer::Clock::now() - 1s};
  expired.renew = [&](Transfer& transfer) -> std::optional<mlem::source::Refusal> {
    ++renewed;
    transfer.url = server.url("rf");
    transfer.expires = {};
    return std::nullopt;
  };
  CHECK(world.run(expired).body == "weights");
  CHECK(renewed == 1);
  CHECK(refusing.requests().empty());
  Transfer refused = expired;
  refused.expires = {};
  CHECK(world.run(refused).body == "weights");
  CHECK(renewed == 2);
  refused.renew = [&](Transfer&) -> std::optional<mlem::source::Refusal> { return ++renewed, std::nullopt; };
  const TransferResult result = world.run(refused);
  CHECK(verdict(result) == "auth-required");
  CHECK(renewed == 3);
  expired.renew = [](Transfer&) { return mlem::source::Refusal{Verdict::artifact_missing, "it is gone", {}}; };
  CHECK(message(world.run(expired)) == "it is gone");
}

TEST_CASE("transfer: many files come over few connections") {
  World world;
  const HttpServer server(world.box);
  for (int i = 0; i < 40; ++i) write_file(server.files() / std::to_string(i), std::string(100'000, 'a'));
  world.settings.budget.jobs = 3;
  int asked = 0;
  int whole = 0;
  world.engine.run_all(
      [&]() -> std::optional<Transfer> {
        if (asked == 40) return std::nullopt;
        return Transfer{.url = server.url("files/" + std::to_string(asked++)), .size = 100'000};
      },
      [&](const Transfer&, const TransferResult& result) {
        if (result.body.size() == 100'000) ++whole;
      });
  CHECK(whole == 40);
  CHECK(server.requests().size() == 40);
  CHECK(server.connections() <= 3);
}

TEST_CASE("transfer: memory does not grow with a file") {
  World world;
  const HttpServer server(world.box);
  constexpr std::uint64_t size = std::uint64_t{300} << 20;
  write_file(server.files() / "rf", "");
  fs::resize_file(server.files() / "rf", size);
  const auto peak = [] {  // in KiB
    const std::string status = read_file("/proc/self/status");
    return std::stoll(status.substr(status.find("VmHWM:") + 6));
  };
  const auto before = peak();
  std::uint64_t taken = 0;
  Transfer transfer{.url = server.url("files/rf"), .size = size};
  transfer.take = [&](std::string_view bytes) { return taken += bytes.size(), true; };
  CHECK(message(world.run(transfer)) == "");
  CHECK(taken == size);
  CHECK(peak() - before < 32 * 1024);
}

TEST_CASE("transfer: a program that transfers nothing does not load libcurl") {
  const Sandbox box;
  const Outcome libraries = box.run({"ldd", fs::read_symlink("/proc/self/exe").string()});
  CAPTURE(libraries);
  CHECK(libraries.code == 0);
  CHECK_FALSE(contains(libraries.output, "libcurl"));
}

TEST_CASE("transfer: a server of files goes on in the middle") {
  World world;
  const HttpServer server(world.box);
  write_file(server.files() / "rf", "weights");
  const TransferResult whole = world.get(server.url("files/rf"), 7);
  CHECK(whole.body == "weights");
  const TransferResult rest = world.run({.url = server.url("files/rf"), .size = 7, .offset = 4, .etag = whole.etag});
  CHECK(rest.body == "hts");
  CHECK(rest.status == 206);
  CHECK(rest.received == 7);
}
