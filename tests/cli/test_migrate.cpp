#include "support/text_file.hpp"

#include "cli/killed_run.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string model = "object_type: model\nmodel_type:\n  type: sklearn\n";

std::string alias(const std::string& path) { return "link_type: model\nobject_type: link\npath: " + path + "\n"; }

std::string far(const std::string& key) {
  return "# far\nlink_type: model\nobject_type: link\npath: models/rf.mlem\n" + key + ": " + example_url +
         "/ # there\nrev: main\n";
}

std::string names(const World& world) { return world.registry.git({"ls-files"}); }

}  // namespace

TEST_CASE("migrate: dialects change and every other byte stays") {
  World world;
  world.registry.commit(
      {{"a.mlem", far("repo")}, {"b.mlem", far("project")}, {"c.mlem", alias("b")}, {"m.mlem", model}});
  const Outcome dry = world.mlem({"migrate", "--to=project", "-n"});
  CAPTURE(dry);
  CHECK(dry.code == 0);
  CHECK(dry.output == "Would migrate 'a.mlem': dialect 'repo' -> 'project'\n");
  CHECK(dry.errors == "3 files: 1 would be migrated, 2 kept\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  const Outcome outcome = world.mlem({"migrate", "--to=project"});
  CHECK(outcome.output == "Migrated 'a.mlem': dialect 'repo' -> 'project'\n");
  CHECK(outcome.errors == "3 files: 1 migrated, 2 kept\n");
  CHECK(world.staged("a.mlem") + "\n" == far("project"));
  CHECK(read_file(world.registry.path() / "a.mlem") == far("project"));
  CHECK(world.mlem({"migrate", "--to=project"}).errors == "3 files: 3 kept\n");
  CHECK(world.mlem({"migrate", "-q", "--to=repo", "a"}).code == 0);
  CHECK(world.staged("a.mlem") + "\n" == far("repo"));
  CHECK(world.staged("b.mlem") + "\n" == far("project"));
}

TEST_CASE("migrate: of both keys one is left") {
  World world;
  const std::string both = "link_type: model\nobject_type: link\npath: models/rf.mlem\nproject: " + example_url +
                           "/\nrepo: " + example_url + "/ # old\nrev: main\n";
  for (const std::string key : {"project", "repo"}) {
    CAPTURE(key);
    world.registry.commit({{"a.mlem", both}});
    CHECK(world.mlem({"migrate"}).errors == "1 file: 1 kept\n");
    CHECK(world.mlem({"migrate", "--to=" + key}).errors == "1 file: 1 migrated\n");
    CHECK(world.staged("a.mlem") == "link_type: model\nobject_type: link\npath: models/rf.mlem\n" + key + ": " +
                                        example_url + (key == "repo" ? "/ # old" : "/") + "\nrev: main");
  }
}

TEST_CASE("migrate: links leave the layout of MLEM 0.2 and lead where they did") {
  World world;
  world.registry.commit({{"pj/.mlem/model/rf.mlem", model},
                         {"pj/.mlem/link/latest.mlem", "# mine\n" + alias("rf")},
                         {"pj/.mlem/link/team/again.mlem", alias(".mlem/link/latest.mlem")},
                         {"pj/.mlem/link/far.mlem", far("repo")}});
  REQUIRE(world.mlem({"check"}).code == 0);
  const Outcome outcome = world.mlem({"migrate"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Migrated 'pj/.mlem/link/far.mlem' to 'pj/far.mlem'\n"
        "Migrated 'pj/.mlem/link/latest.mlem' to 'pj/latest.mlem'\n"
        "Migrated 'pj/.mlem/link/team/again.mlem' to 'pj/team/again.mlem': path '.mlem/link/latest.mlem' -> "
        "'latest.mlem'\n");
  CHECK(names(world) == "pj/.mlem.yaml\npj/.mlem/model/rf.mlem\npj/far.mlem\npj/latest.mlem\npj/team/again.mlem");
  CHECK(world.staged("pj/latest.mlem") + "\n" == "# mine\n" + alias("rf"));
  CHECK(world.staged("pj/far.mlem") + "\n" == far("repo"));
  CHECK_FALSE(fs::exists(world.registry.path() / "pj/.mlem/link"));
  CHECK(world.mlem({"check"}).code == 0);
  CHECK(world.registry.git({"status", "--porcelain", "--untracked-files=all"}).find("??") == std::string::npos);
}

TEST_CASE("migrate: a link that gets into another project has its path from there") {
  World world;
  world.registry.commit(
      {{".mlem/model/rf.mlem", model}, {".mlem/link/team/a.mlem", alias("rf")}, {"team/.mlem.yaml", ""}});
  REQUIRE(world.mlem({"migrate", "-q"}).code == 0);
  CHECK(world.staged("team/a.mlem") + "\n" == alias("../.mlem/model/rf.mlem"));
  CHECK(world.mlem({"resolve", "team/a"}).code == 0);
}

TEST_CASE("migrate: files of MLEM before 0.1.10 get the ending of today and so do the paths of aliases to them") {
  World world;
  world.registry.commit({{".mlem.yaml", ""},
                         {"rf.mlem.yaml", model},
                         {"old.mlem.yaml", alias("rf.mlem.yaml")},
                         {"new.mlem", alias("rf")},
                         {"odd.mlem.yaml", "a: [\n"}});
  const Outcome outcome = world.mlem({"migrate"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "Migrated 'odd.mlem.yaml' to 'odd.mlem'\n"
        "Migrated 'old.mlem.yaml' to 'old.mlem': path 'rf.mlem.yaml' -> 'rf.mlem'\n"
        "Migrated 'rf.mlem.yaml' to 'rf.mlem'\n");
  CHECK(names(world) == ".mlem.yaml\nnew.mlem\nodd.mlem\nold.mlem\nrf.mlem");
  CHECK(world.mlem({"resolve", "new", "old"}).code == 0);
}

TEST_CASE("migrate: a name that is taken is refused") {
  World world;
  world.registry.commit(
      {{"a.mlem.yaml", model}, {"a.mlem", model}, {".mlem/link/b.mlem", alias("a")}, {"c.mlem.yaml", model}});
  write_file(world.registry.path() / "b.mlem", "not staged\n");
  const Outcome named = world.mlem({"migrate", "a.mlem.yaml", "c.mlem.yaml"});
  CAPTURE(named);
  CHECK(named.code == 1);
  CHECK(named.errors ==
        "error: cannot migrate 'a.mlem.yaml': 'a.mlem' is there already\nhint: remove one of the two\nnothing was "
        "changed\n");
  const Outcome all = world.mlem({"migrate"});
  CAPTURE(all);
  CHECK(all.code == 1);
  CHECK(all.output == "Migrated 'c.mlem.yaml' to 'c.mlem'\n");
  CHECK(all.errors ==
        "warning: skipped '.mlem/link/b.mlem': 'b.mlem' is there already\n"
        "hint: remove one of the two\n"
        "warning: skipped 'a.mlem.yaml': 'a.mlem' is there already\n"
        "hint: remove one of the two\n"
        "3 files: 1 migrated, 2 skipped\n");
  CHECK(read_file(world.registry.path() / "b.mlem") == "not staged\n");
}

TEST_CASE("migrate: unsaved edits go along and what cannot be written changes nothing") {
  World world;
  world.registry.commit({{"a.mlem.yaml", alias("x")}, {"dir/b.mlem.yaml", model}});
  write_file(world.registry.path() / "a.mlem.yaml", "# edited\n" + alias("x"));
  REQUIRE(world.mlem({"migrate", "-q", "a.mlem.yaml"}).code == 0);
  CHECK(world.staged("a.mlem") + "\n" == "# edited\n" + alias("x"));
  write_file(world.registry.path() / ".git/index.lock", "");
  const Outcome locked = world.mlem({"migrate"});
  CHECK(locked.code == 128);
  fs::remove(world.registry.path() / ".git/index.lock");
  CHECK(read_file(world.registry.path() / "dir/b.mlem.yaml") == model);
  CHECK_FALSE(fs::exists(world.registry.path() / "dir/b.mlem"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "R  a.mlem.yaml -> a.mlem");
}

TEST_CASE("migrate: a run that was killed between files and index is brought to its end by the next") {
  World world;
  world.registry.commit({{"p/.mlem/link/sub/x.mlem", alias("rf")},
                         {"p/.mlem/model/rf.mlem", model},
                         {"far.mlem", far("repo")},
                         {"rf.mlem.yaml", model},
                         {"old.mlem.yaml", alias("rf.mlem.yaml")},
                         {"new.mlem", alias("rf.mlem.yaml")}});
  const std::string head = world.registry.id("HEAD");
  REQUIRE(world.mlem({"migrate", "--to=project", "-q"}).code == 0);
  const std::string tree = world.registry.git({"write-tree"});
  for (const std::string left : {"", "old.mlem.yaml"}) {
    CAPTURE(left);
    world.registry.git({"reset", "-q", "--hard", head});
    world.registry.git({"clean", "-q", "-f", "-d"});
    run_killed_before_staging(world, {"migrate", "--to=project"});
    REQUIRE(world.registry.git({"diff", "--cached", "--name-only"}).empty());
    REQUIRE_FALSE(world.registry.git({"diff", "--name-only"}).empty());
    // Or it was killed before the old file was removed.
    if (!left.empty()) world.registry.git({"checkout", "--", left});
    const Outcome outcome = world.mlem({"migrate", "--to=project"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.registry.git({"write-tree"}) == tree);
    CHECK(world.registry.git({"diff", "--name-only"}).empty());
    CHECK(world.registry.git({"ls-files", "--others"}).empty());
  }
  // What somebody else has put there is not taken for it.
  world.registry.git({"reset", "-q", "--hard", head});
  write_file(world.registry.path() / "old.mlem", "# mine\n" + alias("rf"));
  CHECK(contains(world.mlem({"migrate", "--to=project"}).errors, "'old.mlem' is there already"));
}

TEST_CASE("migrate: a run that was killed over a file with unsaved edits is brought to its end by hand") {
  World world;
  world.registry.commit({{"a.mlem.yaml", alias("x")}, {"b.mlem.yaml", model}});
  const std::string edited = "# edited\n" + alias("x");
  write_file(world.registry.path() / "a.mlem.yaml", edited);
  run_killed_before_staging(world, {"migrate"});
  REQUIRE_FALSE(fs::exists(world.registry.path() / "a.mlem.yaml"));
  const Outcome outcome = world.mlem({"migrate"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output == "Migrated 'b.mlem.yaml' to 'b.mlem'\n");
  CHECK(outcome.errors ==
        "warning: skipped 'a.mlem.yaml': its file is gone and 'a.mlem' is there\n"
        "hint: if that is the file, 'git add a.mlem' and 'git rm --cached a.mlem.yaml'\n"
        "2 files: 1 migrated, 1 skipped\n");
  CHECK(read_file(world.registry.path() / "a.mlem") == edited);
  world.registry.git({"add", "a.mlem"});
  world.registry.git({"rm", "-q", "--cached", "a.mlem.yaml"});
  CHECK(world.mlem({"migrate"}).code == 0);
  CHECK(names(world) == "a.mlem\nb.mlem");
  CHECK(world.staged("a.mlem") + "\n" == edited);
}

TEST_CASE("migrate: rows for scripts and what is not taken") {
  World world;
  world.registry.commit({{"a.mlem", far("repo")}, {"broken.mlem", "link_type: model\nobject_type: link\n"}});
  const Outcome outcome = world.mlem({"migrate", "--to=project", "--json"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  std::istringstream lines(outcome.output);
  std::string line;
  REQUIRE(std::getline(lines, line));
  const auto row = nlohmann::json::parse(line);
  CHECK(row["link"] == "a.mlem");
  CHECK(row["action"] == "migrated");
  CHECK_FALSE(row.contains("verdict"));
  REQUIRE(std::getline(lines, line));
  CHECK(nlohmann::json::parse(line)["verdict"] == "invalid-link");
  const Outcome wrong = world.mlem({"migrate", "--to=both"});
  CHECK(wrong.code == 129);
  CHECK(contains(wrong.errors, "error: '--to' takes 'repo' or 'project'\n"));
}
