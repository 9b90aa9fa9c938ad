#include "base/error.hpp"
#include "model/repo_url.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

using mlem::RepoUrl;
using mlem::UrlParts;
using Kind = mlem::UrlParts::RevKind;

namespace {

const std::string id = "0123456789abcdef0123456789abcdef01234567";

struct Row {
  std::string url;
  UrlParts parts;
};

void check_rows(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const UrlParts parts = mlem::split_url(row.url);
    CHECK(parts.repo == row.parts.repo);
    CHECK(parts.rev_kind == row.parts.rev_kind);
    CHECK(parts.rev == row.parts.rev);
    CHECK(parts.rest == row.parts.rest);
  }
}

}  // namespace

TEST_CASE("split url: pages of GitHub and its kin") {
  const std::string repo = "https://github.com/o/r";
  check_rows({
      {repo, {repo, Kind::none, "", ""}},
      {repo + "/", {repo + "/", Kind::none, "", ""}},
      {repo + "/tree/main/models/rf", {repo, Kind::any, "", "main/models/rf"}},
      {repo + "/blob/main/models/rf.mlem", {repo, Kind::any, "", "main/models/rf.mlem"}},
      {repo + "/tree/feature/x/models", {repo, Kind::any, "", "feature/x/models"}},
      {repo + "/tree/main", {repo, Kind::any, "main", ""}},
      {repo + "/tree/main/", {repo, Kind::any, "main", ""}},
      {repo + "/tree/" + id + "/a/b", {repo, Kind::any, id, "a/b"}},
      {repo + "/tree/a%20b/c%2Fd", {repo, Kind::any, "", "a b/c/d"}},
      {repo + "/tree/100%/d", {repo, Kind::any, "", "100%/d"}},
      {repo + "/tree", {repo, Kind::none, "", "tree"}},
      {repo + "/models/rf", {repo, Kind::none, "", "models/rf"}},
      {repo + "/-/tree/main/a", {repo, Kind::none, "", "-/tree/main/a"}},
      {repo + "/src/branch/main/a", {repo, Kind::none, "", "src/branch/main/a"}},
      {"https://github.com/o/r.git/models/rf", {"https://github.com/o/r.git", Kind::none, "", "models/rf"}},
      {"https://GitHub.com:443/o/r/models", {"https://GitHub.com:443/o/r", Kind::none, "", "models"}},
      {"https://github.com/o", {"https://github.com/o", Kind::none, "", ""}},
      {"https://ghe.example.com/o/r/tree/main/a", {"https://ghe.example.com/o/r", Kind::any, "", "main/a"}},
      {"ssh://git@github.com/o/r/tree/main/a", {"ssh://git@github.com/o/r", Kind::none, "", "tree/main/a"}},
      {"git@github.com:o/r/models/rf", {"git@github.com:o/r", Kind::none, "", "models/rf"}},
      {"git@github.com:o/r/a%20b", {"git@github.com:o/r", Kind::none, "", "a%20b"}},
      {repo + "/tree/main/a?plain=1", {repo + "/tree/main/a?plain=1", Kind::none, "", ""}},
      {repo + "/blob/main/a#L1", {repo + "/blob/main/a#L1", Kind::none, "", ""}},
  });
}

TEST_CASE("split url: pages of GitLab") {
  const std::string repo = "https://gitlab.example.com/g/sub/deep/r";
  check_rows({
      {repo, {repo, Kind::none, "", ""}},
      {repo + "/-/tree/main/a/b", {repo, Kind::any, "", "main/a/b"}},
      {repo + "/-/blob/v1/a.mlem", {repo, Kind::any, "", "v1/a.mlem"}},
      {repo + "/-/tree/main", {repo, Kind::any, "main", ""}},
      {repo + "/-/raw/main/a", {repo + "/-/raw/main/a", Kind::none, "", ""}},
      {repo + "/-/tree", {repo + "/-/tree", Kind::none, "", ""}},
      {repo + ".git/-/tree/main/a", {repo + ".git", Kind::any, "", "main/a"}},
  });
}

