#include "cli/world.hpp"

using namespace mlem::test;

TEST_CASE("resolve: an alias over a link ends at the object") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf", .repo = example_url + "/", .rev = "main"})},
                         {"b.mlem", link_text({.path = "a"})}});
  const Outcome outcome = world.mlem({"resolve", "b"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const std::string blob = world.models.id("main:models/rf.mlem");
  CHECK(outcome.output == world.model_commit + " " + blob + " model models/rf.mlem " + example_url + "/\n");
}

TEST_CASE("resolve: a link that is named as an object is held to its type") {
  World world;
  world.registry.commit(
      {{"w.mlem", link_text({.type = "data", .path = "models/rf", .repo = example_url + "/", .rev = "main"})}});
  const std::string why = "wrong-type: 'models/rf.mlem' is a model, not a data\nhint: write 'link_type: model'\n";
  const Outcome resolved = world.mlem({"resolve", "w"});
  CAPTURE(resolved);
  CHECK(resolved.code == 1);
  CHECK(resolved.errors == "error: w: " + why);
  CHECK(world.mlem({"show", "w"}).errors == "error: w: " + why);
  const Outcome linked = world.mlem({"link", "w", "x"});
  CHECK(linked.code == 1);
  CHECK(linked.errors == "error: cannot link to 'w': " + why);
  CHECK(world.mlem({"resolve", "--no-follow-links", "w"}).code == 0);
}

TEST_CASE("show: the metadata is printed as it is in its file") {
  const World world;
  const Outcome outcome = world.mlem({"show", "--project", example_url, "models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == model_meta());
}

TEST_CASE("ls: links are listed with their sources") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  const Outcome outcome = world.mlem({"ls"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("NAME    TYPE   SOURCE") == 0);
  CHECK(outcome.output.find("a.mlem  model  " + example_url + "/models/rf.mlem  main  " +
                            world.model_commit.substr(0, 7)) != std::string::npos);
}

TEST_CASE("init: the marker is made and staged once") {
  const World world;
  CHECK(world.mlem({"init"}).output == "Initialized MLEM project: '.mlem.yaml'\n");
  CHECK(world.mlem({"init"}).output == "MLEM project exists already: '.mlem.yaml'\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  .mlem.yaml");
}

TEST_CASE("commands: usage goes to stdout with 129 and no command is 1") {
  const World world;
  for (const std::string command :
       {"check", "env", "fetch", "init", "install", "link", "ls", "resolve", "show", "uninstall", "version"}) {
    const Outcome outcome = world.mlem({command, "-h"});
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(outcome.output.find("usage: git mlem " + command) == 0);
    CHECK(outcome.errors.empty());
  }
  CHECK(world.mlem({}).code == 1);
  CHECK(world.mlem({"nonsense"}).code == 129);
}
