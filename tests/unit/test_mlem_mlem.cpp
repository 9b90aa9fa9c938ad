#include "mlem/mlem.hpp"
#include "support/temp_dir.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

using mlem::test::TempDir;
namespace fs = boost::filesystem;

TEST_CASE("library: whatever fails is its own error") {
  const fs::path before = fs::current_path();
  const TempDir scratch;
  fs::create_directory(scratch.path() / "gone");
  fs::current_path(scratch.path() / "gone");
  fs::remove(scratch.path() / "gone");
  CHECK_THROWS_AS(mlem::check(), mlem::Error);
  CHECK_THROWS_AS(mlem::link("m"), mlem::Error);
  CHECK_THROWS_AS(mlem::load_meta("m"), mlem::Error);
  fs::current_path(before);
  CHECK_THROWS_AS(mlem::check({.directory = scratch.path().string()}), mlem::Error);
}
