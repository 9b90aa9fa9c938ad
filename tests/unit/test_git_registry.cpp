#include "base/error.hpp"
#include "git/registry.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

using mlem::Environment;
using mlem::Error;
using mlem::ErrorKind;
using mlem::Oid;
using mlem::git::Change;
using mlem::git::File;
using mlem::git::Registry;
using mlem::test::environment_of;
using mlem::test::oid;
using mlem::test::RepoBuilder;
using mlem::test::RepoOptions;
using mlem::test::Sandbox;
namespace fs = mlem::fs;

namespace {

using Names = std::vector<std::string>;

Names names(const std::deque<File>& files) {
  Names result;
  for (const File& file : files)
    result.push_back(file.name + (file.stage == 0 ? "" : "#" + std::to_string(file.stage)));
  return result;
}

Registry discover(const Sandbox& box, const fs::path& directory) {
  return Registry::discover(environment_of(box), directory.string());
}

RepoOptions with_format(const std::string& object_format) {
  RepoOptions options;
  options.object_format = object_format;
  return options;
}

/// `+name`, `-name`, `*name`, `!name`: added, removed, changed, unmerged.
Names summary(const std::vector<Change>& changes) {
  Names result;
  for (const Change& change : changes) {
    const char* sign = change.unmerged ? "!" : !change.before ? "+" : !change.after ? "-" : "*";
    result.push_back(sign + change.name);
  }
  return result;
}

}  // namespace

TEST_CASE("registry: its places are found from any directory of it") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"d/e/a", "1"}});
  fs::create_directory_symlink(repo.path() / "d/e", box / "link");
  const fs::path root = repo.path();
  struct Row {
    std::string name;
    fs::path directory;
    std::string prefix;
  };
  for (const Row& row :
       {Row{"root", root, ""}, Row{"below", root / "d/e", "d/e/"}, Row{"link", box / "link", "d/e/"}}) {
    CAPTURE(row.name);
    const Registry registry = discover(box, row.directory);
    CHECK(registry.git_dir() == root / ".git");
    CHECK(registry.common_dir() == root / ".git");
    CHECK(registry.index_file() == root / ".git/index");
    CHECK(registry.work_tree() == root);
    CHECK(registry.prefix() == row.prefix);
    CHECK(registry.object_format() == "sha1");
  }
  const Registry inside = discover(box, root / ".git");
  CHECK_FALSE(inside.has_work_tree());
  CHECK(inside.git_dir() == root / ".git");
  CHECK(inside.common_dir() == root / ".git");
}

TEST_CASE("registry: a bare one has no work tree") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}});
  const fs::path bare = repo.bare_clone(box / "bare.git");
  const Registry registry = discover(box, bare);
  CHECK_FALSE(registry.has_work_tree());
  CHECK_THROWS_WITH_AS(registry.require_work_tree(), "this operation must be run in a work tree", Error);
  CHECK_NOTHROW(discover(box, repo.path()).require_work_tree());
  CHECK(registry.git_dir() == bare);
  CHECK(registry.common_dir() == bare);
  CHECK(registry.index_files(".mlem", {}).empty());
  CHECK(registry.index_entries({"a.mlem"}).empty());
}

TEST_CASE("registry: a linked work tree has its own index and HEAD") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}});
  const fs::path side = repo.add_worktree("side");
  box.git_output({"-C", side.string(), "rm", "-q", "a.mlem"});
  const Registry registry = discover(box, side);
  CHECK(registry.work_tree() == side);
  CHECK(registry.common_dir() == repo.path() / ".git");
  CHECK(registry.index_file().parent_path() == registry.git_dir());
  CHECK(registry.index_files(".mlem", {}).empty());
  CHECK(registry.objects().head_branch() == "refs/heads/side");
  CHECK(names(discover(box, repo.path()).index_files(".mlem", {})) == Names{"a.mlem"});
}

