#pragma once

#include "base/digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// The three MD5 that DVC before version 3 may have given a file, in one pass: of the bytes, and of the bytes with LF
/// for CRLF where the file, or each block of 1 MiB by itself, begins with text. Which one it was depends on the version
/// that added the file; of a file without CRLF all are the same.
class Dos2unixDigest {
 public:
  /// Throws Error(unavailable) if the crypto library refuses MD5.
  Dos2unixDigest();

  void update(std::string_view bytes);
  /// Returns the three in lower-case hex digits: of the bytes, by file, by block. Takes no more bytes.
  std::array<std::string, 3> finish();
  /// Returns whether `md5`, 32 lower-case hex digits, is one of the three, and takes no more bytes.
  bool matches(std::string_view md5);

 private:
  static constexpr std::size_t variants = 3;  // bytes, by file, by block
  static constexpr std::size_t block_size = std::size_t{1} << 20;

  void take_block(std::string_view block);
  /// Gives the variants of one digest digests of their own, if only some of them convert the next bytes.
  void split(const std::array<bool, variants>& converts);

  std::string buffer_;  ///< the beginning of a block
  bool is_first_block_ = true;
  bool is_text_file_ = false;
  std::vector<Digest> digests_;
  std::array<std::size_t, variants> digest_of_{};  ///< places in `digests_`: one for all until they differ
};

}  // namespace mlem::artifact
