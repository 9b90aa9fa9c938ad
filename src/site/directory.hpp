#pragma once

#include "base/file.hpp"

#include <atomic>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::site {

/// What became of the files of a site.
struct Written {
  std::size_t files = 0;
  std::size_t changed = 0;  ///< that are new or have other bytes than before
  std::size_t removed = 0;
};

/// The directory that a site is written to. A list in it names the site's files, and no other file is touched. Those
/// that have the right bytes stay as they are. Whenever writing ends, the list has every file that was written.
class Directory {
 public:
  /// Names of files have `/`, and at most one.
  /// Throws Error(invalid) for a directory with files that are not a site's, and where one of `files` would be written
  /// over such a file; Error(io).
  Directory(fs::path path, std::vector<std::string> files);

  /// Writes one of the files. Several threads may write, each another one.
  void write(const std::string& name, std::string_view content);

  /// Removes those of an earlier site that are not of this one, and returns what became of all.
  Written finish();

 private:
  void read_list();
  void require_own() const;
  void write_list(const std::set<std::string>& names);

  fs::path path_;
  std::vector<std::string> files_;
  std::set<std::string> former_;  ///< of the site that was here
  bool is_ours_ = false;
  std::atomic<std::size_t> changed_ = 0;
};

}  // namespace mlem::site
