#include "support/trace.hpp"

#include "cli/json_rows.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

std::string link_at(const std::string& rev, const std::string& path = "models/rf.mlem") {
  return link_text({.path = path, .repo = example_url + "/", .rev = rev});
}

/// What became of which link, a line each: `re-pointed a.mlem v1 > v2`.
std::string summary_of(const Outcome& outcome) {
  std::string text;
  for (const nlohmann::json& row : json_rows(outcome)) {
    text += row["change"].get<std::string>() + " " + row.value("former_link", "") +
            (row.contains("former_link") ? " > " : "") + row["link"].get<std::string>();
    if (row.contains("from")) text += " " + row["from"].value("rev", "");
    text += " >";
    if (row.contains("to")) text += " " + row["to"].value("rev", "");
    text += "\n";
  }
  return text;
}

/// Git as another person, at a time of its own.
RunOptions person(const World& world, const std::string& name, const std::string& time) {
  RunOptions options;
  options.directory = world.registry.path();
  for (const std::string role : {"AUTHOR", "COMMITTER"}) {
    options.environment["GIT_" + role + "_NAME"] = name;
    options.environment["GIT_" + role + "_EMAIL"] = name + "@example.com";
    options.environment["GIT_" + role + "_DATE"] = time;
  }
  return options;
}

std::string commit_as(const World& world, const std::string& name, const std::string& time, const Files& files) {
  for (const auto& [path, text] : files) world.registry.write(path, text);
  world.registry.git({"add", "."});
  world.registry.git({"commit", "-q", "-m", "Change"}, person(world, name, time));
  return world.registry.id("HEAD");
}

}  // namespace

TEST_CASE("log: what a link named is told with its times") {
  World world;
  const std::string first = world.registry.commit({{"prod/a.mlem", link_at("v1")}, {"b.mlem", link_at("v1")}});
  world.registry.commit({{"b.mlem", link_at("v2")}});
  const std::string third = world.registry.commit({{"prod/a.mlem", link_at("v2")}});
  const std::string place = example_url + "/models/rf.mlem";
  const std::string made_by = "        made by A. Author <author@example.com>\n";
  const Outcome outcome = world.mlem({"log", "prod/a"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors.empty());
  CHECK(outcome.output == "commit " + third +
                              "\nBy:     C. Committer <committer@example.com>\nDate:   2024-01-01T00:03:00Z\n\n"
                              "    re-pointed  prod/a.mlem: " +
                              place + " from v1 to v2\n" + made_by + "\ncommit " + first +
                              "\nBy:     C. Committer <committer@example.com>\nDate:   2024-01-01T00:01:00Z\n\n"
                              "    added       prod/a.mlem: " +
                              place + " at v1\n" + made_by + "        until 2024-01-01T00:03:00Z\n");
  const auto rows = json_rows(world.mlem({"log", "--json", "prod/a.mlem"}));
  REQUIRE(rows.size() == 2);
  const std::string repo = example_url + "/";
  CHECK(
      rows[0].dump() ==
      R"({"at":")" + third +
          R"(","author":"A. Author <author@example.com>","change":"re-pointed","date":"2024-01-01T00:03:00Z","from":{"path":"models/rf.mlem","repo":")" +
          repo +
          R"(","rev":"v1"},"link":"prod/a.mlem","link_type":"model","merged_by":"C. Committer <committer@example.com>","path":"models/rf.mlem","registry_commit":")" +
          third + R"(","repo":")" + repo + R"(","rev":"v2","schema":1,"to":{"path":"models/rf.mlem","repo":")" + repo +
          R"(","rev":"v2"}})");
  CHECK(rows[1]["until"] == "2024-01-01T00:03:00Z");
  CHECK(rows[1]["registry_commit"] == first);
  CHECK(world.mlem({"log", "--porcelain", "-n1"}).output ==
        "re-pointed\tprod/a.mlem\t-\t-\t-\tmodels/rf.mlem\t" + repo + "\tv2\n");
  CHECK(summary_of(world.mlem({"log", "--json"})) ==
        "re-pointed prod/a.mlem v1 > v2\nre-pointed b.mlem v1 > v2\nadded b.mlem > v1\nadded prod/a.mlem > v1\n");
}

