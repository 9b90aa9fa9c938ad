#include "support/sandbox.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <stdexcept>

using namespace mlem::test;
namespace fs = mlem::fs;

TEST_CASE("sandbox: git sees no configuration but the sandbox's own") {
  const Sandbox box;
  const Outcome outcome = box.git({"config", "--list", "--show-origin", "--name-only"});
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  REQUIRE_FALSE(outcome.output.empty());
  std::size_t lines = 0;
  std::size_t own = 0;
  for (std::size_t at = 0; at < outcome.output.size(); at = outcome.output.find('\n', at) + 1) {
    ++lines;
    if (outcome.output.compare(at, 5, "file:") == 0 && outcome.output.find(box.path().string(), at) == at + 5) ++own;
  }
  CHECK(own == lines);
}

TEST_CASE("sandbox: no repository is found above it") {
  const Sandbox box;
  fs::create_directory(box / "inside");
  RunOptions inside;
  inside.directory = box / "inside";
  CHECK(box.git({"rev-parse", "--git-dir"}, inside).code == 128);
}

TEST_CASE("sandbox: added configuration is kept beside what was there") {
  const Sandbox box;
  box.add_config("mlem.allowSource", "https://a.example.com/**");
  box.add_config("mlem.allowSource", "https://b.example.com/**");
  CHECK(box.git_output({"config", "--get-all", "mlem.allowSource"}) ==
        "https://a.example.com/**\nhttps://b.example.com/**");
}

TEST_CASE("sandbox: what git refuses is thrown with all it said") {
  const Sandbox box;
  CHECK_THROWS_WITH_AS(box.git_output({"rev-parse", "HEAD"}),
                       "$ git rev-parse HEAD\nexit code 128\n--- stdout\n--- stderr\n"
                       "fatal: not a git repository (or any of the parent directories): .git\n---",
                       std::runtime_error);
}

TEST_CASE("sandbox: the program is found by git as well") {
  Sandbox box;
  write_file(box / "bin/git-mlem", "#!/bin/sh\necho \"mlem $*\"\n");
  fs::permissions(box / "bin/git-mlem", fs::owner_all);
  box.environment()["PATH"] = (box / "bin").string() + ":" + box.environment()["PATH"];
  CHECK(box.mlem({"check", "-q"}).output == "mlem check -q\n");
  CHECK(box.git({"mlem", "check", "-q"}).output == "mlem check -q\n");
}
