#include "support/http_server.hpp"
#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

using namespace mlem::test;

namespace {

std::string example_link(const std::string& rev) {
  return "link_type: model\nobject_type: link\npath: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + rev;
}

}  // namespace

TEST_CASE("link: the default branch is recorded and the file staged") {
  const World world;
  const Outcome outcome = world.mlem({"link", "--sp", example_url, "models/rf", "first-model"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "⏳️ Loading meta from " + example_url + "/tree/main/models/rf.mlem\n" +
                              "💾 Saving link to first-model.mlem\n");
  CHECK(world.staged("first-model.mlem") == example_link("main"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  first-model.mlem");
}

TEST_CASE("link: a tag is recorded as asked") {
  const World world;
  const Outcome outcome =
      world.mlem({"link", "--sp", example_url, "--rev", "5-deploy-meta", "models/rf", "second-model"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.staged("second-model.mlem") == example_link("5-deploy-meta"));
}

TEST_CASE("link: an address with the path in it names the same object") {
  const World world;
  const Outcome outcome = world.mlem({"link", example_url + "/tree/5-deploy-meta/models/rf", "second-model"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.staged("second-model.mlem") == example_link("5-deploy-meta"));
}

TEST_CASE("link: an object of the own project gets an alias") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"models/rf.mlem", model_meta()}});
  const Outcome outcome = world.mlem({"link", "models/rf", "prod/latest"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.staged("prod/latest.mlem") == "link_type: model\nobject_type: link\npath: models/rf.mlem");
}

TEST_CASE("link: an alias stages the marker of its project too") {
  World world;
  world.registry.commit({{"models/rf.mlem", model_meta()}});
  world.registry.write(".mlem.yaml", "");
  const Outcome outcome = world.mlem({"link", "models/rf", "latest"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  .mlem.yaml\nA  latest.mlem");
}

TEST_CASE("link: an alias starts at the nearest project or else at the directory of the link") {
  struct Row {
    std::string name;
    Files files;
    std::string target;
    std::string path;
  };
  const std::vector<Row> rows = {
      {"no project", {}, "prod/rf", "../models/rf.mlem"},
      {"no project and nothing in common", {}, "a/b/rf", "../../models/rf.mlem"},
      {"no project and one directory", {}, "models/other", "rf.mlem"},
      {"no project at the root", {}, "rf", "models/rf.mlem"},
      {"a project in a project", {{".mlem.yaml", ""}, {"inner/.mlem.yaml", ""}}, "inner/x/rf", "../models/rf.mlem"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    World world;
    Files files = row.files;
    files["models/rf.mlem"] = model_meta();
    world.registry.commit(files);
    const Outcome outcome = world.mlem({"link", "models/rf", row.target});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.errors.empty());
    CHECK(world.staged(row.target + ".mlem") ==
          link_text({.path = row.path}).substr(0, link_text({.path = row.path}).size() - 1));
    CHECK(world.mlem({"check", "--cached"}).code == 0);
    CHECK(world.mlem({"check", "--worktree"}).code == 0);
  }
}

TEST_CASE("link: an alias fits the index that it is staged in") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"m/rf.mlem", model_meta()}, {"p/.mlem.yaml", ""}, {"p/a", ""}});
  boost::filesystem::remove(world.registry.path() / "p/.mlem.yaml");
  Outcome outcome = world.mlem({"link", "m/rf", "p/x"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(world.staged("p/x.mlem"), "\npath: ../m/rf.mlem"));
  CHECK(world.mlem({"check", "--cached"}).code == 0);

  // The object is in the work tree, and there the path would start elsewhere.
  world.registry.write("m/new.mlem", model_meta());
  outcome = world.mlem({"link", "m/new", "p/y"});
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot link to 'm/new': the link would not lead there\n");
  CHECK(!boost::filesystem::exists(world.registry.path() / "p/y.mlem"));
}

TEST_CASE("link: an alias to what is not staged is made and warned of") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"old.mlem", data_meta()}, {"d/a", ""}});
  world.registry.write("d/new.mlem", model_meta());
  world.registry.write("old.mlem", model_meta());
  for (const std::string name : {"d/new", "old"}) {
    CAPTURE(name);
    const Outcome outcome = world.mlem({"link", name, "al"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.errors == "warning: '" + name + ".mlem' is not staged as it is, and a commit of the link needs it\n" +
                                "hint: 'git add " + name + ".mlem' stages it\n");
    CHECK(world.mlem({"check", "--cached"}).code == 1);
    world.registry.git({"add", name + ".mlem"});
    CHECK(world.mlem({"check", "--cached"}).code == 0);
  }
}

