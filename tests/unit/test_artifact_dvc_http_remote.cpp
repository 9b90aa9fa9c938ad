#include "artifact/dvc_http_remote.hpp"
#include "support/lfs_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "artifact_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <chrono>

namespace {

using mlem::artifact::DvcConfig;
using mlem::artifact::DvcHttpRemote;
using mlem::artifact::DvcWanted;
using mlem::artifact::find_usable_remote;
using mlem::artifact::ObjectAnswer;
using mlem::artifact::Retries;
using mlem::artifact::TransferEngine;
using mlem::artifact::TransferResult;
using mlem::dvc::Layout;
using namespace mlem::test;
using namespace std::chrono_literals;

constexpr Retries hasty{.most = 1, .pause = 1ms, .longest = 2s};
const std::string md5 = "96f5441d1cfa935583836702a3edd3d1";
const std::string below = "96/f5441d1cfa935583836702a3edd3d1";

DvcConfig config_of(const std::string& url, const std::string& options = {}) {
  return DvcConfig::parse("[core]\nremote = storage\n['remote \"storage\"']\nurl = " + url + "\n" + options);
}

mlem::artifact::UsableDvcRemote remote_at(const std::string& url) {
  return *find_usable_remote(config_of(url), nullptr, {});
}

}  // namespace

TEST_CASE("dvc http remote: whether objects exist is asked without their bytes") {
  Sandbox box;
  const LfsServer server(box);
  server.add_file("files/" + below, "weights");
  server.add_file("files/files/md5/" + below, "other weights");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("files/")), engine);
  const std::vector<DvcWanted> wanted{
      {md5, Layout::v2, 7}, {md5, Layout::v3, {}}, {std::string(32, 'a'), Layout::v3, 7}};
  for (const bool refuses_head : {false, true}) {
    CAPTURE(refuses_head);
    if (refuses_head) server.set_options(R"({"refuse_head":true})");
    const auto answers = remote.ask(wanted);
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].size == 7);
    CHECK(answers[1].size == 13);
    CHECK(answers[2].kind == ObjectAnswer::Kind::missing);
    CHECK(answers[2].refusal.message == "cannot read '" + server.url("files/files/md5/aa/") + std::string(30, 'a') +
                                            "': the server answered 404 Not Found");
  }
  CHECK(server.requests().size() == 3 + 6);
}

TEST_CASE("dvc http remote: an object is transferred") {
  Sandbox box;
  const LfsServer server(box);
  server.add_file("files/" + below, "weights");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("files")), engine);
  CHECK(engine.run(remote.transfer({md5, Layout::v2, 7})).body == "weights");
  const TransferResult other = engine.run(remote.transfer({md5, Layout::v2, 8}));
  REQUIRE(other.refusal);
  CHECK(other.refusal->verdict == mlem::Verdict::artifact_mismatch);
}

TEST_CASE("dvc http remote: a page is not taken for an object") {
  Sandbox box;
  HttpStub server({"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"});
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("files")), engine);
  const auto answer = remote.ask({{md5, Layout::v2, 7}}).front();
  CHECK(answer.kind == ObjectAnswer::Kind::refused);
  CHECK(answer.refusal.message == "cannot read '" + server.url("files/") + below + "': the answer is a page");
}

TEST_CASE("dvc http remote: passwords are those of this machine") {
  Sandbox box;
  const LfsServer server(box);
  server.add_file("files/" + below, "weights");
  server.set_options(R"({"user":"alice","password":"sesame"})");
  const std::string login = "auth = basic\nuser = alice\npassword = sesame\n";
  const std::string url = server.url("private/files");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);

  const auto committed = find_usable_remote(config_of(url, login), nullptr, {});
  REQUIRE(committed);
  CHECK(committed->has_committed_password);
  CHECK(committed->remote.password.empty());
  const auto refused = DvcHttpRemote(*committed, engine).ask({{md5, Layout::v2, 7}}).front();
  CHECK(refused.refusal.verdict == mlem::Verdict::auth_required);
  const std::string host = server.url("");
  CHECK(refused.refusal.hint == "the password in '.dvc/config' is not used; set up a login for '" +
                                    host.substr(0, host.size() - 1) + "', as gitcredentials(7) tells");
  for (const auto& request : server.requests()) CHECK(request.authorization.empty());

  const DvcConfig local = DvcConfig::parse("['remote \"storage\"']\n" + login);
  const auto own = find_usable_remote(config_of(url), &local, {});
  REQUIRE(own);
  CHECK_FALSE(own->has_committed_password);
  DvcHttpRemote remote(*own, engine);
  CHECK(remote.ask({{md5, Layout::v2, 7}}).front().size == 7);
  CHECK(engine.run(remote.transfer({md5, Layout::v2, 7})).body == "weights");
}

