#pragma once

#include "base/digest.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Signatures of models as the OpenSSF's Model Signing specification, version 1.0, has them: a bundle of Sigstore, with
// a DSSE envelope in it, with an in-toto statement in that, which names files and their digests. Whoever verifies one
// needs the digests of the files, and not the files: Git LFS has recorded them.

namespace mlem::artifact {

/// A signature of more bytes than this is not read: it could name more than a hundred thousand files.
inline constexpr std::size_t max_model_signature_size = std::size_t{32} << 20;

/// A bundle: what is signed, the signatures, and what it says of who made them.
struct ModelSignature {
  enum class Method {
    key,          ///< with a key that the verifier has
    certificate,  ///< with a key that a chain of certificates leads to
    keyless,      ///< with a key of a few minutes, which a transparency log tells of
  };
  Method method = Method::key;
  std::string key_hint{};                   ///< of a key: some fingerprint of it in lower-case hex digits, or empty
  std::vector<std::string> certificates{};  ///< in DER, that of the signer first
  std::string payload{};                    ///< the statement, in JSON
  std::vector<std::string> signatures{};    ///< their bytes; one of them has to verify

  /// Returns what is signed: the payload and its type as DSSE puts them together (protocol.md there).
  std::string signed_bytes() const;

  friend bool operator==(const ModelSignature&, const ModelSignature&) = default;
};

/// Reads a bundle. Throws Error(invalid) for what is not one, has a key of JSON twice, or is of another version.
ModelSignature parse_model_signature(std::string_view bundle);

/// A file that a statement names.
struct SignedFile {
  std::string path;                     ///< from the directory of the signature
  std::optional<std::uint64_t> size{};  ///< in bytes; none: not told
  std::vector<std::string> digests{};   ///< SHA-256 in lower-case hex digits: of the file, or of each shard in order

  friend bool operator==(const SignedFile&, const SignedFile&) = default;
};

/// Compares the bytes of a file, which come in pieces, with what is signed.
class SignedFileCheck {
 public:
  /// `shard_size` is SignedManifest's. Throws Error(unavailable) if the crypto library refuses the algorithm.
  SignedFileCheck(SignedFile expected, std::optional<std::uint64_t> shard_size);

  void update(std::string_view bytes);
  /// Returns whether the bytes are those that were signed, and takes no more of them.
  bool matches();

 private:
  void end_shard();

  SignedFile expected_;
  std::uint64_t shard_size_;  ///< of what is hashed as a whole more than any file has
  std::uint64_t left_;        ///< in this shard
  std::size_t shard_ = 0;
  bool is_good_ = true;
  Digest digest_{Digest::Algorithm::sha256};
};

/// What a statement says.
struct SignedManifest {
  /// The path of the file that the statement is about, if it is about one alone and does not name it.
  static constexpr std::string_view only_file = ".";

  std::string hash_type{};                    ///< `sha256`, or what no file can be compared by: `files` is empty then
  std::optional<std::uint64_t> shard_size{};  ///< in bytes; none: files are hashed as a whole
  bool allows_symlinks = false;
  std::vector<std::string> ignored_paths{};  ///< files and directories that were not signed
  std::vector<SignedFile> files{};           ///< by path, each once

  /// Returns what is said of a file; null if it is not named.
  const SignedFile* find(std::string_view path) const;

  /// Returns whether a file is one that nobody signs: what the signer passed over, and Git's own files at the top.
  bool ignores(std::string_view path) const;

  friend bool operator==(const SignedManifest&, const SignedManifest&) = default;
};

/// Reads the payload of a bundle. Throws Error(invalid) for what is not a statement about a model, has a key of JSON
/// or a name twice, contradicts itself or has a name that leads elsewhere. What version 0.2 wrote is refused by name.
SignedManifest parse_signed_manifest(std::string_view statement);

}  // namespace mlem::artifact