TEST_CASE("log: a link that was merged late is in force from the merge and both people are told") {
  World world;
  commit_as(world, "ann", "2024-03-01T00:00:00Z", {{"a.mlem", link_at("v1")}});
  world.registry.git({"checkout", "-q", "-b", "side"});
  const std::string made = commit_as(world, "ben", "2024-03-02T00:00:00Z", {{"a.mlem", link_at("v2")}});
  commit_as(world, "ben", "2024-03-03T00:00:00Z", {{"other.txt", "x"}});
  world.registry.git({"checkout", "-q", "main"});
  commit_as(world, "ann", "2024-03-04T00:00:00Z", {{"b.mlem", link_at("v2")}});
  world.registry.git({"merge", "-q", "--no-ff", "-m", "Merge", "side"}, person(world, "cleo", "2024-03-09T00:00:00Z"));
  const std::string merge = world.registry.id("HEAD");
  for (const std::vector<std::string>& links : {std::vector<std::string>{}, {"a"}}) {
    std::vector<std::string> arguments{"log", "--json"};
    arguments.insert(arguments.end(), links.begin(), links.end());
    const auto rows = json_rows(world.mlem(arguments));
    REQUIRE(rows.size() == (links.empty() ? 3 : 2));
    CHECK(rows[0]["change"] == "re-pointed");
    CHECK(rows[0]["registry_commit"] == merge);
    CHECK(rows[0]["date"] == "2024-03-09T00:00:00Z");
    CHECK(rows[0]["merged_by"] == "cleo <cleo@example.com>");
    CHECK(rows[0]["changed_in"] == made);
    CHECK(rows[0]["author"] == "ben <ben@example.com>");
    CHECK(rows.back()["until"] == "2024-03-09T00:00:00Z");
    CHECK(!rows.back().contains("changed_in"));
  }
  CHECK(contains(world.mlem({"log", "a"}).output,
                 "        made by ben <ben@example.com> in " + made.substr(0, 7) + "\n"));
  // On the other branch, it is so since it was made.
  CHECK(json_rows(world.mlem({"log", "--json", "side", "--", "a"}))[0]["date"] == "2024-03-02T00:00:00Z");
  CHECK(json_rows(world.mlem({"log", "--json", "HEAD~1..HEAD"})).size() == 1);
}

TEST_CASE("log: a merge tells which of the commits that it brought made a change") {
  World world;
  commit_as(world, "ann", "2024-03-01T00:00:00Z", {{"a.mlem", link_at("v1")}});
  std::vector<std::string> made;
  for (const std::string rev : {"v2", "v1", "v2"}) {
    world.registry.git({"checkout", "-q", "-B", "side"});
    made.push_back(
        commit_as(world, "ben", "2024-03-02T00:00:0" + std::to_string(made.size()) + "Z", {{"a.mlem", link_at(rev)}}));
    world.registry.git({"checkout", "-q", "main"});
    world.registry.git({"merge", "-q", "--no-ff", "-m", "Merge", "side"},
                       person(world, "cleo", "2024-03-09T00:00:00Z"));
  }
  const auto rows = json_rows(world.mlem({"log", "--json"}));
  REQUIRE(rows.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) CHECK(rows[i]["changed_in"] == made[2 - i]);
}

TEST_CASE("log: links that say the same again and again are all told") {
  World world;
  std::string expected;
  for (const std::string rev : {"v1", "v2", "v1"}) {
    world.registry.commit({{"a.mlem", link_at(rev)}, {"b.mlem", link_at(rev)}, {"c.mlem", link_at(rev)}});
  }
  for (const std::string change :
       {"re-pointed %.mlem v2 > v1\n", "re-pointed %.mlem v1 > v2\n", "added %.mlem > v1\n"}) {
    for (const char name : {'a', 'b', 'c'}) {
      std::string line = change;
      expected += line.replace(line.find('%'), 1, 1, name);
    }
  }
  CHECK(summary_of(world.mlem({"log", "--json"})) == expected);
}

