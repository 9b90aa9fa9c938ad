#include "support/http_server.hpp"
#include "support/metafiles.hpp"

#include "world.hpp"
#include <boost/filesystem/operations.hpp>

#include <ctime>
#include <optional>
#include <string>

using namespace mlem::test;
namespace fs = mlem::fs;

namespace {

/// A link by a commit's id to a repository behind HTTP, judged once.
struct Proven : World {
  std::optional<HttpServer> server{std::in_place, sandbox};
  std::string address = server->url("models.git");

  Proven() {
    models.bare_clone(server->root() / "models.git");
    registry.commit(
        {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = address + "/", .rev = model_commit})}});
    REQUIRE(mlem({"check"}).code == 0);
  }

  /// Lets the source have answered last this long ago.
  void grow_older(std::time_t seconds) const {
    for (const auto& entry : fs::directory_iterator(registry.path() / ".git/mlem/sources")) {
      const fs::path seen = entry.path() / "source-seen";
      if (fs::exists(seen)) fs::last_write_time(seen, seen_at(seconds));
    }
  }
  static std::time_t seen_at(std::time_t seconds) { return std::time(nullptr) - seconds; }

  /// Returns how many requests a `check` takes, which finds the link to be good.
  std::size_t requests_of_check() const {
    const std::size_t before = server->requests().size();
    const Outcome check = mlem({"check"});
    CAPTURE(check);
    CHECK(check.code == 0);
    CHECK(check.errors == "1 link: 1 ok, 0 broken, 0 undecided\n");
    return server->requests().size() - before;
  }
};

constexpr std::time_t day = 24 * 60 * 60;

}  // namespace

TEST_CASE("proof age: a source is asked again when its proof is too old, and only then") {
  const Proven proven;
  CHECK(proven.requests_of_check() == 0);
  proven.grow_older(day - 600);
  CHECK(proven.requests_of_check() == 0);
  proven.grow_older(day);
  CHECK(proven.requests_of_check() == 2);  // of one `git ls-remote`
  CHECK(proven.requests_of_check() == 0);

  proven.sandbox.add_config("mlem.proofAge", "90m");
  proven.grow_older(89 * 60);
  CHECK(proven.requests_of_check() == 0);
  proven.grow_older(90 * 60);
  CHECK(proven.requests_of_check() == 2);
  proven.sandbox.add_config("mlem.proofAge", "never");
  proven.grow_older(10'000 * day);
  CHECK(proven.requests_of_check() == 0);
  proven.sandbox.add_config("mlem.proofAge", "0");
  CHECK(proven.requests_of_check() == 2);
  CHECK(proven.requests_of_check() == 2);
}

TEST_CASE("proof age: a repository that is gone is missing, though its commit is in the cache") {
  const Proven proven;
  fs::rename(proven.server->root() / "models.git", proven.server->root() / "elsewhere.git");
  CHECK(proven.mlem({"check"}).code == 0);
  proven.grow_older(2 * day);
  const Outcome gone = proven.mlem({"check"});
  CAPTURE(gone);
  CHECK(gone.code == 1);
  CHECK(gone.output.find("a.mlem: missing-repo: ") == 0);
  // It is not forgotten by that.
  fs::rename(proven.server->root() / "elsewhere.git", proven.server->root() / "models.git");
  CHECK(proven.mlem({"check"}).code == 0);
}

TEST_CASE("proof age: a source that is not reached keeps its verdict, with a warning") {
  Proven proven;
  proven.grow_older(2 * day);
  proven.server.reset();
  const Outcome check = proven.mlem({"check"});
  CAPTURE(check);
  CHECK(check.code == 0);
  const std::string said = "a.mlem: ok\n  warning: stale-proof: '" + proven.address +
                           "/' could not be asked whether it is still there; it was last seen ";
  CHECK(check.output.substr(0, said.size()) == said);
  CHECK(check.output.size() == said.size() + std::string("2026-11-28T10:00:00Z\n").size());
  CHECK(proven.mlem({"check", "--strict"}).code == 1);

  const Outcome offline = proven.mlem({"check", "--offline"});
  CAPTURE(offline);
  CHECK(offline.code == 0);
  CHECK(offline.output.empty());
  CHECK(offline.errors == "1 link: 1 ok, 0 broken, 0 undecided\nsources as they were seen 2 days ago\n");

  for (const auto& entry : fs::directory_iterator(proven.registry.path() / ".git/mlem/sources")) {
    fs::remove(entry.path() / "source-seen");
  }
  const Outcome unknown = proven.mlem({"check"});
  CAPTURE(unknown);
  CHECK(unknown.code == 0);
  CHECK(unknown.output == "a.mlem: ok\n  warning: stale-proof: '" + proven.address +
                              "/' could not be asked whether it is still there; nor is it known when it last was\n");
}

TEST_CASE("proof age: a pinned link keeps its proof beside one that floats") {
  Proven proven;
  proven.registry.commit(
      {{"b.mlem", link_text({.path = "models/rf.mlem", .repo = proven.address + "/", .rev = "main"})}});
  REQUIRE(proven.mlem({"check"}).code == 0);
  proven.server.reset();
  const Outcome check = proven.mlem({"check", "-v", "--porcelain"});
  CAPTURE(check);
  CHECK(check.code == 2);
  CHECK(check.output.starts_with("ok\ta.mlem\t"));
  CHECK(contains(check.output, "\nunreachable\tb.mlem\t"));
}

TEST_CASE("proof age: it is told with -v and --offline") {
  Proven proven;
  proven.grow_older(3600);
  CHECK(proven.mlem({"check", "-v"}).output == "a.mlem: ok (seen 1 hour ago)\n");
  CHECK(proven.mlem({"check", "--json"}).output.find("proved_at") == std::string::npos);
  for (const char* option : {"-v", "--offline"}) {
    for (const char* command : {"check", "ls"}) {
      CAPTURE(command);
      const Outcome told = proven.mlem({command, "--json", option});
      CAPTURE(told);
      CHECK(told.output.find(R"(,"at":"index","proved_at":"20)") != std::string::npos);
      CHECK(told.errors.find("sources as they were seen 1 hour ago\n") != std::string::npos);
    }
  }
  CHECK(proven.mlem({"resolve", "--json", "-v", "a"}).output.find(R"("proved_at":"20)") != std::string::npos);
  // What this run has heard of was seen now.
  CHECK(proven.mlem({"check", "-v", "--fresh"}).output == "a.mlem: ok (seen just now)\n");
  proven.registry.commit({{"a.mlem", link_text({.path = "m.mlem"})}, {"m.mlem", model_meta()}});
  CHECK(proven.mlem({"check", "-v"}).output == "a.mlem: ok\n");
}

TEST_CASE("proof age: what is no age is refused") {
  const World world;
  for (const std::string bad : {"", "x", "1", "-1d", "1y", "1d ", "d", "99999999999999999999d", "1000000w", "0d0"}) {
    CAPTURE(bad);
    world.sandbox.add_config("mlem.proofAge", bad);
    const Outcome refused = world.mlem({"check"});
    CHECK(refused.code == 128);
    CHECK(refused.errors ==
          "fatal: bad config value for 'mlem.proofAge': it must be a number of minutes, hours, days or weeks such as "
          "90m, 12h, 1d or 2w; 0; or 'never'\n");
  }
  world.sandbox.add_config("mlem.proofAge", "5000w");
  CHECK(world.mlem({"check"}).code == 0);
}
