#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <unistd.h>

using namespace mlem::test;
namespace fs = boost::filesystem;

TEST_CASE("hook: a commit of a good link passes and of a broken one is refused") {
  const World world;
  REQUIRE(world.mlem({"install"}).code == 0);
  REQUIRE(world.mlem({"link", "--sp", example_url, "models/rf", "first-model"}).code == 0);
  REQUIRE(world.mlem({"link", "--sp", example_url, "--rev", "5-deploy-meta", "models/rf", "second-model"}).code == 0);
  const Outcome good = world.git({"commit", "-m", "links"});
  CAPTURE(good);
  CHECK(good.code == 0);

  std::string text = world.staged("second-model.mlem") + "\n";
  text.replace(text.find("5-deploy"), 8, "7-deploy");
  world.registry.write("second-model.mlem", text);
  const Outcome refused = world.git({"commit", "-a", "-m", "broken"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: second-model.mlem: missing-rev: no branch, tag or commit '7-deploy-meta' in '" +
                            example_url + "/'\nhint: the nearest name") == 0);
  CHECK(refused.errors.find("'5-deploy-meta'") != std::string::npos);
}

TEST_CASE("hook: the hint at a refused commit finds again what was refused") {
  World world;
  const auto link = [&](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  world.registry.commit({{"a.mlem", link("main")}});
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.write("a.mlem", link("gone"));
  const std::string again = "' judges again; 'git commit --no-verify' skips the hooks\n";
  // git's index for such a commit is gone with it.
  for (const std::string files : {"-a", "a.mlem"}) {
    const Outcome refused = world.git({"commit", "-m", "broken", files});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "hint: 'git mlem check --worktree" + again));
    CHECK(world.mlem({"check", "--worktree"}).code == 1);
  }
  world.registry.git({"add", "a.mlem"});
  const Outcome refused = world.git({"commit", "-m", "broken"});
  CHECK(contains(refused.errors, "hint: 'git mlem check --changed" + again));
  CHECK(world.mlem({"check", "--changed"}).code == 1);
}

TEST_CASE("hook: the attributes that are staged say which staged links git checks out as something else") {
  for (const int links : {1, 120}) {  // of few the index is read only in passing
    CAPTURE(links);
    World world;
    const std::string good = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"});
    Files staged = {{".gitattributes", "d1/x/*.mlem ident\n"},
                    {"d0/.gitattributes", "/e/*.mlem filter=lfs\n"},
                    {"d0/e/.gitattributes", "b.mlem -filter\n"},
                    {"d0/e/b.mlem", good},
                    {"d1/x/c.mlem", good},
                    {"other/.gitattributes", "*.mlem ident\n"}};
    for (int i = 0; i < links; ++i) staged["d" + std::to_string(i) + "/e/a.mlem"] = good;
    for (const auto& [name, content] : staged) world.registry.write(name, content);
    world.registry.git({"add", "."});
    // Of what is staged, and not of what the work tree has.
    world.registry.write("d0/e/.gitattributes", "*.mlem -filter\n");
    for (const char* const version : {"2", "4"}) {
      world.registry.git({"update-index", "--index-version", version});
      const Outcome outcome = world.mlem({"hook", "pre-commit"});
      CAPTURE(outcome);
      CHECK(outcome.code == 1);
      CHECK(outcome.errors ==
            "error: d0/e/a.mlem: invalid-link: '.gitattributes' gives it 'filter', so a checkout may have another "
            "content than is judged\nhint: add '*.mlem -filter' at the end of '.gitattributes'\n"
            "error: d1/x/c.mlem: invalid-link: '.gitattributes' gives it 'ident', so a checkout may have another "
            "content than is judged\nhint: add '*.mlem -ident' at the end of '.gitattributes'\n"
            "hint: 'git mlem check --changed' judges again; 'git commit --no-verify' skips the hooks\n");
    }
  }
}

