// Hooks beside those of other programs, which are the real ones: husky and lefthook from npm, pre-commit and git-lfs
// from the system. What the manual says of each is read out of git-mlem-install(1) and done as written.
#include "support/text_file.hpp"

#include "cli/manual.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <optional>
#include <sstream>
#include <unistd.h>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::vector<std::string> client_hooks = {"pre-commit", "pre-merge-commit", "pre-applypatch", "pre-push"};

/// The blocks about a neighbour in git-mlem-install(1).
std::vector<std::string> recipe_of(const std::string& neighbour) {
  return manual_blocks("man1/git-mlem-install.1", ".Ss " + neighbour);
}

std::string indented_hints(const std::string& block) {
  std::string hints;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) hints += "hint:     " + line + "\n";
  return hints;
}

/// husky and lefthook, installed once for this process; nothing if npm or its registry cannot be reached.
const std::optional<fs::path>& node_programs() {
  static const TempDir directory;
  static const std::optional<fs::path> programs = []() -> std::optional<fs::path> {
    // As the user whom this machine has set npm up for.
    Variables environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string text = *variable;
      environment[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
    }
    RunOptions options;
    options.directory = directory.path();
    options.timeout = std::chrono::minutes(2);
    write_file(directory.path() / "package.json", "{}\n");
    try {
      const Outcome installed = run({"npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
                                     "--fetch-retries=1", "husky@9.1.7", "lefthook@2.2.2"},
                                    environment, options);
      if (installed.code == 0) return directory.path() / "node_modules/.bin";
      MESSAGE("husky and lefthook cannot be had: " << installed);
    } catch (const std::runtime_error& error) {
      MESSAGE("husky and lefthook cannot be had: " << std::string(error.what()));
    }
    return std::nullopt;
  }();
  return programs;
}

/// A registry whose links are good, with a server to push to, and what its neighbours need.
struct Yard {
  World world;
  fs::path root = world.registry.path();
  fs::path hooks = root / ".git/hooks";

  Yard() {
    world.registry.commit({{"base.mlem", link("main")}});
    world.sandbox.git({"init", "-q", "--bare", "server.git"});
    world.registry.git({"remote", "add", "origin", (world.sandbox / "server.git").string()});
    world.registry.git({"push", "-q", "origin", "main"});
    // lefthook and husky colour what they say.
    world.sandbox.environment()["NO_COLOR"] = "1";
  }
  static std::string link(const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  }
  void use_node_programs() {
    world.sandbox.environment()["PATH"] = node_programs()->string() + ":" + world.sandbox.environment()["PATH"];
  }
  Outcome shell(const std::string& script) const {
    RunOptions options;
    options.directory = root;
    return world.sandbox.run({"sh", "-c", script}, options);
  }
  void must(const std::string& script) const {
    const Outcome outcome = shell(script);
    CAPTURE(outcome);
    REQUIRE(outcome.code == 0);
  }
  void hook(const std::string& name, const std::string& text) const {
    write_file(hooks / name, "#!/bin/sh\n" + text);
    fs::permissions(hooks / name, fs::owner_all);
  }
  /// The lines of `git mlem env` about hooks.
  std::string standings() const {
    std::istringstream lines(world.mlem({"env"}).output);
    std::string standings;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("hook")) standings += line.substr(line.find(' ') + 1) + "\n";
    }
    return standings;
  }
  bool is_live(const std::string& name) const { return contains("\n" + standings(), "\n" + name + " live"); }

  Outcome commit(const std::string& rev) const {
    world.registry.write("new.mlem", link(rev));
    world.registry.git({"add", "-A"});
    return world.git({"commit", "-m", "new"});
  }
  /// Expects broken links to be refused at a commit, good ones to pass.
  void check_commits() const {
    const Outcome refused = commit("nope");
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.output + refused.errors, "error: new.mlem: missing-rev: no branch, tag or commit 'nope'"));
    const Outcome good = commit("main");
    CAPTURE(good);
    CHECK(good.code == 0);
    // Without a file that such programs would pass to their commands.
    world.registry.git({"rm", "-q", "new.mlem"});
    CHECK(world.git({"commit", "-m", "removed"}).code == 0);
  }
  /// A merge that breaks an alias which is good on its branch.
  void check_merges() const {
    const auto commit_all = [&](const std::string& message) {
      world.registry.git({"add", "-A", "*.mlem"});
      world.registry.git({"commit", "-q", "--no-verify", "-m", message});
    };
    world.registry.write("object.mlem", model_meta());
    commit_all("object");
    world.registry.git({"checkout", "-q", "-b", "side"});
    world.registry.write("side.mlem", link_text({.path = "object.mlem"}));
    commit_all("alias");
    world.registry.git({"checkout", "-q", "main"});
    world.registry.git({"rm", "-q", "object.mlem"});
    world.registry.git({"commit", "-q", "--no-verify", "-m", "removed"});
    const Outcome refused = world.git({"merge", "--no-edit", "side"});
    CAPTURE(refused);
    CHECK(refused.code != 0);
    CHECK(contains(refused.output + refused.errors, "error: side.mlem: missing-path"));
    world.registry.git({"reset", "-q", "--merge"});
    world.registry.git({"branch", "-q", "-D", "side"});
  }
  void check_pushes() const {
    world.registry.git({"push", "-q", "--no-verify", "origin", "main"});
    world.registry.write("pushed.mlem", link("nope"));
    world.registry.git({"add", "-A"});
    world.registry.git({"commit", "-q", "--no-verify", "-m", "broken"});
    for (const std::string ref : {"main", "main:refs/heads/topic"}) {
      const Outcome refused = world.git({"push", "origin", ref});
      CAPTURE(refused);
      CHECK(refused.code == 1);
      CHECK(contains(refused.output + refused.errors, "pushed.mlem: missing-rev"));
    }
    world.registry.git({"reset", "-q", "--hard", "HEAD~1"});
    world.registry.git({"commit", "-q", "--no-verify", "--allow-empty", "-m", "good"});
    const Outcome landed = world.git({"push", "origin", "main"});
    CAPTURE(landed);
    CHECK(landed.code == 0);
  }
};

}  // namespace

