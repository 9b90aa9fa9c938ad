#include "bundle/manifest.hpp"
#include "bundle/tar.hpp"
#include "invariant.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bundle = mlem::bundle;
using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

/// What is read of a manifest is written the same again, once it is in our form.
void check_manifest(std::string_view text) {
  const std::string once = bundle::manifest_text(bundle::parse_manifest(text));
  require(bundle::manifest_text(bundle::parse_manifest(once)) == once);
}

/// What is read as an archive is what would have been written of its files.
void check_archive(std::string_view bytes) {
  std::size_t at = 0;
  bundle::TarReader reader([&](char* buffer, std::size_t size) {
    const std::size_t count = std::min(size, bytes.size() - at);
    std::memcpy(buffer, bytes.data() + at, count);
    at += count;
    return count;
  });
  // The time is that of the first header, which the writer has to be told.
  constexpr std::size_t time_at = 136;
  const std::int64_t time =
      std::strtoll(std::string(bytes.substr(std::min(time_at, bytes.size()), 11)).c_str(), nullptr, 8);
  std::string again;
  bundle::TarWriter writer([&](std::string_view piece) { again += piece; }, time);
  while (const auto member = reader.next()) {
    writer.begin(*member);
    reader.take([&](std::string_view piece) { writer.write(piece); });
  }
  writer.finish();
  require(again == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  check_unless_refused(check_manifest, text);
  check_unless_refused(check_archive, text);
  return 0;
}
