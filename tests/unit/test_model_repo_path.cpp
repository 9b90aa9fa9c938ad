#include "base/error.hpp"
#include "model/repo_path.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::is_below;
using mlem::join;
using mlem::parent_of;
using mlem::RepoPath;

TEST_CASE("repo path: it is normalised") {
  struct Row {
    std::string text;
    std::string base;
    std::string normalized;
  };
  const Row rows[] = {
      {"a", "", "a"},
      {"models/rf.mlem", "", "models/rf.mlem"},
      {"./a//b/./c/", "", "a/b/c"},
      {"a/../b", "", "b"},
      {"../x", "dir/sub", "dir/x"},
      {"x", "dir/", "dir/x"},
      {"..x/...", "", "..x/..."},
      {"a\\b", "", "a\\b"},
      {"-a", "", "-a"},
      {"caf\xc3\xa9 b", "", "caf\xc3\xa9 b"},
      {".gitignore", "", ".gitignore"},
      {".git-x/a", "", ".git-x/a"},
      {".gitmodules", "", ".gitmodules"},
      {"x.git/a", "", "x.git/a"},
      {"git~2", "", "git~2"},
      {"git~10", "", "git~10"},
      {"a:b", "", "a:b"},
      {"g\xe2\x80\x8cit", "", "g\xe2\x80\x8cit"},
      {".gitx\xe2\x80\x8c", "", ".gitx\xe2\x80\x8c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(RepoPath::parse(row.text, row.base).text() == row.normalized);
  }
}

TEST_CASE("repo path: what leaves the tree or could be taken for .git is refused") {
  struct Row {
    std::string text;
    std::string why;
  };
  const std::string dotgit = "a component could be taken for '.git'";
  const Row rows[] = {
      {"", "it is empty"},
      {"/a", "it is absolute"},
      {"..", "it leaves the repository"},
      {"a/../../b", "it leaves the repository"},
      {".", "it is the root of the repository"},
      {"a/..", "it is the root of the repository"},
      {"a\nb", "it has a control character"},
      {std::string("a\0b", 3), "it has a control character"},
      {"\xff", "it is not UTF-8"},
      {".git", dotgit},
      {"a/.git/config", dotgit},
      {".GiT", dotgit},
      {".git.", dotgit},
      {".git . .", dotgit},
      {".git::$INDEX_ALLOCATION", dotgit},
      {".git:x", dotgit},
      {".git .:x", dotgit},
      {"git~1", dotgit},
      {"GIT~1.", dotgit},
      {"a\\.git\\b", dotgit},
      {"a\\git~1", dotgit},
      {".g\xe2\x80\x8cit", dotgit},
      {"\xef\xbb\xbf.git", dotgit},
      {".git\xe2\x80\xae", dotgit},
      {".GI\xe2\x81\xaf"
       "T",
       dotgit},
      {".git/../a", dotgit},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    try {
      RepoPath::parse(row.text);
      FAIL_CHECK("accepted");
    } catch (const mlem::Error& error) {
      CHECK(error.kind() == mlem::ErrorKind::invalid);
      CHECK(error.why() == row.why);
    }
  }
  CHECK_THROWS_WITH(RepoPath::parse("\x1b/..", ""), "invalid path '\\033/..': it has a control character");
  CHECK_THROWS_WITH(RepoPath::parse("../../x", "a"), "invalid path '../../x': it leaves the repository");
  CHECK_THROWS_AS(RepoPath::parse("x", ".git"), mlem::Error);
}

TEST_CASE("repo path: directory and name are the parts around the last slash") {
  const RepoPath deep = RepoPath::parse("a/b/c.mlem");
  CHECK(deep.directory() == "a/b");
  CHECK(deep.name() == "c.mlem");
  CHECK(deep.has_suffix(mlem::mlem_suffix));
  const RepoPath top = RepoPath::parse("c");
  CHECK(top.directory().empty());
  CHECK(top.name() == "c");
  CHECK_FALSE(top.has_suffix(mlem::mlem_suffix));
}

TEST_CASE("repo path: paths as text are taken apart and put together at either root") {
  struct Row {
    std::string directory;
    std::string name;
    std::string path;
  };
  const Row rows[] = {
      {"", "a", "a"},      {"a", "b", "a/b"},         {"a/b", "c", "a/b/c"}, {"/", "a", "/a"},
      {"/a", "b", "/a/b"}, {"a", ".mlem", "a/.mlem"}, {"a b", "c", "a b/c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(join(row.directory, row.name) == row.path);
    CHECK(parent_of(row.path) == row.directory);
    CHECK(is_below(row.path, row.directory));
    CHECK_FALSE(is_below(row.directory, row.path));
    CHECK_FALSE(is_below(row.path, row.path));
  }
  CHECK(parent_of("") == "");
  CHECK(parent_of("/") == "/");
  CHECK(join("a", "") == "a");
  CHECK(join("", "") == "");
  CHECK(join("a", "b/c") == "a/b/c");
  CHECK(is_below("a/b/c", "a"));
  CHECK_FALSE(is_below("", ""));
  CHECK_FALSE(is_below("/", "/"));
  CHECK_FALSE(is_below("/a", ""));
  CHECK_FALSE(is_below("a", "/"));
  CHECK_FALSE(is_below("ab", "a"));
  CHECK_FALSE(is_below("b/a", "a"));
}

TEST_CASE("repo path: a name is told from where the user is") {
  CHECK(mlem::relative_to("prod/a.mlem", "") == "prod/a.mlem");
  CHECK(mlem::relative_to("prod/a.mlem", "prod/") == "a.mlem");
  CHECK(mlem::relative_to("prod/a.mlem", "sub/") == "../prod/a.mlem");
  CHECK(mlem::relative_to("prod/eu/a.mlem", "prod/us/x/") == "../../eu/a.mlem");
  CHECK(mlem::relative_to("production.mlem", "prod/") == "../production.mlem");
}