TEST_CASE("neighbours: husky keeps its hooks and runs ours from the user's scripts") {
  if (!node_programs()) return;
  Yard yard;
  yard.use_node_programs();
  yard.must("husky");
  write_file(yard.root / ".husky/pre-commit", "test ! -f forbidden\n");
  yard.world.registry.write("forbidden", "");
  yard.world.registry.git({"add", "-A"});
  REQUIRE(yard.world.git({"commit", "-m", "x"}).code == 1);

  const Outcome refused = yard.world.mlem({"install"});
  std::string lines;
  for (const std::string& hook : client_hooks) {
    lines += "hint: have husky run ours, by lines in '" + (yard.root / ".husky" / hook).string() +
             "':\nhint:     git mlem hook " + hook + " \"$@\"\n";
  }
  CHECK(refused.code == 128);
  CHECK(refused.output.empty());
  CHECK(refused.errors == "fatal: cannot install hooks in '" + (yard.root / ".husky/_").string() +
                              "': those of husky are there, and have to keep their places\n" + lines);
  CHECK(yard.world.git({"commit", "-m", "x"}).code == 1);
  CHECK(contains(yard.standings(), "pre-commit - ('" + (yard.root / ".husky/_/pre-commit").string() +
                                       "' is of husky and does not run it)\n"));

  yard.must(commands_of(recipe_of("husky").at(0)) + "rm .husky/pre-push\n");
  CHECK(yard.world.mlem({"install"}).errors ==
        refused.errors.substr(0, refused.errors.find('\n') + 1) + lines.substr(lines.rfind("hint: have")));
  yard.must("rm .husky/pre-*; echo 'test ! -f forbidden' >.husky/pre-commit");
  yard.must(commands_of(recipe_of("husky").at(0)));
  CHECK(yard.world.git({"commit", "-m", "x"}).code == 1);
  yard.world.registry.git({"rm", "-q", "-f", "forbidden"});
  const auto check_all = [&] {
    for (const std::string& hook : client_hooks) CHECK(yard.is_live(hook));
    yard.check_commits();
    yard.check_merges();
    yard.check_pushes();
  };
  check_all();
  CHECK(contains(yard.standings(),
                 "pre-commit live (run by husky: '" + (yard.root / ".husky/pre-commit").string() + "')\n"));
  const Outcome again = yard.world.mlem({"install"});
  CAPTURE(again);
  CHECK(again.code == 0);
  CHECK(again.output ==
        "The hook pre-commit is run by husky\nThe hook pre-merge-commit is run by husky\n"
        "The hook pre-applypatch is run by husky\nThe hook pre-push is run by husky\n");
  // What the next `npm install` does.
  yard.must("husky");
  check_all();
}

