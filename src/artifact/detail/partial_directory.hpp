#pragma once

#include "base/file.hpp"

#include <optional>
#include <set>
#include <string>

namespace mlem::artifact::detail {

/// The hidden directory beside a target where files are until all of them are there; locked while this lives. What has
/// come stays for the next run, unless be_done() was called.
class PartialDirectory {
 public:
  /// Makes `<parent>/.git-mlem-clone-<name>`, or takes over what a former run left there. Throws Error(unavailable) if
  /// another process has it, Error(invalid) if what is there is not a directory of this user's, and Error(io).
  PartialDirectory(const fs::path& parent, const std::string& name);
  ~PartialDirectory();
  PartialDirectory(const PartialDirectory&) = delete;
  PartialDirectory& operator=(const PartialDirectory&) = delete;

  const fs::path& path() const noexcept { return directory_; }
  /// Where the files are.
  fs::path files() const { return directory_ / "files"; }
  /// Removes all but the files with these paths: what a former run for something else has left.
  void keep_only(const std::set<std::string>& paths) const;
  /// Nothing that is left there is of use.
  void be_done() noexcept { is_done_ = true; }
  /// Whether the next run has something to go on from.
  bool has_files() const;

 private:
  static void require_own(const fs::path& directory);
  fs::path directory_;
  fs::path lock_file_;
  std::optional<FileLock> lock_;
  bool is_done_ = false;
};

}  // namespace mlem::artifact::detail
