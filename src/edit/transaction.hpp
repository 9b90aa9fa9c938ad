#pragma once

#include "git/registry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// A file of the work tree and what is to become of it.
struct FileChange {
  std::string name;                     ///< from the root of the work tree
  std::optional<std::string> text{};    ///< what is written; none: the file is staged as it is, or removed
  bool is_removed = false;              ///< with the directories that are empty then; `text` is none
  std::uint32_t mode = git::mode_file;  ///< of a file that is not there yet, and of its entry
  /// Whether git looks away from the file because of a flag of its entry (git-update-index(1), `assume-unchanged` and
  /// `skip-worktree`); staging takes the flag off.
  bool is_flagged = false;
  /// Whether to refuse to stage it outside of a sparse checkout, as `git add` does.
  bool wants_checkout = false;
};

enum class Stage { yes, no };

/// Writes or removes the files and stages that: all of them or, if that fails, none. Whatever ends this process, each
/// file and the index are whole, the old or the new one, and what is left of temporary files is removed by the next
/// call.
///
/// No directory is entered through a symbolic link, even if one takes a directory's place meanwhile. Runs of several
/// processes wait for one another. Throws Error(io), Error(unavailable) if the index is locked, Error(invalid) for what
/// is beyond a symbolic link, is not a file, or is to be staged outside of a sparse checkout.
void save_files(const git::Registry& registry, const std::vector<FileChange>& changes, Stage stage);

}  // namespace mlem::edit
