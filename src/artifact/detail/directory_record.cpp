#include "artifact/detail/directory_record.hpp"

#include "artifact/dvc_directory.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace mlem::artifact::detail {
namespace {

using State = FoundArtifact::State;

bool is_there(const DirectoryPart& part) {
  return part.outcome->state == State::ok || part.outcome->state == State::unhashed;
}

/// Returns the hash of a directory whose files are hashed in one of the ways of Dos2unixDigest.
std::string directory_md5(const std::vector<DirectoryPart>& parts, std::size_t way) {
  std::vector<DvcEntry> entries;
  entries.reserve(parts.size());
  for (const DirectoryPart& part : parts) {
    const std::vector<std::string>& md5s = part.outcome->md5s;
    entries.push_back({std::string(part.path), md5s[std::min(way, md5s.size() - 1)]});
  }
  Digest digest(Digest::Algorithm::md5);
  digest.update(dvc_directory_text(std::move(entries)));
  return digest.finish() + ".dir";
}

}  // namespace

Outcome compare_directory(const PlacedDirectory& record, const std::vector<DirectoryPart>& parts) {
  if (!record.flaw.empty()) return {State::mismatch, record.flaw};
  // What is wrong with one of them is said already.
  if (!std::all_of(parts.begin(), parts.end(), is_there)) return {};
  const auto has_size = [](const DirectoryPart& part) { return part.outcome->size.has_value(); };
  if (record.size && std::all_of(parts.begin(), parts.end(), has_size)) {
    std::uint64_t size = 0;
    for (const DirectoryPart& part : parts) size += *part.outcome->size;
    if (size != *record.size) return wrong_size(size, *record.size);
  }
  // DVC writes other bytes in a path that are not UTF-8 as Python reads them.
  const auto is_known = [](const DirectoryPart& part) { return !part.outcome->md5s.empty() && is_utf8(part.path); };
  if (record.md5.empty() || !std::all_of(parts.begin(), parts.end(), is_known)) return {};
  constexpr std::array<std::size_t, 3> ways = {0, 1, 2};
  const bool is_it =
      std::any_of(ways.begin(), ways.end(), [&](std::size_t way) { return directory_md5(parts, way) == record.md5; });
  if (is_it) return {State::ok};
  return {State::mismatch, "its files have another hash than is recorded"};
}

}  // namespace mlem::artifact::detail