TEST_CASE("registry: a directory outside of any repository is not found") {
  const Sandbox box;
  fs::create_directories(box / "plain");
  try {
    discover(box, box / "plain");
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK(error.what_failed() == "cannot read a repository in '" + (box / "plain").string() + "'");
    CHECK(error.why() == "not a git repository (or any of the parent directories): .git");
    CHECK(error.hint().empty());
  }
}

TEST_CASE("registry: another user's is refused with the command that allows it") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can give a directory away");
    return;
  }
  REQUIRE(chown(repo.path().c_str(), 12345, 12345) == 0);
  try {
    discover(box, repo.path());
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::not_found);
    CHECK(error.why() == "detected dubious ownership in repository at '" + repo.path().string() + "'");
    CHECK(error.hint() == "'git config --global --add safe.directory " + repo.path().string() + "' allows it");
  }
}

TEST_CASE("registry: a newline in the name of its directory is told") {
  const Sandbox box;
  const RepoBuilder repo(box, "new\nline");
  try {
    discover(box, repo.path());
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.why() == "its path has a newline");
  }
}

TEST_CASE("registry: git says what is configured") {
  Sandbox box;
  const RepoBuilder repo(box, "repo");
  repo.git({"config", "mlem.timeout", "5"});
  box.environment()["GIT_CONFIG_COUNT"] = "1";
  box.environment()["GIT_CONFIG_KEY_0"] = "mlem.Timeout";
  box.environment()["GIT_CONFIG_VALUE_0"] = "1k";
  CHECK(discover(box, repo.path()).config().integer("mlem.timeout", 0) == 1024);
}

TEST_CASE("registry: expressions name commits") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const std::string first = repo.commit({{"a", "1"}}, "first");
  const std::string second = repo.commit({{"a", "2"}}, "second");
  repo.annotated_tag("v1", first);
  const Registry registry = discover(box, repo.path());
  CHECK(registry.find_commit("HEAD") == oid(second));
  CHECK(registry.find_commit("HEAD~1") == oid(first));
  CHECK(registry.find_commit("v1") == oid(first));
  CHECK(registry.find_commit(":/first") == oid(first));
  CHECK(registry.find_commit("HEAD:a") == std::nullopt);
  CHECK(registry.find_commit("none") == std::nullopt);
  CHECK(registry.find_commit("--all") == std::nullopt);
  CHECK(registry.find_commit("") == std::nullopt);
}

TEST_CASE("registry: a link's file is told from a rev of that name") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const std::string first = repo.commit({{"team/a.mlem", "1"}}, "first");
  const std::string second = repo.commit({{"team/a.mlem", "2"}}, "second");
  const auto find = [&](const std::string& expression) { return discover(box, repo.path()).find_object(expression); };
  CHECK(find("team/a.mlem") == std::nullopt);
  CHECK(find("HEAD:team/a.mlem") == oid(repo.id("HEAD:team/a.mlem")));
  CHECK(find(std::string(300, 'a') + ".mlem") == std::nullopt);
  for (const std::string prefix : {"refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}) {
    CAPTURE(prefix);
    repo.git({"update-ref", prefix + "team/a.mlem", first});
    CHECK(find("team/a.mlem") == oid(first));
    CHECK(find("team/a.mlem~0") == oid(first));
    repo.git({"update-ref", "-d", prefix + "team/a.mlem"});
  }
  repo.git({"symbolic-ref", "refs/remotes/b.mlem/HEAD", "refs/heads/main"});
  CHECK(find("b.mlem") == oid(second));
}

