#include "artifact/clone_plan.hpp"
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mlem;
using namespace mlem::artifact;

namespace {

const Oid commit = *Oid::parse(std::string(40, 'c'));

PlacedFile file_at(const std::string& path, char id = 'a') {
  return {.path = path, .place = GitBlob{*Oid::parse(std::string(40, id)), 3}};
}

CloneRequest request_for(const std::string& object, const std::string& target, std::optional<Plain> plain = {}) {
  return {.object = {.repo = RepoUrl::parse("https://huggingface.co/org/m"),
                     .commit = commit,
                     .path = object,
                     .blob = *Oid::parse(std::string(40, 'b')),
                     .plain = plain},
          .target = target};
}

std::vector<std::string> paths_of(const ClonePlan& plan) {
  std::vector<std::string> paths;
  for (const CloneItem& item : plan.items) paths.push_back(item.path);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("find_hf_directory: addresses of Hugging Face and of hosts like it") {
  const auto directory = [](const char* url) { return find_hf_directory(RepoUrl::parse(url)).value_or("-"); };
  CHECK(directory("https://huggingface.co/org/name") == "models--org--name");
  CHECK(directory("https://huggingface.co/org/name.git") == "models--org--name");
  CHECK(directory("https://huggingface.co/gpt2") == "models--gpt2");
  CHECK(directory("https://huggingface.co/datasets/org/name") == "datasets--org--name");
  CHECK(directory("https://huggingface.co/spaces/org/name") == "spaces--org--name");
  CHECK(directory("https://huggingface.co/datasets/squad") == "datasets--squad");
  CHECK(directory("git@hf.co:org/name") == "models--org--name");
  CHECK(directory("https://host:8080/a/b/c") == "-");
  CHECK(directory("https://host/org/na%20me") == "-");
  CHECK(directory("https://host/org/.name") == "-");
  CHECK(directory("file:///srv/name") == "-");
}

TEST_CASE("plan_clone: files that MLEM names after the object get the copy's name") {
  const std::string metafile =
      "artifacts:\n  a:\n    uri: rf\n  b:\n    uri: rf.x\n  c:\n    uri: data/rf\nobject_type: model\n";
  const ClonePlan plan = plan_clone(request_for("m/rf.mlem", "out/best.mlem"), metafile,
                                    {file_at("rf"), file_at("rf.x"), file_at("data/rf"), file_at("rfx")});
  CHECK(plan.root == "out");
  CHECK(plan.name == "best");
  CHECK(paths_of(plan) == Paths{"best", "best.x", "data/rf", "rfx", "best.mlem"});
  CHECK(plan.items.back().text ==
        "artifacts:\n  a:\n    uri: best\n  b:\n    uri: best.x\n  c:\n    uri: data/rf\nobject_type: model\n");
}

TEST_CASE("plan_clone: two things are never at one path") {
  const std::string metafile = "artifacts:\n  a:\n    uri: rf\n  b:\n    uri: x\nobject_type: model\n";
  const auto refusal = [&](const std::string& target, std::vector<PlacedFile> files) -> std::string {
    try {
      plan_clone(request_for("rf.mlem", target), metafile, std::move(files));
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  CHECK(refusal("x", {file_at("rf"), file_at("x", 'd')}) == "cannot clone the object: two of its files would be 'x'");
  CHECK(refusal("x", {file_at("rf/a"), file_at("x", 'd')}) == "cannot clone the object: two of its files would be 'x'");
  CHECK(refusal("y", {file_at("rf"), file_at("x", 'd')}).empty());
  CHECK(refusal("y", {file_at("rf"), file_at("rf")}).empty());
}

TEST_CASE("plan_clone: the layout of Hugging Face's cache") {
  CloneRequest request = request_for("sub", "cache", Plain::tree);
  request.layout = Layout::hf_cache;
  request.ref = "refs/pr/1";
  const ClonePlan plan = plan_clone(request, "", {file_at("config.json", 'a'), file_at("x/copy", 'a')});
  CHECK(plan.root == "cache");
  const std::string model = "models--org--m/";
  const std::string snapshot = model + "snapshots/" + commit.hex() + "/sub/";
  CHECK(paths_of(plan) == Paths{model + "blobs/" + std::string(40, 'a'), snapshot + "config.json", snapshot + "x/copy",
                                model + "refs/refs/pr/1"});
  CHECK(plan.items[2].text == "../../../../blobs/" + std::string(40, 'a'));
  CHECK(plan.items[3].text == commit.hex());
}

TEST_CASE("select_files: each glob has to match") {
  std::vector<PlacedFile> files = {file_at("a.bin"), file_at("sub/b.bin"), file_at("sub/c")};
  CloneRequest request = request_for("rf.mlem", "x");
  request.only = {"*.bin", "sub/c"};
  select_files(files, request);
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "a.bin");
  CHECK(files[1].path == "sub/c");
  request.only = {"a.bin", "*.txt"};
  try {
    select_files(files, request);
    FAIL("it matches");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "'*.txt' matches no file of 'rf.mlem'");
    CHECK(error.hint() == "its files are 'a.bin', 'sub/c'; a metafile comes in any case");
  }
}