TEST_CASE("link: no link is made that comes back to itself") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"m.mlem", model_meta()}});
  REQUIRE(world.mlem({"link", "m", "b"}).code == 0);
  REQUIRE(world.mlem({"link", "--nf", "b", "a"}).code == 0);
  const Outcome outcome = world.mlem({"link", "--nf", "a", "b"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot link 'b.mlem' to itself\n");
  CHECK(world.mlem({"link", "a", "b"}).code == 0);
  CHECK(world.mlem({"check", "--cached"}).code == 0);
}

TEST_CASE("link: a missing tag is an answer and nothing is written") {
  const World world;
  const Outcome outcome = world.mlem({"link", "--sp", example_url, "--rev", "7-deploy-meta", "models/rf", "new"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output.empty());
  CHECK(outcome.errors.find("error: cannot link to 'models/rf' in '" + example_url +
                            "': missing-rev: no branch, tag or commit '7-deploy-meta'\nhint: the nearest name") == 0);
  CHECK(outcome.errors.find("'5-deploy-meta'") != std::string::npos);
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
}

TEST_CASE("link: a locked index leaves file and index as they were") {
  const World world;
  world.registry.write(".git/index.lock", "");
  const Outcome outcome = world.mlem({"link", "--sp", example_url, "models/rf", "deep/down/new"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors.find("index.lock") != std::string::npos);
  CHECK(!boost::filesystem::exists(world.registry.path() / "deep"));
}

TEST_CASE("link: what is not a link is replaced only by force") {
  World world;
  world.registry.commit({{"new.mlem", model_meta()}});
  const Outcome refused = world.mlem({"link", "--sp", example_url, "models/rf", "new"});
  CAPTURE(refused);
  CHECK(refused.code == 128);
  CHECK(refused.errors == "fatal: cannot write 'new.mlem': it exists and is not a link\nhint: '-f' replaces it\n");
  const Outcome dry = world.mlem({"link", "-f", "-n", "--sp", example_url, "models/rf", "new"});
  CAPTURE(dry);
  CHECK(contains(dry.output, "\nWould replace 'new.mlem', which is not a link\n"));
  CHECK(world.staged("new.mlem") != example_link("main"));
  const Outcome forced = world.mlem({"link", "-f", "--sp", example_url, "models/rf", "new"});
  CAPTURE(forced);
  CHECK(forced.code == 0);
  CHECK(contains(forced.output, "\nReplaced 'new.mlem', which was not a link\n"));
  CHECK(world.staged("new.mlem") == example_link("main"));
}

TEST_CASE("link: what is in the index alone is replaced as if it were in the work tree") {
  World world;
  world.registry.commit({{"object.mlem", model_meta()}, {"link.mlem", example_link("4-pack")}, {"in/a", ""}});
  boost::filesystem::remove(world.registry.path() / "object.mlem");
  boost::filesystem::remove(world.registry.path() / "link.mlem");
  world.registry.commit({{"out/object.mlem", model_meta()}});
  world.registry.sparse_checkout({"in"});
  for (const std::string name : {"object", "out/object"}) {
    CAPTURE(name);
    const Outcome refused = world.mlem({"link", "--sp", example_url, "models/rf", name});
    CAPTURE(refused);
    CHECK(refused.code == 128);
    CHECK(refused.errors ==
          "fatal: cannot write '" + name + ".mlem': it is in the index and is not a link\nhint: '-f' replaces it\n");
    CHECK(world.staged(name + ".mlem") + "\n" == model_meta());
    CHECK(world.mlem({"link", "-f", "--sp", example_url, "models/rf", name}).code == 0);
    CHECK(world.staged(name + ".mlem") == example_link("main"));
  }
  CHECK(world.mlem({"link", "--sp", example_url, "models/rf", "link"}).code == 0);
}

TEST_CASE("link: of a link that is there only the lines change that must") {
  World world;
  const auto text = [](const std::string& rev, const std::string& pin) {
    return "# production\r\nrev: " + rev + " # stable\r\npath: models/rf.mlem\r\nproject: " + example_url +
           "\r\nobject_type: link\r\nlink_type: model\r\nparams:\r\n  team: {a: 1}\r\n" + pin;
  };
  const std::string pin =
      "  git-mlem:\r\n    hold: it fell\r\n    ref: refs/tags/4-pack\r\n    until: '2020-01-01'\r\n";
  const std::string held = "  git-mlem:\r\n    hold: it fell\r\n    until: '2020-01-01'\r\n";
  const std::string unsaved = "# not staged yet\r\n";
  world.registry.commit({{"x.mlem", text("\"4-pack\"", pin)}, {"y.mlem", example_link("main") + "\n"}});
  world.registry.write("x.mlem", text("\"4-pack\"", pin) + unsaved);
  const std::vector<std::string> link = {"--sp", example_url, "--rev", "5-deploy-meta", "models/rf", "x"};
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), link.begin(), link.end());
    return world.mlem(arguments);
  };
  const std::string loading = "⏳️ Loading meta from " + example_url + "/tree/5-deploy-meta/models/rf.mlem\n";
  const std::string changes = " 'x.mlem': rev '4-pack' -> '5-deploy-meta', ref 'refs/tags/4-pack' -> none\n";
  Outcome outcome = run({"link", "-n"});
  CAPTURE(outcome);
  CHECK(outcome.output == loading + "Would re-point" + changes + "💾 Would save link to x.mlem and stage it\n");
  CHECK(read_file(world.registry.path() / "x.mlem") == text("\"4-pack\"", pin) + unsaved);
  outcome = run({"link"});
  CHECK(outcome.output == loading + "Re-pointed" + changes + "💾 Saving link to x.mlem\n");
  CHECK(read_file(world.registry.path() / "x.mlem") == text("\"5-deploy-meta\"", held) + unsaved);
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  x.mlem");
  outcome = run({"link"});
  CHECK(outcome.output == loading + "💾 Saving link to x.mlem\n");
  CHECK(read_file(world.registry.path() / "x.mlem") == text("\"5-deploy-meta\"", held) + unsaved);
}

TEST_CASE("link: a link that becomes an alias and back says so") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"m.mlem", model_meta()}, {"x.mlem", example_link("main") + "\n"}});
  CHECK(world.mlem({"link", "m", "x"}).output ==
        "⏳️ Loading meta from m.mlem\nRe-pointed 'x.mlem': path 'models/rf.mlem' -> 'm.mlem', repo '" +
            example_url + "/' -> none, rev 'main' -> none\n💾 Saving link to x.mlem\n");
  CHECK(world.staged("x.mlem") == "link_type: model\nobject_type: link\npath: m.mlem");
  CHECK(world.mlem({"link", "-q", "--sp", example_url, "models/rf", "x"}).output.empty());
  CHECK(world.staged("x.mlem") == example_link("main"));
}

TEST_CASE("link: the pin of a link goes along with its commit") {
  World world;
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta({"rf", "other weights\n"})}});
  const auto pinned = [&](const std::string& commit) {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " +
           world.models.git({"rev-parse", commit + ":models/rf.mlem"}) +
           "\npath: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + commit;
  };
  world.registry.commit({{"x.mlem", pinned(world.model_commit) + "\n"}});
  CHECK(world.mlem({"link", "--sp", example_url, "--rev", second, "models/rf", "x"}).code == 0);
  CHECK(world.staged("x.mlem") == pinned(second));
  CHECK(world.mlem({"link", "--sp", example_url, "--rev", "main", "models/rf", "x"}).code == 0);
  CHECK(world.staged("x.mlem") == example_link("main"));
}

