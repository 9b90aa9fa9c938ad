#include "support/git_daemon.hpp"
#include "support/http_server.hpp"
#include "support/ssh_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

/// A bare repository that may be served, and the id of its commit.
struct Served {
  std::string commit;
  std::string blob;
};

Served serve_example(const World& world, const mlem::fs::path& directory) {
  world.models.bare_clone(directory);
  return {world.model_commit, world.models.id("main:models/rf.mlem")};
}

std::string resolved(const World& world, const Served& served, const std::string& url) {
  const Outcome outcome = world.mlem({"resolve", "--project", url, "--rev", "main", "models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find(served.commit + " " + served.blob + " model models/rf.mlem ") == 0);
  return outcome.output;
}

}  // namespace

TEST_CASE("sources: an HTTP server is asked at most three times and sends no model") {
  World world;
  world.models.commit({{"models/rf", std::string(3'000'000, 'x')}});
  world.model_commit = world.models.id("main");
  const HttpServer server(world.sandbox);
  const Served served = serve_example(world, server.root() / "models.git");
  resolved(world, served, server.url("models.git"));
  CHECK(server.requests().size() <= 6);
  CHECK(server.bytes_sent() < 12'000);
}

TEST_CASE("sources: a full commit id that is cached costs no network") {
  const World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  const std::vector<std::string> command{"resolve", "--project",        server.url("models.git"),
                                         "--rev",   world.model_commit, "models/rf"};
  CHECK(world.mlem(command).code == 0);
  const std::size_t before = server.requests().size();
  CHECK(before > 0);
  CHECK(world.mlem(command).code == 0);
  CHECK(server.requests().size() == before);
}

TEST_CASE("sources: git and ssh servers give the same answer") {
  const World world;
  const Served served = serve_example(world, world.sandbox / "served/models.git");
  const GitDaemon daemon(world.sandbox, world.sandbox / "served");
  resolved(world, served, daemon.url("models.git"));
  const SshServer server(world.sandbox);
  world.sandbox.add_config("core.sshCommand", server.command());
  resolved(world, served, server.url(world.sandbox / "served/models.git"));
}

TEST_CASE("sources: each failure has its verdict and exit code") {
  struct Row {
    std::string name;
    std::string url;
    std::string verdict;
    int code;
  };
  const World world;
  const HttpServer server(world.sandbox);
  const SilentServer silent;
  serve_example(world, server.root() / "private/models.git");
  world.registry.git({"config", "mlem.timeout", "1"});
  const std::vector<Row> rows{
      {"none", server.url("none.git"), "missing-repo", 1},
      {"401", server.url("private/models.git"), "auth-required", 2},
      {"403", server.status_url(403, "a.git"), "auth-required", 2},
      {"429", server.status_url(429, "a.git"), "unreachable", 2},
      {"500", server.status_url(500, "a.git"), "unreachable", 2},
      {"refused", "http://127.0.0.1:1/a.git", "unreachable", 2},
      {"silent", silent.url("a.git"), "timeout", 2},
  };
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem({"resolve", "--porcelain", "--project", row.url, "--rev", "main", "models/rf"});
    CAPTURE(row.name);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(outcome.output.find(row.verdict + "\t") == 0);
  }
}

TEST_CASE("sources: a credential helper opens what is private") {
  const World world;
  const HttpServer server(world.sandbox);
  const Served served = serve_example(world, server.root() / "private/models.git");
  world.sandbox.add_config("credential.helper", std::string("!f() { echo username=") + HttpServer::user +
                                                    "; echo 'password=" + HttpServer::password + "'; }; f");
  resolved(world, served, server.url("private/models.git"));
}

TEST_CASE("sources: what was fetched answers offline") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = "main"})}});
  CHECK(world.mlem({"check", "--offline"}).code == 2);
  CHECK(world.mlem({"fetch"}).code == 0);
  const std::size_t before = server.requests().size();
  CHECK(world.mlem({"check", "--offline"}).code == 0);
  CHECK(server.requests().size() == before);
}

TEST_CASE("source: one object that cannot be read spoils no other link") {
  World world;
  const std::string bad = world.models.git({"rev-parse", "HEAD:models/rf.mlem"});
  world.models.commit({{"models/other.mlem", model_meta() + "params: {a: 1}\n"}});
  const fs::path file = world.models.path() / ".git/objects" / bad.substr(0, 2) / bad.substr(2);
  fs::permissions(file, fs::owner_all);
  write_file(file, "broken");
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})},
       {"b.mlem", link_text({.path = "models/other.mlem", .repo = example_url + "/", .rev = "main"})}});
  const Outcome checked = world.mlem({"check", "--porcelain"});
  CAPTURE(checked);
  CHECK(checked.code == 2);
  CHECK(contains(checked.output, "unreachable\ta.mlem\t"));
  CHECK(contains(checked.output, "ok\tb.mlem\t"));
}

TEST_CASE("fetch: --prune leaves alone what is not the cache's") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  Outcome outcome = world.git({"-c", "mlem.cacheDir=", "mlem", "fetch", "--prune"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: bad config value for 'mlem.cacheDir': it must name a directory\n");
  // The directory of the registry itself is a bad place, but what is there stays.
  const std::string unused(64, 'a');
  boost::filesystem::create_directory(world.registry.path() / unused);
  outcome = world.git({"-c", "mlem.cacheDir=.", "mlem", "fetch", "--prune"});
  CHECK(outcome.code == 0);
  CHECK(outcome.errors == "1 link: 1 fetched, 0 broken, 0 undecided; 1 unused source removed\n");
  CHECK(!boost::filesystem::exists(world.registry.path() / unused));
  CHECK(world.git({"fsck"}).code == 0);
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
}
