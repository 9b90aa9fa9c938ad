#include "support/http_server.hpp"
#include "support/text_file.hpp"

#include "cli/pinned_world.hpp"

#include <optional>
#include <vector>

using namespace mlem::test;

namespace {

std::string staged_text(const World& world, const std::string& name) { return world.staged(name) + "\n"; }

/// What is said of a pin that goes from one commit to another.
std::string told(const States& states, const std::string& link) {
  return "'" + link + "': rev '" + states.old + "' -> '" + states.tip + "', blob '" + states.blob + "' -> '" +
         states.new_blob + "'\n";
}

/// Lets all that the registry has seen be that much older, in the ref that keeps it or in another.
void grow_older(const World& world, long seconds, const std::string& from = "refs/mlem/seen",
                const std::string& to = "refs/mlem/seen") {
  const std::string entry = world.registry.git({"ls-tree", from});
  REQUIRE(entry.find('\n') == std::string::npos);  // one source
  std::istringstream lines(world.registry.git({"cat-file", "-p", entry.substr(12, 40)}));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string::npos) {
      line = line.substr(0, blank + 1) + std::to_string(std::stol(line.substr(blank + 1)) - seconds);
    }
    text += line + "\n";
  }
  RunOptions options;
  options.input = text;
  const std::string blob = world.registry.git({"hash-object", "-w", "--stdin"}, options);
  options.input = "100644 blob " + blob + entry.substr(52) + "\n";
  world.registry.git({"update-ref", to, world.registry.git({"mktree"}, options)});
}

constexpr long hour = 60 * 60;

/// A registry whose only link is behind.
struct Behind : States {
  Behind() {
    world.registry.git({"rm", "-q", "-f", "*.mlem"});
    world.registry.commit({{"prod/a.mlem", pinned(old, blob, "refs/heads/main")}});
  }
  Outcome update(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), "update");
    return world.mlem(arguments);
  }
  std::string a() const { return staged_text(world, "prod/a.mlem"); }
};

}  // namespace

