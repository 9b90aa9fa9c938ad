#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

std::string link_at(const std::string& rev, const std::string& path = "models/rf.mlem") {
  return link_text({.path = path, .repo = example_url + "/", .rev = rev});
}

/// A model whose `predict` takes these arguments.
std::string model_with(const std::string& arguments) {
  return "call_orders: {predict: [[model, predict]]}\nobject_type: model\n"
         "processors: {model: {methods: {predict: {args: [" +
         arguments + "], name: predict, returns: {type: unspecified}}}, type: sklearn}}\n";
}
const std::string argument_x = "{name: X, type_: {type: unspecified}}";
const std::string required_k = argument_x + ", {name: k, type_: {type: primitive, ptype: int}}";

/// Of the example's models, v1, and v2 two commits later, which demands an argument more.
void add_versions(World& world) {
  world.models.commit({{"models/rf.mlem", model_with(argument_x)}}, "One");
  world.models.tag("v1");
  world.models.commit({{"other.txt", "x"}}, "Not about the model");
  world.models.commit({{"models/rf.mlem", model_with(required_k)}}, "Demand k");
  world.models.tag("v2");
}

const std::string place = example_url + "/models/rf.mlem";

}  // namespace

TEST_CASE("diff: what is staged is compared with HEAD and objects with each other") {
  World world;
  add_versions(world);
  world.registry.commit({{"prod/a.mlem", link_at("v1")}, {"same.mlem", link_at("v1")}, {"x.txt", "1"}});
  CHECK(world.mlem({"diff"}).output.empty());
  world.registry.write("prod/a.mlem", link_at("v2"));
  world.registry.write("x.txt", "2");
  CHECK(world.mlem({"diff"}).output.empty());
  world.registry.git({"add", "."});
  const Outcome outcome = world.mlem({"diff"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "re-pointed  prod/a.mlem: " + place +
                              " from v1 to v2\n    2 commits\n    breaking\n"
                              "        method predict: argument k: new: k: int\n");
  CHECK(outcome.errors.empty());
  const Outcome verbose = world.mlem({"diff", "-v"});
  const std::string last = world.models.id("v2").substr(0, 7);
  const std::string middle = world.models.id("v2~1").substr(0, 7);
  CHECK(contains(verbose.output, "    2 commits\n        " + last + " Demand k\n        " + middle +
                                     " Not about the model\n    breaking\n"));
  CHECK(world.mlem({"diff", "--stat"}).output ==
        " prod/a.mlem | re-pointed, 2 commits, breaking\n 1 link changed: 1 re-pointed, 1 breaking\n");
  CHECK(world.mlem({"diff", "-q"}).output.empty());
}

TEST_CASE("diff: its rows for scripts have the commits and the details") {
  World world;
  add_versions(world);
  world.registry.commit({{"a.mlem", link_at("v1")}});
  world.registry.commit({{"a.mlem", link_at("v2")}});
  const auto rows = json_rows(world.mlem({"diff", "--json", "HEAD~1", "HEAD"}));
  REQUIRE(rows.size() == 1);
  const nlohmann::json& row = rows.front();
  CHECK(row["schema"] == 1);
  CHECK(row["link"] == "a.mlem");
  CHECK(row["change"] == "re-pointed");
  CHECK(row["from"]["rev"] == "v1");
  CHECK(row["from"]["ref"] == "refs/tags/v1");
  CHECK(row["from"]["commit"] == world.models.id("v1"));
  CHECK(row["from"]["blob"] == world.models.id("v1:models/rf.mlem"));
  CHECK(row["to"]["commit"] == world.models.id("v2"));
  REQUIRE(row["commits"].size() == 2);
  CHECK(row["commits"][0]["commit"] == world.models.id("v2"));
  CHECK(row["commits"][0]["subject"] == "Demand k");
  CHECK(row["commits"][0]["author"] == "A. Author <author@example.com>");
  CHECK(row["commits"][0]["date"] == "2024-01-01T00:04:00Z");
  CHECK(row["compatibility"] == "breaking");
  REQUIRE(row["details"].size() == 1);
  CHECK(row["details"][0].dump() == R"({"to":"k: int","what":"method predict: argument k"})");
  CHECK(world.mlem({"diff", "--porcelain", "HEAD~1..HEAD"}).output ==
        "re-pointed\ta.mlem\t-\t-\t-\tmodels/rf.mlem\t" + example_url + "/\tv2\n");
}

TEST_CASE("diff: two commits or a range are compared and renamed links are recognized") {
  World world;
  add_versions(world);
  world.registry.commit(
      {{"a.mlem", link_at("v1")}, {"b.mlem", link_at("v1", "models/b.mlem")}, {"c.mlem", link_at("v1")}});
  world.registry.branch("start");
  world.registry.git({"mv", "a.mlem", "z.mlem"});
  world.registry.remove({"b.mlem"});
  world.registry.commit({{"c.mlem", "# mine\n" + link_at("v1")}, {"n.mlem", link_at("v1", "models/n.mlem")}});
  const std::string told = "removed     b.mlem: was " + example_url + "/models/b.mlem at v1\n" +
                           "edited      c.mlem: says the same in other words\n" + "added       n.mlem: " + example_url +
                           "/models/n.mlem at v1\n" + "renamed     a.mlem -> z.mlem\n";
  CHECK(world.mlem({"diff", "start", "HEAD"}).output == told);
  CHECK(world.mlem({"diff", "start..HEAD"}).output == told);
  CHECK(world.mlem({"diff", "start"}).output == told);
  CHECK(world.mlem({"diff", "start...HEAD", "--", "n"}).output ==
        "added       n.mlem: " + example_url + "/models/n.mlem at v1\n");
  CHECK(world.mlem({"diff", "HEAD", "start"}).output ==
        "renamed     z.mlem -> a.mlem\n" + ("added       b.mlem: " + example_url) + "/models/b.mlem at v1\n" +
            "edited      c.mlem: says the same in other words\n" + "removed     n.mlem: was " + example_url +
            "/models/n.mlem at v1\n");
  const Outcome none = world.mlem({"diff", "--", "never"});
  CHECK(none.code == 128);
  CHECK(none.errors == "fatal: pathspec 'never' did not match any file\n");
  CHECK(world.mlem({"diff", "start", "HEAD", "HEAD~1"}).code == 129);
  CHECK(world.mlem({"diff", "nothing", "--"}).code == 128);
}

TEST_CASE("diff: its exit code says whether links differ or a change is breaking") {
  World world;
  add_versions(world);
  world.models.commit(
      {{"models/rf.mlem",
        model_with(required_k + ", {name: z, default: 1, required: false, type_: {type: primitive, ptype: int}}")}});
  world.models.tag("v3");
  world.registry.commit({{"a.mlem", link_at("v1")}});
  world.registry.commit({{"a.mlem", link_at("v2")}});
  world.registry.commit({{"a.mlem", link_at("v3")}});
  world.registry.commit({{"a.mlem", link_at("v9")}});
  struct Row {
    std::string range;
    int any;
    int breaking;
  };
  const std::vector<Row> rows = {
      {"HEAD~3..HEAD~2", 1, 1}, {"HEAD~2..HEAD~1", 1, 0}, {"HEAD~1..HEAD", 1, 2}, {"HEAD..HEAD", 0, 0}};
  for (const Row& row : rows) {
    CAPTURE(row.range);
    CHECK(world.mlem({"diff", row.range}).code == 0);
    CHECK(world.mlem({"diff", "--exit-code", row.range}).code == row.any);
    CHECK(world.mlem({"diff", "--exit-code=breaking", "-q", row.range}).code == row.breaking);
  }
  CHECK(contains(world.mlem({"diff", "HEAD~2..HEAD~1"}).output, "    extended\n"));
  CHECK(contains(world.mlem({"diff", "HEAD~1..HEAD"}).output, "    cannot be told: after: missing-rev: "));
}

TEST_CASE("diff: a step back is told as such and a pinned link needs no network for its object") {
  World world;
  add_versions(world);
  const auto pinned = [&](const std::string& rev) {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " +
           world.models.id(rev + ":models/rf.mlem") + "\npath: models/rf.mlem\nrepo: " + example_url +
           "/\nrev: " + world.models.id(rev) + "\n";
  };
  world.registry.commit({{"a.mlem", pinned("v2")}});
  world.registry.write("a.mlem", pinned("v1"));
  world.registry.git({"add", "."});
  const Outcome outcome = world.mlem({"diff"});
  CAPTURE(outcome);
  CHECK(outcome.output == "re-pointed  a.mlem: " + place + " from " + world.models.id("v2").substr(0, 7) + " to " +
                              world.models.id("v1").substr(0, 7) +
                              "\n    2 commits back\n    breaking\n        method predict: argument k: gone: k: int\n");
}

TEST_CASE("diff: a bare repository has no index to compare with") {
  World world;
  add_versions(world);
  world.registry.commit({{"a.mlem", link_at("v1")}});
  world.registry.commit({{"a.mlem", link_at("v2")}});
  RunOptions options;
  options.directory = world.registry.bare_clone(world.sandbox.path() / "bare.git");
  CHECK(contains(world.sandbox.mlem({"diff", "HEAD~1", "HEAD"}, options).output, "    breaking\n"));
  const Outcome outcome = world.sandbox.mlem({"diff"}, options);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors ==
        "fatal: there is no index to compare with: this repository is bare\nhint: 'git mlem diff <a> <b>' compares two "
        "commits\n");
}