TEST_CASE("neighbours: husky that comes later takes our hooks out of git's way and env says so") {
  if (!node_programs()) return;
  Yard yard;
  yard.use_node_programs();
  REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
  CHECK(yard.standings() == "pre-commit live\npre-merge-commit live\npre-applypatch live\npre-push live\n");
  yard.must("husky");
  CHECK(contains(yard.standings(), "pre-push - ('" + (yard.root / ".husky/_/pre-push").string() +
                                       "' is of husky and does not run it; ours is '" +
                                       (yard.hooks / "pre-push").string() + "')\n"));
  yard.must(commands_of(recipe_of("husky").at(0)));
  CHECK(yard.world.mlem({"uninstall"}).code == 0);
  CHECK(!fs::exists(yard.hooks / "pre-push"));
  CHECK(yard.is_live("pre-push"));
  yard.check_pushes();
}

TEST_CASE("neighbours: env tells of a hook of old that pre-commit has renamed") {
  const Yard yard;
  const fs::path legacy = yard.hooks / "pre-commit.legacy";
  yard.hook("pre-commit", "# File generated by pre-commit: https://pre-commit.com\n");
  yard.hook("pre-commit.legacy",
            "# git-mlem hook 2: judges links\nname=${0##*/}\nexec git-mlem hook \"$name\" \"$@\"\n");
  CHECK(contains(yard.standings(),
                 "pre-commit - ('" + legacy.string() + "' is of an older git-mlem; 'git mlem install' renews it)\n"));
  REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
  CHECK(contains(yard.standings(), "pre-commit live (run by pre-commit as '" + legacy.string() + "')\n"));
  CHECK(!fs::exists(yard.hooks / "pre-commit.before-mlem"));
}

TEST_CASE("neighbours: lefthook runs ours by its configuration") {
  if (!node_programs()) return;
  Yard yard;
  yard.use_node_programs();
  const std::string own = "pre-commit:\n  commands:\n    own:\n      run: test ! -f forbidden\n";
  const std::vector<std::string> recipe = recipe_of("lefthook");
  SUBCASE("before us") {
    write_file(yard.root / "lefthook.yml", own);
    yard.must("lefthook install");
    const Outcome refused = yard.world.mlem({"install"});
    CHECK(refused.code == 128);
    CHECK(refused.errors == "fatal: cannot install hooks in '" + yard.hooks.string() +
                                "': those of lefthook are there, and have to keep their places\n"
                                "hint: have lefthook run ours, by lines in 'lefthook.yml':\n" +
                                indented_hints(recipe.at(0)));
    CHECK(!fs::exists(yard.hooks / "pre-push"));
  }
  SUBCASE("after us") {
    REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
    write_file(yard.root / "lefthook.yml", own);
    yard.must("lefthook install");
    CHECK(contains(yard.standings(), "pre-commit - ('" + (yard.hooks / "pre-commit").string() +
                                         "' is of lefthook and does not run it; ours is '" +
                                         (yard.hooks / "pre-commit.old").string() + "')\n"));
    CHECK(yard.is_live("pre-push"));
  }
  write_file(yard.root / "lefthook.yml", recipe.at(0));
  yard.must(commands_of(recipe.at(1)));
  CHECK(!fs::exists(yard.hooks / "pre-commit.old"));
  for (const std::string& hook : client_hooks) CHECK(yard.is_live(hook));
  CHECK(
      contains(yard.standings(), "pre-push live (run by lefthook: '" + (yard.root / "lefthook.yml").string() + "')\n"));
  yard.check_commits();
  yard.check_merges();
  yard.check_pushes();
  CHECK(yard.world.mlem({"install"}).code == 0);
  CHECK(yard.is_live("pre-commit"));
}

