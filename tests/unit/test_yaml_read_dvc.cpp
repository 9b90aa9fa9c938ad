#include "base/error.hpp"
#include "yaml/read_dvc.hpp"

#include "yaml_fixtures.hpp"
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using mlem::Error;
using mlem::ErrorKind;
using mlem::dvc::Import;
using mlem::dvc::Layout;
using mlem::dvc::Output;
using mlem::dvc::Stage;
using mlem::dvc::StageDirectory;
using mlem::yaml::read_dvc_directories;
using mlem::yaml::read_dvc_file;
using mlem::yaml::read_dvc_lock;

namespace {

const std::string md5 = "96f5441d1cfa935583836702a3edd3d1";

/// Returns what an error says, or `read`.
template <typename Read>
std::string error_of(Read read, const std::string& text) {
  try {
    read(text, {});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    return error.what();
  }
  return "read";
}

struct Row {
  std::string name;
  std::string text;
  std::string error;
};

}  // namespace

TEST_CASE("read_dvc: a file of DVC 2 has no key hash") {
  const Stage stage = read_dvc_file("outs:\n- md5: " + md5 + "\n  size: 163671\n  path: rf\n");
  CHECK(stage == Stage{.outputs = {{.path = "rf", .md5 = md5, .size = 163671}}});
}

TEST_CASE("read_dvc: the file that tracks the model of the example repository") {
  const std::string text = mlem::test::read_file(mlem::test::fixtures() + "/objects/example-9-dvc-models_rf.dvc");
  if (text.empty()) return;
  CHECK(read_dvc_file(text).outputs.at(0) == Output{.path = "rf", .md5 = md5, .size = 163671});
}

TEST_CASE("read_dvc: a file of DVC 3 with everything it may say") {
  const Stage stage = read_dvc_file(
      "md5: 00000000000000000000000000000000\n"
      "frozen: true\n"
      "wdir: ../data\n"
      "outs:\n"
      "- md5: 12345678901234567890123456789012.dir\n"
      "  size: 12\n"
      "  nfiles: 3\n"
      "  isexec: true\n"
      "  hash: md5\n"
      "  path: images\n"
      "  push: false\n"
      "  remote: Store\n"
      "  cloud:\n"
      "    store: {etag: x, version_id: y}\n"
      "- md5: 01234567012345670123456701234567\n"
      "  path: 12\n"
      "  cache: false\n"
      "- path: s3://bucket/file\n"
      "  hash: etag\n"
      "meta: {owner: me}\n");
  REQUIRE(stage.outputs.size() == 3);
  CHECK(stage.directory == "../data");
  CHECK(stage.outputs[0] == Output{.path = "images",
                                   .md5 = "12345678901234567890123456789012.dir",
                                   .layout = Layout::v3,
                                   .size = 12,
                                   .remote = "Store",
                                   .is_pushed = false,
                                   .is_versioned = true,
                                   .is_executable = true});
  CHECK(stage.outputs[1] == Output{.path = "12", .md5 = "01234567012345670123456701234567", .is_cached = false});
  CHECK(stage.outputs[2] == Output{.path = "s3://bucket/file", .other_hash = "etag"});
}

TEST_CASE("read_dvc: an import tells where it comes from") {
  const Stage stage = read_dvc_file(
      "deps:\n- path: data/data.xml\n  repo:\n    url: https://example.com/data\n    rev: v1\n"
      "    rev_lock: 5a2b\nouts:\n- md5: " +
      md5 + "\n  path: data.xml\n");
  CHECK(stage.import == Import{"https://example.com/data", "5a2b", "data/data.xml"});
  CHECK_FALSE(read_dvc_file("deps:\n- path: https://example.com/x\n  etag: 1\nouts:\n- path: x\n").import);
}

TEST_CASE("read_dvc: the stages of a dvc.lock") {
  const std::string stages = "train:\n  cmd: python train.py\n  deps:\n  - path: data\n    md5: " + md5 +
                             ".dir\n  outs:\n  - path: model.pkl\n    hash: md5\n    md5: " + md5 +
                             "\n    size: 5\nempty:\n  cmd: x\n";
  const std::vector<Stage> expected = {
      {.name = "train", .outputs = {{.path = "model.pkl", .md5 = md5, .layout = Layout::v3, .size = 5}}},
      {.name = "empty"}};
  CHECK(read_dvc_lock(stages) == expected);
  std::string indented = "schema: '2.0'\nstages:\n  " + stages;
  for (std::size_t at = indented.find("train"); (at = indented.find('\n', at)) != std::string::npos; at += 3) {
    indented.insert(at + 1, "  ");
  }
  CHECK(read_dvc_lock(indented) == expected);
  CHECK(read_dvc_lock("schema: '2.0'\n").empty());
}

TEST_CASE("read_dvc: stages with a directory of their own") {
  const std::vector<StageDirectory> expected = {{"train", "src"}, {"each", "${item}"}};
  CHECK(read_dvc_directories("vars: [x.yaml]\nstages:\n  train: {cmd: x, wdir: src}\n  plain: {cmd: y}\n"
                             "  each:\n    foreach: [a, b]\n    do: {cmd: z, wdir: '${item}'}\n") == expected);
  CHECK(read_dvc_directories("params: [x]\n").empty());
}

TEST_CASE("read_dvc: what is not as DVC writes it is refused with its place or its key") {
  const std::vector<Row> files = {
      {"no YAML", "outs:\n- md5: [\n", "malformed YAML: line 3, column 1: end of sequence flow not found"},
      {"a list", "- a\n", "not a file of DVC: line 1, column 1: no YAML mapping"},
      {"outs", "outs: x\n", "not a file of DVC: 'outs' is not a list"},
      {"an output", "outs: [x]\n", "not a file of DVC: an item of 'outs' is not a mapping"},
      {"no path", "outs: [{md5: }]\n", "not a file of DVC: an item of 'outs' has no path"},
      {"path", "outs: [{path: [a]}]\n", "not a file of DVC: 'path' is not a text"},
      {"md5", "outs: [{path: a, md5: \"x\\e\"}]\n", "not a file of DVC: 'x\\033' is not an MD5"},
      {"size", "outs: [{path: a, size: -1}]\n", "not a file of DVC: 'size' is not a number of bytes"},
      {"cache", "outs: [{path: a, cache: 1}]\n", "not a file of DVC: 'cache' is neither true nor false"},
      {"deps", "deps: [x]\n", "not a file of DVC: an item of 'deps' is not a mapping"},
      {"repo", "deps: [{repo: x}]\n", "not a file of DVC: 'repo' is not a mapping"},
  };
  for (const Row& row : files) {
    CAPTURE(row.name);
    CHECK(error_of(read_dvc_file, row.text) == row.error);
  }
  CHECK(error_of(read_dvc_lock, "schema: '2.0'\nstages: x\n") == "not a file of DVC: 'stages' is not a mapping");
  CHECK(error_of(read_dvc_lock, "train: x\n") == "not a file of DVC: the stage 'train' is not a mapping");
  CHECK(error_of(read_dvc_directories, "stages: {train: x}\n") ==
        "not a file of DVC: the stage 'train' is not a mapping");
}

TEST_CASE("read_dvc: more values than memory should be given to are refused") {
  std::string text = "outs:\n";
  while (text.size() < std::size_t{4} * 500'001) text += "- a\n";
  CHECK(error_of(read_dvc_file, text) == "not a file of DVC: line 500000, column 3: it has more than 500000 values");
}
