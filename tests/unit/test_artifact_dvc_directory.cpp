#include "artifact/dvc_directory.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using mlem::Digest;
using mlem::Error;
using mlem::ErrorKind;
using mlem::artifact::dvc_directory_text;
using mlem::artifact::dvc_object_path;
using mlem::artifact::DvcEntry;
using mlem::artifact::max_dvc_directory_entries;
using mlem::artifact::parse_dvc_directory;
using mlem::dvc::Layout;

namespace {

std::string md5_of(std::string_view bytes) {
  Digest digest(Digest::Algorithm::md5);
  digest.update(bytes);
  return digest.finish();
}

const std::string md5 = "96f5441d1cfa935583836702a3edd3d1";

/// Returns an entry of a listing, `path` as JSON has it.
std::string entry(const std::string& path) { return R"({"md5": ")" + md5 + R"(", "relpath": ")" + path + "\"}"; }

std::string error_of(const std::string& json, std::size_t limit = max_dvc_directory_entries) {
  try {
    parse_dvc_directory(json, limit);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    return error.what();
  }
  return "read";
}

}  // namespace

TEST_CASE("dvc_directory: the listing of DVC's own test") {
  const std::string json = R"([{"md5": ")" + md5_of("/baz\n") + R"(", "relpath": ".gitignore"}, {"md5": ")" +
                           md5_of("bar") + R"(", "relpath": "bar"}, {"md5": ")" + md5_of("baz contents") +
                           R"(", "relpath": "baz"}])";
  CHECK(md5_of(json) == "bdb8641831d8fcb03939637e09011c21");
  CHECK(parse_dvc_directory(json) == std::vector<DvcEntry>{{".gitignore", md5_of("/baz\n")},
                                                           {"bar", md5_of("bar")},
                                                           {"baz", md5_of("baz contents")}});
}

TEST_CASE("dvc_directory: what is written is what DVC writes") {
  CHECK(md5_of(dvc_directory_text(
            {{"baz", md5_of("baz contents")}, {".gitignore", md5_of("/baz\n")}, {"bar", md5_of("bar")}})) ==
        "bdb8641831d8fcb03939637e09011c21");
  CHECK(dvc_directory_text({}) == "[]");
  // As Python 3 prints json.dumps() of this path.
  CHECK(dvc_directory_text({{"\"\\\x7f\xc3\xa4\xf0\x9f\x98\x80", md5}}) ==
        "[{\"md5\": \"" + md5 + "\", \"relpath\": \"\\\"\\\\\\u007f\\u00e4\\ud83d\\ude00\"}]");
}

TEST_CASE("dvc_directory: other keys are passed over and escapes are read") {
  CHECK(parse_dvc_directory(R"([{"size": 3, "meta": {"md5": [{"relpath": 1}]}, "relpath": "a\/\u00e9", "md5": ")" +
                            md5 + R"("}])") == std::vector<DvcEntry>{{"a/\xc3\xa9", md5}});
  CHECK(parse_dvc_directory("[]").empty());
}

TEST_CASE("dvc_directory: a directory's files are together") {
  std::vector<std::string> paths;
  for (const DvcEntry& file : parse_dvc_directory("[" + entry("a-b") + "," + entry("a/c") + "," + entry("B") + "]")) {
    paths.push_back(file.path);
  }
  CHECK(paths == std::vector<std::string>{"B", "a/c", "a-b"});
}

TEST_CASE("dvc_directory: what DVC would not write is refused") {
  struct Row {
    std::string json;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"", "it is not JSON at byte 1"},
      {"[", "it is not JSON at byte 2"},
      {"{}", "it is not a list"},
      {"3", "it is not a list"},
      {"[3]", "an item is not a mapping"},
      {"[[]]", "an item is not a mapping"},
      {R"([{"relpath": 3}])", "a path or a hash is not a text"},
      {R"([{"md5": ["a"]}])", "a path or a hash is not a text"},
      {R"([{"relpath": "a"}])", "'a' has no MD5"},
      {R"([{"relpath": "a", "md5": ")" + md5 + R"(.dir"}])", "'a' has no MD5"},
      {"[" + entry("/a") + "]", "invalid path '/a': it is absolute"},
      {"[" + entry("../a") + "]", "invalid path '../a': it leaves the repository"},
      {"[" + entry("a/../b") + "]", "invalid path 'a/../b': it is not in its normal form"},
      {"[" + entry("./a") + "]", "invalid path './a': it is not in its normal form"},
      {"[" + entry("a/.GIT/hooks") + "]", "invalid path 'a/.GIT/hooks': a component could be taken for '.git'"},
      {"[" + entry("a\\u0000") + "]", "invalid path 'a\\000': it has a control character"},
      {"[" + entry("") + "]", "invalid path '': it is empty"},
      {"[" + entry("a") + "," + entry("b") + "," + entry("a") + "]", "'a' is there twice"},
      {"[" + entry("a/b") + "," + entry("a-b") + "," + entry("a") + "]", "'a' is a file and a directory"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    CHECK(error_of(row.json) == "not a directory listing of DVC: " + row.why);
  }
}

TEST_CASE("dvc_directory: nesting without end and more than the limits are refused") {
  CHECK(error_of("[" + std::string(1'000'000, '[')) == "not a directory listing of DVC: an item is not a mapping");
  CHECK(error_of(R"([{"x": )" + std::string(1'000'000, '[')) ==
        "not a directory listing of DVC: it is not JSON at byte 1000008");
  const std::string two = "[" + entry("a") + "," + entry("b") + "]";
  CHECK(parse_dvc_directory(two, 2).size() == 2);
  CHECK(error_of(two, 1) == "not a directory listing of DVC: it has more than 1 files");
  CHECK(error_of(std::string((std::size_t{128} << 20) + 1, ' ')) ==
        "not a directory listing of DVC: it is larger than 128 MiB");
}

TEST_CASE("dvc_directory: where caches and remotes have an object") {
  CHECK(dvc_object_path(md5, Layout::v2) == "96/f5441d1cfa935583836702a3edd3d1");
  CHECK(dvc_object_path(md5 + ".dir", Layout::v3) == "files/md5/96/f5441d1cfa935583836702a3edd3d1.dir");
}
