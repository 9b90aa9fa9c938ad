#pragma once

#include "artifact/detail/hashing.hpp"
#include "artifact/place.hpp"

#include <string_view>
#include <vector>

namespace mlem::artifact::detail {

/// A file of a directory.
struct DirectoryPart {
  std::string_view path;  ///< below the directory
  const Outcome* outcome = nullptr;
};

/// Compares what is recorded of a directory with what was found of all of its files: their size together, and the hash
/// that DVC would give it. It is a mismatch, or `unhashed`, if not so much is known.
Outcome compare_directory(const PlacedDirectory& record, const std::vector<DirectoryPart>& parts);

}  // namespace mlem::artifact::detail
