#pragma once

#include "artifact/hash.hpp"
#include "artifact/place.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// Returns a number of bytes as messages have it: `1 byte`, `20 bytes`.
std::string size_text(std::uint64_t size);

/// Proves of bytes that come in pieces that they are those of a file: its size, what its place calls them, and what the
/// metafile says of them. A copy goes on from where its original is.
class FileProof {
 public:
  /// `size` is how many bytes there are to be, in Git; elsewhere it may be unknown.
  FileProof(const PlacedFile& file, std::optional<std::uint64_t> size);

  void update(std::string_view bytes);
  std::uint64_t received() const noexcept { return received_; }
  /// Returns what is wrong with the bytes, nothing if they are the file's. Takes no more of them.
  std::optional<std::string> flaw();

 private:
  std::optional<std::uint64_t> expected_size_;
  std::uint64_t received_ = 0;
  std::vector<HashCheck> checks_;
};

}  // namespace mlem::artifact
