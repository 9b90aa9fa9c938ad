#pragma once

#include "artifact/dos2unix_digest.hpp"
#include "base/digest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mlem::artifact {

/// What the bytes of a file are to hash to.
struct Hash {
  enum class Kind {
    md5,           ///< as MLEM and DVC 3 record it
    md5_dos2unix,  ///< as DVC before version 3 records it: see Dos2unixDigest
    sha256,        ///< as Git LFS records it
    git_blob,      ///< the id that Git gives a blob, SHA-1 or SHA-256 by its length
  };
  Kind kind = Kind::md5;
  std::string value;  ///< lower-case hex digits; that of a directory's object of DVC ends in `.dir`

  friend bool operator==(const Hash&, const Hash&) = default;
};

/// Returns a hash with its algorithm: `sha256:4ae1…`, `md5:…`, `md5-dos2unix:…`, `git:…`.
std::string text_of(const Hash& hash);

/// Compares bytes that come in pieces with a hash.
class HashCheck {
 public:
  /// `size` is how many bytes there will be, which the id of a blob depends on.
  /// Throws Error(unavailable) if the crypto library refuses the algorithm.
  HashCheck(Hash expected, std::uint64_t size);

  void update(std::string_view bytes);
  /// Returns whether the bytes have the hash, and takes no more of them.
  bool matches();

 private:
  std::variant<Digest, Dos2unixDigest> digest_;
  std::string expected_;
};

}  // namespace mlem::artifact
