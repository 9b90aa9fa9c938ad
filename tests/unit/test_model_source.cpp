#include "base/error.hpp"
#include "model/source.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using mlem::Link;
using mlem::Source;
using Kind = mlem::UrlParts::RevKind;

namespace {

using Text = std::optional<std::string>;

Link link_of(const std::string& path, const Text& repo = {}, const Text& rev = {}) {
  Link link;
  link.link_type = "model";
  link.path = path;
  link.repo = repo;
  link.rev = rev;
  return link;
}

const std::string github = "https://github.com/o/r";

}  // namespace

TEST_CASE("source: an alias has neither repository nor rev and starts at its project") {
  const Source source = Source::from_link(link_of("../models/rf"));
  CHECK(source.is_alias());
  CHECK(source.path == "../models/rf");
  CHECK(source.tree_path("a/b").text() == "a/models/rf");
  CHECK_THROWS_WITH(source.tree_path(), "invalid path '../models/rf': it leaves the repository");
}

TEST_CASE("source: a rev alone names this repository from its root") {
  const Source source = Source::from_link(link_of("./rf", {}, "v1"));
  CHECK_FALSE(source.is_alias());
  CHECK_FALSE(source.repo);
  CHECK(source.rev->text() == "v1");
  CHECK(source.tree_path("ignored").text() == "rf");
}

TEST_CASE("source: a plain link may name the root of a tree, and is not an alias") {
  struct Row {
    std::string path;
    Text repo;
    Text rev;
    std::string tree_path;
  };
  const Row rows[] = {{".", github, "main", ""},
                      {"a/b", github, "main", "a/b"},
                      {".", github + "/tree/main/a", {}, "a"},
                      {".", {}, "main", ""},
                      {github + "/tree/main/a", {}, {}, "a"}};
  for (const Row& row : rows) {
    CAPTURE(row.path);
    mlem::Link link = link_of(row.path, row.repo, row.rev);
    link.plain = mlem::Plain::tree;
    Source source = Source::from_link(link);
    if (!source.undivided.empty()) source = source.divided_at("main");
    CHECK(source.plain == mlem::Plain::tree);
    CHECK(source.tree_path().text() == row.tree_path);
    CHECK(source.path == (row.tree_path.empty() ? "." : row.tree_path));
  }
  mlem::Link alias = link_of("a");
  alias.plain = mlem::Plain::tree;
  CHECK_THROWS_WITH(Source::from_link(alias),
                    "invalid plain link: it names neither a repository nor a rev, as an alias");
  CHECK_THROWS_WITH(Source::from_link(link_of(".", github, "main")),
                    "invalid path '.': it ends in '.' and names no file");
}

TEST_CASE("source: repository and rev and path are read together") {
  struct Row {
    std::string path;
    Text repo;
    Text rev;
    std::string repo_text;
    std::string rev_text;
    std::string tree_path;
  };
  const Row rows[] = {
      {"m/rf.mlem", github, {}, github + "/", "HEAD", "m/rf.mlem"},
      {"m/rf", github + ".git/", "v1", github + "/", "v1", "m/rf"},
      {"rf", github + "/nested/project", {}, github + "/", "HEAD", "nested/project/rf"},
      {"rf", github + "/tree/v1", {}, github + "/", "v1", "rf"},
      {"rf", github + "/tree/v1", "v1", github + "/", "v1", "rf"},
      {"rf", github + "/tree/f/x/dir", "f/x", github + "/", "f/x", "dir/rf"},
      {"rf", github + "/tree/f/x", "f/x", github + "/", "f/x", "rf"},
      {github + "/models/rf", {}, {}, github + "/", "HEAD", "models/rf"},
      {github + "/models/rf", {}, "v2", github + "/", "v2", "models/rf"},
      {github + "/tree/f/x/rf", {}, "f/x", github + "/", "f/x", "rf"},
      {"git:///srv/r:v1@models/rf", {}, {}, "file:///srv/r/", "v1", "models/rf"},
      {"models/rf", "git:///srv/r/:v1.0@", "v1.0", "file:///srv/r/", "v1.0", "models/rf"},
      {"rf", "git:///srv/r:f/x@sub", {}, "file:///srv/r/", "f/x", "sub/rf"},
      {"rf", "/srv/a b%", {}, "file:///srv/a b%25/", "HEAD", "rf"},
      {"rf", "/srv/r.git/sub", {}, "file:///srv/r.git/sub/", "HEAD", "rf"},
      {"rf", "host:r.git/sub", {}, "host:r.git/", "HEAD", "sub/rf"},
      {"a:b", github, {}, github + "/", "HEAD", "a:b"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.repo.value_or(""));
    const Source source = Source::from_link(link_of(row.path, row.repo, row.rev));
    REQUIRE(source.repo);
    REQUIRE(source.rev);
    CHECK(source.repo->text() == row.repo_text);
    CHECK(source.rev->text() == row.rev_text);
    CHECK(source.tree_path().text() == row.tree_path);
    CHECK(source.undivided.empty());
  }
}

TEST_CASE("source: what only the refs can divide stays undivided until they do") {
  const Source source = Source::from_link(link_of("rf", github + "/tree/f/x/dir"));
  CHECK_FALSE(source.rev);
  CHECK_FALSE(source.is_alias());
  CHECK(source.undivided == "f/x/dir");
  CHECK(source.possible_revs() == std::vector<std::string_view>{"f", "f/x", "f/x/dir"});
  CHECK(source.divided_at("f").tree_path().text() == "x/dir/rf");
  CHECK(source.divided_at("f/x").tree_path().text() == "dir/rf");
  CHECK(source.divided_at("f/x") == Source::from_link(link_of("rf", github + "/tree/f/x/dir", "f/x")));
  CHECK(source.divided_at("f/x/dir").tree_path().text() == "rf");
}