TEST_CASE("link: a pin names the commit and records what is there and what is followed") {
  World world;
  world.models.annotated_tag("v2");
  world.models.checkout("main");
  const std::string blob = world.models.git({"rev-parse", "HEAD:models/rf.mlem"});
  const auto pinned = [&](const std::string& ref) {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
           (ref.empty() ? "" : "\n    ref: " + ref) + "\npath: models/rf.mlem\nrepo: " + example_url +
           "/\nrev: " + world.model_commit;
  };
  struct Row {
    std::string rev;
    std::string ref;
  };
  const std::vector<Row> rows = {
      {"", "refs/heads/main"},     {"main", "refs/heads/main"}, {"5-deploy-meta", "refs/tags/5-deploy-meta"},
      {"v2", "refs/tags/v2"},      {"tags/v2", "refs/tags/v2"}, {"refs/heads/main", "refs/heads/main"},
      {"HEAD", "refs/heads/main"}, {world.model_commit, ""},    {world.model_commit.substr(0, 8), ""}};
  for (const Row& row : rows) {
    CAPTURE(row.rev);
    std::vector<std::string> arguments{"link", "--pin", "--sp", example_url, "models/rf", "x"};
    if (!row.rev.empty()) arguments.insert(arguments.end(), {"--rev", row.rev});
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.find("Loading meta from " + example_url + "/tree/" + world.model_commit) != std::string::npos);
    CHECK(world.staged("x.mlem") == pinned(row.ref));
    CHECK(world.mlem({"check", "--strict"}).code == 0);
    world.registry.git({"rm", "-q", "-f", "x.mlem"});
  }
}

TEST_CASE("link: what is pinned by default is what the configuration says") {
  World world;
  const auto is_pinned = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"link", "--sp", example_url, "models/rf", "x"};
    arguments.insert(arguments.begin() + 1, options.begin(), options.end());
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    return contains(world.staged("x.mlem"), "rev: " + world.model_commit);
  };
  CHECK_FALSE(is_pinned({}));
  CHECK(is_pinned({"--pin"}));
  world.registry.git({"config", "mlem.pin", "true"});
  CHECK(is_pinned({}));
  CHECK_FALSE(is_pinned({"--no-pin"}));
  CHECK_FALSE(is_pinned({"--pin", "--no-pin"}));
  CHECK(is_pinned({"--no-pin", "--pin"}));
  world.registry.git({"config", "mlem.pin", "sometimes"});
  const Outcome bad = world.mlem({"link", "--sp", example_url, "models/rf", "x"});
  CAPTURE(bad);
  CHECK(bad.code == 128);
  CHECK(contains(bad.errors, "mlem.pin"));
}

TEST_CASE("link: an alias is not pinned and says so where it was asked for") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"models/rf.mlem", model_meta()}});
  const Outcome asked = world.mlem({"link", "--pin", "models/rf", "x"});
  CAPTURE(asked);
  CHECK(asked.code == 128);
  CHECK(asked.errors ==
        "fatal: cannot pin the link to 'models/rf': it is an alias, which goes with the tree that it is in\n"
        "hint: '--absolute' names the repository and its commit\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  world.registry.git({"config", "mlem.pin", "true"});
  CHECK(world.mlem({"link", "models/rf", "x"}).code == 0);
  CHECK(world.staged("x.mlem") == "link_type: model\nobject_type: link\npath: models/rf.mlem");
  // A rev of this repository is pinned as any other.
  CHECK(world.mlem({"link", "main:models/rf", "y"}).code == 0);
  const std::string commit = world.registry.id("main");
  CHECK(world.staged("y.mlem") == "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " +
                                      world.registry.id("main:models/rf.mlem") +
                                      "\n    ref: refs/heads/main\npath: models/rf.mlem\nrev: " + commit);
  CHECK(world.mlem({"check", "y.mlem"}).code == 0);
}

TEST_CASE("link: a link that is there is pinned by the lines that must change") {
  World world;
  const std::string blob = world.models.git({"rev-parse", "HEAD:models/rf.mlem"});
  world.registry.commit({{"x.mlem", "# ours\r\nobject_type: link\r\nrev: main # moves\r\nproject: " + example_url +
                                        "/\r\npath: 'models/rf.mlem'\r\nlink_type: model\r\nparams: {other: 1}\r\n"}});
  CHECK(world.mlem({"link", "--pin", "--sp", example_url, "models/rf", "x"}).code == 0);
  CHECK(world.staged("x.mlem") ==
        "# ours\r\nobject_type: link\r\nrev: " + world.model_commit + " # moves\r\nproject: " + example_url +
            "/\r\npath: 'models/rf.mlem'\r\nlink_type: model\r\nparams: {git-mlem: {blob: " + blob +
            ", ref: refs/heads/main}, other: 1}\r");
}

TEST_CASE("link: bad places and bad usage change nothing") {
  struct Row {
    std::string name;
    std::vector<std::string> arguments;
    int code;
  };
  const World world;
  world.registry.write("dir.mlem/file", "");
  const std::vector<Row> rows{
      {"outside the work tree", {"link", "--sp", example_url, "models/rf", "../out"}, 128},
      {"a directory in the way", {"link", "--sp", example_url, "models/rf", "dir"}, 128},
      {"below a file", {"link", "--sp", example_url, "models/rf", "dir.mlem/file/x"}, 128},
      {"one argument", {"link", "models/rf"}, 129},
      {"an unknown option", {"link", "--nonsense", "a", "b"}, 129},
      {"nothing at the path", {"link", "--sp", example_url, "models/xgb", "new"}, 1},
      {"help", {"link", "-h"}, 129},
  };
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(row.name);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(world.registry.git({"ls-files"}).empty());
  }
}

