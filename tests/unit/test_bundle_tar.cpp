#include "base/error.hpp"

#include "bundle/tar.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace mlem;
using namespace mlem::bundle;

namespace {

/// An archive of small files.
std::string archive(const std::vector<std::pair<std::string, std::string>>& files, std::int64_t time = 1'700'000'000) {
  std::string bytes;
  TarWriter writer([&](std::string_view piece) { bytes += piece; }, time);
  for (const auto& [name, content] : files) {
    writer.begin({name, content.size()});
    writer.write(content);
  }
  writer.finish();
  return bytes;
}

TarReader reader_of(const std::string& bytes) {
  return TarReader([&bytes, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    // As a pipe does, in pieces of its own choice.
    const std::size_t count = std::min({size, bytes.size() - at, std::size_t{100}});
    std::memcpy(buffer, bytes.data() + at, count);
    at += count;
    return count;
  });
}

/// Returns the files of an archive. Throws what the reader throws.
std::vector<std::pair<std::string, std::string>> files_of(const std::string& bytes) {
  TarReader reader = reader_of(bytes);
  std::vector<std::pair<std::string, std::string>> files;
  while (const auto member = reader.next()) {
    files.emplace_back(member->name, "");
    reader.take([&](std::string_view piece) { files.back().second += piece; });
    CHECK(files.back().second.size() == member->size);
  }
  return files;
}

}  // namespace

TEST_CASE("tar: what is written is read, whatever the size") {
  for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 200'000U}) {
    const std::vector<std::pair<std::string, std::string>> files{{"a/b", std::string(size, 'x')}, {"c", "y"}};
    const std::string bytes = archive(files);
    CHECK(bytes.size() % 512 == 0);
    CHECK(files_of(bytes) == files);
  }
  CHECK(files_of(archive({})).empty());
}

TEST_CASE("tar: a file of 8 GiB or more says its size in a header before its own") {
  std::string beginning;
  std::uint64_t bytes = 0;
  TarWriter writer(
      [&](std::string_view piece) {
        if (beginning.size() < 4096) beginning += piece;
        bytes += piece.size();
      },
      0);
  const std::uint64_t size = (std::uint64_t{8} << 30) + 1;
  writer.begin({"large", size});
  CHECK(beginning.size() == 3 * 512);
  CHECK(beginning.substr(512, 19) == std::string("19 size=8589934593\n"));
  TarReader reader = reader_of(beginning);
  const auto member = reader.next();
  REQUIRE(member);
  CHECK(member->name == "large");
  CHECK(member->size == size);

  beginning[512 + 10] = '1';
  CHECK_THROWS_AS(reader_of(beginning).next(), Error);
}

TEST_CASE("tar: an archive that differs by any byte of a header or a filler is refused") {
  const std::string good = archive({{"a", "content"}, {"b", ""}});
  const std::size_t content = 512;
  for (std::size_t place = 0; place < good.size(); ++place) {
    if (place >= content && place < content + 7) continue;
    std::string bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x41);
    CAPTURE(place);
    CHECK_THROWS_AS(files_of(bad), Error);
  }
  CHECK_THROWS_AS(files_of(good + std::string(512, '\0')), Error);
  CHECK_THROWS_AS(files_of(good.substr(0, good.size() - 512)), Error);
}