TEST_CASE("neighbours: pre-commit and ours run each other in any order") {
  Yard yard;
  const std::string own =
      "default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]\nrepos:\n- repo: local\n  hooks:\n"
      "  - {id: own, name: own, entry: sh -c 'echo framework >>.git/log', language: system, always_run: true, "
      "pass_filenames: false}\n";
  yard.world.registry.commit({{".pre-commit-config.yaml", own}});
  const fs::path log = yard.root / ".git/log";
  const auto check_all = [&](const std::string& order, const std::string& wanted) {
    CAPTURE(order);
    for (const std::string& hook : client_hooks) {
      CAPTURE(yard.standings());
      CHECK(yard.is_live(hook));
    }
    fs::remove(log);
    yard.world.registry.git({"commit", "-q", "--allow-empty", "-m", "x"});
    CHECK(read_file(log) == wanted);
    yard.check_commits();
    yard.check_pushes();
  };
  yard.hook("pre-commit", "echo user >>.git/log\n");
  const std::string both = "user\nframework\n";
  const auto ours = [&] { REQUIRE(yard.world.mlem({"install", "-q"}).code == 0); };
  SUBCASE("ours first") {
    ours();
    yard.must("pre-commit install");
    CHECK(contains(yard.standings(),
                   "pre-commit live (run by pre-commit as '" + (yard.hooks / "pre-commit.legacy").string() + "')\n"));
    check_all("ours, pre-commit", both);
    ours();
    CHECK(contains(read_file(yard.hooks / "pre-commit"), "pre-commit.com"));
    check_all("ours, pre-commit, ours", both);
    yard.must("pre-commit install");
    check_all("ours, pre-commit, ours, pre-commit", both);
    REQUIRE(yard.world.mlem({"uninstall", "-q"}).code == 0);
    CHECK(contains(read_file(yard.hooks / "pre-commit.legacy"), "echo user"));
    CHECK(!yard.is_live("pre-commit"));
    CHECK(!yard.is_live("pre-push"));
  }
  SUBCASE("pre-commit first") {
    yard.must("pre-commit install");
    ours();
    check_all("pre-commit, ours", both);
    yard.must("pre-commit install");
    check_all("pre-commit, ours, pre-commit", both);
    ours();
    REQUIRE(yard.world.mlem({"uninstall", "-q"}).code == 0);
    CHECK(contains(read_file(yard.hooks / "pre-commit.legacy"), "echo user"));
    fs::remove(log);
    yard.world.registry.git({"commit", "-q", "--allow-empty", "-m", "x"});
    CHECK(read_file(log) == both);
  }
  SUBCASE("ours has set pre-commit aside") {
    // As git-mlem did once.
    fs::remove(yard.hooks / "pre-commit");
    yard.must("pre-commit install && mv .git/hooks/pre-commit .git/hooks/pre-commit.before-mlem");
    ours();
    check_all("ours around pre-commit", "framework\n");
    yard.must("pre-commit install");
    check_all("pre-commit around ours around pre-commit", "framework\n");
    REQUIRE(yard.world.mlem({"uninstall", "-q"}).code == 0);
    CHECK(!fs::exists(yard.hooks / "pre-commit.before-mlem"));
    CHECK(!fs::exists(yard.hooks / "pre-commit.legacy"));
    fs::remove(log);
    yard.world.registry.git({"commit", "-q", "--allow-empty", "-m", "x"});
    CHECK(read_file(log) == "framework\n");
  }
  SUBCASE("pre-commit goes again") {
    ours();
    yard.must("pre-commit install && pre-commit uninstall -t pre-commit -t pre-merge-commit -t pre-push");
    check_all("ours alone", "user\n");
  }
  SUBCASE("pre-commit replaces ours") {
    ours();
    yard.must("pre-commit install -f");
    CHECK(contains(yard.standings(), "pre-commit - ('" + (yard.hooks / "pre-commit").string() +
                                         "' is of pre-commit and does not run it)\n"));
    CHECK(yard.is_live("pre-applypatch"));
  }
}

TEST_CASE("neighbours: pre-commit runs ours alone by its configuration") {
  Yard yard;
  const std::vector<std::string> recipe = recipe_of("pre-commit");
  yard.world.registry.commit({{".pre-commit-config.yaml", recipe.at(0)}});
  yard.must(commands_of(recipe.at(1)));
  CHECK(contains(yard.standings(),
                 "pre-push live (run by pre-commit: '" + (yard.root / ".pre-commit-config.yaml").string() + "')\n"));
  yard.check_commits();
  yard.check_merges();
  yard.check_pushes();
  yard.world.registry.write("late.mlem", Yard::link("nope"));
  yard.world.registry.git({"add", "-A"});
  yard.world.registry.git({"commit", "-q", "--no-verify", "-m", "broken"});
  for (const std::string options : {"--all-files", "--from-ref HEAD~1 --to-ref HEAD"}) {
    const Outcome refused = yard.shell("pre-commit run " + options);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.output, "late.mlem: missing-rev"));
  }
  CHECK(yard.shell("pre-commit run --from-ref HEAD --to-ref HEAD").code == 0);
  // The same hook by the file that the project has for the framework.
  const fs::path source = fs::canonical(fs::path(program_directory()) / "../share/git-mlem/hooks").parent_path();
  RepoBuilder project(yard.world.sandbox, "project");
  const std::string rev = project.commit({{".pre-commit-hooks.yaml", read_file(source / ".pre-commit-hooks.yaml")}});
  for (const std::string id : {"mlem-check", "mlem-check-offline"}) {
    write_file(yard.root / ".pre-commit-config.yaml",
               "repos:\n- repo: " + project.path().string() + "\n  rev: " + rev + "\n  hooks:\n  - id: " + id + "\n");
    yard.world.registry.git({"add", ".pre-commit-config.yaml"});
    CHECK(yard.is_live("pre-commit"));
    const Outcome refused = yard.shell("pre-commit run --all-files");
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.output, "late.mlem: missing-rev"));
  }
}

