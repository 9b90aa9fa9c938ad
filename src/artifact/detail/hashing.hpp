#pragma once

#include "artifact/dos2unix_digest.hpp"
#include "artifact/file_proof.hpp"
#include "artifact/model_signature.hpp"
#include "artifact/place.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "model/finding.hpp"
#include "model/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact::detail {

/// What is said of one file.
struct Outcome {
  FoundArtifact::State state = FoundArtifact::State::unhashed;
  std::string why{};
  Verdict verdict = Verdict::ok;  ///< of what is unverified: why it is
  std::string hint{};
  std::optional<std::uint64_t> size{};  ///< in bytes, if it was found out
  /// Of a file that was hashed for that: the MD5 that DVC may give it, all that Dos2unixDigest has if they differ.
  std::vector<std::string> md5s{};
};

/// Returns what is said of a file of a size where another is recorded.
Outcome wrong_size(std::uint64_t size, std::uint64_t recorded);

/// Finds out what is to be said of a file whose bytes come in pieces.
class Hashing {
 public:
  /// `size` is how many bytes there are to be, if that is known; of a blob it is.
  Hashing(const PlacedFile& file, std::optional<std::uint64_t> size);

  /// Has the outcome have `md5s`.
  void want_md5s() { md5s_.emplace(); }
  /// Compares the bytes with what is signed too.
  void want_signed(const SignedFile& file, std::optional<std::uint64_t> shard_size) {
    signed_.emplace(file, shard_size);
  }
  void take(std::string_view piece);
  /// Returns what came of it, and takes no more.
  Outcome outcome();

 private:
  FileProof proof_;
  std::optional<Dos2unixDigest> md5s_;
  std::optional<SignedFileCheck> signed_;
};

/// Throws Interrupted if that was asked for.
void end_if_asked(const Interrupt* interrupt);

/// Reads a file of this machine to its end. Throws Interrupted.
Outcome hash_file(const fs::path& path, Hashing hashing, const Interrupt* interrupt);
/// Compares the size of a file of this machine.
Outcome size_of_file(const fs::path& path, const PlacedFile& file);

}  // namespace mlem::artifact::detail