TEST_CASE("link: --absolute names this repository as others see it or refuses") {
  World world;
  const std::string commit = world.registry.commit({{"m.mlem", model_meta()}});
  const std::string url = world.registry.url();
  struct Row {
    std::string name;
    std::vector<std::string> git;
    std::string rev;
  };
  const std::vector<Row> rows = {{"a branch", {"checkout", "-q", "main"}, "main"},
                                 {"a tag of that name", {"tag", "main"}, "refs/heads/main"},
                                 {"a detached HEAD", {"checkout", "-q", "--detach"}, commit},
                                 {"no branch", {"symbolic-ref", "HEAD", "refs/foo"}, "refs/foo"}};
  world.registry.git({"update-ref", "refs/foo", commit});
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.registry.git(row.git);
    const Outcome outcome = world.mlem({"link", "--absolute", "-f", "m", "a"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.staged("a.mlem") ==
          "link_type: model\nobject_type: link\npath: m.mlem\nrepo: " + url + "\nrev: " + row.rev);
    CHECK(world.mlem({"check", "--cached"}).code == 0);
  }

  world.registry.git({"symbolic-ref", "HEAD", "refs/heads/main"});
  world.registry.write("new.mlem", model_meta());
  const Outcome outcome = world.mlem({"link", "--absolute", "new", "b"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors.find("error: cannot link to 'new': missing-path: ") == 0);
  CHECK(!boost::filesystem::exists(world.registry.path() / "b.mlem"));

  RepoBuilder fresh(world.sandbox, "fresh");
  fresh.write("m.mlem", model_meta());
  RunOptions there;
  there.directory = fresh.path();
  CHECK(world.sandbox.mlem({"link", "--absolute", "m", "a"}, there).code == 1);
}

TEST_CASE("link: the dialect is that of the first link even if written by hand") {
  World world;
  world.registry.commit(
      {{"a.mlem", "object_type: [\n"},
       {"b.mlem", "# by hand\n{object_type: link, link_type: model, path: models/rf.mlem, project: '" + example_url +
                      "/', rev: main}\n"},
       {"c.mlem", example_link("main")}});
  REQUIRE(world.mlem({"link", "--sp", example_url, "models/rf", "new"}).code == 0);
  CHECK(world.staged("new.mlem").find("\nproject: " + example_url + "/\n") != std::string::npos);
}

TEST_CASE("link: an alias inside the source is followed at the rev that was asked for") {
  World world;
  world.models.commit({{"al.mlem", link_text({.path = "models/rf.mlem"})}});
  world.models.tag("v1");
  CHECK(world.mlem({"link", "--sp", example_url, "al", "a"}).code == 0);
  CHECK(world.staged("a.mlem") == example_link("main"));
  CHECK(world.mlem({"link", "--sp", example_url, "--rev", "v1", "al", "b"}).code == 0);
  CHECK(world.staged("b.mlem") == example_link("v1"));
}

TEST_CASE("link: an object of a repository below the work tree is that repository's") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"dir/a", ""}});
  world.git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", world.models.url(), "dir/sub"});
  RepoBuilder nested(world.sandbox, "registry/nested");
  nested.commit({{"models/rf.mlem", model_meta()}});
  for (const std::string name : {"dir/sub", "nested"}) {
    CAPTURE(name);
    const std::string url = RepoBuilder::file_url(world.registry.path() / name);
    const std::string text = "link_type: model\nobject_type: link\npath: models/rf.mlem\nrepo: " + url + "\nrev: main";
    Outcome outcome = world.mlem({"link", name + "/models/rf", "al"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.errors, "warning: local-path: "));
    CHECK(world.staged("al.mlem") == text);
    CHECK(world.mlem({"check", "--cached"}).code == 0);
    outcome = world.mlem({"link", "--sp", name, "models/rf", "al"});
    CHECK(outcome.code == 0);
    CHECK(world.staged("al.mlem") == text);
  }
}

TEST_CASE("link: a work tree around its own git directory has no other repository in it") {
  const World world;
  RunOptions options;
  options.directory = world.registry.path();
  options.environment["GIT_DIR"] = (world.registry.path() / ".git").string();
  options.environment["GIT_WORK_TREE"] = world.sandbox.path().string();
  world.registry.write("m.mlem", model_meta());
  REQUIRE(world.sandbox.git({"add", "m.mlem"}, options).code == 0);
  const Outcome outcome = world.sandbox.mlem({"link", "m", "al"}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.staged("registry/al.mlem") == "link_type: model\nobject_type: link\npath: m.mlem");
}

TEST_CASE("link: this repository as the source's is an alias unless a rev is asked for") {
  World world;
  const std::string commit = world.registry.commit({{".mlem.yaml", ""}, {"d/m.mlem", model_meta()}});
  const std::string alias = "link_type: model\nobject_type: link\npath: d/m.mlem";
  const std::string from_outside = alias + "\nrepo: " + world.registry.url() + "\nrev: ";
  struct Row {
    std::vector<std::string> arguments;
    std::string text;
  };
  const std::vector<Row> rows = {
      {{"--sp", ".", "d/m"}, alias},
      {{"--sp", "./", "d/m"}, alias},
      {{"--sp", "d/", "m"}, alias},
      {{"--sp", world.registry.path().string(), "d/m"}, alias},
      {{"--sp", ".", "--absolute", "d/m"}, from_outside + "main"},
      {{"--sp", ".", "--rev", "main", "d/m"}, from_outside + "main"},
      {{"--sp", "d/.", "--rev", commit, "m"}, from_outside + commit},
  };
  for (const Row& row : rows) {
    std::vector<std::string> arguments = {"link"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    arguments.push_back("al");
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.staged("al.mlem") == row.text);
  }
}