TEST_CASE("registry: the index is read whatever its format") {
  struct Row {
    std::string name;
    RepoOptions options;
    bool sparse;
  };
  RepoOptions split;
  split.split_index = true;
  for (const Row& row : {Row{"plain", {}, false}, Row{"SHA-256", with_format("sha256"), false},
                         Row{"split", split, false}, Row{"sparse", {}, true}}) {
    CAPTURE(row.name);
    const Sandbox box;
    RepoBuilder repo(box, "repo", row.options);
    repo.commit({{"a.mlem", "1"},
                 {"d/b.mlem", "2"},
                 {"d/c", "3"},
                 {"empty.mlem", ""},
                 {"x/new\nline.mlem", "4"},
                 {"x/\xff.mlem", "5"},
                 {"y/a b.mlem", "6"}});
    if (row.sparse) repo.sparse_checkout({"d"});
    repo.write("d/ita.mlem", "");
    repo.git({"add", "-N", "d/ita.mlem"});
    const Names all = {"a.mlem", "d/b.mlem", "empty.mlem", "x/new\nline.mlem", "x/\xff.mlem", "y/a b.mlem"};
    const Registry registry = discover(box, repo.path());
    CHECK(names(registry.index_files(".mlem", {})) == all);
    CHECK(names(registry.index_files(".mlem", {"."})) == all);
    CHECK(names(registry.index_files(".mlem", {"d", "y"})) == Names{"d/b.mlem", "y/a b.mlem"});
    CHECK(names(registry.index_files("c", {})) == Names{"d/c"});
    CHECK(registry.index_files(".mlem", {"none"}).empty());
    const auto files = registry.index_files(".mlem", {});
    CHECK(files.at(1).entry.oid.hex() == repo.id(":d/b.mlem"));
    CHECK(files.at(1).entry.mode == 0100644);
    // From below, pathspecs are relative and the rest is not.
    const Registry below = discover(box, repo.path() / "d");
    CHECK(names(below.index_files(".mlem", {})) == all);
    CHECK(names(below.index_files(".mlem", {"."})) == Names{"d/b.mlem"});
    CHECK(below.index_entries({"a.mlem"}).size() == 1);
    CHECK(registry.index_entries({"x/new\nline.mlem"}).front().entry.oid.hex() == repo.id(":x/new\nline.mlem"));
    CHECK(registry.index_entries({"empty.mlem"}).size() == 1);
    CHECK(registry.index_entries({"d/ita.mlem"}).empty());
    CHECK(names(registry.index_entries({"d", "a.mlem"})) == names(registry.index_files("", {"d", "a.mlem"})));
    CHECK(registry.index_entries({"*.mlem"}).empty());
    CHECK(names(registry.left_out_files()) ==
          (row.sparse ? Names{"x/new\nline.mlem", "x/\xff.mlem", "y/a b.mlem"} : Names()));
  }
}

TEST_CASE("registry: unmerged entries have their stages") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    RepoBuilder repo(box, "repo", with_format(format));
    repo.commit({{"a.mlem", "1"}, {"b.mlem", "1"}});
    repo.branch("side");
    repo.commit({{"a.mlem", "2"}});
    repo.checkout("side");
    repo.commit({{"a.mlem", "3"}});
    CHECK(box.git({"-C", repo.path().string(), "merge", "-q", "main"}).code == 1);
    const Registry registry = discover(box, repo.path());
    const Names wanted = {"a.mlem#1", "a.mlem#2", "a.mlem#3", "b.mlem"};
    CHECK(names(registry.index_files(".mlem", {})) == wanted);
    CHECK(names(registry.index_files(".mlem", {"."})) == wanted);
    CHECK(names(registry.index_entries({"a.mlem"})) == names(registry.index_files("", {"a.mlem"})));
    CHECK(summary(registry.changes(oid(repo.id("HEAD")), {}, {})) == Names{"!a.mlem"});
  }
}

TEST_CASE("registry: GIT_INDEX_FILE is obeyed from where git reads it") {
  Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}, {"d/x", "1"}});
  fs::copy_file(repo.path() / ".git/index", repo.path() / ".git/other");
  repo.git({"rm", "-q", "a.mlem"});
  box.environment()["GIT_INDEX_FILE"] = ".git/other";
  for (const fs::path& directory : {repo.path(), repo.path() / "d"}) {
    CAPTURE(directory.string());
    const Registry registry = discover(box, directory);
    CHECK(registry.index_file() == repo.path() / ".git/other");
    CHECK(names(registry.index_files(".mlem", {})) == Names{"a.mlem"});
    CHECK(registry.index_entries({"a.mlem"}).size() == 1);
  }
}

