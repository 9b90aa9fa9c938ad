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

TEST_CASE("env: keys and values of the configuration that mean nothing are told of") {
  const World world;
  world.registry.git({"config", "mlem.onUndecidd", "reject"});
  world.registry.git({"config", "mlem.zzzzzzzzzzzz", "1"});
  world.registry.git({"config", "mlem.pin", "false"});
  const Outcome unknown = world.mlem({"env"});
  CAPTURE(unknown);
  CHECK(unknown.code == 0);
  const std::string tail =
      "config mlem.onundecidd=reject\nconfig mlem.zzzzzzzzzzzz=1\nconfig mlem.pin=false\n"
      "config-flaw 'mlem.onundecidd' is not a key of git-mlem; the nearest one is 'mlem.onUndecided'\n"
      "config-flaw 'mlem.zzzzzzzzzzzz' is not a key of git-mlem\n";
  CHECK(unknown.output.ends_with(tail));
  world.registry.git({"config", "mlem-policy.production.requirePined", "true"});
  const Outcome policy = world.mlem({"env"});
  CAPTURE(policy);
  CHECK(policy.output.ends_with(
      tail +
      "config-flaw bad config key 'mlem-policy.production.requirepined': a policy has no such key; the keys are "
      "ref, path, source, approver, requirePinned, requireReachable, requireSigned, allowObjects, allowPlain, "
      "forbidBreaking, artifactSigner\n"));
}

TEST_CASE("env: what hooks make of undecided links is read by every command") {
  const World world;
  world.registry.git({"config", "mlem.onUndecided", "maybe"});
  for (const std::string command : {"env", "check", "ls", "fetch"}) {
    CAPTURE(command);
    const Outcome refused = world.mlem({command});
    CHECK(refused.code == 128);
    CHECK(refused.errors == "fatal: bad config value 'maybe' for 'mlem.onUndecided': it takes 'reject' or 'warn'\n");
  }
}

TEST_CASE("install: a misspelt key is warned of") {
  const World world;
  world.registry.git({"config", "mlem.hookTimeot", "5"});
  const Outcome installed = world.mlem({"install"});
  CAPTURE(installed);
  CHECK(installed.code == 0);
  CHECK(installed.errors ==
        "warning: 'mlem.hooktimeot' is not a key of git-mlem\nhint: the nearest one is 'mlem.hookTimeout'\n");
  CHECK(world.mlem({"install", "-q"}).errors.empty());
}
