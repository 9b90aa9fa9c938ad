#include "cli/world.hpp"

using namespace mlem::test;

TEST_CASE("init: the marker is made and staged once") {
  const World world;
  CHECK(world.mlem({"init"}).output == "Initialized MLEM project: '.mlem.yaml'\n");
  CHECK(world.mlem({"init"}).output == "MLEM project exists already: '.mlem.yaml'\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  .mlem.yaml");
}