TEST_CASE("neighbours: git-lfs and ours read the same list of refs") {
  Yard yard;
  const auto check_both = [&] {
    CHECK(yard.is_live("pre-push"));
    // git-lfs says which objects it would have pushed.
    const Outcome pushed = yard.shell("GIT_TRACE=1 git push -q origin HEAD:refs/heads/traced 2>&1");
    CHECK(contains(pushed.output, "git-lfs pre-push"));
    yard.check_pushes();
  };
  SUBCASE("git-lfs first") {
    yard.must("git lfs install --local && git mlem install -q");
    check_both();
  }
  SUBCASE("ours first") {
    REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
    const Outcome refused = yard.shell("git lfs install --local");
    CAPTURE(refused);
    CHECK(refused.code != 0);
    CHECK(yard.is_live("pre-push"));
    yard.must(commands_of(recipe_of("git-lfs").at(0)));
    check_both();
  }
  SUBCASE("git-lfs replaces ours") {
    REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
    yard.must("git lfs install --local --force");
    CHECK(contains(yard.standings(),
                   "pre-push - ('" + (yard.hooks / "pre-push").string() + "' is of git-lfs and does not run it)\n"));
    REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
    check_both();
  }
}

namespace {

// Debian has no overcommit: this does to the hooks directory what its installer does, with a hook that knows its type
// by its name and runs the commands of .overcommit.yml for it, without what git writes to it.
const std::string overcommit_hook = R"(#!/usr/bin/python3
# Entrypoint for Overcommit hook integration. OVERCOMMIT_DISABLE
import os, subprocess, sys, yaml
kind = ''.join(word.capitalize() for word in os.path.basename(sys.argv[0]).split('-'))
assert kind in ('PreCommit', 'PrePush'), kind
for name, hook in (yaml.safe_load(open('.overcommit.yml')) or {}).get(kind, {}).items():
    if hook['enabled'] and subprocess.run(hook['command'], stdin=subprocess.DEVNULL).returncode:
        sys.exit(65)
)";

void install_overcommit(const Yard& yard) {
  for (const std::string name : {"pre-commit", "pre-push"}) {
    const fs::path hook = yard.hooks / name;
    if (fs::exists(hook) && read_file(hook).find("OVERCOMMIT_DISABLE") == std::string::npos) {
      fs::create_directories(yard.hooks / "old-hooks");
      fs::rename(hook, yard.hooks / "old-hooks" / name);
    }
    write_file(hook, overcommit_hook);
    fs::permissions(hook, fs::owner_all);
  }
}

}  // namespace

TEST_CASE("neighbours: overcommit runs ours before a commit by its configuration") {
  Yard yard;
  const std::string recipe = recipe_of("overcommit").at(0);
  write_file(yard.root / ".overcommit.yml", "");
  SUBCASE("before us") {
    install_overcommit(yard);
    const Outcome refused = yard.world.mlem({"install"});
    CHECK(refused.code == 128);
    CHECK(refused.errors == "fatal: cannot install hooks in '" + yard.hooks.string() +
                                "': those of overcommit are there, and have to keep their places\n"
                                "hint: have overcommit run ours, by lines in '.overcommit.yml':\n" +
                                indented_hints(recipe));
  }
  SUBCASE("after us") {
    REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
    install_overcommit(yard);
    CHECK(contains(yard.standings(), "pre-commit - ('" + (yard.hooks / "pre-commit").string() +
                                         "' is of overcommit and does not run it; ours is '" +
                                         (yard.hooks / "old-hooks/pre-commit").string() + "')\n"));
  }
  write_file(yard.root / ".overcommit.yml", recipe);
  const Outcome installed = yard.world.mlem({"install"});
  CAPTURE(installed);
  CHECK(installed.code == 0);
  CHECK(installed.output ==
        "Installed hooks in '" + yard.hooks.string() + "'\nThe hook pre-commit is run by overcommit\n");
  CHECK(installed.errors == "warning: '" + (yard.hooks / "pre-push").string() +
                                "' is of overcommit, which cannot be told to run 'git mlem hook pre-push'\n");
  CHECK(yard.is_live("pre-commit"));
  CHECK(yard.is_live("pre-merge-commit"));
  CHECK(!yard.is_live("pre-push"));
  const Outcome refused = yard.commit("nope");
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: new.mlem: missing-rev"));
  CHECK(yard.commit("main").code == 0);
  yard.check_merges();
}

