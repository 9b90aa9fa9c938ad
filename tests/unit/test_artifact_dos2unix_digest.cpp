#include "artifact/dos2unix_digest.hpp"
#include "base/digest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using mlem::Digest;
using mlem::artifact::Dos2unixDigest;

namespace {

constexpr std::size_t block = std::size_t{1} << 20;

std::string md5_of(std::string_view bytes) {
  Digest digest(Digest::Algorithm::md5);
  digest.update(bytes);
  return digest.finish();
}

/// Returns whether the file has that MD5, read in pieces of `step` bytes.
bool matches(std::string_view bytes, std::string_view md5, std::size_t step = SIZE_MAX) {
  Dos2unixDigest digest;
  while (!bytes.empty()) {
    const std::size_t count = std::min(step, bytes.size());
    digest.update(bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
  return digest.matches(md5);
}

/// Returns a block that begins so, filled up with `x`.
std::string block_of(std::string start) {
  start.resize(block, 'x');
  return start;
}

}  // namespace

TEST_CASE("dos2unix_digest: the vector of DVC") {
  CHECK(matches("foo\r\n", "d3b07384d113edec49eaa6238ad5ff00"));
  CHECK(matches("foo\r\n", md5_of("foo\r\n")));
  CHECK_FALSE(matches("foo\r\n", md5_of("foo")));
  CHECK(matches("", "d41d8cd98f00b204e9800998ecf8427e"));
}

TEST_CASE("dos2unix_digest: only text is converted") {
  struct Row {
    std::string name;
    std::string start;
    bool is_text;
  };
  const std::vector<Row> rows = {
      {"a NUL", std::string("a\0b", 3), false},
      {"a NUL after 512 bytes", std::string(512, 'a') + '\0', true},
      {"30 % other bytes", std::string(5, 'a') + "\r\n" + std::string(3, '\x80'), true},
      {"more than 30 %", std::string(4, 'a') + "\r\n" + std::string(3, '\x80'), false},
      {"controls of text", "\n\r\t\f\b", true},
      {"other controls", "\v\v", false},
      {"DEL", "\x7f\x7f\x7f", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const bool has_ending = row.start.find("\r\n") != std::string::npos;
    const std::string bytes = row.start + (has_ending ? "" : "\r\n");
    std::string converted = bytes;
    converted.erase(converted.find("\r\n"), 1);
    CHECK(matches(bytes, md5_of(converted)) == row.is_text);
    CHECK(matches(bytes, md5_of(bytes)));
  }
}

TEST_CASE("dos2unix_digest: DVC 2 decides for a file and DVC 3 for each block") {
  const std::string text = block_of("a\r\nb\r\n");
  const std::string converted(block_of("a\r\nb\r\n").replace(0, 6, "a\nb\n"));
  const std::string binary = block_of(std::string("\0\r\n", 3));
  const std::string binary_converted(block_of(std::string("\0\r\n", 3)).replace(0, 3, std::string("\0\n", 2)));
  for (const std::size_t step : {SIZE_MAX, std::size_t{1000}, block - 1}) {
    CAPTURE(step);
    CHECK(matches(text + binary + text, md5_of(text + binary + text), step));
    CHECK(matches(text + binary + text, md5_of(converted + binary_converted + converted), step));
    CHECK(matches(text + binary + text, md5_of(converted + binary + converted), step));
    CHECK_FALSE(matches(text + binary + text, md5_of(converted + binary + text), step));
    CHECK(matches(binary + text, md5_of(binary + text), step));
    CHECK(matches(binary + text, md5_of(binary + converted), step));
    CHECK_FALSE(matches(binary + text, md5_of(binary_converted + converted), step));
  }
}

TEST_CASE("dos2unix_digest: a pair that two blocks share stays") {
  const std::string bytes = std::string(block - 1, 'x') + "\r\ny\r\n";
  const std::string converted = std::string(block - 1, 'x') + "\r\ny\n";
  CHECK(matches(bytes, md5_of(converted)));
  CHECK(matches(bytes, md5_of(converted), 7));
  CHECK_FALSE(matches(bytes, md5_of(std::string(block - 1, 'x') + "\ny\n")));
}
