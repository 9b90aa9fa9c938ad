#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <stdexcept>

using namespace mlem::test;
namespace fs = mlem::fs;

TEST_CASE("repo builder: equal content has the same ids in every run") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  CHECK(models.commit({{"model.bin", "one"}}, "first") == "e24fd48e7d9cc6fc4bfaae58265e765e0112e0c1");
  CHECK(models.commit({{"model.bin", "two"}}, "second") == "720b42781258a4b37d394ce84094e4c286f80379");
  CHECK(models.annotated_tag("v1") == "65d0f74b1cf433ab06f9d243bc32c743130ed8bd");
}

TEST_CASE("repo builder: later commits are younger") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  models.commit({});
  models.commit({});
  CHECK(models.git({"log", "--format=%ct"}) == "1704067320\n1704067260");
}

TEST_CASE("repo builder: files with hostile names are committed and removed") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  models.commit({{"*", "star"}, {"-dash", "x"}, {"new\nline", "y"}, {":(glob)z", "z"}, {"kept", "k"}});
  CHECK(models.git({"ls-tree", "-r", "--name-only", "HEAD"}) == "*\n-dash\n:(glob)z\nkept\n\"new\\nline\"");
  models.remove({"*", "-dash"});
  CHECK(models.git({"ls-tree", "-r", "--name-only", "HEAD"}) == ":(glob)z\nkept\n\"new\\nline\"");
}

TEST_CASE("repo builder: tags and branches move only by force") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  const std::string first = models.commit({{"a", "1"}});
  const std::string second = models.commit({{"a", "2"}});
  models.tag("v1", first);
  models.branch("side", first);
  CHECK_THROWS_AS(models.tag("v1", second), std::runtime_error);
  CHECK_THROWS_AS(models.branch("side", second), std::runtime_error);
  CHECK(models.id("v1") == first);
  models.tag("v1", second, Force::yes);
  models.branch("side", second, Force::yes);
  CHECK(models.id("refs/tags/v1") == second);
  CHECK(models.id("refs/heads/side") == second);
  const std::string tag = models.annotated_tag("v1", first, Force::yes);
  CHECK(models.id("v1^{commit}") == first);
  CHECK(models.git({"cat-file", "-t", tag}) == "tag");
  models.checkout("side");
  CHECK(models.git({"symbolic-ref", "HEAD"}) == "refs/heads/side");
}

TEST_CASE("repo builder: a hook does not stop a commit") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  models.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
  fs::permissions(models.path() / ".git/hooks/pre-commit", fs::owner_all);
  CHECK_NOTHROW(models.commit({{"a", "1"}}));
}

TEST_CASE("repo builder: repositories come in every shape") {
  const Sandbox box;
  SUBCASE("bare") {
    const RepoBuilder bare(box, "bare.git", {.bare = true});
    CHECK(bare.git({"rev-parse", "--is-bare-repository"}) == "true");
  }
  SUBCASE("with SHA-256 ids") {
    RepoBuilder models(box, "models", {.object_format = "sha256"});
    CHECK(models.commit({{"a", "1"}}).size() == 64);
  }
  SUBCASE("with refs in a reftable") {
    if (knows_reftable(box)) {
      RepoBuilder models(box, "models", {.ref_format = "reftable"});
      models.commit({{"a", "1"}});
      CHECK(models.git({"rev-parse", "--show-ref-format"}) == "reftable");
    } else {
      MESSAGE("skipped: this git knows no reftable");
    }
  }
  SUBCASE("with a split index") {
    RepoBuilder models(box, "models", {.split_index = true});
    models.commit({{"a", "1"}});
    CHECK_FALSE(models.git({"rev-parse", "--shared-index-path"}).empty());
  }
  SUBCASE("with a sparse index") {
    RepoBuilder models(box, "models");
    models.commit({{"in/a", "1"}, {"out/b", "2"}});
    models.sparse_checkout({"in"});
    CHECK(models.git({"ls-files", "--sparse"}) == "in/a\nout/");
    models.commit({{"out/c", "3"}});
    CHECK(models.git({"ls-tree", "-r", "--name-only", "HEAD"}) == "in/a\nout/b\nout/c");
  }
  SUBCASE("with a linked work tree") {
    RepoBuilder models(box, "models");
    models.commit({{"a", "1"}});
    CHECK(read_file(models.add_worktree("linked") / "a") == "1");
  }
}

TEST_CASE("repo builder: a bare clone has all refs and is read through its url") {
  const Sandbox box;
  RepoBuilder models(box, "models");
  const std::string first = models.commit({{"a", "1"}});
  models.tag("v1");
  models.branch("side");
  const fs::path clone = models.bare_clone(box / "served/models.git");
  CHECK(models.url() == "file://" + models.path().string() + "/");
  CHECK(box.git_output({"ls-remote", RepoBuilder::file_url(clone)}) == box.git_output({"ls-remote", models.url()}));
  CHECK(box.git_output({"-C", clone.string(), "config", "uploadpack.allowFilter"}) == "true");
}
