#include "support/http_server.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mlem::test;

namespace {

/// A server with one repository, that is there in public and below `private/`.
struct Served {
  Sandbox box;
  HttpServer server{box};
  RepoBuilder models{box, "models"};
  std::string commit = models.commit({{"model.bin", "one"}, {"deep/file", "two"}});

  Served() {
    models.bare_clone(server.root() / "models.git");
    models.bare_clone(server.root() / "private/models.git");
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("http server: a repository is cloned and its requests are counted") {
  const Served served;
  const Outcome outcome = served.box.git({"clone", "-q", served.server.url("models.git"), "copy"});
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  CHECK(read_file(served.box / "copy/model.bin") == "one");
  const std::vector<HttpServer::Request> requests = served.server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].target == "/models.git/info/refs?service=git-upload-pack");
  CHECK(requests[0].protocol == "version=2");
  CHECK(requests[1].method == "POST");
  CHECK(requests[2].target == "/models.git/git-upload-pack");
  CHECK(requests[2].status == 200);
  CHECK(served.server.bytes_sent() == requests[0].bytes_sent + requests[1].bytes_sent + requests[2].bytes_sent);
  CHECK(requests[2].bytes_sent > 100);
}

TEST_CASE("http server: the first protocol needs one request") {
  const Served served;
  const std::string refs =
      served.box.git_output({"-c", "protocol.version=0", "ls-remote", served.server.url("models.git"), "HEAD"});
  CHECK(refs == served.commit + "\tHEAD");
  const std::vector<HttpServer::Request> requests = served.server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].protocol == "-");
}

TEST_CASE("http server: objects are fetched by id and filtered") {
  const Served served;
  const RepoBuilder copy(served.box, "copy.git", {.bare = true});
  copy.git({"fetch", "-q", "--depth=1", "--filter=tree:1", served.server.url("models.git"), served.commit});
  CHECK(copy.git({"cat-file", "-t", served.commit + "^{tree}"}) == "tree");
  const std::string objects = copy.git({"rev-list", "--objects", "--missing=print", served.commit});
  CHECK(contains(objects, "\n?" + served.models.id("HEAD:deep")));
}

TEST_CASE("http server: a private repository wants the password") {
  const Served served;
  const std::string url = served.server.url("private/models.git");
  const Outcome refused = served.box.git({"ls-remote", url});
  CHECK(refused.code == 128);
  CHECK(contains(refused.errors, "could not read Username"));

  served.box.add_config("credential.helper",
                        fmt::format("!f() {{ test \"$1\" = get && echo username={} && echo 'password={}'; }}; f",
                                    HttpServer::user, HttpServer::password));
  CHECK(contains(served.box.git_output({"ls-remote", url}), served.commit + "\tHEAD"));

  const std::string url_of_push = served.server.url("private/models.git");
  const Outcome pushed = served.box.git({"-C", served.models.path().string(), "push", "-q", url_of_push, "HEAD:new"});
  CAPTURE(pushed);
  CHECK(pushed.code == 0);
}

TEST_CASE("http server: a prompt on the terminal lets in as well") {
  const Served served;
  RunOptions options;
  options.terminal = Terminal::errors;
  options.environment["GIT_TERMINAL_PROMPT"] = "1";
  options.replies = {{"Username for", fmt::format("{}\n", HttpServer::user)},
                     {"Password for", fmt::format("{}\n", HttpServer::password)}};
  const Outcome outcome = served.box.git({"ls-remote", served.server.url("private/models.git"), "HEAD"}, options);
  CAPTURE(outcome);
  CHECK(outcome.output == served.commit + "\tHEAD\n");
}

TEST_CASE("http server: nobody pushes without a password") {
  const Served served;
  const Outcome outcome =
      served.box.git({"-C", served.models.path().string(), "push", served.server.url("models.git"), "HEAD:new"});
  CHECK(outcome.code == 128);
}

TEST_CASE("http server: every status is there to be met") {
  const Served served;
  struct Row {
    int status;
    std::string said;
  };
  const Row rows[] = {{401, "could not read Username"},
                      {403, "The requested URL returned error: 403"},
                      {404, "repository 'http://127.0.0.1:"},
                      {429, "The requested URL returned error: 429"},
                      {500, "The requested URL returned error: 500"}};
  for (const Row& row : rows) {
    const Outcome outcome = served.box.git({"ls-remote", served.server.status_url(row.status, "models.git")});
    CAPTURE(row.status);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(contains(outcome.errors, row.said));
  }
  const std::vector<HttpServer::Request> requests = served.server.requests();
  REQUIRE(requests.size() == 5);
  CHECK(requests[3].status == 429);
}

TEST_CASE("http server: a redirect leads to the repository") {
  const Served served;
  const std::string refs = served.box.git_output({"ls-remote", served.server.redirect_url("models.git"), "HEAD"});
  CHECK(refs == served.commit + "\tHEAD");
  CHECK(served.server.requests().at(0).status == 301);
}
