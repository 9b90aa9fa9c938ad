#pragma once

#include "git/registry.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::resolve {

/// The tree that a link is read from: an index, a commit or a work tree. An alias is resolved in it.
class TreeView {
 public:
  virtual ~TreeView() = default;

  /// Says what will be looked up: where `names`, and what is below them, are all that is asked for, a large index need
  /// not be read whole. `entries` is what Registry::index_entries() gives for them.
  virtual void expect(const std::vector<std::string>&, const std::deque<git::File>&) {}
  /// Returns what is at `path`; a directory counts, with the mode of a tree.
  virtual git::Lookup find(std::string_view path) = 0;
  /// Returns the content of a file that find() found. Throws Error(invalid) if it is larger than `limit` bytes.
  virtual std::optional<std::string> read(std::string_view path, const git::Entry& entry, std::size_t limit) = 0;
  /// Returns whether what is at `path` waits for a conflict to be resolved; find() finds nothing there.
  virtual bool is_unmerged(std::string_view) { return false; }
  /// Calls `visit` for every file until it returns false.
  virtual void walk(const std::function<bool(const std::string& path, const git::Entry&)>& visit) = 0;
  /// `index`, `worktree` or a commit id: the key `at` of a finding.
  virtual std::string at() const = 0;
  /// The repository whose blobs its files are; null for a work tree, where most are none.
  virtual git::Repository* repository() = 0;
};

std::unique_ptr<TreeView> view_index(const git::Registry& registry);
/// What a sparse checkout leaves out is there as the index has it. Without a work tree there is nothing. Remembers
/// which directories there are.
std::unique_ptr<TreeView> view_work_tree(const git::Registry& registry);
/// `repository` must outlive the view.
std::unique_ptr<TreeView> view_commit(git::Repository& repository, const Oid& commit);

/// Returns the directory of the nearest project at or above `directory`, nothing if there is none up to the root.
/// A project has `.mlem.yaml`, or `.mlem/` as MLEM before 0.3 made it.
std::optional<std::string> find_project(TreeView& view, std::string_view directory);

/// Returns the directory that an alias in the file `link` starts at: its project's, else its own.
std::string alias_base(TreeView& view, std::string_view link);

/// Where the aliases of one directory start.
struct AliasStart {
  std::string directory;    ///< what alias_base() says
  std::string for_mlem;     ///< the same to MLEM 0.3 and later, which knows no marker but `.mlem.yaml`, of any kind
  bool is_project = false;  ///< whether `for_mlem` has such a marker
};
AliasStart find_alias_start(TreeView& view, std::string_view directory);

/// Throws Error(invalid) for an alias that MLEM follows elsewhere: it starts at another directory, or its path leads up
/// through what is not a directory.
void require_one_reading(TreeView& view, const AliasStart& start, std::string_view path);

/// Returns how messages call a directory of a tree.
std::string quoted_directory(std::string_view directory);

/// Where the object was found that a path names, or why it was not.
struct Located {
  enum class State { found, absent, not_an_object, not_a_file, unmerged, several, missing_object };
  State state = State::absent;
  std::string path;          ///< of what was found, or is not a file; of the two candidates if several
  git::Entry entry;          ///< if found
  std::vector<Oid> missing;  ///< the objects that the view's repository lacks
};

/// Looks an object's path up: itself if it ends in `.mlem`, else with `.mlem` added, else in the layout of MLEM 0.2
/// below `base`: `.mlem/<type>/<path>.mlem`. A symbolic link of such a name is not a file, and MLEM would follow it:
/// what comes after it is not looked at.
Located locate(TreeView& view, std::string_view path, std::string_view base);

}  // namespace mlem::resolve