TEST_CASE("link: a target that names no file is refused") {
  struct Row {
    std::string source_project;
    std::string target;
    std::string errors;
  };
  const World world;
  const std::string directory = "': it names a directory\nhint: add a name for the link's file\n";
  const std::vector<Row> rows = {
      {example_url, "", "fatal: the target's name is empty\n"},
      {example_url, "d/", "fatal: cannot write 'd/': it names a directory\nhint: 'd/rf' names a file in it\n"},
      {example_url, "d/e/.", "fatal: cannot write 'd/e/.': it names a directory\nhint: 'd/e/rf' names a file in it\n"},
      {example_url, "d/..", "fatal: cannot write 'd/.." + directory},
      {example_url, ".", "fatal: cannot write '." + directory},
      {example_url, "d/.mlem",
       "fatal: cannot write 'd/.mlem': an old project's directory has that name\n"
       "hint: add a name for the link's file\n"},
      {example_url, "file:///tmp/x",
       "fatal: cannot write 'file:///tmp/x': it is an address, and a link is a file of this work tree\n"
       "hint: the source comes first, then the target\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const Outcome outcome = world.mlem({"link", "--sp", row.source_project, "models/rf", row.target});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == row.errors);
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
  }
}

TEST_CASE("link: an address in the form of fsspec gets the spelling that would do") {
  const World world;
  const std::string hint = "hint: write 'https://github.com/iterative/example-mlem-get-started/tree/main";
  const Outcome object = world.mlem({"link", "github://iterative:example-mlem-get-started@main/models/rf", "rf"});
  CAPTURE(object);
  CHECK(object.code == 128);
  CHECK(object.errors == "fatal: invalid address 'github://***@main/models/rf': it names no file in the repository\n" +
                             hint + "/models/rf'\n");
  const Outcome project =
      world.mlem({"link", "--sp", "github://iterative:example-mlem-get-started@main", "models/rf", "rf"});
  CAPTURE(project);
  CHECK(project.code == 1);
  CHECK(project.errors ==
        "error: cannot link to 'models/rf' in 'github://***@main': forbidden: 'github://***@main/' may not be used: "
        "remote helpers such as 'github' are never used\n" +
            hint + "'\n");
  CHECK(world.mlem({"link", "--sp", example_url + "/tree/main", "models/rf", "rf"}).code == 0);
}

TEST_CASE("link: an address without its protocol gets the one that it most likely has") {
  World world;
  const auto refusal = [&](const std::string& repo) {
    const Outcome outcome = world.mlem({"link", "--sp", repo, "models/rf", "a"});
    CHECK(outcome.code == 128);
    return outcome.errors;
  };
  const std::string why = " is neither a directory nor an address of a repository\n";
  CHECK(refusal("github.com/org/repo") ==
        "fatal: 'github.com/org/repo'" + why + "hint: write 'https://github.com/org/repo'\n");
  for (const std::string path : {"models", "other.git/sub", ".hidden.d/x", "a b.co/d", "v1.0/models"}) {
    CAPTURE(path);
    CHECK(!contains(refusal(path), "https://"));
  }
}

TEST_CASE("link: a directory behind a repository of this machine is split off at the git directory") {
  World world;
  RepoBuilder lib(world.sandbox, "lib");
  lib.commit({{"src/sub/m.mlem", model_meta()}});
  const auto bare = lib.bare_clone(world.sandbox / "bare.git");
  lib.bare_clone(world.sandbox / "other.git");
  struct Row {
    std::string name;
    std::vector<std::string> source;
    std::string repo;
  };
  const std::string url = lib.url();
  const std::string suffix_url = RepoBuilder::file_url(world.sandbox / "other");
  const std::vector<Row> rows = {
      {"an object's address", {url + "src/sub/m"}, url},
      {"a directory as project", {"--sp", url + "src/sub", "m"}, url},
      {"a repository as project", {"--sp", url, "src/sub/m"}, url},
      {"up from a directory", {"--sp", url + "src/sub", "../sub/m"}, url},
      {"a bare repository", {RepoBuilder::file_url(bare) + "src/sub/m"}, RepoBuilder::file_url(bare)},
      {"one whose .git is left out", {suffix_url + "src/sub/m"}, suffix_url},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    std::vector<std::string> arguments = {"link"};
    arguments.insert(arguments.end(), row.source.begin(), row.source.end());
    arguments.push_back("x");
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.staged("x.mlem") ==
          "link_type: model\nobject_type: link\npath: src/sub/m.mlem\nrepo: " + row.repo + "\nrev: main");
    CHECK(world.mlem({"check", "--cached"}).code == 0);
  }
  const Outcome nowhere = world.mlem({"link", "file://" + world.sandbox.path().string() + "/none/m", "x"});
  CHECK(nowhere.code == 128);
  CHECK(contains(nowhere.errors, "it names no file in the repository"));
}

TEST_CASE("link: an expression is stored as the commit's id however a directory of this machine is named") {
  World world;
  RepoBuilder lib(world.sandbox, "lib");
  const std::string first = lib.commit({{"m.mlem", model_meta()}});
  lib.commit({{"a", "b"}});
  world.sandbox.add_config("url." + lib.path().string() + ".insteadOf", "https://git.example.com/lib");
  const std::vector<std::vector<std::string>> sources = {{"--sp", "../lib", "m"},
                                                         {"--sp", lib.url(), "m"},
                                                         {lib.url() + "m"},
                                                         {"--sp", "https://git.example.com/lib", "m"}};
  for (const auto& source : sources) {
    for (const std::string& rev : {std::string("HEAD~1"), first.substr(0, 8), std::string("main^")}) {
      std::vector<std::string> arguments = {"link", "--rev", rev};
      arguments.insert(arguments.end(), source.begin(), source.end());
      arguments.push_back("x");
      const Outcome outcome = world.mlem(arguments);
      CAPTURE(outcome);
      CHECK(outcome.code == 0);
      CHECK(contains(world.staged("x.mlem"), "\nrev: " + first));
    }
  }
  CHECK(world.mlem({"link", "--rev", "main", "--sp", lib.url(), "m", "x"}).code == 0);
  CHECK(contains(world.staged("x.mlem"), "\nrev: main"));
}

TEST_CASE("link: an expression and an abbreviated id are looked up in the history of a server") {
  World world;
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta({"rf", "more weights"})}});
  world.models.tag("v2");
  world.models.branch("abcdef0");
  world.models.commit({{"other", "x"}});
  const HttpServer server(world.sandbox);
  world.models.bare_clone(server.root() / "models.git");
  const std::string repo = server.url("models.git");
  struct Row {
    std::string rev;
    std::string stored;
  };
  const Row rows[] = {{"v2~1", world.model_commit},
                      {"HEAD~1", second},
                      {"@~1", second},
                      {"main^", second},
                      {second.substr(0, 8), second},
                      {"v2-0-g" + second.substr(0, 7), second},
                      {"abcdef0", "abcdef0"}};
  for (const Row& row : rows) {
    CAPTURE(row.rev);
    const Outcome linked = world.mlem({"link", "-q", "--rev", row.rev, "--sp", repo, "models/rf", "a"});
    CAPTURE(linked);
    CHECK(linked.code == 0);
    CHECK(contains(world.staged("a.mlem"), "rev: " + row.stored));
  }
  const Outcome beyond = world.mlem({"link", "--rev", "v2~40", "--sp", repo, "models/rf", "b"});
  CHECK(beyond.code == 1);
  CHECK(beyond.errors ==
        "error: cannot link to 'models/rf' in '" + repo + "': missing-rev: no branch, tag or commit 'v2~40'\n");
  const Outcome no_id = world.mlem({"link", "--rev", "0123456", "--sp", repo, "models/rf", "b"});
  CHECK(no_id.code == 1);
  CHECK(no_id.errors == "error: cannot link to 'models/rf' in '" + repo +
                            "': missing-rev: no branch, tag or commit '0123456'\n"
                            "hint: no commit of that source has an id that begins so\n");
  const Outcome unknown = world.mlem({"resolve", "--json", "--rev", "0123456", "--project", repo, "models/rf"});
  CHECK(unknown.code == 1);
  CHECK(contains(unknown.output, R"("verdict":"missing-rev")"));
}

TEST_CASE("link: an expression that names no commit of this machine is a missing rev") {
  const World world;
  for (const std::string& project : {world.models.path().string(), world.models.url()}) {
    const Outcome outcome = world.mlem({"link", "--rev", "main~40", "--sp", project, "models/rf", "x"});
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.errors ==
          "error: cannot link to 'models/rf' in '" + project + "': missing-rev: no branch, tag or commit 'main~40'\n");
  }
}