TEST_CASE("log: renamed links are followed with the names of their times") {
  World world;
  world.registry.commit({{"stage/a.mlem", link_at("v1")}, {"stage/z.mlem", link_at("v1", "models/other.mlem")}});
  world.registry.commit({{"stage/a.mlem", link_at("v2")}});
  world.registry.git({"mv", "stage", "staging"});
  world.registry.commit({}, "Rename the directory");
  world.registry.git({"mv", "staging/a.mlem", "staging/b.mlem"});
  world.registry.commit({{"staging/b.mlem", link_at("v3")}});
  const std::string told =
      "renamed staging/a.mlem > staging/b.mlem v2 > v3\nrenamed stage/a.mlem > staging/a.mlem v2 > v2\n"
      "re-pointed stage/a.mlem v1 > v2\nadded stage/a.mlem > v1\n";
  CHECK(summary_of(world.mlem({"log", "--json", "staging/b"})) == told);
  const auto rows = json_rows(world.mlem({"log", "--json", "staging/b"}));
  REQUIRE(rows.size() == 4);
  CHECK(!rows[0].contains("until"));
  CHECK(rows[1]["until"] == "2024-01-01T00:04:00Z");
  CHECK(rows[2]["until"] == "2024-01-01T00:04:00Z");
  CHECK(rows[3]["until"] == "2024-01-01T00:02:00Z");
  CHECK(summary_of(world.mlem({"log", "--json"})) ==
        "renamed staging/a.mlem > staging/b.mlem v2 > v3\nrenamed stage/a.mlem > staging/a.mlem v2 > v2\n"
        "renamed stage/z.mlem > staging/z.mlem v1 > v1\nre-pointed stage/a.mlem v1 > v2\nadded stage/a.mlem > v1\n"
        "added stage/z.mlem > v1\n");
  CHECK(contains(world.mlem({"log", "staging/b"}).output, "    renamed     staging/a.mlem -> staging/b.mlem: " +
                                                              example_url + "/models/rf.mlem from v2 to v3\n"));
  // One that has left its name is told under it, where that is asked.
  CHECK(summary_of(world.mlem({"log", "--json", "stage/a"})) ==
        "renamed stage/a.mlem > staging/a.mlem v2 > v2\nre-pointed stage/a.mlem v1 > v2\nadded stage/a.mlem > v1\n");
}

TEST_CASE("log: what was replaced under a later name has its end under the former one") {
  World world;
  commit_as(world, "first", "2024-01-01T00:00:00Z", {{"a.mlem", link_at("v1")}});
  world.registry.git({"mv", "a.mlem", "b.mlem"});
  commit_as(world, "second", "2024-01-02T00:00:00Z", {});
  world.registry.git({"mv", "b.mlem", "c.mlem"});
  commit_as(world, "third", "2024-01-03T00:00:00Z", {});
  CHECK_FALSE(json_rows(world.mlem({"log", "--json", "a"})).back().contains("until"));
  commit_as(world, "fourth", "2024-01-04T00:00:00Z", {{"c.mlem", link_at("v2")}});
  commit_as(world, "fifth", "2024-01-05T00:00:00Z", {{"c.mlem", link_at("v3")}});
  for (const std::string name : {"a", "b", "c"}) {
    const Outcome outcome = world.mlem({"log", "--json", name});
    CAPTURE(outcome);
    const auto rows = json_rows(outcome);
    REQUIRE(!rows.empty());
    CHECK(rows.back()["change"] == "added");
    CHECK(rows.back().value("until", "") == "2024-01-04T00:00:00Z");
  }
}

TEST_CASE("log: links that were removed are told where they are asked for") {
  World world;
  world.registry.commit({{"a.mlem", link_at("v1")}, {"gone.mlem", link_at("v1", "models/x.mlem")}});
  world.registry.remove({"gone.mlem"});
  const std::string gone = "removed gone.mlem v1 >\nadded gone.mlem > v1\n";
  CHECK(summary_of(world.mlem({"log", "--json"})) == "added a.mlem > v1\n");
  CHECK(summary_of(world.mlem({"log", "--json", "--removed"})) ==
        "removed gone.mlem v1 >\nadded a.mlem > v1\nadded gone.mlem > v1\n");
  CHECK(summary_of(world.mlem({"log", "--json", "gone"})) == gone);
  CHECK(summary_of(world.mlem({"log", "--json", "--", "gone.mlem"})) == gone);
  CHECK(summary_of(world.mlem({"log", "--json", "g*"})).empty());
  CHECK(contains(world.mlem({"log", "gone"}).output,
                 "    removed     gone.mlem: was " + example_url + "/models/x.mlem at v1\n"));
  const Outcome none = world.mlem({"log", "never"});
  CHECK(none.code == 128);
  CHECK(none.errors == "fatal: pathspec 'never' did not match any link of this history\n");
  const Outcome bad = world.mlem({"log", "never", "--"});
  CHECK(bad.code == 128);
  CHECK(bad.errors == "fatal: bad revision 'never': it names no commit\nhint: paths follow '--'\n");
}

