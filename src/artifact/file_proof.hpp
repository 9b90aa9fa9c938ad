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
/// Returns what is wrong with a file of a size where another is recorded.
std::string wrong_size_text(std::uint64_t size, std::uint64_t recorded);

/// Proves of bytes that come in pieces that they are those of a file: they have its size, and the hashes that its place
/// and the metafile record, hashes_of(). A copy goes on from where its original is.
class FileProof {
 public:
  /// `size` is how many bytes there are to be, in Git; elsewhere it may be unknown.
  FileProof(const PlacedFile& file, std::optional<std::uint64_t> size);

  void update(std::string_view bytes);
  std::uint64_t received() const noexcept { return received_; }
  /// Whether there is a hash to prove.
  bool has_hash() const noexcept { return !checks_.empty(); }
  /// Returns what is wrong with the bytes, nothing if they are the file's. Takes no more of them.
  std::optional<std::string> flaw();

 private:
  std::optional<std::uint64_t> expected_size_;
  std::uint64_t received_ = 0;
  std::vector<HashCheck> checks_;
  std::string own_record_;  ///< what says what a second check compares with
};

}  // namespace mlem::artifact
