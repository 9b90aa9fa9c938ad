#pragma once

#include "artifact/model_signature.hpp"
#include "artifact/model_signer.hpp"
#include "artifact/object_files.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "model/verdict.hpp"
#include "source/settings.hpp"

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// Files of an object of which a good signature has digests that nothing tells but their bytes.
struct UnprovedFiles {
  std::string signature{};                    ///< the name of its file
  std::vector<SignedFile> files{};            ///< by path
  std::optional<std::uint64_t> shard_size{};  ///< as SignedManifest has it
  std::vector<std::string> directories{};     ///< that DVC tracks: nobody knows yet which files they have

  /// Returns what is signed of a file; null if it is not among these.
  const SignedFile* find(std::string_view path) const;
};

/// What became of an object's signature.
struct Verification {
  Verdict verdict = Verdict::ok;  ///< the worst of the files, and what the next two are about
  std::string message{};
  std::string hint{};
  std::shared_ptr<const UnprovedFiles> unproved{};  ///< of what is `unverified`, if bytes would tell; else null
};

/// Looks for the signature of each object, verifies it as of `now`, in seconds since 1970, and compares each file of
/// the object with what it says: by the id that Git LFS has recorded, or by the bytes that Git itself has, which are
/// fetched within the limits of `settings` where they are not here. No byte is downloaded from any other server.
/// Sources are asked in parallel. Returns the answers in the order of `objects`.
///
/// The signature of a directory is the one file `*.sig` in it, or `model.sig`; that of anything else is beside it,
/// named as it is with `.sig` for `.mlem`. The names in it start at its own directory.
std::vector<Verification> verify_objects(const git::Registry& registry, const source::Settings& settings,
                                         const std::vector<ObjectAt>& objects, const ModelSigner& signer,
                                         std::time_t now);

/// Says what became of a signature, once all bytes of the object's files were read and nothing was wrong with them:
/// `artifacts` is what inspect() has of them, which was given `unproved` at Depth::hash.
Verification verify_by_bytes(const UnprovedFiles& unproved, const std::vector<FoundArtifact>& artifacts);

}  // namespace mlem::artifact