TEST_CASE("link: an ignored target wants force") {
  World world;
  world.registry.commit({{".gitignore", "*.mlem\n"}});
  const std::vector<std::string> arguments = {"--sp", example_url, "models/rf", "x"};
  std::vector<std::string> plain = {"link"};
  plain.insert(plain.end(), arguments.begin(), arguments.end());
  const Outcome refused = world.mlem(plain);
  CAPTURE(refused);
  CHECK(refused.code == 128);
  CHECK(refused.errors ==
        "fatal: cannot write 'x.mlem': it is ignored by a .gitignore file\nhint: '-f' adds it all the same\n");
  plain.emplace_back("-f");
  CHECK(world.mlem(plain).code == 0);
  CHECK(world.staged("x.mlem") == example_link("main"));
}

TEST_CASE("link: the hint on a target project that is none makes it one") {
  const World world;
  const std::vector<std::string> link = {"link", "--sp", example_url, "--tp", "no/pe", "models/rf", "x"};
  const Outcome refused = world.mlem(link);
  CAPTURE(refused);
  CHECK(refused.code == 128);
  CHECK(refused.errors == "fatal: 'no/pe' is not a MLEM project\nhint: 'git mlem init no/pe' makes it one\n");
  const Outcome made = world.mlem({"init", "no/pe"});
  CAPTURE(made);
  CHECK(made.code == 0);
  CHECK(made.output == "Initialized MLEM project: 'no/pe/.mlem.yaml'\n");
  CHECK(world.mlem(link).code == 0);
  CHECK(world.registry.git({"ls-files"}) == "no/pe/.mlem.yaml\nno/pe/x.mlem");
}

TEST_CASE("init: a locked index leaves no directory behind") {
  const World world;
  world.registry.write(".git/index.lock", "");
  const Outcome outcome = world.mlem({"init", "no/pe"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(!boost::filesystem::exists(world.registry.path() / "no"));
}

TEST_CASE("link: the index is left as git add leaves it") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {"m.mlem", model_meta()}, {"old.mlem", link_text({.path = "other"})}});
  boost::filesystem::remove(world.registry.path() / ".mlem.yaml");
  world.registry.git({"rm", "-q", "--cached", ".mlem.yaml"});
  world.registry.write(".mlem.yaml", "");
  world.registry.git({"update-index", "--assume-unchanged", "old.mlem"});
  for (const std::string name : {"new", "old"}) {
    CAPTURE(name);
    const Outcome outcome = world.mlem({"link", "-q", "m", name});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.git({"diff-files", "--quiet"}).code == 0);
    const std::string left = world.registry.git({"ls-files", "--stage", "--debug"});
    world.registry.git({"add", name + ".mlem", ".mlem.yaml"});
    CHECK(world.registry.git({"ls-files", "--stage", "--debug"}) == left);
  }
  REQUIRE(world.mlem({"init", "-q", "d"}).code == 0);
  CHECK(world.git({"diff-files", "--quiet"}).code == 0);
  REQUIRE(world.mlem({"link", "-q", "--no-stage", "m", "unstaged"}).code == 0);
  CHECK(world.registry.git({"ls-files", "unstaged.mlem"}).empty());
}

TEST_CASE("link: a file that is replaced comes back whole if the index cannot be written") {
  namespace fs = boost::filesystem;
  World world;
  world.registry.commit({{"m.mlem", model_meta()}});
  const std::string large(std::size_t{17} << 20, 'x');
  struct Row {
    std::string content;
    fs::perms mode;
  };
  const std::vector<Row> rows = {{example_link("4-pack") + "\n", fs::perms(0755)},
                                 {example_link("4-pack") + "\n", fs::perms(0600)},
                                 {example_link("4-pack") + "\n", fs::perms(0)},
                                 {large, fs::perms(0644)}};
  const fs::path file = world.registry.path() / "x.mlem";
  for (const Row& row : rows) {
    CAPTURE(row.mode);
    fs::remove(file);
    world.registry.write("x.mlem", row.content);
    fs::permissions(file, row.mode);
    world.registry.write(".git/index.lock", "");
    Outcome outcome = world.mlem({"link", "-f", "m", "x"});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(contains(outcome.errors, "index.lock"));
    CHECK(fs::status(file).permissions() == row.mode);
    fs::permissions(file, fs::perms(0600));
    CHECK(read_file(file) == row.content);
    CHECK(world.registry.git({"status", "--porcelain"}) == "?? x.mlem");
    fs::permissions(file, row.mode);
    fs::remove(world.registry.path() / ".git/index.lock");
    outcome = world.mlem({"link", "-f", "m", "x"});
    CHECK(outcome.code == 0);
    CHECK(world.registry.git({"status", "--porcelain"}) == "A  x.mlem");
    world.registry.git({"rm", "-q", "--cached", "x.mlem"});
  }
  fs::remove(file);
  world.registry.write("x.mlem", large);
  CHECK(world.mlem({"link", "m", "x"}).errors ==
        "fatal: cannot write 'x.mlem': it exists and is not a link\nhint: '-f' replaces it\n");
}

TEST_CASE("link: an executable link stays executable") {
  namespace fs = boost::filesystem;
  World world;
  world.registry.commit({{"m.mlem", model_meta()}, {"x.mlem", example_link("4-pack") + "\n"}});
  const fs::path file = world.registry.path() / "x.mlem";
  const auto mode = [&] { return world.registry.git({"ls-files", "--stage", "x.mlem"}).substr(0, 6); };
  fs::permissions(file, fs::perms(0755));
  world.registry.git({"add", "x.mlem"});
  REQUIRE(world.mlem({"link", "m", "x"}).code == 0);
  CHECK(mode() == "100755");
  CHECK(fs::status(file).permissions() == fs::perms(0755));
  fs::remove(file);
  REQUIRE(world.mlem({"link", "m", "x"}).code == 0);
  CHECK(mode() == "100755");
  CHECK(fs::status(file).permissions() == fs::perms(0755));
  fs::permissions(file, fs::perms(0644));
  world.registry.git({"config", "core.fileMode", "false"});
  REQUIRE(world.mlem({"link", "m", "x"}).code == 0);
  CHECK(mode() == "100755");
  CHECK(world.registry.git({"diff-files"}).empty());
}

