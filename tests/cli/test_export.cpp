#include "support/metafiles.hpp"

#include "cli/model_files.hpp"
#include "cli/model_world.hpp"
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace mlem::test;
using nlohmann::json;

namespace {

const std::string bytes = "weights";
const std::string large_bytes = "large weights";

/// Models with files in Git and Git LFS, a dataset, and links to them.
struct ExportWorld : ModelWorld {
  std::string trained = source.commit({{"models/rf", bytes},
                                       {"models/rf.mlem", model_with("rf", bytes)},
                                       {"large", lfs_pointer_to(large_bytes)},
                                       {"large.mlem", "artifacts:\n  data:\n    uri: large\nobject_type: model\n"},
                                       {"train.mlem", "object_type: data\n"}});
  std::string link_to(const std::string& path, const std::string& rev) const {
    return link_text({.path = path, .repo = source.url(), .rev = rev});
  }
  std::string deployed;

  ExportWorld() {
    source.git({"tag", "v1"});
    deployed =
        registry.commit({{"prod/a.mlem", link_to("models/rf.mlem", "v1")},
                         {"prod/b.mlem", link_to("large.mlem", "main")},
                         {"test/a.mlem", link_to("models/rf.mlem", "v1")},
                         {"test/d.mlem", "link_type: data\nobject_type: link\npath: train.mlem\nrepo: " + source.url() +
                                             "\nrev: " + trained + "\n"}});
  }
};

json parsed(const Outcome& outcome) {
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.errors.empty());
  return json::parse(outcome.output);
}

/// The values of a component's properties of one name, in their order.
std::vector<std::string> properties(const json& component, const std::string& name) {
  std::vector<std::string> values;
  for (const json& property : component.value("properties", json::array())) {
    if (property["name"] == "mlem:" + name) values.push_back(property["value"]);
  }
  return values;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("export: each object is one component with its links, its files and their recorded hashes") {
  ExportWorld world;
  const json bom = parsed(world.mlem({"export", "--bom=cyclonedx"}));
  CHECK(bom["bomFormat"] == "CycloneDX");
  CHECK(bom["specVersion"] == "1.6");
  CHECK(bom["metadata"]["timestamp"] == "2024-01-01T00:01:00Z");
  CHECK(properties(bom["metadata"], "registry_commit") == Texts{world.deployed});
  std::map<std::string, json> components;
  for (const json& component : bom["components"]) components[component["name"]] = component;
  REQUIRE(components.size() == 3);

  const json& forest = components["models/rf"];
  CHECK(forest["type"] == "machine-learning-model");
  CHECK(forest["version"] == "v1");
  const std::string address = world.source.url().substr(0, world.source.url().size() - 1);
  CHECK(forest["externalReferences"] == json::parse(R"([{"type":"vcs","url":")" + address + R"("}])"));
  CHECK(properties(forest, "link") == Texts{"prod/a.mlem", "test/a.mlem"});
  CHECK(properties(forest, "commit") == Texts{world.trained});
  CHECK(properties(forest, "ref") == Texts{"refs/tags/v1"});
  REQUIRE(forest["components"].size() == 1);
  const json& file = forest["components"][0];
  CHECK(file["type"] == "file");
  CHECK(file["name"] == "rf");
  CHECK(file["hashes"] == json::parse(R"([{"alg":"MD5","content":")" + md5_of(bytes) + R"("}])"));
  CHECK(properties(file, "size") == Texts{"7"});
  CHECK(properties(file, "store") == Texts{"git"});

  const json& large = components["large"];
  CHECK(large["version"] == world.trained);
  CHECK(large["components"][0]["hashes"] ==
        json::parse(R"([{"alg":"SHA-256","content":")" + sha256_of(large_bytes) + R"("}])"));
  CHECK(properties(large["components"][0], "store") == Texts{"lfs"});

  const json& data = components["train"];
  CHECK(data["type"] == "data");
  CHECK(data["version"] == world.trained);
  CHECK_FALSE(data.contains("components"));
}

TEST_CASE("export: the same commit gives the same bytes and another one others") {
  ExportWorld world;
  const Outcome first = world.mlem({"export", "--bom=cyclonedx", world.deployed, "--", "prod"});
  const json bom = parsed(first);
  CHECK(bom["components"].size() == 2);
  CHECK(properties(bom["metadata"], "pathspec") == Texts{"prod"});
  world.registry.commit({{"prod/b.mlem", world.link_to("train.mlem", "v1")}});
  CHECK(world.mlem({"export", "--bom=cyclonedx", world.deployed, "--", "prod"}).output == first.output);
  world.registry.commit({{"prod/b.mlem", world.link_to("models/rf.mlem", "v1")}});
  const json now = parsed(world.mlem({"export", "--bom", "HEAD", "--", "prod"}));
  CHECK(now["components"].size() == 1);
  CHECK(now["serialNumber"] != bom["serialNumber"]);
}

TEST_CASE("export: names that a terminal or JSON cannot have are escaped") {
  ExportWorld world;
  world.registry.commit({{"prod/\xff\x1b.mlem", world.link_to("models/rf.mlem", "v1")}});
  const Outcome outcome = world.mlem({"export", "--bom=cyclonedx"});
  const json bom = parsed(outcome);
  CHECK(std::all_of(outcome.output.begin(), outcome.output.end(),
                    [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }));
  bool is_there = false;
  for (const json& component : bom["components"]) {
    for (const std::string& link : properties(component, "link"))
      is_there = is_there || link == "prod/\xef\xbf\xbd\x1b.mlem";
  }
  CHECK(is_there);
}

TEST_CASE("export: nothing is exported if a link leads nowhere or that is not known") {
  ExportWorld world;
  world.registry.commit({{"prod/c.mlem", world.link_to("models/rf.mlem", "v9")}});
  const Outcome broken = world.mlem({"export", "--bom=cyclonedx"});
  CAPTURE(broken);
  CHECK(broken.code == 1);
  CHECK(broken.output.empty());
  CHECK(broken.errors.find("error: prod/c.mlem: missing-rev: ") == 0);
  CHECK(broken.errors.find("\nfatal: nothing is exported: a list that lacks objects would be wrong\n") !=
        std::string::npos);
  CHECK(parsed(world.mlem({"export", "--bom=cyclonedx", "HEAD", "--", "test"}))["components"].size() == 2);
  world.registry.commit(
      {{"prod/c.mlem", link_text({.path = "m.mlem", .repo = "https://127.0.0.1:1/x/", .rev = "v9"})}});
  const Outcome unknown = world.mlem({"export", "--bom=cyclonedx", "HEAD", "--", "prod/c.mlem"});
  CAPTURE(unknown);
  CHECK(unknown.code == 2);
  CHECK(unknown.output.empty());
}

TEST_CASE("export: what is to be exported has to be said") {
  ExportWorld world;
  const std::string usage =
      "hint: usage: git mlem export --bom=cyclonedx [<options>] [<tree-ish>] [--] [<pathspec>...]\n";
  const Outcome none = world.mlem({"export"});
  CHECK(none.code == 129);
  CHECK(none.errors == "error: a format is needed: --bom\n" + usage);
  const Outcome other = world.mlem({"export", "--bom=spdx"});
  CHECK(other.code == 129);
  CHECK(other.errors == "error: 'spdx' is not a value for '--bom', which takes cyclonedx\n" + usage);
  const Outcome unmatched = world.mlem({"export", "--bom", "HEAD", "--", "nowhere"});
  CHECK(unmatched.code == 128);
  CHECK(unmatched.output.empty());
}