TEST_CASE("hook: with -q it says errors only and what follows -- is its name too") {
  World world;
  world.registry.write("a.mlem", link_text({.path = "models/rf.mlem", .repo = world.models.url(), .rev = "main"}));
  world.registry.write("b.mlem",
                       link_text({.path = "models/rf.mlem", .repo = "http://127.0.0.1:1/models.git/", .rev = "main"}));
  world.registry.git({"add", "."});
  const Outcome loud = world.mlem({"hook", "--", "pre-commit"});
  CAPTURE(loud);
  CHECK(loud.code == 0);
  CHECK(contains(loud.errors, "warning: a.mlem: local-path: "));
  CHECK(contains(loud.errors, "warning: b.mlem: unreachable: "));
  const Outcome quiet = world.mlem({"hook", "-q", "pre-commit"});
  CHECK(quiet.code == 0);
  CHECK(quiet.errors.empty());
  world.registry.git({"config", "mlem.onUndecided", "reject"});
  const Outcome refused = world.mlem({"hook", "-q", "pre-commit"});
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: b.mlem: unreachable: ") == 0);
  CHECK_FALSE(contains(refused.errors, "local-path"));
}

TEST_CASE("hook: removing an object fails if an unchanged alias leads to it") {
  World world;
  world.registry.commit({{"rf.mlem", model_meta()}, {"alias.mlem", link_text({.path = "rf.mlem"})}});
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.git({"rm", "-q", "rf.mlem"});
  const Outcome refused = world.git({"commit", "-m", "gone"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: alias.mlem: missing-path: nothing at 'rf.mlem'") == 0);
}

TEST_CASE("hook: what was broken before is one line and refuses nothing") {
  World world;
  const auto link = [&](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  world.registry.commit({{"a.mlem", link("gone")},
                         {"b.mlem", link("gone")},
                         {"to-a.mlem", link_text({.path = "a.mlem"})},
                         {"to-c.mlem", link_text({.path = "c.mlem"})},
                         {"good.mlem", link("main")},
                         {"to-good.mlem", link_text({.path = "good.mlem"})}});
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.git({"rm", "-q", "b.mlem"});
  world.registry.git({"mv", "a.mlem", "d.mlem"});
  world.registry.git({"update-index", "--chmod=+x", "d.mlem"});
  const Outcome quiet = world.mlem({"hook", "-q", "pre-commit"});
  CAPTURE(quiet);
  CHECK(quiet.code == 0);
  CHECK(quiet.errors.empty());
  const Outcome renamed = world.git({"commit", "-qm", "rename"});
  CAPTURE(renamed);
  CHECK(renamed.code == 0);
  CHECK(renamed.errors == "warning: 3 links were broken before; 'git mlem check' lists them\n");
  // To break one more is refused, and the others are no part of the answer.
  world.registry.git({"rm", "-q", "good.mlem"});
  const Outcome refused = world.git({"commit", "-qm", "remove"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: to-good.mlem: missing-path: nothing at 'good.mlem'\n"));
  CHECK_FALSE(contains(refused.errors, "error: to-c.mlem"));
  CHECK(contains(refused.errors,
                 "warning: 2 links were broken before; 'git mlem check' lists them\n"
                 "hint: 'git mlem check --changed' judges again; 'git commit --no-verify' skips the hooks\n"));
  // Whoever touches a broken link has to mend it.
  world.registry.git({"reset", "-q", "--hard"});
  world.registry.write("d.mlem", link("nope"));
  world.registry.git({"add", "d.mlem"});
  CHECK(contains(world.git({"commit", "-qm", "touch"}).errors, "error: d.mlem: missing-rev"));
}

TEST_CASE("hook: partial commits and linked work trees are read as they are") {
  World world;
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = world.models.url(), .rev = "main"})}, {"notes", "1"}});
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.write("a.mlem", "broken");
  world.registry.write("notes", "2");
  world.registry.git({"add", "a.mlem"});
  CHECK(world.git({"commit", "-m", "notes only", "notes"}).code == 0);
  CHECK(world.git({"commit", "-m", "all"}).code == 1);

  RunOptions options;
  options.directory = world.registry.add_worktree("side");
  write_file(options.directory / "b.mlem", "broken");
  CHECK(world.sandbox.git({"add", "b.mlem"}, options).code == 0);
  CHECK(world.sandbox.git({"commit", "-m", "b"}, options).code == 1);
}

TEST_CASE("install: an existing hook runs first and comes back") {
  World world;
  const auto hook = world.registry.path() / ".git/hooks/pre-commit";
  const std::string text = "#!/bin/sh\necho before >&2\n";
  write_file(hook, text);
  boost::filesystem::permissions(hook, boost::filesystem::owner_all);
  REQUIRE(world.mlem({"install"}).code == 0);
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.write("f", "");
  world.registry.git({"add", "f"});
  const Outcome committed = world.git({"commit", "-m", "x"});
  CAPTURE(committed);
  CHECK(committed.code == 0);
  CHECK(committed.errors.find("before\n") == 0);
  CHECK(world.mlem({"uninstall"}).code == 0);
  CHECK(read_file(hook) == text);
}

