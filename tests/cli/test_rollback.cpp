#include "support/http_server.hpp"
#include "support/text_file.hpp"

#include "cli/killed_run.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

/// A world with three versions of a model, and a registry whose link has named one after the other.
struct Releases : World {
  std::vector<std::string> commits{model_commit};
  std::vector<std::string> registry_commits{};

  explicit Releases(const std::string& url = example_url + "/") : url_(url) {
    commits.push_back(models.commit({{"models/rf.mlem", model_meta() + "requirements: []\n"}}));
    commits.push_back(models.commit({{"models/rf.mlem", model_meta() + "description: third\n"}}));
    for (int i = 0; i < 3; ++i) models.tag("r" + std::to_string(i), commits[static_cast<std::size_t>(i)]);
  }
  std::string pinned(std::size_t i) const {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " +
           models.id(commits[i] + ":models/rf.mlem") + "\n    ref: refs/tags/r" + std::to_string(i) +
           "\npath: models/rf.mlem\nrepo: " + url_ + "\nrev: " + commits[i] + "\n";
  }
  std::string held(std::size_t i, const std::string& why) const {
    std::string text = pinned(i);
    return text.insert(text.find("    ref:"), "    hold: " + why + "\n");
  }
  void release(std::size_t i) { registry_commits.push_back(registry.commit({{"prod/rf.mlem", pinned(i)}})); }
  std::string now() const { return staged("prod/rf.mlem") + "\n"; }
  std::string short_of(std::size_t i) const { return commits[i].substr(0, 12); }

 private:
  std::string url_;
};

}  // namespace

TEST_CASE("rollback: one after the other goes further back and never forward") {
  Releases world;
  for (std::size_t i = 0; i < 3; ++i) world.release(i);
  const Outcome outcome = world.mlem({"rollback", "prod/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.output,
                 "Rolled back 'prod/rf.mlem': rev '" + world.commits[2] + "' -> '" + world.commits[1] + "'"));
  CHECK(outcome.errors == "1 link: 1 rolled back\n");
  const std::string first = world.held(1, "rolled back from r2 (" + world.short_of(2) + ")");
  CHECK(world.now() == first);
  CHECK(read_file(world.registry.path() / "prod/rf.mlem") == first);

  // Not committed in between, and committed: the same.
  for (const bool commits : {false, true}) {
    CAPTURE(commits);
    if (commits) world.registry.git({"commit", "-q", "-m", "back"});
    CHECK(world.mlem({"rollback", "-q", "prod/rf", "-m", "too slow"}).code == 0);
    CHECK(world.now() == world.held(0, "too slow"));
    const Outcome further = world.mlem({"rollback", "prod/rf"});
    CHECK(further.code == 1);
    CHECK(further.errors ==
          "error: cannot roll back 'prod/rf.mlem': there is nothing that it named before on this line of history\n"
          "hint: 'git mlem log prod/rf.mlem' tells what it has named\n"
          "nothing was changed\n");
    write_file(world.registry.path() / "prod/rf.mlem", first);
    world.registry.git({"add", "prod/rf.mlem"});
  }
}

TEST_CASE("rollback: what was rolled back and released again is on top again") {
  Releases world;
  for (const std::size_t i : {0U, 1U, 0U, 2U}) world.release(i);
  CHECK(world.mlem({"rollback", "-q", "prod/rf"}).code == 0);
  CHECK(contains(world.now(), "rev: " + world.commits[0]));
}

TEST_CASE("rollback: it is about the line of first parents") {
  Releases world;
  world.release(0);
  world.registry.git({"checkout", "-q", "-b", "side"});
  world.release(1);
  world.release(2);
  world.registry.checkout("main");
  world.registry.commit({{"other", "1"}});
  world.registry.git({"merge", "-q", "--no-ff", "-m", "merge", "side"});
  CHECK(world.mlem({"rollback", "-q", "prod/rf"}).code == 0);
  CHECK(contains(world.now(), "rev: " + world.commits[0]));
}

