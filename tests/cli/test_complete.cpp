#include "support/git_daemon.hpp"

#include "cli/world.hpp"

#include <optional>

using namespace mlem::test;

TEST_CASE("complete: revs and paths of a repository of this machine are listed") {
  World world;
  world.models.git({"branch", "team/next"});
  world.models.commit(
      {{"models/rf.mlem", model_meta()}, {"models/two.mlem", model_meta()}, {"late.mlem", model_meta()}});
  CHECK(world.mlem({"complete", example_url}).output == "main\nteam/next\n4-pack\n5-deploy-meta\n6-deploy-app\n");
  CHECK(world.mlem({"complete", "--below=", example_url}).output == ".mlem.yaml\nlate.mlem\nmodels/\n");
  CHECK(world.mlem({"complete", "--below=models/", example_url}).output ==
        "models/rf\nmodels/rf.mlem\nmodels/two.mlem\n");
  for (const std::string& rev :
       {std::string("4-pack"), std::string("team/next"), std::string("refs/heads/team/next"), world.model_commit}) {
    CAPTURE(rev);
    CHECK(world.mlem({"complete", "--rev", rev, "--below=", example_url}).output == ".mlem.yaml\nmodels/\n");
  }
  const std::vector<std::string> unknown[] = {{"complete", "--below=nope", example_url},
                                              {"complete", "--rev=nope", "--below=", example_url},
                                              {"complete", "--below=late.mlem", example_url}};
  for (const auto& arguments : unknown) {
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.output.empty());
  }
}

TEST_CASE("complete: of a source behind the network the cache answers") {
  World world;
  std::optional<GitDaemon> daemon(std::in_place, world.sandbox, world.sandbox.path());
  const std::string url = daemon->url("models");
  CHECK(world.mlem({"complete", url}).code == 1);
  REQUIRE(world.mlem({"link", "-q", "--sp", url, "--rev", "4-pack", "models/rf", "a"}).code == 0);
  daemon.reset();
  CHECK(world.mlem({"complete", url}).output == "main\n4-pack\n5-deploy-meta\n6-deploy-app\n");
  CHECK(world.mlem({"complete", "--rev=4-pack", "--below=models/", url}).output == "models/rf\nmodels/rf.mlem\n");
}

TEST_CASE("complete: a name that a terminal would obey is left out") {
  World world;
  world.models.commit({{"b\x1b[31mad.mlem", model_meta()}, {"new\nline.mlem", model_meta()}});
  CHECK(world.mlem({"complete", "--below=", example_url}).output == ".mlem.yaml\nmodels/\n");
}

TEST_CASE("complete: wrong usage is told") {
  World world;
  CHECK(world.mlem({"complete"}).errors ==
        "error: which repository?\nhint: usage: git mlem complete [<options>] <repo>\n");
  CHECK(world.mlem({"complete", "a", "b"}).code == 129);
  const std::string nowhere = (world.sandbox / "nope").string();
  CHECK(world.mlem({"complete", nowhere}).errors ==
        "fatal: '" + nowhere + "' is not a repository\nhint: for a repository on another machine, give its URL\n");
  CHECK(world.mlem({"complete", "--rev=main", example_url}).errors ==
        "error: '--rev' goes with '--below'\nhint: usage: git mlem complete [<options>] <repo>\n");
}
