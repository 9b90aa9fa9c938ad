#include "artifact/partial_file.hpp"
#include "base/digest.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

using namespace mlem::artifact;
namespace fs = mlem::fs;

namespace {

/// More than all that a thread may be behind, and no multiple of it.
const std::string content = [] {
  std::string text;
  for (int i = 0; text.size() < 5'000'000; ++i) text += std::to_string(i) + "\n";
  return text;
}();

PlacedFile placed(std::string_view bytes) {
  return {
      .name = "model", .path = "model", .hash = Hash{Hash::Kind::sha256, mlem::sha256_hex(bytes)}, .place = Missing{}};
}

/// Gives the file bytes in pieces of `piece`.
void feed(PartialFile& file, std::string_view bytes, std::size_t piece) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) file.take(bytes.substr(0, piece));
}

std::string text_of(const fs::path& path) {
  std::string text;
  CHECK(read_file(path, nullptr, [&](std::string_view piece) { text += piece; }));
  return text;
}

}  // namespace

TEST_CASE("partial file: what is proved on another thread is proved as well") {
  const mlem::TemporaryDirectory directory("/tmp", "partial-file.");
  const fs::path path = directory.path() / "model";
  for (const std::size_t piece : {std::size_t{1} << 12, std::size_t{65'537}, content.size()}) {
    CAPTURE(piece);
    PartialFile good(path, placed(content), content.size());
    good.begin(0);
    good.prove_aside();
    feed(good, content, piece);
    CHECK(good.size() == content.size());
    CHECK_FALSE(good.finish());
    CHECK(text_of(path) == content);

    PartialFile bad(path, placed(content + "x"), content.size());
    bad.begin(0);
    bad.prove_aside();
    feed(bad, content, piece);
    CHECK(bad.finish());
    CHECK_FALSE(fs::exists(path));
  }
}

TEST_CASE("partial file: what was left by one that ended early is gone on with") {
  const mlem::TemporaryDirectory directory("/tmp", "partial-file.");
  const fs::path path = directory.path() / "model";
  const std::string_view half = std::string_view(content).substr(0, content.size() / 2);
  {
    PartialFile first(path, placed(content), content.size());
    first.begin(0);
    first.prove_aside();
    feed(first, half, 100'000);
  }
  PartialFile second(path, placed(content), content.size());
  CHECK_FALSE(second.resume(nullptr));
  CHECK(second.size() == half.size());
  second.begin(second.size());
  second.prove_aside();
  feed(second, std::string_view(content).substr(half.size()), 100'000);
  CHECK_FALSE(second.finish());
  CHECK(text_of(path) == content);
}

TEST_CASE("partial file: one that begins anew on the way is proved from its beginning") {
  const mlem::TemporaryDirectory directory("/tmp", "partial-file.");
  const fs::path path = directory.path() / "model";
  PartialFile file(path, placed(content), content.size());
  file.begin(0);
  file.prove_aside();
  feed(file, std::string(3'000'000, 'x'), 10'000);
  file.begin(0);
  feed(file, content, 10'000);
  CHECK_FALSE(file.finish());
  CHECK(text_of(path) == content);
}