TEST_CASE("registry: GIT_DIR and GIT_WORK_TREE may be relative to a directory below") {
  Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}, {"d/b.mlem", "1"}});
  box.environment()["GIT_DIR"] = "../.git";
  box.environment()["GIT_WORK_TREE"] = "..";
  const Registry registry = discover(box, repo.path() / "d");
  CHECK(registry.work_tree() == repo.path());
  CHECK(registry.prefix() == "d/");
  CHECK(names(registry.work_tree_files(".mlem", {})) == Names{"a.mlem", "d/b.mlem"});
  repo.write("d/new.mlem", "new");
  const Oid blob = registry.write_blob("d/new.mlem", "new");
  registry.stage_files({{"d/new.mlem", {0100644, blob}}});
  CHECK(registry.index_entries({"d/new.mlem"}).front().entry.oid == blob);
}

TEST_CASE("registry: GIT_WORK_TREE and GIT_INDEX_FILE may be meant from outside") {
  Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}});
  fs::copy_file(repo.path() / ".git/index", repo.path() / ".git/other");
  box.environment()["GIT_DIR"] = "repo/.git";
  box.environment()["GIT_WORK_TREE"] = "repo";
  box.environment()["GIT_INDEX_FILE"] = "repo/.git/other";
  const Registry registry = discover(box, box.path());
  CHECK(registry.work_tree() == repo.path());
  CHECK(registry.prefix() == "");
  repo.write("b.mlem", "2");
  registry.stage_files({{"b.mlem", {0100644, registry.write_blob("b.mlem", "2")}}});
  CHECK(registry.index_entries({"b.mlem"}).size() == 1);
  CHECK(names(registry.index_files(".mlem", {})) == Names{"a.mlem", "b.mlem"});
  fs::remove(repo.path() / "b.mlem");
  CHECK(names(registry.work_tree_files(".mlem", {})) == Names{"a.mlem"});
}

TEST_CASE("registry: literal pathspecs do not hide entries from us") {
  Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"d/a*.mlem", "1"}, {"d/ab.mlem", "1"}, {"d/A*.mlem", "2"}, {":(exclude)d", "3"}});
  for (const std::string variable : {"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"}) {
    CAPTURE(variable);
    Environment environment = environment_of(box);
    environment.set(variable, "1");
    const Registry registry = Registry::discover(environment, repo.path().string());
    CHECK(registry.index_entries({"d/a*.mlem"}).front().entry.oid.hex() == repo.id("HEAD:d/a*.mlem"));
    CHECK(registry.index_entries({"d/AB.mlem"}).empty());
    CHECK(registry.index_entries({":(exclude)d"}).front().entry.oid.hex() == repo.id("HEAD::(exclude)d"));
  }
}

TEST_CASE("registry: files of a commit") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    RepoBuilder repo(box, "repo", with_format(format));
    const Oid commit = oid(repo.commit({{"a.mlem", "1"}, {"d/b.mlem", "2"}, {"d/c", "3"}, {"d/new\nline.mlem", "4"}}));
    repo.remove({"a.mlem"});
    const Registry registry = discover(box, repo.path() / "d");
    CHECK(names(registry.tree_files(commit, ".mlem", {})) == Names{"a.mlem", "d/b.mlem", "d/new\nline.mlem"});
    CHECK(names(registry.tree_files(commit, ".mlem", {"."})) == Names{"d/b.mlem", "d/new\nline.mlem"});
    CHECK(names(registry.tree_files(commit, ".mlem", {":/a*"})) == Names{"a.mlem"});
    CHECK(registry.tree_files(commit, ".mlem", {"b.mlem"}).at(0).entry.oid.hex() == repo.id("HEAD:d/b.mlem"));
    CHECK(registry.tree_files(commit, ".mlem", {"b.mlem"}).at(0).entry.mode == 0100644);
  }
}