TEST_CASE("update: what is behind goes to what it follows and the rest is left alone") {
  States states;
  World& world = states.world;
  const std::string skipped =
      "warning: skipped 'alias.mlem': it is an alias, which goes with the tree that it is in\n"
      "warning: skipped 'fixed.mlem': it follows no branch or tag\n"
      "hint: '--to <rev>' says what it is to go to\n"
      "warning: skipped 'floating.mlem': it is not pinned\n"
      "hint: 'git mlem pin' pins it\n"
      "warning: skipped 'gone.mlem': what it follows is gone: no branch, tag or commit 'refs/heads/nowhere'\n"
      "warning: skipped 'moved.mlem': 'refs/tags/6-deploy-app' now names commit '" + states.tip + "'\n"
      "hint: '-f' has it go there\n"
      "warning: skipped 'removed.mlem': 'refs/heads/empty' has it no more: nothing at 'models/rf.mlem'\n"
      "warning: skipped 'rewritten.mlem': commit '" + states.old +
      "' is not in the history of 'refs/heads/rewritten'\n"
      "hint: '-f' has it go there\n"
      "warning: skipped 'unpinned.mlem': it is not pinned\n"
      "hint: 'git mlem pin' pins it\n";
  const Outcome dry = world.mlem({"update", "-n"});
  CAPTURE(dry);
  CHECK(dry.code == 1);
  CHECK(dry.output.starts_with("re-pointed  behind.mlem: "));
  CHECK(dry.errors == skipped + "11 links: 1 would be updated, 2 kept, 8 skipped\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  CHECK(world.git({"rev-parse", "-q", "--verify", "refs/mlem/seen"}).code == 1);

  const Outcome outcome = world.mlem({"update"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output == "Updated " + told(states, "behind.mlem"));
  CHECK(world.mlem({"diff", "--", "behind"}).output == dry.output);
  CHECK(outcome.errors == skipped + "11 links: 1 updated, 2 kept, 8 skipped\n");
  CHECK(staged_text(world, "behind.mlem") == pinned(states.tip, states.new_blob, "refs/heads/main"));
  CHECK(read_file(world.registry.path() / "behind.mlem") == staged_text(world, "behind.mlem"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  behind.mlem");
  CHECK(world.mlem({"check", "--strict", "behind"}).code == 0);

  const Outcome again = world.mlem({"update"});
  CHECK(again.output.empty());
  CHECK(again.errors == skipped + "11 links: 3 kept, 8 skipped\n");
  for (const std::string link : {"fixed", "floating", "unpinned", "alias"}) {
    CAPTURE(link);
    CHECK(world.mlem({"update", "--", ":(glob)" + link + "*"}).code == 0);
  }
}

TEST_CASE("update: what moved or was rewritten is followed by force alone") {
  States states;
  World& world = states.world;
  const std::string message = "'refs/tags/6-deploy-app' now names commit '" + states.tip + "'\n";
  const Outcome refused = world.mlem({"update", "behind", "moved"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.output.empty());
  CHECK(refused.errors == "error: cannot update 'moved.mlem': " + message +
                              "hint: '-f' has it go there\n"
                              "nothing was changed\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  const Outcome forced = world.mlem({"update", "-f", "behind", "moved", "rewritten"});
  CAPTURE(forced);
  CHECK(forced.code == 0);
  CHECK(forced.errors == "3 links: 3 updated\n");
  CHECK(staged_text(world, "moved.mlem") == pinned(states.tip, states.new_blob, "refs/tags/6-deploy-app"));
  const std::string rewritten = world.models.id("rewritten");
  CHECK(staged_text(world, "rewritten.mlem") ==
        pinned(rewritten, world.models.id("rewritten:models/rf.mlem"), "refs/heads/rewritten"));
  CHECK(world.mlem({"update", "-f", "behind", "moved", "rewritten"}).errors == "3 links: 3 kept\n");
}

TEST_CASE("update: a pin that is nowhere is mended by force") {
  Behind behind;
  behind.world.registry.commit({{"prod/a.mlem", pinned(std::string(40, '1'), behind.blob, "refs/heads/main")}});
  const Outcome refused = behind.update();
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(behind.update({"-f"}).code == 0);
  CHECK(behind.a() == pinned(behind.tip, behind.new_blob, "refs/heads/main"));
}

TEST_CASE("update: held links are named and stay unless they are forced") {
  Behind behind;
  REQUIRE(behind.world.mlem({"hold", "-m", "fell in the test", "prod/a"}).code == 0);
  const std::string held = behind.a();
  const Outcome skipped = behind.update();
  CAPTURE(skipped);
  CHECK(skipped.code == 0);
  CHECK(skipped.errors == "warning: skipped 'prod/a.mlem': it is held: fell in the test\n"
                          "hint: '-f' re-points it and lifts the hold\n"
                          "1 link: 1 skipped\n");
  CHECK(behind.a() == held);
  CHECK(behind.update({"-f"}).code == 0);
  CHECK(behind.a() == pinned(behind.tip, behind.new_blob, "refs/heads/main"));
}

TEST_CASE("update: a rev that is named is gone to and followed if it is a ref") {
  Behind behind;
  World& world = behind.world;
  const std::string main = "refs/heads/main";
  world.models.tag("v2.0.0", "main");
  const std::string middle = world.models.id("main~1");
  const std::string before = behind.a();
  struct Row {
    std::string to;
    std::string commit;
    std::string ref;
  };
  const std::vector<Row> rows{{"v2.0.0", behind.tip, "refs/tags/v2.0.0"}, {middle, middle, main}, {"main", behind.tip, main}};
  for (const Row& row : rows) {
    CAPTURE(row.to);
    world.registry.commit({{"prod/a.mlem", before}});
    const Outcome outcome = behind.update({"--to", row.to, "prod/a"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(behind.a() == pinned(row.commit, behind.new_blob, row.ref));
    CHECK(behind.update({"--to", row.to}).errors == "1 link: 1 kept\n");
  }
  world.registry.commit({{"prod/a.mlem", before}});
  const Outcome none = behind.update({"--to", "v9"});
  CAPTURE(none);
  CHECK(none.code == 1);
  CHECK(contains(none.errors, "warning: skipped 'prod/a.mlem': no branch, tag or commit 'v9'\n"));

  world.models.checkout("main");
  const std::string loose = world.models.commit({{"models/rf.mlem", model_meta() + "# loose\n"}});
  world.models.git({"reset", "-q", "--hard", behind.tip});
  const Outcome off_branch = behind.update({"--to", loose});
  CAPTURE(off_branch);
  CHECK(off_branch.code == 1);
  CHECK(off_branch.errors == "warning: skipped 'prod/a.mlem': off-branch: commit '" + loose +
                                 "' is on no branch or tag of '" + example_url +
                                 "/'\n"
                                 "hint: push a tag or branch that has it\n"
                                 "1 link: 1 skipped\n");
  // A step back is a rewritten history.
  world.registry.commit({{"prod/a.mlem", pinned(behind.tip, behind.new_blob, main)}});
  CHECK(behind.update({"--to", "4-pack"}).code == 1);
  CHECK(behind.update({"--to", "4-pack", "-f"}).code == 0);
  CHECK(behind.a() == pinned(behind.old, behind.blob, "refs/tags/4-pack"));
}

TEST_CASE("update: nothing is gone to that does not resolve") {
  Behind behind;
  behind.world.models.commit({{"models/rf.mlem", data_meta()}});
  const std::string before = behind.a();
  const Outcome outcome = behind.update();
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.errors, "warning: skipped 'prod/a.mlem': wrong-type: 'models/rf.mlem' is of type 'data', the link says 'model'"));
  CHECK(behind.a() == before);
}

TEST_CASE("update: a commit is gone to once it was first seen long enough ago") {
  Behind behind;
  const std::string before = behind.a();
  const Outcome young = behind.update({"--min-age", "2d"});
  CAPTURE(young);
  CHECK(young.code == 0);
  CHECK(contains(young.errors, "warning: skipped 'prod/a.mlem': what it follows was first seen 20"));
  CHECK(contains(young.errors, "\nhint: it may go there from 20"));
  CHECK(behind.a() == before);
  grow_older(behind.world, 48 * hour - 60);
  CHECK(behind.update({"--min-age=2d"}).code == 0);
  CHECK(behind.a() == before);
  grow_older(behind.world, 60);
  // What came since does not start the time anew for what is there long enough.
  behind.world.models.commit({{"models/rf.mlem", model_meta() + "# young\n"}});
  const Outcome outcome = behind.update({"--min-age=2d"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(behind.a() == pinned(behind.tip, behind.new_blob, "refs/heads/main"));
  for (const std::string age : {"2", "d", "-1d", "2y", "1.5d", ""}) {
    CAPTURE(age);
    const Outcome wrong = behind.update({"--min-age=" + age});
    CHECK(wrong.code == 129);
    CHECK(contains(wrong.errors, "'--min-age' takes hours, days or weeks, such as 36h, 7d or 2w"));
  }
}

TEST_CASE("update: what was seen is kept by status too and shared between registries") {
  Behind behind;
  const World& world = behind.world;
  REQUIRE(world.mlem({"status"}).code == 0);
  const std::string first = world.registry.id("refs/mlem/seen");
  REQUIRE(world.mlem({"status"}).code == 0);
  CHECK(world.registry.id("refs/mlem/seen") == first);
  CHECK(world.mlem({"status", "--offline"}).code == 0);
  CHECK(world.registry.git({"fsck", "--strict"}).empty());

  // Another registry has seen it earlier.
  const std::string theirs = "refs/remotes/origin/mlem/seen";
  grow_older(world, 30 * hour, "refs/mlem/seen", theirs);
  CHECK(behind.update({"-n", "--min-age=1d"}).errors == "1 link: 1 would be updated\n");
  CHECK(world.registry.id("refs/mlem/seen") == first);
  REQUIRE(world.mlem({"status"}).code == 0);
  CHECK(world.registry.id("refs/mlem/seen") == world.registry.id(theirs));
  world.registry.git({"update-ref", "-d", theirs});
  CHECK(behind.update({"-n", "--min-age=1d"}).errors == "1 link: 1 would be updated\n");
}

TEST_CASE("update: a registry that cannot note what it has seen is compared all the same") {
  Behind behind;
  write_file(behind.world.registry.path() / ".git/refs/mlem", "");  // no ref can be below it
  const Outcome status = behind.world.mlem({"status"});
  CAPTURE(status);
  CHECK(status.code == 0);
  CHECK(status.errors == "1 link: 1 behind\n");
  CHECK(contains(behind.world.mlem({"status", "-v"}).errors, "warning: what was seen is not noted: "));
  CHECK(behind.update().code == 0);
}

TEST_CASE("update: a source that cannot be asked leaves its links undecided") {
  World world;
  std::optional<HttpServer> server{std::in_place, world.sandbox};
  const std::string address = server->url("models.git");
  world.models.bare_clone(server->root() / "models.git");
  const std::string blob = world.models.id("main:models/rf.mlem");
  world.registry.commit({{"a.mlem", pinned(world.model_commit, blob, "refs/heads/main", address)}});
  REQUIRE(world.mlem({"status"}).code == 0);
  CHECK(world.mlem({"update"}).errors == "1 link: 1 kept\n");
  world.models.commit({{"models/rf.mlem", model_meta() + "# 1\n"}});
  world.models.git({"push", "-q", (server->root() / "models.git").string(), "main"});
  CHECK(world.mlem({"update"}).errors == "1 link: 1 updated\n");
  world.registry.git({"reset", "-q", "--hard"});
  server.reset();
  const Outcome outcome = world.mlem({"update"});
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  CHECK(contains(outcome.errors, "warning: skipped 'a.mlem': unreachable: cannot read '" + address + "/': "));
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
}

TEST_CASE("update: what GTO assigns to a stage is followed wherever it goes") {
  World world;
  const auto tag = [&](const std::string& name, const std::string& commit, int minute) {
    RunOptions options;
    options.environment = {{"GIT_COMMITTER_DATE", std::to_string(1704067200 + 60 * minute) + " +0000"}};
    world.models.git({"tag", "-a", "-m", "by GTO", name, commit}, options);
  };
  const std::string first = world.model_commit;
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta() + "# 2\n"}});
  const std::string first_blob = world.models.id(first + ":models/rf.mlem");
  const std::string second_blob = world.models.id(second + ":models/rf.mlem");
  tag("churn@v1.0.0", first, 1);
  tag("churn@v2.0.0", second, 2);
  tag("churn#prod#1", first, 3);
  world.registry.commit({{"a.mlem", pinned(first, first_blob, "churn#prod")}});
  const auto status = [&] { return rows_of(world.mlem({"status", "--json"})).at("a"); };
  CHECK(status()["state"] == "same");
  CHECK(status()["newest"]["rev"] == "churn@v2.0.0");

  tag("churn#prod#2", second, 4);
  CHECK(status()["state"] == "behind");
  CHECK(status()["tip"]["rev"] == "churn@v2.0.0");
  CHECK(status()["behind"] == 1);
  CHECK(world.mlem({"update"}).code == 0);
  CHECK(staged_text(world, "a.mlem") == pinned(second, second_blob, "churn#prod"));

  tag("churn#prod#3", first, 5);
  CHECK(status()["state"] == "behind");
  CHECK(!status().contains("behind"));
  CHECK(world.mlem({"update"}).code == 0);
  CHECK(staged_text(world, "a.mlem") == pinned(first, first_blob, "churn#prod"));
  CHECK(world.mlem({"update", "--to", "churn@latest"}).code == 0);
  CHECK(staged_text(world, "a.mlem") == pinned(second, second_blob, "churn@latest"));
}

TEST_CASE("update: a link that is not pinned goes to the version that answers its question now") {
  World world;
  const auto tag = [&](const std::string& name, const std::string& commit, int minute) {
    RunOptions options;
    options.environment = {{"GIT_COMMITTER_DATE", std::to_string(1704067200 + 60 * minute) + " +0000"}};
    world.models.git({"tag", "-a", "-m", "by GTO", name, commit}, options);
  };
  const std::string first = world.model_commit;
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta() + "# 2\n"}});
  const std::string third = world.models.commit({{"models/rf.mlem", model_meta() + "# 3\n"}});
  const std::string third_blob = world.models.id("main:models/rf.mlem");
  tag("churn@v1.0.0", first, 1);
  tag("churn#prod#1", first, 2);
  const std::vector<std::string> sp{"link", "-q", "--sp", example_url, "--rev"};
  for (const std::string name : {"latest", "prod", "tag"}) {
    const std::string rev = name == "latest" ? "churn@latest" : name == "prod" ? "churn#prod" : "churn@v1.0.0";
    auto arguments = sp;
    arguments.insert(arguments.end(), {rev, "models/rf", name});
    REQUIRE(world.mlem(arguments).code == 0);
  }
  world.registry.git({"commit", "-q", "-m", "Link"});
  const auto link = [&](const std::string& params, const std::string& rev) {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n" + params +
           "path: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + rev + "\n";
  };
  const auto state = [&](const std::string& name) {
    return rows_of(world.mlem({"status", "--json"})).at(name)["state"].get<std::string>();
  };
  CHECK(state("latest") == "same");
  CHECK(state("prod") == "same");
  CHECK(state("tag") == "unpinned");
  CHECK(world.mlem({"update", "latest", "prod"}).errors == "2 links: 2 kept\n");

  tag("churn@v2.0.0", second, 3);
  CHECK(state("latest") == "behind");
  CHECK(state("prod") == "same");
  CHECK(world.mlem({"status", "--exit-code"}).code == 1);
  CHECK(world.mlem({"update", "--min-age", "2d", "latest"}).code == 1);
  const Outcome outcome = world.mlem({"update", "latest", "prod"});
  CAPTURE(outcome);
  CHECK(outcome.output == "Updated 'latest.mlem': rev 'churn@v1.0.0' -> 'churn@v2.0.0'\n");
  CHECK(staged_text(world, "latest.mlem") == link("    ref: churn@latest\n", "churn@v2.0.0"));
  CHECK(state("latest") == "same");

  // A commit that is no version is pinned.
  tag("churn#prod#2", third, 4);
  CHECK(world.mlem({"update", "prod"}).code == 0);
  CHECK(staged_text(world, "prod.mlem") == link("    blob: " + third_blob + "\n    ref: churn#prod\n", third));
  CHECK(world.mlem({"update", "--to", "churn#prod", "latest"}).code == 0);
  CHECK(staged_text(world, "latest.mlem") == link("    blob: " + third_blob + "\n    ref: churn#prod\n", third));
  const Outcome unpinned = world.mlem({"update", "--to", "main", "tag"});
  CHECK(unpinned.code == 1);
  CHECK(contains(unpinned.errors, "error: cannot update 'tag.mlem': it is not pinned\n"));
  CHECK(world.mlem({"check", "--strict"}).code == 0);
}

TEST_CASE("update: a ref that is named is followed from then on though its object is the same") {
  Behind behind;
  World& world = behind.world;
  const std::string still = world.models.id("still");
  world.registry.commit({{"prod/fixed.mlem", pinned(behind.old, behind.blob, "")}});
  const Outcome outcome = behind.update({"--to", "still"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors == "2 links: 2 updated\n");
  CHECK(behind.a() == pinned(still, behind.blob, "refs/heads/still"));
  CHECK(staged_text(world, "prod/fixed.mlem") == pinned(still, behind.blob, "refs/heads/still"));
  CHECK(behind.update({"--to", "still"}).errors == "2 links: 2 kept\n");
  CHECK(behind.update({"--to", behind.old}).errors == "2 links: 2 kept\n");

  REQUIRE(world.mlem({"hold", "-m", "fell in the test", "prod/a"}).code == 0);
  const Outcome held = behind.update({"--to", "4-pack", "prod/a"});
  CAPTURE(held);
  CHECK(held.code == 1);
  CHECK(held.errors ==
        "error: cannot update 'prod/a.mlem': it is held: fell in the test\n"
        "hint: '-f' re-points it and lifts the hold\n"
        "nothing was changed\n");
  CHECK(behind.update({"-f", "--to", "4-pack", "prod/a"}).code == 0);
  CHECK(behind.a() == pinned(behind.old, behind.blob, "refs/tags/4-pack"));
}

TEST_CASE("update: an abbreviated id or an expression is looked up in each source") {
  Behind behind;
  const std::string before = behind.a();
  const std::string middle = behind.world.models.id("main~1");
  for (const std::string& to : {middle.substr(0, 9), std::string("main~1"), std::string("HEAD^")}) {
    CAPTURE(to);
    behind.world.registry.commit({{"prod/a.mlem", before}});
    const Outcome outcome = behind.update({"--to", to});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(behind.a() == pinned(middle, behind.new_blob, "refs/heads/main"));
  }
  const Outcome none = behind.update({"--to", "main~99", "prod/a"});
  CAPTURE(none);
  CHECK(none.code == 1);
  CHECK(none.errors ==
        "error: cannot update 'prod/a.mlem': missing-rev: no branch, tag or commit 'main~99'\n"
        "nothing was changed\n");
  const Outcome unknown = behind.update({"--to", "0123456", "prod/a"});
  CHECK(unknown.code == 1);
  CHECK(unknown.errors ==
        "error: cannot update 'prod/a.mlem': missing-rev: no branch, tag or commit '0123456'\n"
        "hint: no commit of that source has an id that begins so\n"
        "nothing was changed\n");
}

TEST_CASE("update: JSON has where a pin was and where it is") {
  Behind behind;
  const Outcome outcome = behind.update({"--json"});
  CAPTURE(outcome);
  const auto row = rows_of(outcome).at("prod/a");
  CHECK(row["action"] == "updated");
  CHECK(row["verdict"] == "ok");
  CHECK(row["from"]["commit"] == behind.old);
  CHECK(row["to"]["commit"] == behind.tip);
  CHECK(row["to"]["blob"] == behind.new_blob);
  CHECK(row["to"]["ref"] == "refs/heads/main");
  CHECK(behind.update({"--porcelain"}).output == "kept\tprod/a.mlem\t-\t" + behind.tip + "\t" + behind.new_blob +
                                                     "\tmodels/rf.mlem\t" + example_url + "/\t" + behind.tip + "\n");
  REQUIRE(behind.world.mlem({"hold", "-m", "fell", "prod/a"}).code == 0);
  behind.world.models.commit({{"models/rf.mlem", model_meta() + "# newer\n"}});
  const auto held = rows_of(behind.update({"--json"})).at("prod/a");
  CHECK(held["action"] == "skipped");
  CHECK(held["commit"] == behind.tip);
  CHECK(held["ref"] == "refs/heads/main");
  CHECK(held["blob"] == behind.new_blob);
}

TEST_CASE("update: branches of their own get the links and nothing else is touched") {
  Behind behind;
  World& world = behind.world;
  const std::string head = world.registry.id("HEAD");
  world.registry.write("prod/a.mlem", "unsaved");
  const std::string to = behind.tip.substr(0, 12);
  const Outcome dry = behind.update({"-n", "--branch", "mlem/{link}"});
  CHECK(dry.output.starts_with("re-pointed  prod/a.mlem: "));
  CHECK(world.git({"rev-parse", "-q", "--verify", "refs/heads/mlem/prod/a"}).code == 1);
  const Outcome outcome = behind.update({"--branch", "mlem/{link}"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const std::string tip = world.registry.id("mlem/prod/a");
  CHECK(world.mlem({"diff", head, tip}).output == dry.output);
  CHECK(outcome.output == "Updated " + told(behind, "prod/a.mlem") + "[mlem/prod/a " + tip.substr(0, 7) +
                              "] Update prod/a.mlem to " + to + "\n");
  CHECK(outcome.errors == "1 link: 1 updated\n");
  CHECK(world.registry.id(tip + "^") == head);
  CHECK(world.registry.git({"show", tip + ":prod/a.mlem"}) + "\n" ==
        pinned(behind.tip, behind.new_blob, "refs/heads/main"));
  CHECK(world.registry.git({"diff", "--name-only", head, tip}) == "prod/a.mlem");
  std::string commits;
  for (const std::string rev : {"main", "main~1", "main~2", "main~3"}) {
    commits += "    " + world.models.id(rev).substr(0, 7) + " Change\n";
  }
  CHECK(world.registry.git({"log", "-1", "--format=%B", tip}) ==
        "Update prod/a.mlem to " + to + "\n\n" + example_url + "/ (main)\n" + behind.old.substr(0, 12) + ".." + to +
            "\n\n" + commits + "\ncompatible\n\nMlem-Link: prod/a.mlem\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == " M prod/a.mlem");
  CHECK(read_file(world.registry.path() / "prod/a.mlem") == "unsaved");
  CHECK(world.registry.git({"fsck", "--strict"}).empty());

  const Outcome again = behind.update({"--branch", "mlem/{link}"});
  CHECK(again.code == 0);
  CHECK(again.errors == "1 link: 1 kept\n");
  CHECK(world.registry.id("mlem/prod/a") == tip);
}

TEST_CASE("update: the message of a branch says how the objects differ and JSON names the branch") {
  Behind behind;
  World& world = behind.world;
  std::string breaking = model_meta();
  breaking.replace(breaking.find("name: X"), 7, "name: Y");
  world.models.commit({{"models/rf.mlem", breaking}});
  const Outcome planned = behind.update({"-n", "--json", "--branch", "mlem/{link}"});
  CHECK(rows_of(planned).at("prod/a")["branch"] == "refs/heads/mlem/prod/a");
  const Outcome outcome = behind.update({"--json", "--branch", "mlem/{link}"});
  CAPTURE(outcome);
  CHECK(rows_of(outcome).at("prod/a")["branch"] == "refs/heads/mlem/prod/a");
  const std::string message = world.registry.git({"log", "-1", "--format=%B", "mlem/prod/a"});
  CAPTURE(message);
  CHECK(contains(message, "\n\nbreaking\n    method predict: argument X: X -> Y\n"));
  CHECK(contains(message, "\n\nMlem-Link: prod/a.mlem\n"));
  // A branch that has it so already is named, too.
  const Outcome again = behind.update({"--json", "--branch", "mlem/{link}"});
  const auto row = rows_of(again).at("prod/a");
  CHECK(row["action"] == "kept");
  CHECK(row["branch"] == "refs/heads/mlem/prod/a");
  CHECK(!rows_of(world.mlem({"update", "--json"})).at("prod/a").contains("branch"));
}

TEST_CASE("update: a branch that proposes less is made anew and one of somebody else is left alone") {
  Behind behind;
  World& world = behind.world;
  const auto update = [&] { return behind.update({"--branch", "mlem/{link}"}); };
  REQUIRE(update().code == 0);
  const std::string newer = world.models.commit({{"models/rf.mlem", model_meta() + "# newer\n"}});
  world.registry.commit({{"README", "1"}});
  CHECK(update().errors == "1 link: 1 updated\n");
  CHECK(world.registry.id("mlem/prod/a^") == world.registry.id("HEAD"));
  CHECK(contains(world.registry.git({"show", "mlem/prod/a:prod/a.mlem"}), newer));

  world.registry.checkout("mlem/prod/a");
  world.models.commit({{"models/rf.mlem", model_meta() + "# newest\n"}});
  world.registry.git({"checkout", "-q", "main"});
  world.registry.git({"worktree", "add", "-q", (world.sandbox / "beside").string(), "mlem/prod/a"});
  const Outcome checked_out = update();
  CAPTURE(checked_out);
  CHECK(checked_out.code == 1);
  CHECK(contains(checked_out.errors, "cannot make branch 'mlem/prod/a': it is checked out in '"));
  world.registry.git({"worktree", "remove", (world.sandbox / "beside").string()});

  world.registry.checkout("mlem/prod/a");
  const std::string theirs = world.registry.commit({{"NOTES", "looks good"}});
  world.registry.git({"checkout", "-q", "main"});
  const Outcome foreign = update();
  CAPTURE(foreign);
  CHECK(foreign.code == 1);
  CHECK(foreign.errors == "warning: skipped 'prod/a.mlem': branch 'mlem/prod/a' has commits of somebody else\n"
                          "hint: merge or delete it, and 'git mlem update' makes it anew\n"
                          "1 link: 1 skipped\n");
  CHECK(world.registry.id("mlem/prod/a") == theirs);

  world.registry.git({"branch", "-q", "-D", "mlem/prod/a"});
  world.registry.git({"commit", "-q", "--allow-empty", "-m", "Empty"});
  world.registry.git({"branch", "mlem/prod/a"});
  world.registry.git({"reset", "-q", "--hard", "HEAD^"});
  CHECK(update().code == 1);
}

TEST_CASE("update: links that would get one branch are refused together") {
  Behind behind;
  World& world = behind.world;
  const std::string text = pinned(behind.old, behind.blob, "refs/heads/main");
  world.registry.commit({{"prod/b.mlem", text}, {"prod.mlem", text}});
  const std::string hint = "hint: '{link}' in '--branch' gives each link its own\n";
  const Outcome one = behind.update({"--branch", "mlem"});
  CAPTURE(one);
  CHECK(one.code == 1);
  CHECK(one.errors ==
        "warning: skipped 'prod.mlem': cannot make branch 'mlem': 'prod/a.mlem' would get it, too\n" + hint +
            "warning: skipped 'prod/a.mlem': cannot make branch 'mlem': 'prod.mlem' would get it, too\n" + hint +
            "warning: skipped 'prod/b.mlem': cannot make branch 'mlem': 'prod.mlem' would get it, too\n" + hint +
            "3 links: 3 skipped\n");
  const Outcome nested = behind.update({"--branch={link}", "prod/a", "prod"});
  CAPTURE(nested);
  CHECK(nested.code == 1);
  CHECK(contains(nested.errors, "cannot update 'prod.mlem': cannot make branch 'prod': 'prod/a.mlem' would get 'prod/a'\n"));
  CHECK(contains(nested.errors, "cannot update 'prod/a.mlem': cannot make branch 'prod/a': 'prod.mlem' would get 'prod'\n"));
  CHECK(world.registry.git({"branch", "--format=%(refname)"}) == "refs/heads/main");
  // As `git branch` has it.
  for (const std::string name : {"a..b", "", "HEAD", "-x", "a.lock"}) {
    const Outcome bad = behind.update({"--branch=" + name});
    CAPTURE(bad);
    CHECK(bad.code == 129);
    CHECK(bad.errors == "error: '" + name + "' gives no name of a branch\nhint: 'mlem/{link}' does\n");
  }
  world.registry.commit({{"HEAD.mlem", text}});
  const Outcome head = behind.update({"--branch={link}", "HEAD.mlem"});
  CHECK(head.code == 1);
  CHECK(contains(head.errors, "cannot make branch 'HEAD': that is not a name of a branch\n"));
  CHECK(world.registry.git({"branch", "--format=%(refname)"}) == "refs/heads/main");
}

TEST_CASE("update: branches are proposed as the manual has it") {
  Behind behind;
  REQUIRE(behind.update({"--branch", "mlem/{link}"}).code == 0);
  const auto server = behind.world.registry.bare_clone(behind.world.sandbox / "server.git");
  RunOptions options;
  options.directory = server;
  behind.world.sandbox.git_output({"config", "receive.advertisePushOptions", "true"}, options);
  behind.world.sandbox.git_output({"update-ref", "-d", "refs/heads/mlem/prod/a"}, options);
  const RepoBuilder& registry = behind.world.registry;
  registry.git({"push", "-q", "-o", "merge_request.create", server.string(), "refs/heads/mlem/*"});
  registry.git({"push", "-q", server.string(), "mlem/prod/a:refs/for/main", "-o", "topic=mlem/prod/a"});
  const std::string tip = registry.id("mlem/prod/a");
  CHECK(behind.world.sandbox.git_output({"rev-parse", "refs/heads/mlem/prod/a", "refs/for/main"}, options) ==
        tip + "\n" + tip);
}

TEST_CASE("update: two at once make one branch") {
  Behind behind;
  const std::string program = program_directory() + "/git-mlem";
  RunOptions options;
  options.directory = behind.world.registry.path();
  std::string script = "for i in 1 2 3 4 5 6; do '" + program + "' update -q --branch 'mlem/{link}' & p=\"$p $!\"; done\n";
  script += "for i in $p; do wait $i || exit; done\n";
  const Outcome outcome = behind.world.sandbox.run({"sh", "-c", script}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(behind.world.registry.id("mlem/prod/a^") == behind.world.registry.id("HEAD"));
  CHECK(behind.world.registry.git({"rev-list", "--count", "HEAD..mlem/prod/a"}) == "1");
}