TEST_CASE("source: an address that holds the whole path keeps some of it for the path") {
  const Source source = Source::from_url("https://codeberg.org/o/r/src/branch/f/x/rf.mlem");
  CHECK(source.rev_kind == Kind::branch);
  CHECK(source.possible_revs() == std::vector<std::string_view>{"f", "f/x"});
  CHECK(source.divided_at("f/x").tree_path().text() == "rf.mlem");
  CHECK(source.divided_at("f/x").rev_kind == Kind::branch);
  CHECK_THROWS_AS(source.divided_at("f/x/rf.mlem"), mlem::Error);
}

TEST_CASE("source: nothing is no possible rev") {
  const Source source = Source::from_url("https://github.com/org/repo/tree//x/rf");
  CHECK(source.undivided == "/x/rf");
  for (const std::string_view rev : source.possible_revs()) CHECK_FALSE(rev.empty());
}

TEST_CASE("source: revs are looked for only where a ref name can end") {
  std::string text = github + "/tree";
  for (int i = 0; i < 30000; ++i) text += "/x";
  CHECK(Source::from_url(text).possible_revs().size() == 2048);
}

TEST_CASE("source: malformed and contradictory fields are invalid") {
  struct Row {
    std::string path;
    Text repo;
    Text rev;
    std::string message;
  };
  const std::string page = github + "/tree/v1";
  const std::string through =
      "it leads through a directory that need not be there, and then MLEM finds nothing or something else";
  const Row rows[] = {
      {"/abs/rf", {}, {}, "invalid path '/abs/rf': it is absolute"},
      {"/abs/rf", github, {}, "invalid path '/abs/rf': it is absolute"},
      {"../rf", github, {}, "invalid path '../rf': it leaves the repository"},
      {"../rf", github + "/nested", {}, "invalid path '../rf': " + through},
      {"a/../rf", github, {}, "invalid path 'a/../rf': " + through},
      {"..", github, {}, "invalid path '..': it ends in '..' and names no file"},
      {"a/.", github, {}, "invalid path 'a/.': it ends in '.' and names no file"},
      {"a/", github, {}, "invalid path 'a/': it ends in '/'"},
      {"a/", {}, {}, "invalid path 'a/': it ends in '/'"},
      {"a\\b", github, {}, "invalid path 'a\\b': it has a '\\', which is a '/' to MLEM"},
      {"a\\b", {}, {}, "invalid path 'a\\b': it has a '\\', which is a '/' to MLEM"},
      {"rf",
       github + "/blob/main",
       {},
       "invalid repository '" + github + "/blob/main': 'blob' is a directory of the default branch to MLEM"},
      {"rf",
       github + "/tree/ma%69n",
       {},
       "invalid repository '" + github + "/tree/ma%69n': MLEM does not read the escape in it"},
      {"git@example.com:o/r.git/rf",
       {},
       {},
       "invalid path 'git@example.com:o/r.git/rf': it is an address to git and a file's name to MLEM"},
      {"a/.git/b", github, {}, "invalid path 'a/.git/b': a component could be taken for '.git'"},
      {"rf", "../r", {}, "invalid repository '../r': it is a relative path"},
      {"rf", "origin", {}, "invalid repository 'origin': it is a relative path"},
      {"rf", "", {}, "invalid repository '': it is a relative path"},
      {"rf", "git://", {}, "invalid address 'git://': it has no host"},
      {"rf", github + "?x", {}, "invalid address '" + github + "?***': it has a query"},
      {"rf", github, "HEAD~1", "invalid rev 'HEAD~1': it is not a branch, tag, full ref name or full commit id"},
      {"rf", github, "", "invalid rev '': it is empty"},
      {"rf", {}, "-x", "invalid rev '-x': it starts with '-'"},
      {"rf", page, "v2", "invalid rev 'v2': '" + page + "' names another rev"},
      {"rf", page + "/dir", "v", "invalid rev 'v': '" + page + "/dir' names another rev"},
      {"rf", "git:///srv/r:v1@", "v2", "invalid rev 'v2': 'git:///srv/r:v1@' names another rev"},
      {github + "/rf",
       github,
       {},
       "invalid path '" + github + "/rf': it is an address, and the link names a repository too"},
      {github, {}, {}, "invalid address '" + github + "': it names no file in the repository"},
      {page, {}, {}, "invalid address '" + page + "': it names no file in the repository"},
      {page, {}, "v1", "invalid address '" + page + "': it names no file in the repository"},
      {"https://u:p@h/r", {}, {}, "invalid address 'https://***@h/r': it names no file in the repository"},
      {github + "/tree/a/b", {}, "a/b", "invalid path 'a/b': it names a rev and no file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.repo.value_or(""));
    try {
      Source::from_link(link_of(row.path, row.repo, row.rev));
      FAIL_CHECK("accepted");
    } catch (const mlem::Error& error) {
      CHECK(error.kind() == mlem::ErrorKind::invalid);
      CHECK(std::string(error.what()) == row.message);
    }
  }
}

TEST_CASE("source: a remote helper is read so that the policy can refuse it by name") {
  CHECK(Source::from_link(link_of("rf", "ext::sh -c x")).repo->is_helper());
}