TEST_CASE("registry: what is not a pathspec is told with the commit whose files were asked for") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const std::string commit = repo.commit({{"a.mlem", "1"}});
  const Registry registry = discover(box, repo.path());
  try {
    registry.tree_files(oid(commit), ".mlem", {":(bad)x"});
    FAIL("no failure");
  } catch (const Error& error) {
    CHECK(error.what_failed() == "cannot list the files of '" + commit + "'");
    CHECK(error.why().find("Invalid pathspec magic") != std::string::npos);
  }
}

TEST_CASE("registry: files of the work tree") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}, {"gone.mlem", "1"}, {"d/b.mlem", "2"}, {".gitignore", "ignored.mlem\n"}});
  fs::remove(repo.path() / "gone.mlem");
  repo.write("ignored.mlem", "x");
  repo.write("d/Untracked.mlem", "x");
  repo.write("d/new\nline.mlem", "x");
  fs::create_symlink("a.mlem", repo.path() / "link.mlem");
  fs::create_directories(repo.path() / "dir.mlem");
  const Registry registry = discover(box, repo.path() / "d");
  const auto files = registry.work_tree_files(".mlem", {});
  CHECK(names(files) == Names{"a.mlem", "d/Untracked.mlem", "d/b.mlem", "d/new\nline.mlem", "link.mlem"});
  CHECK(files.at(0).entry.mode == 0100644);
  CHECK(files.at(4).entry.mode == 0120000);
  CHECK(names(registry.work_tree_files(".mlem", {"b*"})) == Names{"d/b.mlem"});
}

TEST_CASE("registry: differences of trees and of the index") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    RepoBuilder repo(box, "repo", with_format(format));
    // Neither may leak into what is read here.
    box.add_config("diff.renames", "copies");
    box.add_config("diff.relative", "true");
    const Oid first = oid(repo.commit({{"a.mlem", "1"}, {"d/b.mlem", "2"}, {"gone.mlem", "3"}}));
    repo.git({"mv", "gone.mlem", "d/new\nname.mlem"});
    const Oid second = oid(repo.commit({{"a.mlem", "4"}}));
    const Registry registry = discover(box, repo.path() / "d");
    const auto changes = registry.changes(first, second, {});
    CHECK(summary(changes) == Names{"*a.mlem", "+d/new\nname.mlem", "-gone.mlem"});
    CHECK(changes.at(0).before->oid.hex() == repo.id(first.hex() + ":a.mlem"));
    CHECK(changes.at(0).after->oid.hex() == repo.id(second.hex() + ":a.mlem"));
    CHECK(summary(registry.changes(first, second, {"."})) == Names{"+d/new\nname.mlem"});
    CHECK(registry.changes(second, {}, {}).empty());
    CHECK(summary(registry.changes(first, {}, {})) == Names{"*a.mlem", "+d/new\nname.mlem", "-gone.mlem"});
    CHECK(summary(registry.changes(registry.empty_tree(), {}, {":/a.mlem"})) == Names{"+a.mlem"});
    repo.write("d/ita.mlem", "x");
    repo.git({"add", "-N", "d/ita.mlem"});
    CHECK(registry.changes(second, {}, {}).empty());
  }
}

TEST_CASE("registry: an unborn HEAD is compared as the empty tree") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    const RepoBuilder repo(box, "repo", with_format(format));
    repo.write("a.mlem", "1");
    repo.git({"add", "a.mlem"});
    const Registry registry = discover(box, repo.path());
    CHECK(registry.find_commit("HEAD") == std::nullopt);
    CHECK(summary(registry.changes(registry.empty_tree(), {}, {})) == Names{"+a.mlem"});
  }
}

