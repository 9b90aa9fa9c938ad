#include "support/run.hpp"
#include "support/temp_dir.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <iostream>
#include <optional>
#include <stdexcept>

using namespace mlem::test;
namespace fs = mlem::fs;

namespace {

struct Way {
  std::string name;
  bool kept;
};

/// Runs one of the cases below in this same program. Returns the directory it says that it kept; empty if none.
fs::path kept_by(const std::string& way) {
  const Outcome outcome =
      run({fs::read_symlink("/proc/self/exe").string(), "--no-skip", "--test-case=on purpose: " + way}, {});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("1 passed") != std::string::npos);
  const std::string label = "kept: ";
  const std::size_t at = outcome.errors.find(label);
  if (at == std::string::npos) return {};
  return outcome.errors.substr(at + label.size(), outcome.errors.find('\n', at) - at - label.size());
}

}  // namespace

// Run by the case below, in a process of their own.
TEST_CASE("on purpose: a check fails" * doctest::skip() * doctest::should_fail()) {
  const TempDir directory;
  write_file(directory.path() / "evidence", "here");
  CHECK(false);
}

TEST_CASE("on purpose: a requirement fails" * doctest::skip() * doctest::should_fail()) {
  const TempDir directory;
  write_file(directory.path() / "evidence", "here");
  REQUIRE(false);
}

TEST_CASE("on purpose: an exception is thrown" * doctest::skip() * doctest::should_fail()) {
  const TempDir directory;
  write_file(directory.path() / "evidence", "here");
  throw std::runtime_error("thrown on purpose");
}

TEST_CASE("on purpose: only a warning fails" * doctest::skip()) {
  const TempDir directory;
  write_file(directory.path() / "evidence", "here");
  WARN(false);
  CHECK(true);
}

TEST_CASE("temp dir: a failing test keeps its directory and says where it is") {
  const Way ways[] = {
      {"a check fails", true},
      {"a requirement fails", true},
      {"an exception is thrown", true},
      {"only a warning fails", false},
  };
  for (const Way& way : ways) {
    CAPTURE(way.name);
    const fs::path kept = kept_by(way.name);
    CHECK(kept.empty() != way.kept);
    if (kept.empty()) continue;
    CHECK(read_file(kept / "evidence") == "here");
    fs::remove_all(kept);
  }
}

TEST_CASE("temp dir: a passing test leaves nothing") {
  fs::path path;
  {
    const TempDir directory;
    path = directory.path();
    write_file(path / "some/where/file", "x");
    CHECK(read_file(path / "some/where/file") == "x");
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("text file: an empty file is read and a missing one is an error") {
  const TempDir directory;
  write_file(directory.path() / "empty", "");
  CHECK(read_file(directory.path() / "empty").empty());
  CHECK_THROWS_AS(read_file(directory.path() / "none"), std::runtime_error);
}