TEST_CASE("split url: pages of Gitea say what kind the rev is") {
  const std::string repo = "https://codeberg.org/o/r";
  check_rows({
      {repo + "/src/branch/feature/x/a", {repo, Kind::branch, "", "feature/x/a"}},
      {repo + "/src/tag/v1/a", {repo, Kind::tag, "", "v1/a"}},
      {repo + "/src/commit/abc1234/a/b", {repo, Kind::commit, "abc1234", "a/b"}},
      {repo + "/src/other/v1/a", {repo + "/src/other/v1/a", Kind::none, "", ""}},
      {"https://h/sub/o/r/src/tag/v1/a", {"https://h/sub/o/r", Kind::tag, "", "v1/a"}},
      {"https://h/o/r.git/src/branch/a", {"https://h/o/r.git", Kind::branch, "a", ""}},
      {"https://h/o/r.git/models/src/branch/a", {"https://h/o/r.git", Kind::none, "", "models/src/branch/a"}},
  });
}

TEST_CASE("split url: pages of Bitbucket") {
  const std::string repo = "https://bitbucket.org/o/r";
  check_rows({
      {repo + "/src/main/a/b", {repo, Kind::any, "", "main/a/b"}},
      {repo + "/src/branch/a", {repo, Kind::any, "", "branch/a"}},
      {repo + "/src/main", {repo, Kind::any, "main", ""}},
      {repo + "/models/rf", {repo, Kind::none, "", "models/rf"}},
      {repo + "/tree/main/a", {repo, Kind::none, "", "tree/main/a"}},
  });
}

TEST_CASE("split url: pages of Hugging Face") {
  const std::string host = "https://huggingface.co/";
  check_rows({
      {host + "o/r", {host + "o/r", Kind::none, "", ""}},
      {host + "o/r/tree/main/a/b", {host + "o/r", Kind::any, "", "main/a/b"}},
      {host + "o/r/resolve/main/a", {host + "o/r", Kind::any, "", "main/a"}},
      {host + "datasets/o/r/tree/main/a", {host + "datasets/o/r", Kind::any, "", "main/a"}},
      {host + "datasets/o/r/tree/main", {host + "datasets/o/r", Kind::any, "main", ""}},
      {host + "spaces/o/r/blob/v1/a.mlem", {host + "spaces/o/r", Kind::any, "", "v1/a.mlem"}},
      {host + "gpt2/tree/main/a", {host + "gpt2", Kind::any, "", "main/a"}},
      {host + "gpt2/tree/main", {host + "gpt2", Kind::any, "main", ""}},
      {host + "datasets/squad/resolve/main/a", {host + "datasets/squad", Kind::any, "", "main/a"}},
      {host + "o/r/tree/refs%2Fpr%2F3", {host + "o/r", Kind::any, "", "refs/pr/3"}},
      {host + "datasets/o/r", {host + "datasets/o/r", Kind::none, "", ""}},
      {host + "datasets", {host + "datasets", Kind::none, "", ""}},
      {"https://h/o/r/resolve/main/a", {"https://h/o/r/resolve/main/a", Kind::none, "", ""}},
  });
}

TEST_CASE("split url: the form that is printed where a host has no pages") {
  check_rows({
      {"https://h/o/r/@v1:a/b", {"https://h/o/r/", Kind::any, "v1", "a/b"}},
      {"https://h:81/o/r/@feature/x:a@b:c", {"https://h:81/o/r/", Kind::any, "feature/x", "a@b:c"}},
      {"git@h:o/r/@v1:a", {"git@h:o/r/", Kind::any, "v1", "a"}},
      {"file:///srv/r.git/@v1:a/b?c", {"file:///srv/r.git/", Kind::any, "v1", "a/b?c"}},
      {"https://h/@o/r/@v1:a", {"https://h/@o/r/", Kind::any, "v1", "a"}},
      {"https://h/@o/r", {"https://h/@o/r", Kind::none, "", ""}},
      {"https://h/o/r/@:a", {"https://h/o/r/@:a", Kind::none, "", ""}},
  });
}

TEST_CASE("split url: elsewhere a directory follows a segment that ends in .git") {
  check_rows({
      {"https://h/a/b/c/d", {"https://h/a/b/c/d", Kind::none, "", ""}},
      {"https://h/a/b.git/c/d/", {"https://h/a/b.git", Kind::none, "", "c/d"}},
      {"ssh://git@h/a.git/c%20d", {"ssh://git@h/a.git", Kind::none, "", "c d"}},
      {"git@h:a/b.git/c", {"git@h:a/b.git", Kind::none, "", "c"}},
      {"git@h:/a/b.git/c", {"git@h:/a/b.git", Kind::none, "", "c"}},
      {"file:///srv/r.git/a", {"file:///srv/r.git/a", Kind::none, "", ""}},
      {"file:///srv/r/models", {"file:///srv/r/models", Kind::none, "", ""}},
      {"file:///o/r/tree/main/a", {"file:///o/r/tree/main/a", Kind::none, "", ""}},
      {"https://h", {"https://h", Kind::none, "", ""}},
      {"ext::sh -c x.git/a", {"ext::sh -c x.git/a", Kind::none, "", ""}},
      {"models/rf", {"models/rf", Kind::none, "", ""}},
      {"", {"", Kind::none, "", ""}},
  });
}

