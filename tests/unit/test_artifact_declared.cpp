#include "artifact/declared.hpp"
#include "support/metafiles.hpp"
#include "yaml/read_object.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

using mlem::RepoPath;
using mlem::artifact::Declared;
using mlem::artifact::declared_artifacts;
using mlem::object::Artifact;
using mlem::object::Description;

namespace {

const std::string md5 = "96f5441d1cfa935583836702a3edd3d1";

Declared declared_of(Artifact artifact, const std::string& metafile = "models/rf.mlem") {
  Description description;
  description.artifacts.push_back(std::move(artifact));
  return declared_artifacts(description, RepoPath::parse(metafile)).at(0);
}

Declared declared_at(const std::string& uri, const std::string& metafile = "models/rf.mlem") {
  return declared_of({.name = "data", .uri = uri}, metafile);
}

/// Returns a metafile as it was recorded from MLEM; nothing where that is not at hand.
std::string recorded(const std::string& name) {
  const char* const directory = std::getenv("GIT_MLEM_FIXTURES");
  std::ifstream file(std::string(directory != nullptr ? directory : GIT_MLEM_DEFAULT_FIXTURES) + "/objects/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("declared: a file beside the metafile") {
  const std::string text = mlem::test::model_meta({"rf", "abc"});
  const auto declared = declared_artifacts(mlem::yaml::read_object(text), RepoPath::parse("models/rf.mlem"));
  CHECK(declared == std::vector<Declared>{{.name = "data",
                                           .uri = "rf",
                                           .path = "models/rf",
                                           .below = "rf",
                                           .md5 = "900150983cd24fb0d6963f7d28e17f72",
                                           .size = 3}});
}

TEST_CASE("declared: metafiles of every version of MLEM") {
  struct Row {
    std::string file;
    std::string metafile;
    std::vector<Declared> declared;
  };
  const auto data = [](std::string uri, std::string path, std::string hash, std::uint64_t size) {
    return std::vector<Declared>{
        {.name = "data", .uri = uri, .path = std::move(path), .below = uri, .md5 = std::move(hash), .size = size}};
  };
  const std::vector<Row> rows = {
      {"example-main-models_rf.mlem", "models/rf.mlem", data("rf", "models/rf", md5, 163671)},
      {"example-9-dvc-models_rf.mlem", "models/rf.mlem", data("rf", "models/rf", md5, 163671)},
      {"example-main-data_iris.csv.mlem", "data/iris.csv.mlem",
       data("iris.csv", "data/iris.csv", "45109f850511f9474665f2c26f4c79f3", 2470)},
      {"example-5-deploy-meta-.mlem_model_rf.mlem", ".mlem/model/rf.mlem",
       data("rf", ".mlem/model/rf", "75ef3099c3aa9ac48211ad5635fef9f7", 163651)},
      {"mlem-test-custom_model.mlem", "custom_model.mlem",
       data("custom_model", "custom_model", "acd53a745fa42f607f13a4a146876026", 39)},
      {"mlem-test-simple_data_model.mlem", "a/model.mlem",
       data("model", "a/model", "1248322af79d22c5c1d1e847c3016a42", 81807)},
      {"example-main-app.mlem", "app.mlem", {}},
      {"example-main-pip_config.mlem", "pip_config.mlem", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.file);
    const std::string text = recorded(row.file);
    if (text.empty()) return;
    CHECK(declared_artifacts(mlem::yaml::read_object(text), RepoPath::parse(row.metafile)) == row.declared);
  }
}

TEST_CASE("declared: a path is normalised") {
  const Declared declared = declared_at("./a//b/", "models/x/rf.mlem");
  CHECK(declared.kind == Declared::Kind::in_tree);
  CHECK(declared.below == "a/b");
  CHECK(declared.path == "models/x/a/b");
  CHECK(declared_at("v1:rf", "rf.mlem").path == "v1:rf");
  CHECK(declared_at("a..b/...", "rf.mlem").path == "a..b/...");
}

TEST_CASE("declared: a uri that leads elsewhere is forbidden") {
  struct Row {
    std::string uri;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"", "it has no uri"},
      {"/etc/passwd", "its uri is not valid: it is absolute"},
      {"../rf", "its uri has '..'"},
      {"a/../rf", "its uri has '..'"},
      {"a/..", "its uri has '..'"},
      {".", "its uri is not valid: it is the root of the repository"},
      {"a\\b", "its uri has a backslash"},
      {"C:/rf", "its uri is absolute"},
      {"a/.git/config", "its uri is not valid: a component could be taken for '.git'"},
      {".GIT/config", "its uri is not valid: a component could be taken for '.git'"},
      {"git~1/config", "its uri is not valid: a component could be taken for '.git'"},
      {std::string(4097, 'a'), "its uri is longer than 4096 bytes"},
      {"a\nb", "its uri is not valid: it has a control character"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.uri);
    const Declared declared = declared_at(row.uri);
    CHECK(declared.kind == Declared::Kind::forbidden);
    CHECK(declared.why == row.why);
    CHECK(declared.path.empty());
    CHECK(declared.below.empty());
  }
}

TEST_CASE("declared: an artifact of another store is external") {
  CHECK(declared_at("s3://bucket/../rf").kind == Declared::Kind::external);
  CHECK(declared_at("s3://bucket/rf").why == "its uri begins with 's3://'");
  CHECK(declared_at("FILE:///srv/rf").why == "its uri begins with 'FILE://'");
  const Declared fsspec = declared_of({.name = "data", .uri = "bucket/rf", .type = "fsspec"});
  CHECK(fsspec.kind == Declared::Kind::external);
  CHECK(fsspec.why == "it is of type 'fsspec'");
  CHECK(declared_of({.name = "data", .uri = "../rf", .type = "fsspec"}).kind == Declared::Kind::forbidden);
  CHECK(declared_of({.name = "data", .uri = "rf", .type = "local"}).kind == Declared::Kind::in_tree);
  CHECK(declared_of({.name = "data", .uri = "rf", .type = "dvc"}).kind == Declared::Kind::in_tree);
}

TEST_CASE("declared: hashes and sizes that are not valid are flaws") {
  const auto with = [](std::string hash, std::string size) {
    return declared_of({.name = "data", .uri = "rf", .hash = std::move(hash), .size = std::move(size)});
  };
  CHECK(with("96F5441D1CFA935583836702A3EDD3D1", "0").md5 == md5);
  CHECK(with(md5 + ".dir", "0").md5 == md5 + ".dir");
  CHECK(with("", "").md5.empty());
  CHECK(with("", "").flaw.empty());
  CHECK(with(md5, "163671.0").size == 163671);
  CHECK(with(md5, "163671.0").flaw.empty());
  CHECK(with("de\nad", "1").flaw == "the metafile records the hash 'de\\nad', which is not an MD5");
  CHECK(with("17", "1").flaw ==
        "the metafile records the hash '17', which is not an MD5: is it a number without quotes?");
  CHECK(with(md5, "many").flaw == "the metafile records the size 'many', which is not a number of bytes");
  CHECK(with(md5.substr(1), "").md5.empty());
  CHECK(with(std::string(32, 'g'), "").md5.empty());
  CHECK(with(md5, "163671").size == 163671);
  for (const std::string size : {"", "-1", "1.5", "1 ", "9223372036854775808", "many"}) {
    CAPTURE(size);
    CHECK(with(md5, size).size == std::nullopt);
    CHECK(with(md5, size).flaw.empty() == size.empty());
  }
}