TEST_CASE("rollback: renamed links are followed") {
  Releases world;
  world.release(0);
  world.release(1);
  world.registry.git({"mv", "prod/rf.mlem", "live.mlem"});
  world.registry.git({"commit", "-q", "-m", "rename"});
  const Outcome outcome = world.mlem({"rollback", "-q", "live"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(world.staged("live.mlem"), "rev: " + world.commits[0]));
  world.registry.git({"reset", "-q", "--hard"});
  CHECK(world.mlem({"rollback", "-q", "live", "--to", world.registry_commits[0]}).code == 0);
  CHECK(contains(world.staged("live.mlem"), "rev: " + world.commits[0]));
}

TEST_CASE("rollback: a run that was killed between files and index is brought to its end by the next") {
  Releases world;
  for (std::size_t i = 0; i < 3; ++i) world.release(i);
  run_killed_before_staging(world, {"rollback", "-m", "fell", "prod/rf"});
  REQUIRE(world.now() == world.pinned(2));
  REQUIRE(read_file(world.registry.path() / "prod/rf.mlem") == world.held(1, "fell"));
  const Outcome outcome = world.mlem({"rollback", "-m", "fell", "prod/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Rolled back 'prod/rf.mlem'\n");
  CHECK(world.now() == world.held(1, "fell"));
  // The next one is a step further.
  CHECK(world.mlem({"rollback", "-m", "fell", "prod/rf"}).code == 0);
  CHECK(world.now() == world.held(0, "fell"));
}

TEST_CASE("rollback: what was not pinned is taken by force alone") {
  Releases world;
  const std::string floating = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "r0"});
  const std::string commit = world.registry.commit({{"prod/rf.mlem", floating}});
  world.release(1);
  const Outcome refused = world.mlem({"rollback", "prod/rf"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors ==
        "error: cannot roll back 'prod/rf.mlem': what it named before, 'r0', was not pinned\nhint: '--to " +
            commit.substr(0, 12) + " -f' takes it all the same\nnothing was changed\n");
  const Outcome without = world.mlem({"rollback", "prod/rf", "--to", commit});
  CHECK(without.code == 1);
  CHECK(contains(without.errors, "what it named then, 'r0', is not pinned\nhint: '-f' takes it all the same\n"));
  CHECK(world.mlem({"rollback", "-q", "prod/rf", "--to", commit, "-f"}).code == 0);
  CHECK(contains(world.now(), "rev: r0\n"));
  CHECK_FALSE(contains(world.now(), "blob:"));
  CHECK(contains(world.now(), "hold: rolled back from r1"));
}

TEST_CASE("rollback: a hold does not stop it and is replaced") {
  Releases world;
  world.release(0);
  world.release(1);
  REQUIRE(world.mlem({"hold", "-q", "-m", "wait", "--until", "2999-01-01", "prod/rf"}).code == 0);
  CHECK(world.mlem({"rollback", "-q", "prod/rf", "-m", "too slow"}).code == 0);
  CHECK(world.now() == world.held(0, "too slow"));
}

TEST_CASE("rollback: with the source down a cached proof is enough") {
  World served;
  std::optional<HttpServer> server(served.sandbox);
  const std::string url = server->url("models.git/");
  const std::string second = served.models.commit({{"models/rf.mlem", model_meta() + "requirements: []\n"}});
  served.models.bare_clone(server->root() / "models.git");
  for (const std::string& commit : {served.model_commit, second}) {
    served.registry.commit({{"rf.mlem", link_text({.path = "models/rf.mlem", .repo = url, .rev = commit})}});
    REQUIRE(served.mlem({"check", "-q"}).code == 0);
  }
  server.reset();
  const Outcome outcome = served.mlem({"rollback", "-q", "rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(served.staged("rf.mlem"), "rev: " + served.model_commit));

  served.registry.git({"reset", "-q", "--hard"});
  fs::remove_all(served.registry.path() / ".git/mlem/sources");
  const Outcome unknown = served.mlem({"rollback", "rf"});
  CAPTURE(unknown);
  CHECK(unknown.code == 2);
  CHECK(contains(unknown.errors, "error: cannot roll back 'rf.mlem': unreachable: "));
  CHECK(served.mlem({"rollback", "-q", "-f", "rf"}).code == 0);
}

TEST_CASE("rollback: links that are new or gone and what is not taken") {
  Releases world;
  world.release(0);
  world.registry.write("new.mlem", world.pinned(1));
  world.registry.git({"add", "new.mlem"});
  const Outcome fresh = world.mlem({"rollback", "new"});
  CHECK(fresh.code == 1);
  CHECK(contains(fresh.errors, "there is nothing that it named before on this line of history"));
  const Outcome absent = world.mlem({"rollback", "absent"});
  CHECK(absent.code == 128);
  CHECK(absent.errors == "fatal: pathspec 'absent' did not match any link of the index\n");
  CHECK(world.mlem({"rollback"}).code == 129);
  const Outcome reason = world.mlem({"rollback", "prod/rf", "-m", " "});
  CHECK(reason.code == 129);
  CHECK(world.mlem({"rollback", "prod/rf", "--to", ""}).code == 129);
  const Outcome rev = world.mlem({"rollback", "prod/rf", "--to", "nowhere"});
  CHECK(rev.code == 128);
}

TEST_CASE("rollback: links that were removed since are named and how they come back") {
  Releases world;
  world.registry.commit({{"prod/rf.mlem", world.pinned(0)},
                         {"prod/fraud.mlem", world.pinned(0)},
                         {"prod/moved.mlem", world.pinned(1)},
                         {"prod/object.mlem", model_meta()}});
  world.registry.tag("release-41");
  world.registry.git({"rm", "-q", "prod/fraud.mlem", "prod/object.mlem"});
  world.registry.git({"mv", "prod/moved.mlem", "archived.mlem"});
  world.release(1);
  const auto hint = [](const std::string& path) {
    return "hint: 'git restore --source=release-41 --staged --worktree " + path + "' brings it back\n";
  };
  const auto warning = [](const std::string& link, const std::string& what) {
    return "warning: skipped '" + link + "': it was " + what + " since 'release-41'\n";
  };
  const Outcome dry = world.mlem({"rollback", "-n", "--json", "--to", "release-41", "prod"});
  CAPTURE(dry);
  CHECK(dry.code == 1);
  std::vector<nlohmann::json> rows;
  std::istringstream lines(dry.output);
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["link"] == "prod/fraud.mlem");
  CHECK(rows[0]["action"] == "skipped");
  CHECK(rows[0]["message"] == "it was removed since 'release-41'");
  CHECK(rows[1]["link"] == "prod/moved.mlem");
  CHECK(rows[1]["action"] == "skipped");
  CHECK(rows[2]["link"] == "prod/rf.mlem");
  CHECK(rows[2]["action"] == "rolled-back");

  // One that is named stops the others.
  const Outcome named = world.mlem({"rollback", "--to", "release-41", "prod/rf", "prod/fraud"});
  CHECK(named.code == 1);
  CHECK(named.errors == "error: cannot roll back 'prod/fraud.mlem': it was removed since 'release-41'\n" +
                            hint("prod/fraud.mlem") + "nothing was changed\n");
  CHECK(world.mlem({"rollback", "--to", "release-41", "prod", "typo"}).code == 128);

  RunOptions below;
  below.directory = world.registry.path() / "prod";
  const Outcome outcome = world.sandbox.mlem({"rollback", "--to", "release-41", "."}, below);
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == warning("fraud.mlem", "removed") + hint("fraud.mlem") +
                              warning("moved.mlem", "moved or removed") + hint("moved.mlem") +
                              "3 links: 1 rolled back, 2 skipped\n");
  CHECK(world.now() == world.held(0, "rolled back from r1 (" + world.short_of(1) + ")"));

  // As the hint has it.
  world.registry.git(
      {"restore", "--source=release-41", "--staged", "--worktree", "prod/fraud.mlem", "prod/moved.mlem"});
  const Outcome again = world.mlem({"rollback", "--to", "release-41", "prod"});
  CHECK(again.code == 0);
  CHECK(again.errors == "3 links: 3 kept\n");

  // Where all of them are gone, too.
  world.registry.git({"rm", "-q", "-r", "-f", "prod"});
  const Outcome all = world.mlem({"rollback", "--to", "release-41", "prod"});
  CHECK(all.code == 1);
  CHECK(all.errors.ends_with("3 links: 3 skipped\n"));
}

TEST_CASE("rollback: paths in hints are what the user would write") {
  Releases world;
  world.release(0);
  fs::create_directory(world.registry.path() / "sub");
  RunOptions below;
  below.directory = world.registry.path() / "sub";
  const Outcome outcome = world.sandbox.mlem({"rollback", "../prod/rf"}, below);
  CHECK(contains(outcome.errors, "hint: 'git mlem log ../prod/rf.mlem' tells what it has named\n"));
  fs::remove(world.registry.path() / "prod/rf.mlem");
  below.directory = world.registry.path() / "prod";
  CHECK(contains(world.sandbox.mlem({"pin"}, below).errors, "hint: 'git restore rf.mlem' brings it back\n"));
}

TEST_CASE("rollback: a dry run and rows for scripts") {
  Releases world;
  world.release(0);
  world.release(1);
  const Outcome dry = world.mlem({"rollback", "-n", "--json", "prod/rf"});
  CAPTURE(dry);
  const auto row = nlohmann::json::parse(dry.output);
  CHECK(row["action"] == "rolled-back");
  CHECK(row["from"]["commit"] == world.commits[1]);
  CHECK(row["to"]["commit"] == world.commits[0]);
  CHECK(row["hold"] == "rolled back from r1 (" + world.short_of(1) + ")");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  const Outcome told = world.mlem({"rollback", "-n", "prod/rf"});
  CHECK(told.output.starts_with("re-pointed  prod/rf.mlem: "));
  CHECK(world.mlem({"rollback", "-q", "prod/rf"}).code == 0);
  CHECK(world.mlem({"diff", "--", "prod/rf"}).output == told.output);
}