TEST_CASE("log: edits are told apart from what names another object and other files are not told") {
  World world;
  world.registry.commit({{"a.mlem", link_at("v1")}, {"o.mlem", model_meta()}, {"x.txt", "1"}});
  world.registry.commit({{"a.mlem", "# mine\n" + link_at("v1")}, {"o.mlem", model_meta() + "# x\n"}});
  world.registry.commit({{"a.mlem", "link_type: ["}});
  world.registry.commit({{"a.mlem", link_at("v2")}});
  const Outcome outcome = world.mlem({"log", "--json", "a"});
  CHECK(summary_of(outcome) ==
        "re-pointed a.mlem > v2\nre-pointed a.mlem v1 >\nedited a.mlem v1 > v1\nadded a.mlem > v1\n");
  CHECK(summary_of(world.mlem({"log", "--json"})) == summary_of(outcome));
  const auto rows = json_rows(outcome);
  REQUIRE(rows.size() == 4);
  CHECK(contains(rows[1]["message"], "line 1, column "));
  CHECK(rows[2]["until"] == rows[1]["date"]);
  CHECK(rows[3]["until"] == rows[1]["date"]);
  CHECK(contains(world.mlem({"log", "a"}).output, "    edited      a.mlem: says the same in other words\n"));
}

TEST_CASE("log: it is limited as git's log is") {
  World world;
  for (int i = 1; i <= 4; ++i) {
    commit_as(world, "ann", "2024-03-0" + std::to_string(i) + "T12:00:00Z",
              {{"a.mlem", link_at("v" + std::to_string(i))}, {"b.mlem", link_at("w" + std::to_string(i))}});
  }
  struct Row {
    std::vector<std::string> options;
    std::string revs;
  };
  const std::vector<Row> rows = {{{"-n", "2"}, "v4 v3 "},
                                 {{"-2"}, "v4 v3 "},
                                 {{"-n1"}, "v4 "},
                                 {{"--max-count=0"}, ""},
                                 {{"--since=2024-03-03"}, "v4 v3 "},
                                 {{"--after=2024-03-03 13:00"}, "v4 "},
                                 {{"--until=2024-03-02"}, "v2 v1 "},
                                 {{"--before=2024-03-02 11:00"}, "v1 "},
                                 {{"HEAD~1"}, "v3 v2 v1 "},
                                 {{"HEAD~3..HEAD~1"}, "v3 v2 "}};
  for (const Row& row : rows) {
    CAPTURE(row.options);
    for (const std::vector<std::string>& paths : {std::vector<std::string>{}, {"--", "a"}}) {
      std::vector<std::string> arguments{"log", "--json"};
      arguments.insert(arguments.end(), row.options.begin(), row.options.end());
      arguments.insert(arguments.end(), paths.begin(), paths.end());
      const Outcome outcome = world.mlem(arguments);
      CAPTURE(outcome);
      CHECK(outcome.code == 0);
      std::string revs;
      for (const nlohmann::json& found : json_rows(outcome)) {
        if (found["link"] == "a.mlem") revs += found["rev"].get<std::string>() + " ";
      }
      CHECK(revs == row.revs);
    }
  }
  // A change after the time that is asked for is not forgotten.
  CHECK(json_rows(world.mlem({"log", "--json", "--until=2024-03-02", "a"}))[0]["until"] == "2024-03-03T12:00:00Z");
  const Outcome date = world.mlem({"log", "--since=soonish"});
  CHECK(date.code == 128);
  CHECK(date.errors == "fatal: bad date 'soonish'\nhint: '2027-01-31', 'yesterday' and '2 weeks ago' are dates\n");
  CHECK(world.mlem({"log", "-n", "two"}).code == 129);
  const Outcome negative = world.mlem({"log", "-n", "-1"});
  CHECK(negative.code == 129);
  CHECK(negative.errors.starts_with("error: '-1' is not a number of commits\n"));
}