TEST_CASE("split url: the form that MLEM writes for local repositories") {
  check_rows({
      {"git:///srv/r:v1.0@", {"file:///srv/r", Kind::any, "v1.0", ""}},
      {"git:///srv/r/:v1.0@models/rf", {"file:///srv/r/", Kind::any, "v1.0", "models/rf"}},
      {"git:///srv/r:feature/x@/models", {"file:///srv/r", Kind::any, "feature/x", "models"}},
      {"git:///srv/a%20#r:v1@", {"file:///srv/a%2520%23r", Kind::any, "v1", ""}},
      {"git://h:9418/r:v1@a@b", {"git://h:9418/r", Kind::any, "v1", "a@b"}},
      {"git://h/r", {"git://h/r", Kind::none, "", ""}},
      {"git:///srv/r:@", {"git:///srv/r:@", Kind::none, "", ""}},
      {"git:///srv/r:v1", {"git:///srv/r:v1", Kind::none, "", ""}},
      {"git://", {"git://", Kind::none, "", ""}},
  });
}

TEST_CASE("split url: what looks like an address and what is surely one") {
  struct Look {
    std::string text;
    bool looks;
    bool is_sure;
  };
  const Look rows[] = {
      {"https://h/r", true, true},
      {"x+y.z-1://h", true, true},
      {"ext::x", true, true},
      {"git@h:r", true, true},
      {"git@[::1]:r", true, true},
      {"h:r", true, false},
      {"main:models/rf", true, false},
      {"[::1]:r", true, false},
      {"HEAD@{1}:a", true, false},
      {"@:a", false, false},
      {":a", false, false},
      {"models/rf", false, false},
      {"./a:b", false, false},
      {"/a:b", false, false},
      {"a/b:c", false, false},
      {"", false, false},
      {"://x", false, false},
      {"@h:r", true, false},
      {"1a://h", true, false},
      {"a@b", false, false},
  };
  for (const Look& row : rows) {
    CAPTURE(row.text);
    CHECK(mlem::looks_like_url(row.text) == row.looks);
    CHECK(mlem::is_surely_url(row.text) == row.is_sure);
  }
}

TEST_CASE("split url: what people paste gets the spelling that would do") {
  struct Pasted {
    std::string text;
    std::string corrected;  // empty: none
  };
  const Pasted rows[] = {
      {"https://h/o/r", ""},
      {"https://gitlab.com/g/r/-/blob/main/a.mlem?ref_type=heads", "https://gitlab.com/g/r/-/blob/main/a.mlem"},
      {"https://github.com/o/r/blob/main/a.mlem#L3", "https://github.com/o/r/blob/main/a.mlem"},
      {"https://org@dev.azure.com/org/proj/_git/repo", "https://dev.azure.com/org/proj/_git/repo"},
      {"https://u:p@h:81/r", "https://h:81/r"},
      {"https://h/r?token=secret", "https://h/r"},
      {"ssh://git:p@h/r", "ssh://git@h/r"},
      {"git+ssh://git@h/r", "ssh://git@h/r"},
      {"ssh+git://git@h/r", "ssh://git@h/r"},
      {"git+https://h/o/r.git@main#egg=x", "https://h/o/r.git"},
      {"FILE:///srv/r", "file:///srv/r"},
      {"HTTPS://Example.com/r", "https://Example.com/r"},
      {"https://h/a/../b?x", ""},
      {"ftp://h/r?x", ""},
      {"https://u:p/q@h/r?x", ""},
      {"git@h:r?x", ""},
      {"ext::x", ""},
      {"github://o:r@main/models/rf", "https://github.com/o/r/tree/main/models/rf"},
      {"github://o:r/models/rf", "https://github.com/o/r/models/rf"},
      {"github://o:r@v1", "https://github.com/o/r/tree/v1"},
      {"github://o:r", "https://github.com/o/r"},
      {"github://user:token@github.com/o/r", ""},
      {"github://o@main/r", ""},
  };
  for (const Pasted& row : rows) {
    CAPTURE(row.text);
    CHECK(mlem::corrected_address(row.text).value_or("") == row.corrected);
  }
  try {
    RepoUrl::parse("https://h/r?token=secret");
    FAIL_CHECK("accepted");
  } catch (const mlem::Error& error) {
    CHECK(error.hint() == "write 'https://h/r'");
  }
}

