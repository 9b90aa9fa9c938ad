#include "cli/world.hpp"

using namespace mlem::test;

TEST_CASE("env: outside a repository the facts of the program are told") {
  const World world;
  const Outcome inside = world.mlem({"env"});
  CHECK(inside.code == 0);
  CHECK(inside.output.find("\ngit-dir " + (world.registry.path() / ".git").string() + "\n") != std::string::npos);
  const Outcome outside = world.sandbox.mlem({"env"});
  CAPTURE(outside);
  CHECK(outside.code == 0);
  CHECK(outside.output.find("git-mlem version ") == 0);
  CHECK(outside.output.find("\ngit-dir - (not a git repository") != std::string::npos);
  CHECK(outside.errors.empty());
}
