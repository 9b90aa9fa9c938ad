#include "artifact/lfs_pointer.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using mlem::artifact::LfsPointer;
using mlem::artifact::parse_lfs_pointer;

namespace {

const std::string oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const std::string version = "version https://git-lfs.github.com/spec/v1\n";
const std::string oid_line = "oid sha256:" + oid + "\n";
const std::string extension = "ext-0-foo sha256:" + oid + "\n";

struct Row {
  std::string name;
  std::string blob;
};

}  // namespace

TEST_CASE("lfs_pointer: what git-lfs takes for a pointer") {
  const std::vector<Row> rows = {
      {"as it is written", version + oid_line + "size 12345\n"},
      {"of the time before its release", "version https://hawser.github.com/spec/v1\n" + oid_line + "size 12345\n"},
      {"of its first version", "version http://git-media.io/v/2\n" + oid_line + "size 12345\n"},
      {"no newline at the end", version + oid_line + "size 12345"},
      {"blanks around it", "\n\t \xc2\xa0" + version + oid_line + "size 12345\n\n \xe3\x80\x80\n"},
      {"empty lines", version + "\n" + oid_line + "\n\nsize 12345\n"},
      {"CRLF", "version https://git-lfs.github.com/spec/v1\r\noid sha256:" + oid + "\r\nsize 12345\r\n"},
      {"a sign and zeros", version + oid_line + "size +0012345\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::optional<LfsPointer> pointer = parse_lfs_pointer(row.blob);
    REQUIRE(pointer);
    CHECK(pointer->oid == oid);
    CHECK(pointer->size == 12345);
    CHECK_FALSE(pointer->has_extensions);
  }
}

TEST_CASE("lfs_pointer: extensions are told") {
  const std::vector<Row> rows = {
      {"between version and oid", version + extension + oid_line + "size 1\n"},
      {"before size", version + oid_line + extension + "size 1\n"},
      {"before version", extension + version + oid_line + "size 1\n"},
      {"one key twice", version + extension + extension + oid_line + "size 1\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::optional<LfsPointer> pointer = parse_lfs_pointer(row.blob);
    REQUIRE(pointer);
    CHECK(pointer->has_extensions);
  }
}

TEST_CASE("lfs_pointer: what git-lfs does not take for a pointer") {
  const std::string padding(1024, ' ');
  const std::vector<Row> rows = {
      {"1024 bytes", (version + oid_line + "size 1\n" + padding).substr(0, 1024)},
      {"another order", version + "size 1\n" + oid_line},
      {"no version", oid_line + "size 1\n"},
      {"another version", "version https://git-lfs.github.com/spec/v2\n" + oid_line + "size 1\n"},
      {"no size", version + oid_line},
      {"one more line", version + oid_line + "size 1\nnote x\n"},
      {"an extension at the end", version + oid_line + "size 1\n" + extension},
      {"a key twice", version + version + oid_line + "size 1\n"},
      {"a line without value", version + "oid\nsize 1\n"},
      {"another digest", version + "oid sha512:" + oid + "\nsize 1\n"},
      {"upper case", version + "oid sha256:" + std::string(64, 'A') + "\nsize 1\n"},
      {"a digit less", version + "oid sha256:" + oid.substr(1) + "\nsize 1\n"},
      {"a digit more", version + "oid sha256:" + oid + "0\nsize 1\n"},
      {"a negative size", version + oid_line + "size -1\n"},
      {"two signs", version + oid_line + "size +-1\n"},
      {"a size that is too large", version + oid_line + "size 9223372036854775808\n"},
      {"a size with more behind it", version + oid_line + "size 1 \n" + "\n x"},
      {"an extension of two digits", version + "ext-10-foo sha256:" + oid + "\n" + oid_line + "size 1\n"},
      {"an extension without name", version + "ext-1- sha256:" + oid + "\n" + oid_line + "size 1\n"},
      {"an extension without id", version + "ext-1-foo sha256:\n" + oid_line + "size 1\n"},
      {"two extensions of one place", version + extension + "ext-0-bar sha256:" + oid + "\n" + oid_line + "size 1\n"},
      {"blanks only", "\n"},
      {"a model", "weights of a random forest\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK_FALSE(parse_lfs_pointer(row.blob));
  }
}

TEST_CASE("lfs_pointer: the longest blob that may be one") {
  const std::string pointer = version + oid_line + "size 1\n";
  CHECK(parse_lfs_pointer(pointer + std::string(1023 - pointer.size(), '\n')));
}

TEST_CASE("lfs_pointer: an empty blob is the pointer of the empty file") {
  const LfsPointer empty{.oid = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
  CHECK(parse_lfs_pointer("") == empty);
}
