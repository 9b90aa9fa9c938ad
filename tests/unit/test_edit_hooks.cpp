#include "base/error.hpp"
#include "edit/hooks.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using mlem::Error;
using mlem::edit::HookState;
using mlem::edit::install_hooks;
using mlem::edit::load_hook_script;
using mlem::edit::load_hook_state;
using mlem::edit::ReplaceHooks;
using mlem::edit::uninstall_hooks;
using mlem::git::Registry;
using mlem::test::environment_of;
using mlem::test::read_file;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;
using mlem::test::write_file;
namespace fs = mlem::fs;

namespace {

const std::string script = "#!/bin/sh\n# git-mlem hook 2: judges links\nrecorded='/usr/bin/git-mlem'\nexit 0\n";

void write_hook(const fs::path& file, const std::string& text) {
  write_file(file, text);
  fs::permissions(file, fs::owner_all);
}

}  // namespace

TEST_CASE("hooks: the script is for the program where it is, whatever its name has") {
  const Sandbox box;
  write_file(box / "hook", "recorded=@PROGRAM@\n");
  CHECK(load_hook_script(box / "hook", "/opt/it's/git-mlem") == "recorded='/opt/it'\\''s/git-mlem'\n");
  CHECK_THROWS_WITH_AS(load_hook_script(box / "gone", ""),
                       ("cannot read '" + (box / "gone").string() + "': the installation is incomplete").c_str(),
                       Error);
}

TEST_CASE("hooks: what is in a hook's place is told apart") {
  struct Row {
    std::string name;
    std::string text;
    HookState state;
  };
  std::string older = script;
  older.replace(older.find("hook 2:"), 7, "hook 1:");
  std::string elsewhere = script;
  elsewhere.replace(elsewhere.find("/usr"), 4, "/opt");
  const std::vector<Row> rows = {{"ours", script, HookState::current},
                                 {"an older version", older + "echo own\n", HookState::outdated},
                                 {"a program elsewhere", elsewhere, HookState::outdated},
                                 {"changed", script + "echo own\n", HookState::changed},
                                 {"somebody else's", "#!/bin/sh\n", HookState::foreign},
                                 {"mentions ours", "#!/bin/sh\n\n# git-mlem hook 2: no\n", HookState::foreign},
                                 {"empty", "", HookState::foreign}};
  const Sandbox box;
  const fs::path file = box / "pre-commit";
  CHECK((load_hook_state(file, script) == HookState::absent));
  for (const Row& row : rows) {
    CAPTURE(row.name);
    write_hook(file, row.text);
    CHECK((load_hook_state(file, script) == row.state));
  }
  write_file(file, script);
  fs::permissions(file, fs::owner_read | fs::owner_write);
  CHECK((load_hook_state(file, script) == HookState::outdated));
  fs::remove(file);
  fs::create_symlink("nowhere", file);
  CHECK((load_hook_state(file, script) == HookState::foreign));
}

TEST_CASE("hooks: a foreign hook is set aside and comes back") {
  const Sandbox box;
  const fs::path hooks = box / "hooks";
  fs::create_directory(hooks);
  write_hook(hooks / "pre-commit", "#!/bin/sh\n");
  const std::vector<std::string> names{"pre-commit", "pre-push"};
  using Files = std::vector<fs::path>;
  CHECK((install_hooks(hooks, names, script, ReplaceHooks::no) == Files{hooks / "pre-commit", hooks / "pre-push"}));
  CHECK(install_hooks(hooks, names, script, ReplaceHooks::no).empty());
  CHECK(read_file(hooks / "pre-commit") == script);
  CHECK(read_file(hooks / "pre-commit.before-mlem") == "#!/bin/sh\n");
  CHECK((uninstall_hooks({hooks}, script) == Files{hooks / "pre-commit", hooks / "pre-push"}));
  CHECK(read_file(hooks / "pre-commit") == "#!/bin/sh\n");
  CHECK(!fs::exists(hooks / "pre-push"));
  CHECK(uninstall_hooks({hooks}, script).empty());
}

TEST_CASE("hooks: nothing is touched where one of them would lose what somebody wrote") {
  const Sandbox box;
  const fs::path hooks = box / "hooks";
  fs::create_directory(hooks);
  write_hook(hooks / "pre-push", script + "echo own\n");
  const auto install = [&](ReplaceHooks replace) { install_hooks(hooks, {"pre-commit", "pre-push"}, script, replace); };
  const std::string file = "'" + (hooks / "pre-push").string() + "'";
  const std::string changed = file + ": it was changed after it had been installed";
  CHECK_THROWS_WITH_AS(install(ReplaceHooks::no), ("cannot replace " + changed).c_str(), Error);
  CHECK_THROWS_WITH_AS(uninstall_hooks({hooks}, script), ("cannot remove " + changed).c_str(), Error);
  CHECK(!fs::exists(hooks / "pre-commit"));

  write_hook(hooks / "pre-push", "new");
  write_hook(hooks / "pre-push.before-mlem", "old");
  CHECK_THROWS_WITH_AS(
      install(ReplaceHooks::no),
      ("cannot set " + file + " aside: '" + (hooks / "pre-push.before-mlem").string() + "' exists").c_str(), Error);
  CHECK(!fs::exists(hooks / "pre-commit"));
  install(ReplaceHooks::yes);
  CHECK(read_file(hooks / "pre-push.before-mlem") == "new");
}

TEST_CASE("hooks: those of one repository are in the directory that is set for it and in the usual one") {
  const Sandbox box;
  RepoBuilder repository(box, "r");
  const auto directories = [&] {
    return mlem::edit::hook_directories(Registry::discover(environment_of(box), repository.path().string()));
  };
  const fs::path usual = repository.path() / ".git/hooks";
  CHECK((directories() == std::set<fs::path>{usual}));
  repository.git({"config", "core.hooksPath", "sub/../.hk"});
  CHECK((directories() == std::set<fs::path>{usual, repository.path() / ".hk"}));
  repository.git({"config", "--unset", "core.hooksPath"});
  box.add_config("core.hooksPath", (box / "all").string());
  CHECK((directories() == std::set<fs::path>{usual}));
}
