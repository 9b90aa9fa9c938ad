#include "support/http_server.hpp"

#include "cli/world.hpp"

#include <string>

using namespace mlem::test;

namespace {

/// A world whose models repository has versions and assignments of GTO, made by its own kind of tags.
struct Versions : World {
  std::string first = model_commit;
  std::string second = models.commit({{"models/rf.mlem", model_meta() + "requirements: []\n"}});
  std::string third = models.commit({{"models/rf.mlem", model_meta() + "description: third\n"}});

  Versions() {
    tag("churn@v1.0.0", first, 1);
    tag("churn@v1.10.0", second, 2);
    tag("churn@v1.9.0", third, 3);
    tag("churn#prod#1", first, 10);
    tag("models=churn@v7.0.0", first, 1);
  }
  /// `time`: in minutes of 2024.
  void tag(const std::string& name, const std::string& commit, int time) const {
    RunOptions options;
    options.environment = {{"GIT_COMMITTER_DATE", std::to_string(1704067200 + 60 * time) + " +0000"}};
    models.git({"tag", "-a", "-m", "by GTO", name, commit}, options);
  }
  Outcome link(const std::string& rev, const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments{"link", "-q", "--sp", example_url, "--rev", rev, "-f"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"models/rf", "rf"});
    return mlem(arguments);
  }
};

}  // namespace

TEST_CASE("gto: a link to what a stage or the greatest version is names the version and keeps the question") {
  const Versions world;
  struct Row {
    std::string rev;
    std::string tag;
    std::string question;
  };
  const std::vector<Row> rows{
      {"churn@v1.0.0", "churn@v1.0.0", ""},
      {"churn@latest", "churn@v1.10.0", "churn@latest"},
      {"churn@greatest", "churn@v1.10.0", "churn@greatest"},
      {"churn#prod", "churn@v1.0.0", "churn#prod"},
      {"models:churn@latest", "models=churn@v7.0.0", "models:churn@latest"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rev);
    const Outcome outcome = world.link(row.rev);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    const std::string asked = row.question.empty() ? "" : "params:\n  git-mlem:\n    ref: " + row.question + "\n";
    CHECK(world.staged("rf.mlem") == "link_type: model\nobject_type: link\n" + asked +
                                         "path: models/rf.mlem\nrepo: " + example_url + "/\nrev: " + row.tag);
    CHECK(world.mlem({"check", "--strict"}).code == 0);
    world.registry.git({"rm", "-q", "-f", "rf.mlem"});  // the next one is new
  }
}

TEST_CASE("gto: pinned it names the commit of the version and unpinned what answers now") {
  const Versions world;
  REQUIRE(world.link("churn#prod", {"--pin"}).code == 0);
  const auto expect = [&](const std::string& rev, const std::string& blob_of) {
    const std::string blob = blob_of.empty() ? "" : "\n    blob: " + world.models.id(blob_of + ":models/rf.mlem");
    CHECK(world.staged("rf.mlem") == "link_type: model\nobject_type: link\nparams:\n  git-mlem:" + blob +
                                         "\n    ref: churn#prod\npath: models/rf.mlem\nrepo: " + example_url +
                                         "/\nrev: " + rev);
  };
  expect(world.first, world.first);
  world.tag("churn#prod#2", world.third, 20);
  CHECK(world.mlem({"unpin"}).code == 0);
  expect("churn@v1.9.0", "");
  CHECK(world.mlem({"pin"}).code == 0);
  expect(world.third, world.third);
  world.tag("churn#prod!#3", world.third, 30);
  CHECK(world.mlem({"unpin"}).code == 0);
  expect("churn@v1.0.0", "");
}

TEST_CASE("gto: what nothing answers is a missing rev") {
  const Versions world;
  const Outcome stage = world.link("churn#staging");
  CHECK(stage.code == 1);
  CHECK(stage.errors == "error: cannot link to 'models/rf' in '" + example_url +
                            "': missing-rev: no version of artifact 'churn' is assigned to 'staging'\n");
  const Outcome artifact = world.link("rf@latest");
  CHECK(artifact.code == 1);
  CHECK(artifact.errors == "error: cannot link to 'models/rf' in '" + example_url +
                               "': missing-rev: no version of artifact 'rf' is registered\n");
}

TEST_CASE("gto: a branch or tag of that very name is taken as it is") {
  const Versions world;
  world.models.branch("fix#12", world.second);
  world.models.tag("churn#dev", world.second);
  for (const std::string rev : {"fix#12", "churn#dev"}) {
    CAPTURE(rev);
    CHECK(world.link(rev).code == 0);
    CHECK(contains(world.staged("rf.mlem"), "\nrev: " + rev));
    CHECK_FALSE(contains(world.staged("rf.mlem"), "ref:"));
  }
}

TEST_CASE("gto: over HTTP the dates of the tags are fetched too") {
  const Versions world;
  const HttpServer server(world.sandbox);
  world.models.bare_clone(server.root() / "models.git");
  world.tag("churn#prod#2", world.third, 20);  // not there
  const Outcome outcome =
      world.mlem({"link", "-q", "--sp", server.url("models.git"), "--rev", "churn#prod", "models/rf", "rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(world.staged("rf.mlem"), "ref: churn#prod\n"));
  CHECK(contains(world.staged("rf.mlem"), "rev: churn@v1.0.0"));
}
