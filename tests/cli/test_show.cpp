#include "cli/world.hpp"

using namespace mlem::test;

TEST_CASE("show: the metadata is printed as it is in its file") {
  const World world;
  const Outcome outcome = world.mlem({"show", "--project", example_url, "models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == model_meta());
}
