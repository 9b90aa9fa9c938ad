#pragma once

#include "model/dvc.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// The most that a listing may have; it then takes about 250 MB while it is read.
inline constexpr std::size_t max_dvc_directory_size = std::size_t{128} << 20;
inline constexpr std::size_t max_dvc_directory_entries = 1'000'000;

/// A file of a directory that DVC tracks.
struct DvcEntry {
  std::string path;  ///< below the directory: a RepoPath
  std::string md5;   ///< 32 lower-case hex digits, made as the directory's own

  friend bool operator==(const DvcEntry&, const DvcEntry&) = default;
};

/// Reads the object of a directory, whose name ends in `.dir`: a JSON list of `{"md5": …, "relpath": …}`. Returns its
/// files, a directory's together. Throws Error(invalid) for other text, a path that is no RepoPath in its normal form
/// (absolute, `..`, `.git`), one that is there twice or is a file and a directory, and what is larger than the limits
/// above, or has more than `limit` files.
std::vector<DvcEntry> parse_dvc_directory(std::string_view json, std::size_t limit = max_dvc_directory_entries);

/// Returns the object of a directory as DVC writes it, whose MD5 is the directory's: parse_dvc_directory() reads it.
/// The entries, whose paths are UTF-8, may be in any order.
std::string dvc_directory_text(std::vector<DvcEntry> entries);

/// Returns where a cache or a remote has the object of an Output's hash: `96/f5441d…` or `files/md5/96/f5441d…`.
std::string dvc_object_path(std::string_view md5, dvc::Layout layout);

}  // namespace mlem::artifact