TEST_CASE("split url: the address of a directory gives its path back") {
  const std::string rows[] = {"/srv/r", "/", "/a b/%41/x?y#z", "/caf\xc3\xa9", "/bad\xff\xc3\xa9"};
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(RepoUrl::parse(mlem::file_url(row)).local_path() == row);
  }
}

TEST_CASE("split url: the address on the web of a repository of a known host") {
  const std::pair<std::string, std::string> rows[] = {
      {"git@github.com:o/r.git", "https://github.com/o/r/"},
      {"git@github.com:/o/r", "https://github.com/o/r/"},
      {"github.com:o/r", "https://github.com/o/r/"},
      {"org-7@github.com:o/r", "https://github.com/o/r/"},
      {"ssh://git@GitHub.com/o/r.git", "https://github.com/o/r/"},
      {"ssh://git@github.com:22/o/r", "https://github.com/o/r/"},
      {"http://github.com/o/r", "https://github.com/o/r/"},
      {"http://gitlab.com:80/g/s/r.git", "https://gitlab.com/g/s/r.git/"},
      {"git@bitbucket.org:o/r.git", "https://bitbucket.org/o/r.git/"},
      {"git@codeberg.org:o/r", "https://codeberg.org/o/r/"},
      {"https://github.com/o/r/", "https://github.com/o/r/"},
      // What it is not known of stays as it is.
      {"git@git.example.com:o/r/", "git@git.example.com:o/r/"},
      {"ssh://git@github.com:2222/o/r/", "ssh://git@github.com:2222/o/r/"},
      {"http://me@github.com/o/r/", "http://me@github.com/o/r/"},
      {"http://github.com:8080/o/r/", "http://github.com:8080/o/r/"},
      {"https://token@github.com/o/r/", "https://token@github.com/o/r/"},
      {"file:///srv/github.com/r/", "file:///srv/github.com/r/"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(mlem::web_address(RepoUrl::parse(row.first)).text() == row.second);
  }
}

TEST_CASE("split url: the page of a path where the host is known") {
  struct Page {
    std::string repo;
    std::string rev;
    std::string page;  // empty: none
  };
  const Page rows[] = {
      {"https://github.com/o/r.git", "v1", "https://github.com/o/r/tree/v1/models/a b.mlem"},
      {"https://gitlab.com/g/s/r.git", "main", "https://gitlab.com/g/s/r/-/tree/main/models/a b.mlem"},
      {"https://huggingface.co/datasets/o/r", "v1", "https://huggingface.co/datasets/o/r/tree/v1/models/a b.mlem"},
      {"https://gitlab.com/g/s/r", "main", "https://gitlab.com/g/s/r/-/tree/main/models/a b.mlem"},
      {"https://bitbucket.org/o/r", "main", "https://bitbucket.org/o/r/src/main/models/a b.mlem"},
      {"https://codeberg.org/o/r", "main", ""},
      {"https://codeberg.org/o/r", "refs/heads/m", "https://codeberg.org/o/r/src/branch/m/models/a b.mlem"},
      {"https://codeberg.org/o/r", "refs/tags/v1", "https://codeberg.org/o/r/src/tag/v1/models/a b.mlem"},
      {"https://codeberg.org/o/r", id, "https://codeberg.org/o/r/src/commit/" + id + "/models/a b.mlem"},
      {"https://github.com/o/r", "a#b%", "https://github.com/o/r/tree/a%23b%25/models/a b.mlem"},
      {"https://github.com:8443/o/r", "v1", ""},
      {"https://token@github.com/o/r", "v1", ""},
      {"http://github.com/o/r", "v1", ""},
      {"git@github.com:o/r", "v1", ""},
      {"https://example.com/o/r", "v1", ""},
  };
  for (Page row : rows) {
    CAPTURE(row.page);
    if (const std::size_t blank = row.page.find(' '); blank != std::string::npos) row.page.replace(blank, 1, "%20");
    const auto page = mlem::browse_url(RepoUrl::parse(row.repo), row.rev, "models/a b.mlem");
    CHECK(page.value_or("") == row.page);
    // What is printed can be given as the address of the object.
    if (page) CHECK(mlem::split_url(*page).rev_kind != UrlParts::RevKind::none);
  }
  CHECK(mlem::browse_url(RepoUrl::parse("https://github.com/o/r"), "v1", "") == "https://github.com/o/r/tree/v1");
}
