#include "support/sandbox.hpp"
#include "support/stub_server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace mlem::test;
using namespace std::chrono_literals;

TEST_CASE("silent server: a client waits until it gives up") {
  const Sandbox box;
  const SilentServer server;
  RunOptions options;
  options.timeout = 200ms;
  CHECK_THROWS_AS(box.git({"ls-remote", server.url("x.git")}, options), std::runtime_error);
}

TEST_CASE("counting listener: each attempt is counted and ended") {
  const Sandbox box;
  CountingListener listener;
  CHECK(listener.attempts() == 0);
  CHECK(box.git({"ls-remote", listener.url("x.git")}).code == 128);
  CHECK(listener.attempts() == 1);
  for (int i = 0; i < 3; ++i) CHECK(connect_to(listener.port()));
  CHECK(listener.attempts() == 4);
}

TEST_CASE("http stub: responses are given in order and the last again") {
  const Sandbox box;
  HttpStub stub({HttpStub::response("503 Busy", "later", "Retry-After: 1\r\n"),
                 HttpStub::cut_response("001e# service=git-upload-pack\n", 5000,
                                        "Content-Type: application/x-git-upload-pack-advertisement\r\n")});
  const Outcome busy = box.git({"ls-remote", stub.url("x.git")});
  CHECK(busy.errors.find("The requested URL returned error: 503") != std::string::npos);
  for (int i = 0; i < 2; ++i) {
    const Outcome cut = box.git({"ls-remote", stub.url("x.git")});
    CAPTURE(cut);
    CHECK(cut.code == 128);
    // `transfer closed with 4970 bytes remaining to read`; since curl 8.14 `end of response with 4970 bytes missing`.
    CHECK(cut.errors.find(" with 4970 bytes ") != std::string::npos);
  }
  const std::vector<std::string> requests = stub.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].rfind("GET /x.git/info/refs?service=git-upload-pack HTTP/1.1\r\n", 0) == 0);
}
