#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

using namespace mlem::test;

TEST_CASE("hook: a commit of a good link passes and of a broken one is refused") {
  const World world;
  REQUIRE(world.mlem({"install"}).code == 0);
  REQUIRE(world.mlem({"link", "--sp", example_url, "models/rf", "first-model"}).code == 0);
  REQUIRE(world.mlem({"link", "--sp", example_url, "--rev", "5-deploy-meta", "models/rf", "second-model"}).code == 0);
  const Outcome good = world.git({"commit", "-m", "links"});
  CAPTURE(good);
  CHECK(good.code == 0);

  std::string text = world.staged("second-model.mlem") + "\n";
  text.replace(text.find("5-deploy"), 8, "7-deploy");
  world.registry.write("second-model.mlem", text);
  const Outcome refused = world.git({"commit", "-a", "-m", "broken"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: second-model.mlem: missing-rev: no branch, tag or commit '7-deploy-meta'\n"
                            "hint: the nearest name") == 0);
  CHECK(refused.errors.find("'5-deploy-meta'") != std::string::npos);
}

TEST_CASE("hook: removing an object fails if an unchanged alias leads to it") {
  World world;
  world.registry.commit({{"rf.mlem", model_meta()}, {"alias.mlem", link_text({.path = "rf.mlem"})}});
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.git({"rm", "-q", "rf.mlem"});
  const Outcome refused = world.git({"commit", "-m", "gone"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: alias.mlem: missing-path: nothing at 'rf.mlem'") == 0);
}

TEST_CASE("hook: partial commits and linked work trees are read as they are") {
  World world;
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = world.models.url(), .rev = "main"})}, {"notes", "1"}});
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.write("a.mlem", "broken");
  world.registry.write("notes", "2");
  world.registry.git({"add", "a.mlem"});
  CHECK(world.git({"commit", "-m", "notes only", "notes"}).code == 0);
  CHECK(world.git({"commit", "-m", "all"}).code == 1);

  RunOptions options;
  options.directory = world.registry.add_worktree("side");
  write_file(options.directory / "b.mlem", "broken");
  CHECK(world.sandbox.git({"add", "b.mlem"}, options).code == 0);
  CHECK(world.sandbox.git({"commit", "-m", "b"}, options).code == 1);
}

TEST_CASE("install: an existing hook runs first and comes back") {
  World world;
  const auto hook = world.registry.path() / ".git/hooks/pre-commit";
  const std::string text = "#!/bin/sh\necho before >&2\n";
  write_file(hook, text);
  boost::filesystem::permissions(hook, boost::filesystem::owner_all);
  REQUIRE(world.mlem({"install"}).code == 0);
  REQUIRE(world.mlem({"install"}).code == 0);
  world.registry.write("f", "");
  world.registry.git({"add", "f"});
  const Outcome committed = world.git({"commit", "-m", "x"});
  CAPTURE(committed);
  CHECK(committed.code == 0);
  CHECK(committed.errors.find("before\n") == 0);
  CHECK(world.mlem({"uninstall"}).code == 0);
  CHECK(read_file(hook) == text);
}

TEST_CASE("install: a hooks path of all repositories is left alone") {
  const World world;
  world.sandbox.add_config("core.hooksPath", (world.sandbox / "hooks").string());
  const Outcome outcome = world.mlem({"install"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors.find("--manual") != std::string::npos);
}