TEST_CASE("log: a link has the name of a directory that others were moved out of") {
  World world;
  world.registry.commit({{"name/x.mlem", link_at("v1")}});
  world.registry.commit({{"name/x.mlem", link_at("v2")}});
  fs::create_directory(world.registry.path() / "other");
  world.registry.git({"mv", "name/x.mlem", "other/x.mlem"});
  world.registry.commit({}, "Move");
  world.registry.commit({{"name.mlem", link_at("v1")}});
  const std::string moved =
      "renamed name/x.mlem > other/x.mlem v2 > v2\nre-pointed name/x.mlem v1 > v2\nadded name/x.mlem > v1\n";
  CHECK(summary_of(world.mlem({"log", "--json", "name"})) == "added name.mlem > v1\n" + moved);
  CHECK(summary_of(world.mlem({"log", "--json", "name/"})) == moved);
  CHECK(summary_of(world.mlem({"log", "--json", "name.mlem"})) == "added name.mlem > v1\n");
}

TEST_CASE("log: of one link git is asked little") {
  World world;
  /// How many git processes there were, and what the last was to look at.
  const auto asked = [&](const std::vector<std::string>& arguments) {
    const fs::path trace = world.sandbox / "trace";
    fs::remove(trace);
    world.sandbox.environment()["GIT_TRACE2_EVENT"] = trace.string();
    std::vector<std::string> log{"log", "--json"};
    log.insert(log.end(), arguments.begin(), arguments.end());
    CHECK(world.mlem(log).code == 0);
    world.sandbox.environment().erase("GIT_TRACE2_EVENT");
    const std::vector<GitCommand> commands = git_commands(trace);
    std::string text = std::to_string(commands.size());
    if (commands.empty()) return text;
    const std::vector<std::string>& last = commands.back().arguments;
    for (auto path = std::find(last.begin(), last.end(), "--"); path != last.end(); ++path) text += " " + *path;
    return text;
  };
  world.registry.commit({{"a.mlem", link_at("v1")}, {"old/b.mlem", link_at("v1")}});
  // That no file is there does not make the name of one a rev.
  world.registry.git({"update-index", "--skip-worktree", "a.mlem"});
  fs::remove(world.registry.path() / "a.mlem");
  CHECK(asked({"a.mlem"}) == "3 -- a.mlem");
  CHECK(asked({"a"}) == "4 -- a a.mlem");
  CHECK(asked({"old"}) == "4 -- old old.mlem");
}