TEST_CASE("install: a hooks path of all repositories is left alone") {
  const World world;
  world.sandbox.add_config("core.hooksPath", (world.sandbox / "hooks").string());
  const Outcome outcome = world.mlem({"install"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors.find("--manual") != std::string::npos);
}

TEST_CASE("install: hooks that a hooks path of all repositories hides can be removed") {
  const World world;
  const fs::path hook = world.registry.path() / ".git/hooks/pre-commit";
  REQUIRE(world.mlem({"install"}).code == 0);
  world.sandbox.add_config("core.hooksPath", (world.sandbox / "hooks").string());
  const Outcome removed = world.mlem({"uninstall"});
  CAPTURE(removed);
  CHECK(removed.code == 0);
  CHECK(removed.output == "Removed hooks from '" + hook.parent_path().string() + "'\n");
  CHECK(!fs::exists(hook));
}

TEST_CASE("install: hooks from before a hooks path of the repository was set are removed too") {
  const World world;
  const fs::path usual = world.registry.path() / ".git/hooks/pre-commit";
  const fs::path set = world.registry.path() / ".hk/pre-commit";
  REQUIRE(world.mlem({"install", "-q"}).code == 0);
  world.registry.git({"config", "core.hooksPath", ".hk"});
  REQUIRE(world.mlem({"install", "-q"}).code == 0);
  REQUIRE((fs::exists(usual) && fs::exists(set)));
  const Outcome removed = world.mlem({"uninstall"});
  CAPTURE(removed);
  CHECK(removed.code == 0);
  CHECK((!fs::exists(usual) && !fs::exists(set)));
  CHECK(contains(removed.output, "Removed hooks from '" + usual.parent_path().string() + "'\n"));
  CHECK(contains(removed.output, "Removed hooks from '" + set.parent_path().string() + "'\n"));
}

TEST_CASE("install: the directory is said without detours and an empty one is refused") {
  const World world;
  RunOptions below;
  below.directory = world.registry.path() / "sub";
  fs::create_directory(below.directory);
  world.registry.git({"config", "core.hooksPath", ".hk"});
  CHECK(world.sandbox.mlem({"install"}, below).output ==
        "Installed hooks in '" + (world.registry.path() / ".hk").string() + "'\n");
  CHECK(world.sandbox.mlem({"install", "--template", "../t"}, below).output ==
        "Installed hooks in '" + (world.registry.path() / "t/hooks").string() + "'\n");
  CHECK(world.mlem({"install", "--template", ""}).code == 129);
  CHECK(!fs::exists(world.registry.path() / "hooks"));
}

TEST_CASE("install: a hook that only mentions ours is somebody else's") {
  const World world;
  const fs::path hook = world.registry.path() / ".git/hooks/pre-commit";
  const std::string text = "#!/bin/sh\nset -e\n# git-mlem hook 3: is run by hand here\n";
  write_file(hook, text);
  fs::permissions(hook, fs::owner_all);
  REQUIRE(world.mlem({"uninstall"}).code == 0);
  CHECK(read_file(hook) == text);
  REQUIRE(world.mlem({"install"}).code == 0);
  CHECK(read_file(hook.string() + ".before-mlem") == text);
  REQUIRE(world.mlem({"uninstall"}).code == 0);
  CHECK(read_file(hook) == text);
}

TEST_CASE("install: what somebody wrote into our hook is neither overwritten nor deleted") {
  const World world;
  const fs::path hooks = world.registry.path() / ".git/hooks";
  REQUIRE(world.mlem({"install"}).code == 0);
  const std::string text = read_file(hooks / "pre-push");
  const std::string changed = text + "echo own\n";
  write_file(hooks / "pre-push", changed);
  fs::remove(hooks / "pre-commit");
  Outcome outcome = world.mlem({"install"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot replace '" + (hooks / "pre-push").string() +
                              "': it was changed after it had been installed\n"
                              "hint: move your own lines to 'pre-push.before-mlem', which it runs first; '-f' "
                              "overwrites them\n");
  CHECK(!fs::exists(hooks / "pre-commit"));
  outcome = world.mlem({"uninstall"});
  CHECK(outcome.code == 128);
  CHECK(outcome.errors.find("fatal: cannot remove '") == 0);
  CHECK(read_file(hooks / "pre-push") == changed);
  CHECK(world.mlem({"install", "-f"}).code == 0);
  CHECK(read_file(hooks / "pre-push") == text);

  // The place of the program is no change, and what older versions installed is replaced.
  std::string elsewhere = text;
  elsewhere.replace(elsewhere.find("recorded='"), 10, "recorded='/elsewhere");
  std::string older = changed;
  older.replace(older.find("hook 3:"), 7, "hook 1:");
  for (const std::string& replaced : {elsewhere, older}) {
    write_file(hooks / "pre-push", replaced);
    CHECK(world.mlem({"install"}).code == 0);
    CHECK(read_file(hooks / "pre-push") == text);
  }
  CHECK(world.mlem({"uninstall"}).code == 0);
  CHECK(!fs::exists(hooks / "pre-push"));
}

TEST_CASE("install: uninstall says what it did") {
  const World world;
  const std::string directory = "'" + (world.registry.path() / ".git/hooks").string() + "'\n";
  REQUIRE(world.mlem({"install"}).code == 0);
  CHECK(world.mlem({"uninstall"}).output == "Removed hooks from " + directory);
  const Outcome none = world.mlem({"uninstall"});
  CHECK(none.code == 0);
  CHECK(none.output == "No hooks of git-mlem in " + directory);
}

TEST_CASE("install: a hook stays where ours cannot be written") {
  if (is_skipped_without_root("mounting is root's")) return;
  const World world;
  const fs::path hooks = world.registry.path() / ".git/hooks";
  write_file(hooks / "pre-commit", "#!/bin/sh\n");
  const std::string script =
      "rm registry/.git/hooks/*.sample; cp -R registry/.git/hooks old; mount -t tmpfs -o size=64k none "
      "registry/.git/hooks && "
      "cp -R old/. registry/.git/hooks && cd registry || exit 99; "
      "dd if=/dev/zero of=.git/hooks/filler bs=4k 2>/dev/null; git-mlem install; code=$?; ls .git/hooks; exit $code";
  const Outcome outcome = world.sandbox.run({"unshare", "--mount", "sh", "-c", script});
  CAPTURE(outcome);
  if (is_skipped_without_unshare(outcome)) return;
  CHECK(outcome.code == 128);
  CHECK(outcome.output == "filler\npre-commit\n");
}

TEST_CASE("install: what is to be added by hand says where") {
  const World world;
  const Outcome outcome = world.mlem({"install", "--manual"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("pre-commit:\n  git mlem hook pre-commit \"$@\" || exit\n") != std::string::npos);
  CHECK(outcome.output.find("pre-push:\n  # before anything that reads standard input") != std::string::npos);
  CHECK(world.mlem({"install", "--manual", "--server"}).output.find("pre-receive:\n  # before anything that reads") !=
        std::string::npos);
}

TEST_CASE("hook: a push from a partial clone fetches the trees that have to be compared") {
  World world;
  const auto link = [](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  RepoBuilder server = world.registry;
  server.commit({{"d/a.mlem", link("main")}, {"f/b.mlem", link("main")}});
  server.branch("side", "HEAD");
  server.commit({{"d/n", "x"}});
  server.git({"checkout", "-q", "side"});
  server.commit({{"d/m", "x"}, {"f/c.mlem", link("main")}});
  server.git({"checkout", "-q", "--detach"});
  server.git({"config", "uploadpack.allowFilter", "true"});
  server.git({"config", "uploadpack.allowAnySHA1InWant", "true"});
  // Neither the trees of a ref that moves are there, nor those of one that a new ref is compared with.
  for (const std::string branch : {"side", "new"}) {
    CAPTURE(branch);
    const fs::path clone = world.sandbox / branch;
    world.sandbox.git_output({"clone", "-q", "-b", "main", "--filter=tree:0", server.url(), clone.string()});
    RunOptions there;
    there.directory = clone;
    REQUIRE(world.sandbox.mlem({"install"}, there).code == 0);
    const auto commit = [&](const std::string& rev) {
      write_file(clone / "f/new.mlem", link(rev));
      world.sandbox.git_output({"-C", clone.string(), "add", "."});
      world.sandbox.git_output({"-C", clone.string(), "commit", "-q", "--no-verify", "-m", rev});
    };
    const std::vector<std::string> push = {"git", "push", "-q", "-f", "origin", "HEAD:refs/heads/" + branch};
    commit("nope");
    const Outcome refused = world.sandbox.run(push, there);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(refused.errors == "error: refs/heads/" + branch +
                                ": f/new.mlem: missing-rev: no branch, tag or commit 'nope' in '" + example_url +
                                "/'\n"
                                "hint: 'git push --no-verify' skips this hook\n"
                                "error: failed to push some refs to '" +
                                server.url() + "'\n");
    commit("main");
    CHECK(world.sandbox.run(push, there).code == 0);
  }
}

namespace {

/// The command of a hook in our file for the pre-commit framework.
std::string entry_of(const std::string& id) {
  const fs::path source = fs::canonical(fs::path(program_directory()) / "../share/git-mlem/hooks").parent_path();
  const std::string text = read_file(source / ".pre-commit-hooks.yaml");
  const std::string label = "  entry: ";
  const std::size_t start = text.find(label, text.find("- id: " + id + "\n")) + label.size();
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

TEST_CASE("pre-commit: the framework's hooks refuse what is broken and let pass what is undecided") {
  World world;
  const fs::path data = fs::path(program_directory()) / "../share/git-mlem/hooks";
  RunOptions here;
  here.directory = world.registry.path();
  RunOptions missing = here;
  fs::create_directory(world.sandbox / "bin");
  for (const std::string program : {"sh", "git"}) {
    const auto path = find_program(program, world.sandbox.environment().at("PATH"));
    REQUIRE(path);
    fs::create_symlink(*path, world.sandbox / "bin" / program);
  }
  missing.environment["PATH"] = (world.sandbox / "bin").string();
  struct Row {
    std::string rev;
    std::string repo;
    bool passes;
    bool passes_offline;
  };
  const std::vector<Row> rows = {{"main", example_url, true, true},
                                 {"nope", example_url, false, false},
                                 {"main", "http://127.0.0.1:1/models", true, true}};
  for (const Row& row : rows) {
    CAPTURE(row.repo);
    CAPTURE(row.rev);
    world.registry.write("a.mlem", link_text({.path = "models/rf.mlem", .repo = row.repo + "/", .rev = row.rev}));
    world.registry.git({"add", "a.mlem"});
    const Outcome online = world.sandbox.run({"sh", "-c", entry_of("mlem-check")}, here);
    CAPTURE(online);
    CHECK((online.code == 0) == row.passes);
    const Outcome offline = world.sandbox.run({"sh", "-c", entry_of("mlem-check-offline")}, here);
    CAPTURE(offline);
    CHECK((offline.code == 0) == row.passes_offline);
    for (const std::string id : {"mlem-check", "mlem-check-offline"}) {
      CHECK(world.sandbox.run({"sh", "-c", entry_of(id)}, missing).code != 0);
    }
  }
  // Nothing is being committed: everything is judged, or what differs between two trees.
  world.registry.write("a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "nope"}));
  world.registry.git({"add", "a.mlem"});
  world.registry.git({"commit", "-qm", "broken"});
  world.registry.commit({{"b.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  const std::string nothing = world.registry.git({"hash-object", "-t", "tree", "/dev/null"}).substr(0, 40);
  for (const std::string id : {"mlem-check", "mlem-check-offline"}) {
    CAPTURE(id);
    const auto run = [&](const std::string& from, const std::string& to) {
      RunOptions options = here;
      options.environment["PRE_COMMIT"] = "1";
      if (!from.empty()) options.environment["PRE_COMMIT_FROM_REF"] = from;
      if (!to.empty()) options.environment["PRE_COMMIT_TO_REF"] = to;
      return world.sandbox.run({"sh", "-c", entry_of(id)}, options);
    };
    CHECK(run("", "").errors ==
          "error: a.mlem: missing-rev: no branch, tag or commit 'nope' in '" + example_url + "/'\n");
    CHECK(run("", "").code == 1);
    CHECK(run(nothing, "HEAD").code == 1);
    CHECK(run("HEAD~1", "HEAD").code == 0);
    const Outcome wrong = run("HEAD~1", "nowhere");
    CHECK(wrong.code == 128);
    CHECK(wrong.errors == "fatal: cannot resolve 'nowhere': it names no commit or tree\n");
    RunOptions committing = here;
    committing.environment["PRE_COMMIT"] = "1";
    committing.environment["GIT_INDEX_FILE"] = ".git/index";
    CHECK(world.sandbox.run({"sh", "-c", entry_of(id)}, committing).code == 0);
  }
  // The files for servers say how to mend it.
  const std::string error =
      "error: this repository's links are checked by git-mlem, and it is not installed\nhint: install it, or remove ";
  const fs::path common = fs::canonical(data / "server.d/git-mlem");
  const Outcome refused = world.sandbox.run({"sh", common.string()}, missing);
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors == error + "the hook '" + common.string() + "'\n");
  const Outcome denied = world.sandbox.run(
      {"sh", fs::canonical(data / "gitolite/MLEM").string(), "r", "a", "b", "c", "d", "e", "VREF/MLEM"}, missing);
  CAPTURE(denied);
  CHECK(denied.output == "VREF/MLEM git-mlem is not installed\n");
  CHECK(denied.errors == error + "VREF/MLEM from gitolite's configuration\n");
}

TEST_CASE("pre-commit: the framework itself has judged what it is asked about") {
  World world;
  const RepoBuilder& registry = world.registry;
  if (!find_program("pre-commit", world.sandbox.environment().at("PATH"))) {
    MESSAGE("skipped: there is no pre-commit here");
    return;
  }
  const fs::path source = fs::canonical(fs::path(program_directory()) / "../share/git-mlem/hooks").parent_path();
  RepoBuilder hooks(world.sandbox, "hooks");
  const std::string version = hooks.commit({{".pre-commit-hooks.yaml", read_file(source / ".pre-commit-hooks.yaml")}});
  const auto link = [](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  world.registry.commit({{".pre-commit-config.yaml", "repos:\n- repo: " + hooks.url() + "\n  rev: " + version +
                                                         "\n  hooks:\n  - id: mlem-check\n"},
                         {"a.mlem", link("main")}});
  RunOptions here;
  here.directory = registry.path();
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"pre-commit", "run", "--color=never"});
    return world.sandbox.run(arguments, here);
  };
  const auto says = [](const Outcome& outcome, int code, const std::string& broken) {
    CAPTURE(outcome);
    CHECK(outcome.code == code);
    const std::string all = outcome.output + outcome.errors;
    const std::string error = "error: " + broken + ": missing-rev: no branch, tag or commit 'nope' in '";
    CHECK(contains(all, code == 0 ? "Passed" : error));
    for (const std::string file : {"a.mlem", "b.mlem", "c.mlem", "d.mlem"}) {
      CHECK(contains(all, "error: " + file) == (file == broken));
    }
  };
  const std::string good = registry.id("HEAD");
  says(run({"--all-files"}), 0, "");
  world.registry.commit({{"b.mlem", link("nope")}});
  const std::string broken = registry.id("HEAD");
  says(run({"--all-files"}), 1, "b.mlem");
  says(run({"--from-ref", good, "--to-ref", "HEAD"}), 1, "b.mlem");
  world.registry.commit({{"note", "x"}});
  says(run({"--from-ref", broken, "--to-ref", "HEAD"}), 0, "");

  // As a hook of git: what is committed, not what lies beside it, nor what was broken before.
  world.sandbox.git_output({"init", "-q", "--bare", "remote"});
  registry.git({"remote", "add", "origin", (world.sandbox / "remote").string()});
  registry.git({"push", "-q", "origin", "main"});
  REQUIRE(world.sandbox.run({"pre-commit", "install", "-t", "pre-commit", "-t", "pre-push"}, here).code == 0);
  world.registry.write("c.mlem", link("nope"));
  registry.git({"add", "c.mlem"});
  world.registry.write("c.mlem", link("main"));
  says(world.git({"commit", "-m", "broken"}), 1, "c.mlem");
  registry.git({"add", "c.mlem"});
  world.registry.write("c.mlem", link("nope"));
  says(world.git({"commit", "-m", "good"}), 0, "");
  says(world.git({"push", "origin", "main"}), 0, "");
  registry.git({"rm", "-qf", "c.mlem"});
  world.registry.write("d.mlem", link("nope"));
  registry.git({"add", "d.mlem"});
  registry.git({"commit", "-q", "--no-verify", "-m", "broken"});
  says(world.git({"push", "origin", "main"}), 1, "d.mlem");
}