TEST_CASE("diff: objects that are too large to be kept at once are compared one after the other") {
  World world;
  const std::string param = std::string(11 << 20, 'a');
  const auto model = [&](const std::string& version) {
    return "object_type: model\nparams:\n  k: " + param + "\nrequirements:\n- module: numpy\n  version: " + version +
           "\n";
  };
  for (const std::string version : {"1.0", "2.0"}) {
    world.models.commit({{"models/a.mlem", model(version + ".1")}, {"models/b.mlem", model(version + ".2")}});
    world.models.tag("v" + version);
  }
  const auto links_at = [](const std::string& rev) {
    return Files{{"a.mlem", link_at(rev, "models/a.mlem")}, {"b.mlem", link_at(rev, "models/b.mlem")}};
  };
  world.registry.commit(links_at("v1.0"));
  world.registry.commit(links_at("v2.0"));
  const Outcome outcome = world.mlem({"diff", "HEAD~1", "HEAD"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "re-pointed  a.mlem: " + example_url +
                              "/models/a.mlem from v1.0 to v2.0\n    1 commit\n    compatible\n"
                              "        requirement numpy: 1.0.1 -> 2.0.1\n"
                              "re-pointed  b.mlem: " +
                              example_url +
                              "/models/b.mlem from v1.0 to v2.0\n    1 commit\n    compatible\n"
                              "        requirement numpy: 1.0.2 -> 2.0.2\n");
}

TEST_CASE("diff: git shows links by it where it is the diff driver") {
  World world;
  add_versions(world);
  world.registry.commit({{"a.mlem", link_at("v1")},
                         {"o.mlem", model_meta()},
                         {"gone.mlem", link_at("v1")},
                         {".gitattributes", "*.mlem diff=mlem\n"}});
  world.registry.git({"config", "diff.mlem.command", "git mlem diff"});
  world.registry.write("a.mlem", link_at("v2"));
  world.registry.write("o.mlem", model_meta() + "# more\n");
  world.registry.write("new.mlem", link_at("v1"));
  fs::remove(world.registry.path() / "gone.mlem");
  world.registry.git({"add", "."});
  RunOptions options;
  options.directory = world.registry.path();
  const Outcome outcome = world.sandbox.git({"diff", "--cached", "--no-renames"}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.output,
                 "link a.mlem\nre-pointed  a.mlem: " + place +
                     " from v1 to v2\n    2 commits\n    breaking\n        method predict: argument k: new: k: int\n"));
  CHECK(contains(outcome.output, "link new.mlem\nadded       new.mlem: " + place + " at v1\n"));
  CHECK(contains(outcome.output, "link gone.mlem\nremoved     gone.mlem: was " + place + " at v1\n"));
  CHECK(contains(outcome.output, "diff --git a/o.mlem b/o.mlem\n"));
  CHECK(contains(outcome.output, "\n--- a/o.mlem\n+++ b/o.mlem\n@@ "));
  CHECK(contains(outcome.output, "+# more\n"));
  CHECK_FALSE(contains(outcome.output, world.sandbox.path().string()));
  CHECK_FALSE(contains(outcome.output, "/git-blob-"));
  CHECK(contains(world.sandbox.git({"diff", "HEAD", "-M"}, options).output, "link a.mlem\n"));
}