TEST_CASE("link: a name as long as may be can be replaced") {
  World world;
  world.registry.commit({{"m.mlem", model_meta()}});
  const std::string name(250, 'x');
  CHECK(world.mlem({"link", "m", name}).code == 0);
  const Outcome again = world.mlem({"link", "m", name});
  CAPTURE(again);
  CHECK(again.code == 0);
}

TEST_CASE("link: what is outside of a sparse checkout wants force") {
  for (const std::string how : {"--cone", "--sparse-index", "--no-cone"}) {
    CAPTURE(how);
    World world;
    world.registry.commit({{"in/m.mlem", model_meta()}, {"out/old.mlem", example_link("4-pack") + "\n"}});
    world.registry.git({"sparse-checkout", "set", how, "in"});
    for (const std::string name : {"out/new.mlem", "out/old.mlem"}) {
      CAPTURE(name);
      const std::string before = world.registry.git({"ls-files", "-s", "-v"});
      const Outcome refused = world.mlem({"link", "in/m", name});
      CAPTURE(refused);
      CHECK(refused.code == 128);
      CHECK(refused.errors == "fatal: cannot write '" + name +
                                  "': it is outside of the sparse checkout\nhint: '-f' adds it all the same\n");
      CHECK(world.registry.git({"ls-files", "-s", "-v"}) == before);
      CHECK(!boost::filesystem::exists(world.registry.path() / "out"));
    }
    CHECK(world.mlem({"link", "in/m", "in/new"}).code == 0);
    CHECK(world.mlem({"link", "-f", "in/m", "out/new"}).code == 0);
    CHECK(world.registry.git({"status", "--porcelain", "--", "out"}) == "A  out/new.mlem");
  }
}

TEST_CASE("link: a target project keeps what it is given") {
  World world;
  world.registry.commit({{"proj/.mlem.yaml", ""}, {"m.mlem", model_meta()}});
  const std::string root = world.registry.path().string();
  struct Row {
    std::string target;
    std::string file;  // empty: refused
  };
  const std::vector<Row> rows = {{"x", "proj/x.mlem"},
                                 {"d/../x", "proj/x.mlem"},
                                 {root + "/proj/d/x", "proj/d/x.mlem"},
                                 {"../x", ""},
                                 {root + "/x", ""},
                                 {"../project/x", ""},
                                 {root + "/proj.mlem", ""}};
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem({"link", "--tp", "proj", "m", row.target});
    CAPTURE(outcome);
    CHECK(outcome.code == (row.file.empty() ? 128 : 0));
    if (row.file.empty())
      CHECK(outcome.errors == "fatal: cannot write '" + row.target + "': it is outside of the project 'proj'\n");
    else
      CHECK(world.registry.git({"diff", "--cached", "--name-only"}) == row.file);
    world.registry.git({"reset", "-q", "--hard"});
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
  }
}

TEST_CASE("link: no address is a project and none is printed with its secret") {
  const World world;
  const std::string url = "https://u:s3cret@git.example.com/x";
  const std::vector<std::vector<std::string>> commands = {
      {"link", "--tp", url, "a", "b"}, {"init", url}, {"link", "a", url}, {"link", "--tp", "none", "a", url}};
  for (const auto& command : commands) {
    const Outcome outcome = world.mlem(command);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(contains(outcome.errors, "it is an address, and a "));
    CHECK(!contains(outcome.errors, "s3cret"));
    CHECK(world.registry.git({"status", "--porcelain"}).empty());
  }
}

TEST_CASE("init: a marker that is in the index alone is left there") {
  World world;
  world.registry.commit({{".mlem.yaml", "core: {}\n"}, {"out/.mlem.yaml", "core: {}\n"}, {"in/a", ""}});
  world.registry.git({"sparse-checkout", "set", "--no-cone", "in"});
  for (const std::string directory : {".", "out"}) {
    const Outcome outcome = world.mlem({"init", directory});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.starts_with("MLEM project exists already: '"));
  }
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  CHECK(!boost::filesystem::exists(world.registry.path() / "out"));
  // And it is one to `link`.
  CHECK(world.mlem({"link", "-n", "--tp", "out", "--sp", example_url, "models/rf", "x"}).code == 0);
}

TEST_CASE("init: no project is made in a git directory") {
  const World world;
  for (const std::string directory : {".git/x", "d/.GIT"}) {
    const Outcome outcome = world.mlem({"init", directory});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors ==
          "fatal: invalid path '" + directory + "/.mlem.yaml': a component could be taken for '.git'\n");
    CHECK(!boost::filesystem::exists(world.registry.path() / directory));
  }
}

TEST_CASE("link: a file that git would keep otherwise is not written") {
  World world;
  world.registry.commit({{"prod/.gitattributes", "*.mlem filter=lfs\n"}});
  world.registry.git({"config", "filter.lfs.clean", "cat >/dev/null; echo pointer"});
  const Outcome outcome = world.mlem({"link", "--sp", world.models.url(), "models/rf", "prod/x"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors ==
        "fatal: cannot write 'prod/x.mlem': '.gitattributes' gives it 'filter', so a checkout may have another content "
        "than is judged\nhint: add '*.mlem -filter' at the end of '.gitattributes'\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  world.registry.write("prod/.gitattributes", "*.mlem filter=lfs\n*.mlem -filter\n");
  CHECK(world.mlem({"link", "--sp", world.models.url(), "models/rf", "prod/x"}).code == 0);
}

TEST_CASE("link: it is said that a link is followed and what a dry run would do") {
  World world;
  const std::string loading = "⏳️ Loading meta from " + example_url + "/tree/main/models/rf.mlem\n";
  REQUIRE(world.mlem({"link", "--sp", example_url, "models/rf", "a"}).output == loading + "💾 Saving link to a.mlem\n");
  REQUIRE(world.mlem({"link", "--nf", "a", "b"}).output ==
          "⏳️ Loading meta from a.mlem\n💾 Saving link to b.mlem\n");
  CHECK(world.mlem({"link", "a", "c"}).output ==
        "Following the link 'a.mlem'; '--no-follow-links' links to it\n" + loading + "💾 Saving link to c.mlem\n");
  const std::string both =
      "Following the links 'b.mlem' and 'a.mlem'; '--no-follow-links' links to the first of them\n" + loading;
  CHECK(world.mlem({"link", "-n", "b", "d"}).output == both + "💾 Would save link to d.mlem and stage it\n");
  CHECK(world.mlem({"link", "-n", "--no-stage", "b", "d"}).output == both + "💾 Would save link to d.mlem\n");
  CHECK(world.mlem({"link", "-q", "b", "d"}).output.empty());
  CHECK(world.mlem({"link", "-n", "--sp", example_url, "--rev", "4-pack", "models/rf", "a"}).output ==
        "⏳️ Loading meta from " + example_url +
            "/tree/4-pack/models/rf.mlem\nWould re-point 'a.mlem': rev 'main' -> '4-pack'\n"
            "💾 Would save link to a.mlem and stage it\n");

  // The marker of an alias's project is staged with it.
  write_file(world.registry.path() / ".mlem.yaml", "");
  const std::string alias = "⏳️ Loading meta from a.mlem\n💾 ";
  const std::vector<std::string> words{"--nf", "a", "e"};
  const auto link = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "link");
    arguments.insert(arguments.end(), words.begin(), words.end());
    return world.mlem(arguments).output;
  };
  CHECK(link({"-n", "--no-stage"}) == alias + "Would save link to e.mlem\n");
  CHECK(link({"-n"}) == alias + "Would save link to e.mlem and stage it with '.mlem.yaml', where aliases start\n");
  CHECK(world.git({"ls-files", ".mlem.yaml"}).output.empty());
  CHECK(link({}) == alias + "Saving link to e.mlem\n");
  CHECK(world.git({"ls-files", ".mlem.yaml"}).output == ".mlem.yaml\n");
  CHECK(link({"-n"}) == alias + "Would save link to e.mlem and stage it\n");
}