TEST_CASE("log: bare repositories and clones that lack a part of the history") {
  World world;
  world.registry.commit({{"a.mlem", link_at("v1")}});
  world.registry.commit({{"a.mlem", link_at("v2")}});
  const std::string third = world.registry.commit({{"a.mlem", link_at("v3")}});
  const fs::path bare = world.registry.bare_clone(world.sandbox.path() / "bare");
  RunOptions options;
  options.directory = bare;
  const std::string all = "re-pointed a.mlem v2 > v3\nre-pointed a.mlem v1 > v2\nadded a.mlem > v1\n";
  CHECK(summary_of(world.sandbox.mlem({"log", "--json", "a"}, options)) == all);
  const std::string url = RepoBuilder::file_url(bare);
  for (const std::string filter : {"blob:none", "tree:0"}) {
    CAPTURE(filter);
    const fs::path partial = world.sandbox.path() / ("partial-" + filter.substr(0, 4));
    world.git({"clone", "-q", "--bare", "--filter=" + filter, url, partial.string()});
    options.directory = partial;
    CHECK(summary_of(world.sandbox.mlem({"log", "--json"}, options)) == all);
  }
  const fs::path shallow = world.sandbox.path() / "shallow";
  world.git({"clone", "-q", "--depth=2", url, shallow.string()});
  options.directory = shallow;
  const Outcome outcome = world.sandbox.mlem({"log", "--json"}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(summary_of(outcome) == "re-pointed a.mlem v2 > v3\n");
  CHECK(outcome.errors ==
        "warning: history ends at " + world.registry.id("HEAD~1").substr(0, 7) +
            ", where this shallow clone was cut off\nhint: 'git fetch --unshallow' brings the rest\n");
  CHECK(world.sandbox.mlem({"log", "-q"}, options).errors.empty());
  options.directory = world.sandbox.path() / "empty";
  RepoBuilder(world.sandbox, "empty");
  CHECK(world.sandbox.mlem({"log"}, options).errors == "fatal: the current branch has no commits yet\n");
}

TEST_CASE("log: a user's configuration of git's log changes nothing") {
  World world;
  world.registry.commit({{"a.mlem", link_at("v1")}});
  world.registry.git({"mv", "a.mlem", "b.mlem"});
  world.registry.commit({});
  const std::string before = world.mlem({"log", "--json"}).output;
  for (const std::string setting :
       {"log.showRoot=false", "log.follow=true", "log.showSignature=true", "log.diffMerges=off", "diff.renames=copies",
        "diff.relative=true", "log.decorate=full", "color.ui=always", "log.date=raw", "format.pretty=oneline"}) {
    CAPTURE(setting);
    const std::size_t equals = setting.find('=');
    world.registry.git({"config", setting.substr(0, equals), setting.substr(equals + 1)});
    CHECK(world.mlem({"log", "--json"}).output == before);
  }
}

namespace {

/// A link that two branches changed, which one merge brought together and one decided between.
struct Branches {
  World world;
  std::string first, side, merge, ours, theirs, decided;

  Branches() {
    first = commit_as(world, "ann", "2024-03-01T00:00:00Z", {{"prod/a.mlem", link_at("v1")}});
    world.registry.git({"checkout", "-q", "-b", "side"});
    side = commit_as(world, "ben", "2024-03-02T00:00:00Z", {{"b.mlem", link_at("v2")}});
    commit_as(world, "ben", "2024-03-03T00:00:00Z", {{"prod/notes.txt", "x"}});
    world.registry.git({"checkout", "-q", "main"});
    world.registry.git({"merge", "-q", "--no-ff", "-m", "Merge", "side"},
                       person(world, "cleo", "2024-03-04T00:00:00Z"));
    merge = world.registry.id("HEAD");
    world.registry.git({"checkout", "-q", "-b", "other"});
    theirs = commit_as(world, "ben", "2024-03-05T00:00:00Z", {{"prod/a.mlem", link_at("v2")}});
    world.registry.git({"checkout", "-q", "main"});
    ours = commit_as(world, "ann", "2024-03-06T00:00:00Z", {{"prod/a.mlem", link_at("v3")}});
    commit_as(world, "ann", "2024-03-07T00:00:00Z", {{"notes.txt", "x"}});
    world.registry.git({"merge", "-q", "-s", "ours", "--no-commit", "other"},
                       person(world, "cleo", "2024-03-08T00:00:00Z"));
    decided = commit_as(world, "cleo", "2024-03-08T00:00:00Z", {{"prod/a.mlem", link_at("main")}});
  }
};

/// A commit as the graph has it.
std::string head_of(const std::string& commit, int day, const std::string& name) {
  return commit.substr(0, 7) + " 2024-03-0" + std::to_string(day) + "T00:00:00Z " + name + " <" + name +
         "@example.com>";
}

}  // namespace

TEST_CASE("log --graph: git's drawing shows where links were changed and where branches met") {
  const Branches made;
  const std::string place = "prod/a.mlem: " + example_url + "/models/rf.mlem ";
  const Outcome outcome = made.world.mlem({"log", "--graph"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors.empty());
  CHECK(outcome.output == "*   " + head_of(made.decided, 8, "cleo") + " (merge)\n" + "|\\      re-pointed  " + place +
                              "from v3 to main\n" + "| * " + head_of(made.theirs, 5, "ben") + "\n" +
                              "| |     re-pointed  " + place + "from v1 to v2\n" + "* | " +
                              head_of(made.ours, 6, "ann") + "\n" + "|/      re-pointed  " + place + "from v1 to v3\n" +
                              "*   " + head_of(made.merge, 4, "cleo") + " (merge)\n" + "|\\\n" + "| * " +
                              head_of(made.side, 2, "ben") + "\n" + "|/      added       b.mlem: " + example_url +
                              "/models/rf.mlem at v2\n" + "* " + head_of(made.first, 1, "ann") + "\n" +
                              "      added       " + place + "at v1\n");
  // One link, a directory in which other files have changed, a range, a count.
  CHECK(made.world.mlem({"log", "--graph", "HEAD", "--", "b"}).output ==
        "* " + head_of(made.side, 2, "ben") + "\n      added       b.mlem: " + example_url + "/models/rf.mlem at v2\n");
  CHECK_FALSE(contains(made.world.mlem({"log", "--graph", "prod"}).output, made.side.substr(0, 7)));
  CHECK(made.world.mlem({"log", "--graph", "HEAD^..HEAD"}).output ==
        "* " + head_of(made.decided, 8, "cleo") + " (merge)\n|     re-pointed  " + place + "from v3 to main\n* " +
            head_of(made.theirs, 5, "ben") + "\n      re-pointed  " + place + "from v1 to v2\n");
  CHECK(made.world.mlem({"log", "--graph", "-1"}).output ==
        "*   " + head_of(made.decided, 8, "cleo") + " (merge)\n|\\      re-pointed  " + place + "from v3 to main\n");
  CHECK(made.world.mlem({"log", "--graph", "--until", "2024-03-01"}).output ==
        "* " + head_of(made.first, 1, "ann") + "\n      added       " + place + "at v1\n");
}

TEST_CASE("log --graph: what cannot be drawn is said") {
  const Branches made;
  const Outcome none = made.world.mlem({"log", "--graph", "c"});
  CHECK(none.code == 128);
  CHECK(none.errors == "fatal: pathspec 'c' did not match any link of this history\n");
  for (const std::string other : {"removed", "json", "porcelain", "null"}) {
    const Outcome outcome = made.world.mlem({"log", "--graph", "--" + other});
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(contains(outcome.errors, "--graph' and '--" + other + "' cannot be used together\n") !=
          contains(outcome.errors, "--" + other + "' and '--graph' cannot be used together\n"));
  }
  const fs::path clone = made.world.sandbox / "clone";
  made.world.sandbox.git_output({"clone", "-q", "--depth=1", made.world.registry.url(), clone.string()});
  RunOptions there;
  there.directory = clone;
  const Outcome shallow = made.world.sandbox.mlem({"log", "--graph"}, there);
  CAPTURE(shallow);
  CHECK(shallow.code == 0);
  CHECK(shallow.output.empty());
  CHECK(shallow.errors ==
        "warning: history ends at " + made.decided.substr(0, 7) +
            ", where this shallow clone was cut off\nhint: 'git fetch --unshallow' brings the rest\n");
}

TEST_CASE("log --graph: a merge of many branches is drawn whole and in git's colours") {
  World world;
  world.registry.commit({{"a.mlem", link_at("v1")}});
  std::vector<std::string> merge{"merge", "-q", "-m", "Merge"};
  for (int i = 0; i < 12; ++i) {
    const std::string branch = "b" + std::to_string(i);
    world.registry.git({"checkout", "-q", "-b", branch, "main"});
    world.registry.commit({{branch + ".mlem", link_at("v1")}});
    merge.push_back(branch);
  }
  world.registry.git({"checkout", "-q", "main"});
  world.registry.commit({{"a.mlem", link_at("v2")}});
  world.registry.git(merge);
  world.registry.git({"config", "log.follow", "true"});
  world.registry.git({"config", "log.graphColors", "cyan"});
  const Outcome outcome = world.mlem({"log", "--graph", "--color"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.output, "\033[36m|\033[m"));
  CHECK(contains(outcome.output, "\033[33m" + world.registry.id("HEAD").substr(0, 7) + "\033[m"));
  std::size_t added = 0;
  for (std::size_t at = 0; (at = outcome.output.find("added       ", at)) != std::string::npos; ++at) ++added;
  CHECK(added == 13);
  CHECK_FALSE(contains(outcome.output, "\x02"));
}
