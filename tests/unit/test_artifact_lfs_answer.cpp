#include "artifact/lfs_answer.hpp"
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace {

using mlem::artifact::LfsPointer;
using mlem::artifact::ObjectAnswer;
using mlem::artifact::parse_lfs_batch;
using mlem::artifact::Transfer;
using namespace std::chrono_literals;

const std::string oid_a(64, 'a');
const std::string oid_b(64, 'b');
const std::vector<LfsPointer> pointers{{.oid = oid_a, .size = 5}, {.oid = oid_b, .size = 7}};

/// An answer about one object.
std::string about(const std::string& rest) {
  return R"({"transfer":"basic","objects":[{"oid":")" + oid_a + "\",\"size\":5," + rest + "}]}";
}

std::string failure_of(const std::string& json) {
  try {
    parse_lfs_batch(json, pointers);
  } catch (const mlem::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("lfs answer: a request names objects and what is offered") {
  CHECK(mlem::artifact::lfs_batch_request(pointers) ==
        R"({"hash_algo":"sha256","objects":[{"oid":")" + oid_a + R"(","size":5},{"oid":")" + oid_b +
            R"(","size":7}],"operation":"download","transfers":["basic"]})");
}

TEST_CASE("lfs answer: objects are found by their ids") {
  const auto answers = parse_lfs_batch(R"({"objects":[{"oid":")" + oid_b +
                                           R"(","size":7,"error":{"code":410,"message":"Removed"}},
                     {"oid":")" + oid_a + R"(","size":6,"authenticated":true,"error":null,"actions":{"download":
                       {"href":"https://h/a","header":{"X-A":"b","Host":"evil","Range":"bytes=1-"},"expires_in":60}}}]})",
                                       pointers);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].answer.kind == ObjectAnswer::Kind::exists);
  CHECK(answers[0].answer.size == 6);
  CHECK(answers[0].is_authenticated);
  CHECK(answers[0].download.href == "https://h/a");
  CHECK(answers[0].download.headers == std::vector<mlem::artifact::HttpHeader>{{"X-A", "b"}});
  REQUIRE(answers[0].download.expires);
  CHECK(*answers[0].download.expires > Transfer::Clock::now() + 30s);
  CHECK(*answers[0].download.expires < Transfer::Clock::now() + 60s);
  CHECK(answers[1].answer.kind == ObjectAnswer::Kind::missing);
  CHECK(answers[1].answer.refusal.message == "Git LFS object " + oid_b + ": the server answered 410: Removed");
}

TEST_CASE("lfs answer: what a server says of an object has its verdict") {
  struct Row {
    std::string rest;
    std::string verdict;
    std::string message;
  };
  const Row rows[] = {
      {R"("error":{"code":404,"message":"Not there\u001b"})", "artifact-missing",
       "the server answered 404: Not there\\033"},
      {R"("error":{"code":403})", "auth-required", "the server answered 403"},
      {R"("error":{"code":422,"message":"Bad"})", "unreachable", "the server answered 422: Bad"},
      {R"("actions":{})", "artifact-missing", "the server does not say where it is"},
      {R"("actions":null)", "artifact-missing", "the server does not say where it is"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rest);
    const auto answers = parse_lfs_batch(about(row.rest), pointers);
    CHECK(std::string(name(answers[0].answer.refusal.verdict)) == row.verdict);
    CHECK(answers[0].answer.refusal.message == "Git LFS object " + oid_a + ": " + row.message);
    CHECK(answers[1].answer.kind == ObjectAnswer::Kind::refused);
    CHECK(answers[1].answer.refusal.message == "Git LFS object " + oid_b + ": the server did not answer for it");
  }
}

TEST_CASE("lfs answer: times when an address expires") {
  struct Row {
    std::string expiry;
    bool is_set;
    bool is_over;
  };
  const Row rows[] = {
      {R"("expires_in":0,"expires_at":"0001-01-01T00:00:00Z")", false, false},
      {R"("expires_at":"2001-02-03T04:05:06.789Z")", true, true},
      {R"("expires_at":"2999-02-03T04:05:06+01:00")", true, false},
      {R"("expires_in":-5)", true, true},
      {R"("expires_in":60,"expires_at":"2001-02-03T04:05:06Z")", true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expiry);
    const auto answers =
        parse_lfs_batch(about(R"("actions":{"download":{"href":"https://h/a",)" + row.expiry + "}}"), pointers);
    const auto& expires = answers[0].download.expires;
    CHECK(expires.has_value() == row.is_set);
    if (expires) CHECK((*expires <= Transfer::Clock::now()) == row.is_over);
  }
}

TEST_CASE("lfs answer: what is not an answer of Git LFS is refused") {
  struct Row {
    std::string json;
    std::string why;
  };
  const std::string download = R"("actions":{"download":{"href":"https://h/a",)";
  const Row rows[] = {
      {"<html>", "it is not JSON"},
      {"", "it is not JSON"},
      {"{\"objects\":[\"\xff\"]}", "it is not JSON"},
      {std::string(1'000'000, '['), "it is not JSON"},
      {std::string(100'000, '[') + std::string(100'000, ']'), "it is not an object"},
      {"[]", "it is not an object"},
      {"{}", "it has no objects"},
      {R"({"objects":{}})", "'objects' is of another type"},
      {R"({"objects":[1]})", "an object is of another type"},
      {R"({"objects":[],"transfer":"xet"})", "it wants a transfer that was not offered"},
      {R"({"objects":[],"hash_algo":"sha512"})", "its objects have another hash than SHA-256"},
      {about(R"("actions":[])"), "'actions' is of another type"},
      {about(R"("error":{"code":"404"})"), "'code' is not a whole number"},
      {about(R"("error":{"code":18446744073709551615})"), "'code' is too large"},
      {about(R"("actions":{"download":{}})"), "an object has no address"},
      {about("\"actions\":{\"download\":{\"href\":\"https://h/\\n\"}}"), "an address has control characters"},
      {about(download + R"("header":{"X":"a\r\nY: b"}}})"), "a header is malformed"},
      {about(download + R"("header":{"X y":"a"}}})"), "a header is malformed"},
      {about(download + R"("header":{"X":1}}})"), "a header is malformed"},
      {about(download + R"("expires_at":"tomorrow"}})"), "'expires_at' is not a time"},
      {R"({"objects":[{"oid":")" + oid_a + R"(","size":-1,"actions":{"download":{"href":"https://h/a"}}}]})",
       "an object has no size"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json.substr(0, 200));
    CHECK(failure_of(row.json) == "not an answer of Git LFS: " + row.why);
  }
}

TEST_CASE("lfs answer: what ssh is told") {
  const auto action = mlem::artifact::parse_lfs_authentication(
      R"({"href":"https://h/m.git/info/lfs","header":{"Authorization":"RemoteAuth x"},"expires_in":1800})");
  CHECK(action.href == "https://h/m.git/info/lfs");
  CHECK(action.headers == std::vector<mlem::artifact::HttpHeader>{{"Authorization", "RemoteAuth x"}});
  CHECK(action.expires.has_value());
  CHECK(mlem::artifact::parse_lfs_message(R"({"message":"No https://alice:sesame@h/"})") == "No https://***@h/");
  CHECK(mlem::artifact::parse_lfs_message("<html>") == "");
}