TEST_CASE("link: many links are made from lines of JSON") {
  World world;
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta() + "requirements: []\n"}});
  RunOptions options;
  options.directory = world.registry.path();
  options.input = R"({"source": "models/rf", "target": "prod/a", "rev": "4-pack", "pin": true})"
                  "\n\n"
                  R"({"source": "models/rf", "target": "prod/b.mlem", "rev": null})"
                  "\n";
  const std::vector<std::string> arguments{"link", "--stdin", "--sp", example_url};
  options.environment["LC_ALL"] = "C";
  const Outcome outcome = world.sandbox.mlem(arguments, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Loading meta from " + example_url + "/tree/" + world.model_commit +
                              "/models/rf.mlem\nLoading meta from " + example_url +
                              "/tree/main/models/rf.mlem\nSaving link to prod/a.mlem\nSaving link to prod/b.mlem\n");
  CHECK(contains(world.staged("prod/a.mlem"), "    ref: refs/tags/4-pack\n"));
  CHECK(contains(world.staged("prod/b.mlem"), "\nrev: main"));
  CHECK(world.mlem({"check"}).code == 0);
}

TEST_CASE("link: of many links all are made or none") {
  const World world;
  RunOptions options;
  options.directory = world.registry.path();
  options.input = R"({"source": "models/rf", "target": "a"})"
                  "\n"
                  R"({"source": "models/absent", "target": "b"})"
                  "\n"
                  R"({"source": "models/rf", "target": "../c"})"
                  "\n"
                  R"({"source": "models/rf", "target": "a.mlem"})"
                  "\n";
  const Outcome outcome = world.sandbox.mlem({"link", "--stdin", "--sp", example_url}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.output.empty());
  CHECK(contains(outcome.errors,
                 "error: line 2: cannot link to 'models/absent' in '" + example_url + "': missing-path: "));
  CHECK(contains(outcome.errors, "error: line 3: '../c' is outside the work tree: its root is '"));
  CHECK(contains(outcome.errors,
                 "error: line 4: cannot write 'a.mlem': another link would be there, too\nnothing was changed\n"));
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
  options.input = R"({"source": "models/absent", "target": "b"})";
  CHECK(world.sandbox.mlem({"link", "--stdin", "--sp", example_url}, options).code == 1);
  options.input = "\n";
  CHECK(world.sandbox.mlem({"link", "--stdin"}, options).code == 0);
}

TEST_CASE("link: a line that is not a request is told by its number") {
  const World world;
  struct Row {
    std::string line;
    std::string errors;
  };
  const std::vector<Row> rows{
      {"[1]", "fatal: line 2: cannot read '[1]': it is not a JSON object\n"},
      {"{\"source\": \"a\"", "fatal: line 2: cannot read '{\"source\": \"a\"': it is not a JSON object\n"},
      {R"({"source": "a", "target": "b", "target": "c"})",
       "fatal: line 2: cannot read '{\"source\": \"a\", \"target\": \"b\", \"target\": \"c\"}': 'target' is there "
       "twice\n"},
      {R"({"source": "a"})", "fatal: line 2: cannot read '{\"source\": \"a\"}': a source and a target are needed\n"},
      {R"({"source": 1})", "fatal: line 2: cannot read '{\"source\": 1}': 'source' is not a text\n"},
      {R"({"pin": "yes"})", "fatal: line 2: cannot read '{\"pin\": \"yes\"}': 'pin' is not true or false\n"},
      {R"({"sp": "a"})",
       "fatal: line 2: cannot read '{\"sp\": \"a\"}': 'sp' is not a key\n"
       "hint: the keys are 'source', 'target', 'project', 'rev', 'pin', 'plain', 'type', 'follow_links' and 'absolute'\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    RunOptions options;
    options.directory = world.registry.path();
    options.input = "\n" + row.line + "\n";
    const Outcome outcome = world.sandbox.mlem({"link", "--stdin"}, options);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == row.errors);
  }
  const Outcome words = world.mlem({"link", "--stdin", "a", "b"});
  CHECK(words.code == 129);
  CHECK(contains(words.errors, "with '--stdin', sources and targets are read from there"));
}

TEST_CASE("link: many links to one source ask it as often as one does") {
  World world;
  const HttpServer server(world.sandbox);
  world.models.bare_clone(server.root() / "models.git");
  const auto requests_for = [&](int count, const std::string& prefix) {
    RunOptions options;
    options.directory = world.registry.path();
    for (int i = 0; i < count; ++i) {
      options.input += R"({"source": "models/rf", "target": ")" + prefix + std::to_string(i) + "\"}\n";
    }
    const std::size_t before = server.requests().size();
    const Outcome outcome = world.sandbox.mlem({"link", "-q", "--stdin", "--sp", server.url("models.git")}, options);
    CHECK(outcome.code == 0);
    boost::filesystem::remove_all(world.registry.path() / ".git/mlem");
    return server.requests().size() - before;
  };
  const std::size_t one = requests_for(1, "a");
  CHECK(requests_for(20, "b") == one);
}