TEST_CASE("registry: what is written passes the filters and is staged") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    RepoBuilder repo(box, "repo", with_format(format));
    repo.commit({{".gitattributes", "d/*.mlem filter=upper\n"}, {"d/old.mlem", "1"}});
    box.add_config("filter.upper.clean", "tr a-z A-Z");
    const Registry registry = discover(box, repo.path() / "d");
    const Oid filtered = registry.write_blob("d/new\nname.mlem", "text\n");
    const Oid plain = registry.write_blob("plain.mlem", "text\n");
    CHECK(registry.objects().find_blob(filtered, 100) == "TEXT\n");
    CHECK(registry.objects().find_blob(plain, 100) == "text\n");
    const Oid empty = registry.write_blob("empty.mlem", "");
    for (const std::string name : {"-\xff.mlem", "d/new\nname.mlem", "plain.mlem"}) repo.write(name, "text\n");
    repo.write("empty.mlem", "");
    registry.stage_files({{"-\xff.mlem", {0100644, plain}},
                          {"d/new\nname.mlem", {0100644, filtered}},
                          {"empty.mlem", {0100644, empty}},
                          {"plain.mlem", {0100644, plain}}});
    CHECK(names(registry.index_files(".mlem", {})) ==
          Names{"-\xff.mlem", "d/new\nname.mlem", "d/old.mlem", "empty.mlem", "plain.mlem"});
    CHECK(registry.index_entries({"d/new\nname.mlem"}).front().entry.oid == filtered);
    repo.git({"diff-files", "--quiet"});
    CHECK(registry.index_entries({"plain.mlem"}).front().entry.oid == plain);
    CHECK(repo.git({"write-tree"}).size() == filtered.hex().size());
  }
}

TEST_CASE("registry: an entry is what git add would leave whatever it was before") {
  struct Row {
    std::string name;
    std::vector<std::vector<std::string>> git;
  };
  const std::vector<Row> rows = {
      {"plain", {}},
      {"assumed unchanged", {{"update-index", "--assume-unchanged", "a.mlem"}}},
      {"skipped", {{"update-index", "--skip-worktree", "a.mlem"}}},
      {"to be added", {{"rm", "-q", "--cached", "a.mlem"}, {"add", "-N", "a.mlem"}}},
      {"in a split index", {{"update-index", "--split-index"}}},
      {"with file modes", {{"update-index", "--chmod=+x", "a.mlem"}}},
      {"without file modes", {{"config", "core.fileMode", "false"}, {"update-index", "--chmod=+x", "a.mlem"}}},
      {"with line ends", {{"config", "core.autocrlf", "true"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Sandbox box;
    RepoBuilder repo(box, "repo");
    repo.commit({{"a.mlem", "1"}, {"b", "2"}});
    repo.write("a.mlem", "new\n");
    for (const auto& arguments : row.git) repo.git(arguments);
    const Registry registry = discover(box, repo.path());
    const Oid blob = registry.write_blob("a.mlem", "new\n");
    registry.stage_files({{"a.mlem", {row.name == "without file modes" ? 0100755U : 0100644U, blob}}});
    CHECK(repo.git({"ls-files", "-v"}) == "H a.mlem\nH b");
    CHECK(repo.git({"show", ":a.mlem"}) == "new");
    CHECK(repo.git({"diff-files", "--exit-code"}).empty());
    CHECK(repo.git({"ls-files", "-s", "a.mlem"}).starts_with(row.name == "without file modes" ? "100755" : "100644"));
    const std::string left = repo.git({"ls-files", "-s", "--debug"});
    repo.git({"add", "a.mlem"});
    CHECK(repo.git({"ls-files", "-s", "--debug"}) == left);
  }
}

TEST_CASE("registry: a name that git takes for none is an error") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}});
  const Registry registry = discover(box, repo.path());
  repo.write("d/c.mlem", "2");
  const Oid blob = registry.write_blob("d/c.mlem", "2");
  for (const std::string name : {"../c.mlem", ".git/c.mlem", "d//c.mlem"}) {
    CAPTURE(name);
    try {
      registry.stage_files({{name, {0100644, blob}}});
      FAIL("updated");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid);
      CHECK(error.why() == "git update-index: --cacheinfo cannot add " + name + ": Invalid path '" + name + "'");
    }
  }
  CHECK(names(registry.index_files(".mlem", {})) == Names{"a.mlem"});
}

