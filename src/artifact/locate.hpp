#pragma once

#include "artifact/declared.hpp"
#include "artifact/dvc_directory.hpp"
#include "artifact/place.hpp"
#include "git/repository.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mlem::artifact {

/// An object whose files are looked for.
struct Wanted {
  enum class Kind {
    declared,  ///< what a metafile declares
    tree,      ///< a directory, with everything in it
    blob,      ///< one file
  };
  Kind kind = Kind::declared;
  Oid commit{};                      ///< or its tree
  std::string path{};                ///< of a tree (empty: the root) or blob
  std::vector<Declared> declared{};  ///< of a metafile
};

/// The most files that an object may have.
inline constexpr std::size_t max_files = 500'000;

/// Where the files of an object are.
struct Located {
  std::vector<PlacedFile> files{};             ///< in the order of the declarations or of the tree
  std::vector<PlacedDirectory> directories{};  ///< those of a metafile's of which something is recorded, in this order
  std::vector<Oid> missing{};  ///< trees and small files that the repository lacks: with them, `files` may be others
  std::string flaw{};          ///< why there is no list of its files, which then is empty: it has too many

  friend bool operator==(const Located&, const Located&) = default;
};

/// Finds where the files of each object are: in Git, a pointer of Git LFS, or tracked by DVC. Only small files are
/// read, those of all objects together; of what Git has itself, the size is asked. An artifact that is a directory of
/// the tree becomes its files, and what is recorded of it one of `directories`. Nothing is fetched: `missing` says what
/// to fetch before asking again. A GitBlob without a size is not here either, but it may be large: only who fetches it
/// learns whether it is a pointer.
///
/// A symbolic link or submodule on the way to what is declared is Forbidden, and so is one in it; in a plain tree,
/// symbolic links that stay inside are kept.
///
/// An object of more than `limit` files has a flaw. A file takes some 500 bytes of memory: of many large trees, ask for
/// a few at a time. Throws Error(unavailable) if the repository is corrupt, and OutOfTime.
std::vector<Located> locate(git::Repository& repository, const std::vector<Wanted>& wanted,
                            std::size_t limit = max_files);

/// Returns the files that `directory`, whose place is a DvcObject of a directory, stands for, given what its object
/// says. What is looked for `inside` and is not there is Missing.
std::vector<PlacedFile> expand_dvc_directory(const PlacedFile& directory, const std::vector<DvcEntry>& entries);

}  // namespace mlem::artifact
