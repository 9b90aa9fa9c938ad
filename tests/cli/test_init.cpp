#include "cli/world.hpp"

#include <boost/filesystem/operations.hpp>

using namespace mlem::test;
namespace fs = boost::filesystem;

TEST_CASE("init: the marker is made and staged once") {
  const World world;
  CHECK(world.mlem({"init"}).output == "Initialized MLEM project: '.mlem.yaml'\n");
  CHECK(world.mlem({"init"}).output == "MLEM project exists already: '.mlem.yaml'\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  .mlem.yaml");
}

TEST_CASE("init: a project inside another one is warned of") {
  const World world;
  CHECK(world.mlem({"init"}).errors.empty());
  const Outcome inner = world.mlem({"init", "a/b"});
  CAPTURE(inner);
  CHECK(inner.code == 0);
  CHECK(inner.output == "Initialized MLEM project: 'a/b/.mlem.yaml'\n");
  CHECK(inner.errors ==
        "warning: 'a/b' is inside another project, the repository's root\n"
        "hint: aliases in 'a/b' start there now, and not at the repository's root\n");
  CHECK(world.mlem({"init", "a/b"}).errors.empty());
  fs::remove(world.registry.path() / "a/b/.mlem.yaml");
  CHECK(world.mlem({"init", "a/b/c"}).errors ==
        "warning: 'a/b/c' is inside another project, 'a/b'\n"
        "hint: aliases in 'a/b/c' start there now, and not at 'a/b'\n");
  CHECK(world.mlem({"init", "-q", "a/d"}).errors ==
        "warning: 'a/d' is inside another project, the repository's root\n"
        "hint: aliases in 'a/d' start there now, and not at the repository's root\n");
}
