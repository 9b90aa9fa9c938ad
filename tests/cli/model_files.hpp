#pragma once

#include "base/digest.hpp"

#include <cstddef>
#include <string>

namespace mlem::test {

inline std::string md5_of(const std::string& bytes) {
  Digest digest(Digest::Algorithm::md5);
  digest.update(bytes);
  return digest.finish();
}
inline std::string sha256_of(const std::string& bytes) { return sha256_hex(bytes); }

/// The metafile of a model that declares one file.
inline std::string declaring(const std::string& uri, const std::string& hash, std::size_t size) {
  return "artifacts:\n  data:\n    hash: '" + hash + "'\n    size: " + std::to_string(size) + "\n    uri: " + uri +
         "\nobject_type: model\n";
}
/// The same for a file with these bytes.
inline std::string model_with(const std::string& uri, const std::string& bytes) {
  return declaring(uri, md5_of(bytes), bytes.size());
}

/// What Git has of a file that Git LFS keeps.
inline std::string lfs_pointer_to(const std::string& bytes) {
  return "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256_of(bytes) + "\nsize " +
         std::to_string(bytes.size()) + "\n";
}

}  // namespace mlem::test
