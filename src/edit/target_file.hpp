#pragma once

#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/work_tree_path.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// Returns what `text`, relative to the registry's directory, names in the work tree. As in git, no symbolic link below the root is followed. Throws Error(invalid) if it is outside of the work tree.
WorkTreePath path_in_work_tree(const git::Registry& registry, const std::string& text);

/// Throws Error(invalid) if `text`, which is to name a project of the work tree, is an address.
void require_no_address(const std::string& text);

/// Returns whether `directory`, below the work tree's root, is the root of another repository, a submodule's or any.
bool is_other_repository(const git::Registry& registry, const std::string& directory);

/// Throws Error(invalid) if git would not take `path`, from the root of the work tree, for a file of this repository:
/// beyond a symbolic link or a file, in a submodule or another repository, or a directory or submodule itself. `index`
/// has what Registry::index_entries() gives for names_on_the_way(). Returns the entries of that very name, more than
/// one if it is unmerged.
std::vector<git::File> require_stageable(const git::Registry& registry, const std::string& path,
                                         const std::deque<git::File>& index);

/// Returns a path and the directories that it is in, but for the root.
std::vector<std::string> names_on_the_way(const std::string& path);

/// A change to a file that is undone unless it is finished. What was there is kept beside it for so long, whatever it
/// is: HeldSignals keeps a signal from leaving it there.
class FileChange {
 public:
  FileChange() = default;
  ~FileChange();
  FileChange(const FileChange&) = delete;
  FileChange& operator=(const FileChange&) = delete;

  /// Makes `directory` and what is missing above it. Throws Error(io).
  void make_directories(const fs::path& directory);
  /// Replaces `file`, which stays executable if it was. What is not there yet gets `permissions`. Throws Error(io).
  void write(const fs::path& file, const std::string& text, Permissions permissions = Permissions::usual);
  void finish() noexcept;

 private:
  void set_aside();
  std::string file_;              ///< empty: nothing was written
  std::string previous_;          ///< where the file is that was there; empty: there was none
  std::deque<fs::path> created_;  ///< the innermost first
  bool finished_ = false;
};

}  // namespace mlem::edit