TEST_CASE("dvc http remote: a header of the user's own is not sent on") {
  Sandbox box;
  HttpStub other({HttpStub::response("200 OK", "weights")});
  HttpStub server({HttpStub::response("302 Found", "", "Location: " + other.url("x") + "\r\n")});
  const DvcConfig local =
      DvcConfig::parse("['remote \"storage\"']\nauth = custom\ncustom_auth_header = X-Token\npassword = sesame\n");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(*find_usable_remote(config_of(server.url("files")), &local, {}), engine);
  CHECK(engine.run(remote.transfer({md5, Layout::v2, 7})).body == "weights");
  CHECK(server.requests().front().find("\r\nX-Token: sesame\r\n") != std::string::npos);
  CHECK(other.requests().front().find("sesame") == std::string::npos);
}

TEST_CASE("dvc http remote: helpers that know nothing are asked once") {
  Sandbox box;
  const LfsServer server(box);
  server.set_options(R"({"user":"alice","password":"sesame"})");
  box.add_config("credential.helper", "!echo >>" + (box / "asked").string() + ";:");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("private/files")), engine);
  for (const auto& answer : remote.ask(std::vector<DvcWanted>(20, {md5, Layout::v2, 7})))
    CHECK(answer.refusal.verdict == mlem::Verdict::auth_required);
  CHECK(read_file(box / "asked") == "\n");
}

TEST_CASE("dvc http remote: git's helpers have logins for those who have none there") {
  Sandbox box;
  const LfsServer server(box);
  server.add_file("files/" + below, "weights");
  server.set_options(R"({"user":"alice","password":"sesame"})");
  box.add_config("credential.helper", "!printf 'username=alice\\npassword=sesame\\n';:");
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("private/files")), engine);
  CHECK(engine.run(remote.transfer({md5, Layout::v2, 7})).body == "weights");
  CHECK(remote.ask({{md5, Layout::v2, 7}}).front().size == 7);
}

TEST_CASE("dvc http remote: what another server says, to which it redirects, is not about the login") {
  Sandbox box;
  HttpStub other({HttpStub::response("401 Unauthorized", "", "WWW-Authenticate: Basic realm=\"x\"\r\n")});
  HttpStub server({HttpStub::response("401 Unauthorized", "", "WWW-Authenticate: Basic realm=\"x\"\r\n"),
                   HttpStub::response("302 Found", "", "Location: " + other.url("x") + "\r\n")});
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  write_file(box / "credentials", "http://alice:sesame@" + host + "\n");
  box.add_config("credential.helper", "store --file=" + (box / "credentials").string());
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("files")), engine);
  const TransferResult result = engine.run(remote.transfer({md5, Layout::v2, 7}));
  REQUIRE(result.refusal);
  CHECK(result.refusal->verdict == mlem::Verdict::auth_required);
  CHECK(result.refusal->message == "cannot read '" + server.url("files/") + below +
                                       "': it redirects to 'http://127.0.0.1:" + std::to_string(other.port()) +
                                       "', and there the server answered 401 Unauthorized");
  CHECK(read_file(box / "credentials") == "http://alice:sesame@" + host + "\n");
  for (const std::string& request : other.requests()) CHECK(request.find("Authorization") == std::string::npos);
}

TEST_CASE("dvc http remote: who has no login is told how to set one up") {
  Sandbox box;
  HttpStub server({HttpStub::response("401 Unauthorized", "", "WWW-Authenticate: Basic realm=\"x\"\r\n")});
  const auto settings = user_settings(box);
  TransferEngine engine(settings, hasty);
  DvcHttpRemote remote(remote_at(server.url("files")), engine);
  const TransferResult result = engine.run(remote.transfer({md5, Layout::v2, 7}));
  REQUIRE(result.refusal);
  CHECK(result.refusal->verdict == mlem::Verdict::auth_required);
  CHECK(result.refusal->hint ==
        "set up a login for 'http://127.0.0.1:" + std::to_string(server.port()) + "', as gitcredentials(7) tells");
}