TEST_CASE("neighbours: a hook of ours under another name runs what was set aside too") {
  const Yard yard;
  yard.hook("pre-push", "echo user; cat >.git/list\n");
  REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
  for (const std::string name : {"pre-push.legacy", "renamed"}) {
    fs::rename(yard.hooks / "pre-push", yard.hooks / name);
    yard.hook("pre-push", "exec \"${0%/*}/" + name + "\" \"$@\"\n");
    fs::remove(yard.root / ".git/list");
    yard.check_pushes();
    CHECK(contains(read_file(yard.root / ".git/list"), "refs/heads/main"));
    fs::rename(yard.hooks / name, yard.hooks / "pre-push");
  }
}

TEST_CASE("neighbours: env says what stands in the way of the hooks") {
  const Yard yard;
  const auto standing = [&](const std::string& hook) {
    const std::string all = "\n" + yard.standings();
    const std::size_t start = all.find("\n" + hook + " ") + hook.size() + 2;
    return all.substr(start, all.find('\n', start) - start);
  };
  CHECK(yard.standings() ==
        "pre-commit - (not installed)\npre-merge-commit - (not installed)\npre-applypatch - (not installed)\n"
        "pre-push - (not installed)\n");
  REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
  const fs::path file = yard.hooks / "pre-commit";
  const std::string text = read_file(file);

  fs::permissions(file, fs::owner_read | fs::owner_write);
  CHECK(standing("pre-commit") == "- ('" + file.string() + "' may not be executed; 'chmod +x' lets git run it)");
  fs::permissions(file, fs::owner_all);
  write_file(file, text + "echo own\n");
  CHECK(standing("pre-commit") == "live (changed after it had been installed)");
  write_file(file, "#!/bin/sh\n");
  CHECK(standing("pre-commit") == "- ('" + file.string() + "' is of somebody else and does not run it)");
  write_file(file, "#!/bin/sh\n# git mlem hook pre-commit\ngit mlem hook pre-push\n");
  CHECK(standing("pre-commit") == "- ('" + file.string() + "' is of somebody else and does not run it)");
  write_file(file, "#!/bin/sh\ngit mlem hook pre-commit \"$@\" || exit\n");
  CHECK(standing("pre-commit") == "live (called by '" + file.string() + "')");
  write_file(file, text);
  fs::rename(file, file.string() + ".bak");
  CHECK(standing("pre-commit") == "- (moved to '" + file.string() + ".bak', which git does not run)");
  fs::rename(file.string() + ".bak", file);

  for (const std::string path : {"/dev/null", "/nowhere"}) {
    yard.world.sandbox.add_config("core.hooksPath", path);
    CHECK(standing("pre-commit") ==
          "- (core.hooksPath has git look in '" + path + "' and not in '" + yard.hooks.string() + "')");
  }
  CHECK(contains(yard.world.sandbox.git({"-C", "server.git", "-c", "core.hooksPath=hooks", "mlem", "env"}).output,
                 "\nhook pre-receive - (not installed)\n"));
}

TEST_CASE("neighbours: a hook that is a large program is set aside like others") {
  const Yard yard;
  const std::string large = "#!/bin/sh\n: >.git/ran\nexit 0\n" + std::string(2'000'000, '#');
  write_file(yard.hooks / "pre-commit", large);
  fs::permissions(yard.hooks / "pre-commit", fs::owner_all);
  REQUIRE(yard.world.mlem({"install", "-q"}).code == 0);
  yard.check_commits();
  CHECK(fs::exists(yard.root / ".git/ran"));
  REQUIRE(yard.world.mlem({"uninstall", "-q"}).code == 0);
  CHECK(read_file(yard.hooks / "pre-commit") == large);
}