TEST_CASE("registry: a locked index is left alone and the lock named") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}});
  const Registry registry = discover(box, repo.path());
  repo.write("b.mlem", "2");
  const Oid blob = registry.write_blob("b.mlem", "2");
  mlem::test::write_file(repo.path() / ".git/index.lock", "");
  try {
    registry.stage_files({{"b.mlem", {0100644, blob}}});
    FAIL("updated");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(error.what_failed() == "cannot update the index");
    CHECK(error.why() == "Unable to create '" + (repo.path() / ".git/index.lock").string() + "': File exists.");
    CHECK(error.hint() == "another git process may be at work here; if none is, remove the file");
  }
  CHECK(names(registry.index_files(".mlem", {})) == Names{"a.mlem"});
}

TEST_CASE("registry: a lock that cannot be made is no other process's") {
  Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "1"}});
  repo.write("b.mlem", "2");
  box.environment()["GIT_INDEX_FILE"] = "none/index";
  const Registry registry = discover(box, repo.path());
  try {
    registry.stage_files({{"b.mlem", {0100644, registry.write_blob("b.mlem", "2")}}});
    FAIL("updated");
  } catch (const Error& error) {
    CHECK(error.why().find("none/index.lock': No such file or directory") != std::string::npos);
    CHECK(error.hint().empty());
  }
}

TEST_CASE("registry: many blobs are read at once, and what is no readable blob is passed over") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    RepoBuilder repo(box, "repo", with_format(format));
    repo.commit({{"a", "one\n"}, {"b", ""}, {"big", std::string(200'000, 'x')}});
    const Registry registry = discover(box, repo.path());
    const Oid a = oid(repo.id("HEAD:a"));
    std::vector<Oid> blobs = {a, oid(repo.id("HEAD:big")), oid(std::string(repo.id("HEAD").size(), '5')),
                              oid(repo.id("HEAD:b"))};
    blobs.resize(10'000, a);
    blobs.push_back(oid(repo.id("HEAD^{tree}")));
    blobs.push_back(a);
    std::vector<std::optional<std::string>> contents;
    registry.objects().read_blobs(blobs, 100'000, [&](std::size_t i, const std::optional<std::string_view>& content) {
      CHECK(i == contents.size());
      contents.emplace_back(content);
      return true;
    });
    REQUIRE(contents.size() == blobs.size());
    CHECK(contents[0] == "one\n");
    CHECK_FALSE(contents[1]);
    CHECK_FALSE(contents[2]);
    CHECK(contents[3] == "");
    CHECK(std::count(contents.begin(), contents.end(), "one\n") == 9'998);
    CHECK_FALSE(contents[10'000]);
    for (const std::size_t count : {std::size_t{10}, blobs.size()}) {
      std::size_t visited = 0;
      const std::vector<Oid> some(blobs.begin(), blobs.begin() + static_cast<std::ptrdiff_t>(count));
      registry.objects().read_blobs(some, 100'000, [&](std::size_t, const auto&) { return ++visited < 3; });
      CHECK(visited == 3);
    }
  }
}

TEST_CASE("registry: reading many blobs of a partial clone fetches none") {
  const Sandbox box;
  RepoBuilder origin(box, "origin");
  origin.commit({{"a", "one\n"}, {"b", "two\n"}});
  origin.git({"config", "uploadpack.allowFilter", "true"});
  const fs::path clone = box / "clone";
  box.git_output({"clone", "-q", "--no-checkout", "--filter=blob:none", origin.url(), clone.string()});
  const Registry registry = discover(box, clone);
  std::vector<Oid> blobs = {oid(origin.id("HEAD:a"))};
  blobs.resize(5'000, oid(origin.id("HEAD:b")));
  registry.objects().read_blobs(blobs, 1000, [](std::size_t, const std::optional<std::string_view>& content) {
    CHECK_FALSE(content);
    return true;
  });
  mlem::test::RunOptions here;
  here.directory = clone;
  const std::string missing = box.git_output({"rev-list", "--objects", "--all", "--missing=print"}, here);
  CHECK(std::count(missing.begin(), missing.end(), '?') == 2);
}
