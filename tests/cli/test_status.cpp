#include "support/http_server.hpp"
#include "support/trace.hpp"

#include "cli/pinned_world.hpp"
#include <boost/filesystem/operations.hpp>

#include <optional>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

TEST_CASE("status: links are compared with what they follow by the object") {
  States states;
  const Outcome outcome = states.world.mlem({"status", "--json"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors ==
        "11 links: 2 same, 1 behind, 1 moved, 1 rewritten, 2 gone, 1 fixed, 2 floating, 1 unpinned\n");
  const auto rows = rows_of(outcome);
  struct Row {
    std::string link;
    std::string state;
    std::string tip;  ///< the short name of its ref
    std::string message;
  };
  const std::string moved_to = "' now names commit '";
  const std::vector<Row> expected = {
      {"alias", "floating", "", "it is an alias, which goes with the tree that it is in"},
      {"behind", "behind", "main", ""},
      {"fixed", "fixed", "", ""},
      {"floating", "floating", "main", ""},
      {"gone", "gone", "", "what it follows is gone: no branch, tag or commit 'refs/heads/nowhere'"},
      {"moved", "moved", "6-deploy-app", "'refs/tags/6-deploy-app" + moved_to + states.tip + "'"},
      {"removed", "gone", "", "'refs/heads/empty' has it no more: nothing at 'models/rf.mlem'"},
      {"rewritten", "rewritten", "rewritten",
       "commit '" + states.old + "' is not in the history of 'refs/heads/rewritten'"},
      {"same", "same", "still", ""},
      {"tag", "same", "5-deploy-meta", ""},
      {"unpinned", "unpinned", "4-pack", ""}};
  REQUIRE(rows.size() == expected.size());
  for (const Row& row : expected) {
    CAPTURE(row.link);
    const nlohmann::json& found = rows.at(row.link);
    CHECK(found["state"] == row.state);
    CHECK(!found.contains("verdict"));
    CHECK(found.value("message", "") == row.message);
    CHECK(found.contains("tip") == !row.tip.empty());
    if (!row.tip.empty()) CHECK(found["tip"]["rev"] == row.tip);
    CHECK(found.contains("behind") == (row.state == "behind"));
  }
  const nlohmann::json& behind = rows.at("behind");
  CHECK(behind["behind"] == 4);
  CHECK(behind["touching"] == 2);
  CHECK(behind["commit"] == states.old);
  CHECK(behind["tip"] == nlohmann::json({{"rev", "main"},
                                         {"ref", "refs/heads/main"},
                                         {"commit", states.tip},
                                         {"path", "models/rf.mlem"},
                                         {"repo", example_url + "/"},
                                         {"blob", states.new_blob}}));
  CHECK(behind["newest"]["rev"] == "v1.10.0");
  CHECK(behind["newest"]["commit"] == states.old);
  CHECK(rows.at("tag")["warnings"][0]["code"] == "moved");
  CHECK(!rows.at("fixed").contains("newest"));
}

TEST_CASE("status: the table says what is pinned and what is there now") {
  States states;
  const std::string old = states.old.substr(0, 7);
  const std::string tip = states.tip.substr(0, 7);
  const std::string still = states.world.models.id("still").substr(0, 7);
  const std::string rewritten = states.world.models.id("rewritten").substr(0, 7);
  const Outcome outcome = states.world.mlem({"status"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output ==
        "NAME            STATE                  PINNED   FOLLOWS        NOW      NEWEST\n"
        "alias.mlem      floating               -        -              -        -\n"
        "behind.mlem     behind 4 (2 touching)  " +
            old + "  main           " + tip +
            "  v1.10.0\n"
            "fixed.mlem      fixed                  " +
            old +
            "  -              -        -\n"
            "floating.mlem   floating               -        main           " +
            tip +
            "  v1.10.0\n"
            "gone.mlem       gone                   " +
            old +
            "  nowhere        -        v1.10.0\n"
            "moved.mlem      moved                  " +
            old + "  6-deploy-app   " + tip +
            "  v1.10.0\n"
            "removed.mlem    gone                   " +
            old +
            "  empty          -        v1.10.0\n"
            "rewritten.mlem  rewritten              " +
            old + "  rewritten      " + rewritten +
            "  v1.10.0\n"
            "same.mlem       same                   " +
            old + "  still          " + still +
            "  v1.10.0\n"
            "tag.mlem        same (moved)           " +
            old + "  5-deploy-meta  " + still +
            "  v1.10.0\n"
            "unpinned.mlem   unpinned               -        4-pack         " +
            old + "  v1.10.0\n");

  const Outcome told = states.world.mlem({"status", "-v", "--color=always", "behind", "tag.mlem"});
  CAPTURE(told);
  const std::string yellow = "\033[33m";
  const std::string end = "\033[m";
  CHECK(told.output ==
        "NAME         STATE                  PINNED   FOLLOWS        NOW      NEWEST\n"
        "behind.mlem  \033[1;33mbehind 4 (2 touching)" +
            end + "  " + yellow + old + end + "  main           " + yellow + tip + end +
            "  v1.10.0\n"
            "tag.mlem     \033[32msame (moved)" +
            end + "           " + yellow + old + end + "  5-deploy-meta  " + yellow + still + end +
            "  v1.10.0\n"
            "  'refs/tags/5-deploy-meta' now names commit '" +
            states.world.models.id("still") + "'\n");
  CHECK(told.errors == "2 links: 1 same, 1 behind\n");
  CHECK(states.world.mlem({"status", "-q", "behind", "tag.mlem"}).errors.empty());
}

TEST_CASE("status: colours say what is right, what can be updated and what has to be looked into") {
  States states;
  const Outcome outcome = states.world.mlem({"status", "--color"});
  CAPTURE(outcome);
  const std::string end = "\033[m";
  for (const std::string right : {"same", "same (moved)"}) CHECK(contains(outcome.output, "  \033[32m" + right + end));
  CHECK(contains(outcome.output, "  \033[1;33mbehind 4 (2 touching)" + end));
  for (const std::string apart : {"gone", "moved", "rewritten"})
    CHECK(contains(outcome.output, "  \033[31m" + apart + end));
  for (const std::string other : {"fixed", "floating", "unpinned"}) CHECK(contains(outcome.output, "  " + other + " "));
}

TEST_CASE("status: the table fits the terminal") {
  States states;
  const std::string name = "production/" + std::string(60, 'n') + ".mlem";
  states.world.registry.commit({{name, pinned(states.old, states.blob, "refs/heads/main")}});
  RunOptions options;
  options.directory = states.world.registry.path();
  options.environment["COLUMNS"] = "80";
  options.environment["TERM"] = "xterm";
  options.environment["GIT_PAGER"] = "cat";
  options.terminal = Terminal::all;
  const Outcome outcome = states.world.sandbox.mlem({"status", "--no-color", name}, options);
  CAPTURE(outcome);
  CHECK(contains(outcome.output, "\r\nproduction…nnnnn.mlem  behind 4 (2 touching)  " + states.old.substr(0, 7) +
                                     "  main     " + states.tip.substr(0, 7) + "  v1.10.0\r\n"));
}

TEST_CASE("status: porcelain has the state for its first field") {
  States states;
  const std::string fields = "\t-\t" + states.old + "\t" + states.blob + "\tmodels/rf.mlem\t" + example_url + "/\t";
  const Outcome outcome = states.world.mlem({"status", "--porcelain", "--", "behind.mlem", "unpinned.mlem"});
  CAPTURE(outcome);
  CHECK(outcome.output ==
        "behind\tbehind.mlem" + fields + states.old + "\n" + "unpinned\tunpinned.mlem" + fields + "4-pack\n");
  std::string nul = "behind\tbehind.mlem\t\t" + fields.substr(3) + states.old + "\t";
  for (char& c : nul) c = c == '\t' ? '\0' : c;
  CHECK(states.world.mlem({"status", "-z", "behind"}).output == nul);
}

TEST_CASE("status: the exit code tells on request whether a link is not what it follows") {
  States states;
  const auto code_of = [&](const std::string& link) { return states.world.mlem({"status", "--exit-code", link}).code; };
  for (const std::string link : {"behind", "moved", "rewritten", "gone", "removed"}) {
    CAPTURE(link);
    CHECK(code_of(link) == 1);
    CHECK(states.world.mlem({"status", link}).code == 0);
  }
  for (const std::string link : {"same", "tag", "fixed", "floating", "unpinned", "alias"}) {
    CAPTURE(link);
    CHECK(code_of(link) == 0);
  }
  const Outcome none = states.world.mlem({"status", "nothing"});
  CHECK(none.code == 128);
  CHECK(none.errors == "fatal: pathspec 'nothing' did not match any files\n");
}

TEST_CASE("status: a hold is told beside the state") {
  States states;
  REQUIRE(states.world.mlem({"hold", "-m", "fell in the test", "--until", "2999-01-31", "behind"}).code == 0);
  const Outcome held = states.world.mlem({"status", "--exit-code", "behind"});
  CAPTURE(held);
  CHECK(held.code == 0);
  CHECK(held.output ==
        "NAME         STATE                         PINNED   FOLLOWS  NOW      NEWEST\n"
        "behind.mlem  behind 4 (2 touching) (held)  " +
            states.old.substr(0, 7) + "  main     " + states.tip.substr(0, 7) +
            "  v1.10.0\n"
            "  held until 2999-01-31: fell in the test\n");
  CHECK(held.errors == "1 link: 1 behind; 1 held\n");
  CHECK(contains(states.world.mlem({"status", "--color", "behind"}).output,
                 "behind.mlem  behind 4 (2 touching) (held)  "));
  const auto row = rows_of(states.world.mlem({"status", "--json", "behind"})).at("behind");
  CHECK(row["hold"] == "fell in the test");
  CHECK(row["until"] == "2999-01-31");

  std::string text = states.world.staged("behind.mlem") + "\n";
  text.replace(text.find("2999"), 4, "2020");
  states.world.registry.commit({{"behind.mlem", text}});
  const Outcome expired = states.world.mlem({"status", "--exit-code", "--json", "behind"});
  CHECK(expired.code == 1);
  CHECK(!rows_of(expired).at("behind").contains("hold"));
}

TEST_CASE("status: a link whose own object is not there has its verdict too") {
  States states;
  const std::string lost = "1234567890123456789012345678901234567890";
  states.world.registry.commit({{"lost.mlem", pinned(lost, states.blob, "refs/heads/main")},
                                {"nowhere.mlem", pinned(lost, states.blob, "")},
                                {"changed.mlem", pinned(states.old, lost, "refs/heads/main")},
                                {"bad.mlem", "link_type: model\nobject_type: link\n"},
                                {"label.mlem", pinned(states.old, states.blob, "a..b")}});
  struct Row {
    std::string link;
    std::string verdict;
    std::string state;
    std::string told;
  };
  const std::string hint_to_refresh = "hint: if that is what is wanted, 'git mlem pin --refresh <link>' records it\n";
  const std::vector<Row> rows = {
      {"lost", "missing-rev", "rewritten",
       "error: lost.mlem: missing-rev: '" + lost + "' names no commit in '" + example_url + "/'\n"},
      {"nowhere", "missing-rev", "gone",
       "error: nowhere.mlem: missing-rev: '" + lost + "' names no commit in '" + example_url + "/'\n"},
      {"changed", "changed", "",
       "error: changed.mlem: changed: 'models/rf.mlem' is blob " + states.blob + ", not " + lost + " in '" +
           example_url + "/' at '" + states.old + "'\n" + hint_to_refresh},
      {"bad", "invalid-link", "", "error: bad.mlem: invalid-link: line 1, column 1: there is no 'path'\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.link);
    const Outcome outcome = states.world.mlem({"status", row.link});
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.errors == row.told + "1 link: 1 broken\n");
    const auto json = rows_of(states.world.mlem({"status", "--json", row.link})).at(row.link);
    CHECK(json["verdict"] == row.verdict);
    CHECK(json.value("state", "") == row.state);
  }
  const auto label = rows_of(states.world.mlem({"status", "--json", "label"})).at("label");
  CHECK(label["verdict"] == "invalid-link");  // what cannot be followed is malformed
  CHECK(!label.contains("state"));
}

TEST_CASE("status: aliases that lead nowhere and links in a cycle are broken") {
  States states;
  const auto alias = [](const std::string& path, const std::string& type = "model") {
    return "link_type: " + type + "\nobject_type: link\npath: " + path + "\n";
  };
  World& world = states.world;
  world.registry.commit({{"a/none.mlem", alias("nothing")},
                         {"a/x.mlem", alias("a/y")},
                         {"a/y.mlem", alias("a/x")},
                         {"a/typed.mlem", alias("object", "data")},
                         {"a/good.mlem", alias("object")},
                         {"a/far.mlem", alias("same")},
                         {"a/unknown.mlem", alias("gone")},
                         {"b/u.mlem", link_text({.path = "b/v", .rev = "main"})},
                         {"b/v.mlem", link_text({.path = "b/u", .rev = "main"})},
                         {".mlem.yaml", ""}});
  const Outcome outcome = world.mlem({"status", "--json", "a", "b"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == "9 links: 3 floating, 6 broken\n");
  const auto rows = rows_of(outcome);
  const std::pair<std::string, std::string> expected[] = {{"a/none", "missing-path"}, {"a/x", "cycle"},
                                                          {"a/y", "cycle"},           {"a/typed", "wrong-type"},
                                                          {"b/u", "cycle"},           {"b/v", "cycle"}};
  for (const auto& [link, verdict] : expected) {
    CAPTURE(link);
    CHECK(rows.at(link)["verdict"] == verdict);
    CHECK(!rows.at(link).contains("state"));
  }
  for (const std::string link : {"a/good", "a/far", "a/unknown"}) CHECK(rows.at(link)["state"] == "floating");
  const Outcome told = world.mlem({"status", "a/none"});
  CHECK(told.output.find("missing-path") != std::string::npos);
  CHECK(told.errors.starts_with("error: a/none.mlem: missing-path: nothing at 'nothing'"));
}

TEST_CASE("status: of a GTO artifact its own newest version is told") {
  World world;
  const std::string blob = world.models.id("main:models/rf.mlem");
  for (const std::string tag : {"churn@v1.2.0", "churn@v1.10.0", "churn@v2.0.0-rc.1", "fraud@v9.0.0", "v3.0.0"}) {
    world.models.tag(tag);
  }
  world.registry.commit({{"churn.mlem", pinned(world.model_commit, blob, "refs/tags/churn@v1.2.0")},
                         {"main.mlem", pinned(world.model_commit, blob, "refs/heads/main")},
                         {"plain.mlem", pinned(world.model_commit, blob, "refs/tags/6-deploy-app")}});
  const auto rows = rows_of(world.mlem({"status", "--json"}));
  CHECK(rows.at("churn")["newest"]["ref"] == "refs/tags/churn@v1.10.0");
  CHECK(rows.at("main")["newest"]["ref"] == "refs/tags/v3.0.0");
  CHECK(rows.at("plain")["newest"]["ref"] == "refs/tags/v3.0.0");
}

TEST_CASE("status: links into the registry itself and those of a bare one are compared too") {
  World world;
  const std::string first = world.registry.commit({{"m.mlem", model_meta()}});
  const std::string blob = world.registry.id("main:m.mlem");
  world.registry.commit({{"m.mlem", model_meta() + "# 1\n"},
                         {"prod.mlem", "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
                                           "\n    ref: refs/heads/main\npath: m.mlem\nrev: " + first + "\n"}});
  const Outcome outcome = world.mlem({"status", "--json"});
  CAPTURE(outcome);
  const auto row = rows_of(outcome).at("prod");
  CHECK(row["state"] == "behind");
  CHECK(row["behind"] == 1);
  CHECK(row["touching"] == 1);

  world.registry.bare_clone(world.sandbox / "bare.git");
  RunOptions options;
  options.directory = world.sandbox / "bare.git";
  const Outcome bare = world.sandbox.mlem({"status", "--json"}, options);
  CAPTURE(bare);
  CHECK(bare.code == 0);
  CHECK(rows_of(bare).at("prod")["state"] == "behind");
  CHECK(rows_of(bare).at("prod")["at"] == world.registry.id("main"));
}

namespace {

/// A pinned link to a repository behind HTTP, which is three commits ahead.
struct Remote : World {
  std::optional<HttpServer> server{std::in_place, sandbox};
  std::string address = server->url("models.git");
  fs::path served = server->root() / "models.git";
  std::string blob = models.id("main:models/rf.mlem");

  explicit Remote(const std::string& path = "models/rf.mlem") {
    models.git({"checkout", "-q", "main"});
    const std::string old = models.commit({{path, model_meta()}});
    blob = models.id("main:" + path);
    models.bare_clone(served);
    std::string text = pinned(old, blob, "refs/heads/main", address);
    text.replace(text.find("models/rf.mlem"), std::string("models/rf.mlem").size(), path);
    registry.commit({{"a.mlem", text}});
  }
  /// Lets the source get commits, of which two change the object.
  void advance(const std::string& path = "models/rf.mlem") {
    models.commit({{path, model_meta() + "# 1\n"}});
    models.commit({{"README", "1"}});
    models.commit({{path, model_meta() + "# 2\n"}});
    models.git({"push", "-q", served.string(), "main"});
  }
  nlohmann::json status(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments{"status", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return rows_of(mlem(arguments)).at("a");
  }
  /// Returns the network commands of git that a status takes.
  std::vector<std::string> commands_of_status() const {
    RunOptions options;
    options.directory = registry.path();
    const fs::path trace = sandbox / "trace";
    fs::remove(trace);
    options.environment["GIT_TRACE2_EVENT"] = trace.string();
    sandbox.mlem({"status"}, options);
    std::vector<std::string> commands;
    for (const GitCommand& command : git_commands(trace)) {
      if (command.depth > 0) continue;
      for (const std::string& argument : command.arguments) {
        if (argument == "ls-remote" || argument == "fetch") commands.push_back(argument);
      }
    }
    return commands;
  }
};

}  // namespace

TEST_CASE("status: a server is asked as often as it takes and for history only where something differs") {
  Remote remote;
  const std::vector<std::string> refs_alone{"ls-remote"};
  CHECK(remote.commands_of_status() == std::vector<std::string>{"ls-remote", "fetch"});
  CHECK(remote.commands_of_status() == refs_alone);
  remote.advance();
  CHECK(remote.commands_of_status() == std::vector<std::string>{"ls-remote", "fetch", "fetch"});
  const nlohmann::json row = remote.status();
  CHECK(row["state"] == "behind");
  CHECK(row["behind"] == 3);
  CHECK(row["touching"] == 2);
}

TEST_CASE("status: commits that touch an object deep in the tree of a server are counted") {
  const std::string path = "a/b/c/d/e/f.mlem";
  Remote remote(path);
  remote.advance(path);
  const nlohmann::json row = remote.status();
  CHECK(row["behind"] == 3);
  CHECK(row["touching"] == 2);
}

TEST_CASE("status: for a source that is not reached the cache answers and its age is told") {
  Remote remote;
  remote.advance();
  REQUIRE(remote.status()["state"] == "behind");
  remote.server.reset();
  const nlohmann::json row = remote.status();
  CHECK(row["state"] == "behind");
  CHECK(row["touching"] == 2);
  CHECK(!row.contains("verdict"));
  CHECK(row["warnings"][0]["code"] == "stale-proof");

  const Outcome told = remote.mlem({"status"});
  CAPTURE(told);
  CHECK(told.code == 0);
  CHECK(contains(told.output, "a.mlem  behind 3 (2 touching)"));
  CHECK(contains(told.errors, "warning: cannot read '" + remote.address + "/': "));
  CHECK(contains(told.errors, "; it was last seen 20"));

  const Outcome offline = remote.mlem({"status", "--offline"});
  CAPTURE(offline);
  CHECK(offline.code == 0);
  CHECK(offline.errors == "1 link: 1 behind\nsources as they were seen just now\n");
  CHECK(remote.status({"--offline"}).contains("proved_at"));

  fs::remove_all(remote.registry.path() / ".git/mlem/sources");
  const Outcome unknown = remote.mlem({"status"});
  CAPTURE(unknown);
  CHECK(unknown.code == 2);
  CHECK(contains(unknown.errors, "warning: a.mlem: unreachable: cannot read '" + remote.address + "/': "));
  CHECK(contains(unknown.errors, "1 link: 1 undecided\n"));
}

TEST_CASE("status: for a source that is gone the cache answers though the link is broken") {
  Remote remote;
  REQUIRE(remote.status()["state"] == "same");
  fs::rename(remote.served, remote.sandbox / "elsewhere");
  const Outcome gone = remote.mlem({"status"});
  CAPTURE(gone);
  CHECK(gone.code == 1);
  CHECK(contains(gone.output, "a.mlem  same "));
  CHECK(contains(gone.errors, "error: a.mlem: missing-repo: "));
  CHECK(contains(gone.errors, "; it was last seen 20"));
  CHECK(contains(gone.errors, "1 link: 1 broken\n"));
}

TEST_CASE("status: a source that was rewritten is told from one that went on") {
  Remote remote;
  REQUIRE(remote.status()["state"] == "same");
  remote.models.git({"checkout", "-q", "--orphan", "fresh"});
  remote.models.commit({{"models/rf.mlem", model_meta() + "# other\n"}});
  remote.models.git({"push", "-q", "-f", remote.served.string(), "fresh:main"});
  CHECK(remote.status()["state"] == "rewritten");
  CHECK(!remote.status().contains("behind"));
}
