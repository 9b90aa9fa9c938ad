#pragma once

#include "base/error.hpp"
#include "base/process.hpp"
#include "git/config.hpp"
#include "git/repository.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// An entry of the index, or of a tree or work tree where those are listed alike.
struct File {
  std::string name;          ///< from the repository's root: raw bytes
  Entry entry;               ///< in a work tree: mode_file or mode_symlink, no oid
  int stage = 0;             ///< 1 to 3: unmerged
  bool is_left_out = false;  ///< of the work tree, by a sparse checkout: `skip-worktree` in git-update-index(1)
  bool is_assumed = false;   ///< to be unchanged: `assume-unchanged` there
};

/// Files that git checks out with other bytes than their blobs have, by name: the attribute that makes it do so
/// (`filter`, `ident`, `working-tree-encoding`, `export-subst`; gitattributes(5)).
using Conversions = std::map<std::string, std::string, std::less<>>;
/// Returns what such an attribute means for a file that is read as its blob has it, and what helps.
std::string describe_conversion(const std::string& attribute);
std::string conversion_remedy(const std::string& attribute);

/// What the names of files end in that are asked for: any of these; without any, all files are.
class Suffixes {
 public:
  Suffixes(const char* suffix) : Suffixes(std::string_view(suffix)) {}
  Suffixes(std::string_view suffix) : suffixes_{suffix} {}
  Suffixes(std::vector<std::string_view> suffixes) : suffixes_(std::move(suffixes)) {}

  bool match(std::string_view name) const noexcept {
    if (suffixes_.empty()) return true;
    for (const std::string_view suffix : suffixes_) {
      if (name.ends_with(suffix)) return true;
    }
    return false;
  }

 private:
  std::vector<std::string_view> suffixes_;  ///< constants
};

/// The repository that a command is about: its place is found by git, with git's rules on ownership.
///
/// What can be read by libgit2 is; the index is written by `git update-index` only. Functions that run git throw
/// Error(unavailable) with the last line of its stderr as why, Error(invalid) where it does not take a pathspec.
class Registry {
 public:
  /// Finds the repository of `directory` (empty: this process's). Throws Error(not_found) outside of one, or if git
  /// refuses to read it.
  static Registry discover(const Environment& environment, const std::string& directory = {});
  /// The same for who can do without one: outside of a repository there is only what git's configuration and
  /// `directory()` tell. Throws Error(not_found) if git refuses to read one.
  static Registry discover_if_any(const Environment& environment, const std::string& directory = {});

  bool is_there() const noexcept { return !absence_; }
  /// Throws what discover() throws outside of a repository.
  void require_repository() const;
  const fs::path& git_dir() const noexcept { return git_dir_; }
  const fs::path& common_dir() const noexcept { return common_dir_; }
  /// Absolute; empty in a bare repository and inside a git directory.
  const fs::path& work_tree() const noexcept { return work_tree_; }
  bool has_work_tree() const noexcept { return !work_tree_.empty(); }
  /// Throws Error(invalid) in git's words where there is none.
  void require_work_tree() const;
  /// The current directory from the work tree's root: empty, or ending in `/`.
  const std::string& prefix() const noexcept { return prefix_; }
  const fs::path& index_file() const noexcept { return index_file_; }
  /// Throws Error(not_found) that says `what_failed` if there is no index though there is a commit: after `git clone
  /// --no-checkout`, or where it was lost. To git that is an empty one. `remedy` is what else helps.
  void require_index(const std::string& what_failed, const std::string& remedy = {}) const;
  /// `sha1` or `sha256`.
  const std::string& object_format() const noexcept { return object_format_; }
  /// The directory that commands run in, absolute.
  const fs::path& directory() const noexcept { return directory_; }
  /// The directory that git goes to itself: the work tree's root, if there is one.
  std::string root() const;
  const Environment& environment() const noexcept { return environment_; }

  /// Read at the first call.
  const Config& config() const;
  /// Opened at the first call.
  Repository& objects() const;

  /// Runs git in `directory()` with our variables. Returns its output whatever its exit code.
  RunResult git(std::vector<std::string> arguments, std::string_view input = {}) const;
  /// The same within limits: see run().
  RunResult git(std::vector<std::string> arguments, std::string_view input, const Limits& limits,
                Interrupt* interrupt) const;

  /// What paths mean on git's command line.
  enum class Pathspecs {
    from_here,  ///< as the user writes them, in `directory()`
    names,      ///< names of files or directories, from the root
  };
  /// Returns git with these arguments, to be run by who reads its output while it runs.
  Program program(std::vector<std::string> arguments, Pathspecs pathspecs = Pathspecs::from_here) const;

  /// Returns a name from the root as a user writes it in `directory()`.
  std::string from_here(const std::string& name) const;
  /// Returns a pathspec, for commands that run in `directory()`, that means the file `name` from the root and no other.
  std::string pathspec_of(const std::string& name) const;

  /// Returns the object that an expression of gitrevisions(7) names, and remembers it; nothing if it names none.
  std::optional<Oid> find_object(std::string_view expression) const;
  /// Returns the commit that such an expression names or that a tag leads to; nothing if it names none.
  std::optional<Oid> find_commit(std::string_view expression) const;
  /// The id of the tree without entries.
  Oid empty_tree() const;

  // Deques, for a caller can let go of each file that it has dealt with.

  /// Returns the entries of the index whose name matches `suffixes` and, if there are pathspecs, that match one; in
  /// path order, without intent-to-add entries.
  std::deque<File> index_files(const Suffixes& suffixes, const std::vector<std::string>& pathspecs) const;
  /// Returns the files of a commit's tree in the same way. Throws Error(unavailable) if a part of it is not here.
  std::deque<File> tree_files(const Oid& commit, const Suffixes& suffixes,
                              const std::vector<std::string>& pathspecs) const;
  /// Returns the topmost ones of those parts of a commit's tree that are not here.
  std::vector<Oid> missing_trees(const Oid& commit) const;
  /// Returns the tracked and the untracked but not ignored files of the work tree in the same way.
  std::deque<File> work_tree_files(const Suffixes& suffixes, const std::vector<std::string>& pathspecs) const;

  /// Returns whether this is a partial clone, so that what is missing here is on a server.
  bool is_partial() const;

  /// Where pathspecs are looked for: in a tree, in the index if there is none, or in the files of work_tree_files().
  struct Listing {
    std::optional<Oid> tree{};
    bool is_work_tree = false;
  };
  /// Returns the files of `listing` that match one of `pathspecs`, whatever their suffix, relative to the current
  /// directory; nothing if one of the pathspecs matches none. Throws Error(unavailable) if git cannot read the listing.
  std::optional<std::vector<std::string>> match_all(const std::vector<std::string>& pathspecs,
                                                    const Listing& listing) const;

  /// Returns the names of the files of the work tree whose name ends in `suffix` and that are not as the index has
  /// them: changed, removed, or untracked and not ignored. With pathspecs, of those that match one.
  std::vector<std::string> files_unlike_index(std::string_view suffix, const std::vector<std::string>& pathspecs) const;

  /// Fetches those of `blobs`, or trees, that are missing here from the server that a partial clone has left them on,
  /// by one git command. Does nothing elsewhere, and within the quarantine of a push. That they cannot be had is no
  /// error here: they are still missing then.
  void fetch_missing(const std::vector<Oid>& blobs, const Limits& limits, Interrupt* interrupt) const;

  /// Returns the names of tracked files that the work tree may have otherwise than the index, or not at all, in path
  /// order: of those whose name ends in `suffix` and, if there are pathspecs, that match one. As in git, a file that is
  /// to be assumed unchanged is not among them.
  std::vector<std::string> unstaged_files(std::string_view suffix, const std::vector<std::string>& pathspecs) const;

  /// Returns the entries of the index that have one of `names` or are below one, in path order, without intent-to-add
  /// entries: much less than all of a large index.
  std::deque<File> index_entries(const std::vector<std::string>& names) const;

  /// Returns the entries of the index that a sparse checkout leaves out of the work tree, in path order: to git they
  /// are there as the index has them. Looks at the index only where `core.sparseCheckout` is set.
  std::deque<File> left_out_files() const;

  /// Returns whether git ignores the file `name` of the work tree, which is not in the index.
  bool is_ignored(const std::string& name) const;

  /// Returns whether the file `name` of the work tree is outside of its sparse checkout, so that `git add` would refuse
  /// it. It has to be there.
  bool is_outside_checkout(const std::string& name) const;

  /// Returns what differs between two trees-ish, or between `before` and the index if `after` is none. Without `before`
  /// everything is new.
  std::vector<Change> changes(const std::optional<Oid>& before, const std::optional<Oid>& after,
                              const std::vector<std::string>& pathspecs) const;

  /// Returns those of `names`, files of a tree or index, that its `.gitattributes` files convert: `attributes`, which
  /// are all that it has at or above them. Runs git twice if there are any, and else does nothing.
  Conversions conversions(const std::vector<File>& attributes, const std::vector<std::string>& names) const;
  /// The same for files of the work tree, by whatever git takes attributes from there.
  Conversions work_tree_conversions(const std::vector<std::string>& names) const;

  /// Writes a blob through the filters for `name` and returns its id.
  Oid write_blob(std::string_view name, std::string_view content) const;
  /// Stages files of the work tree by one `git update-index`: what `git add` would leave in the index. The mode is the
  /// file's but where `core.fileMode` is off. An entry with an id is told to git beforehand, so that it looks at the
  /// file whatever flags the former entry had. Throws Error(unavailable) if the index is locked or a file is not there,
  /// Error(invalid) if git takes no such name (`../a`, `.git/a`); the index is untouched then.
  /// Files of `removed`, which are not in the work tree, leave the index.
  void stage_files(const std::vector<File>& files, const std::vector<std::string>& removed = {}) const;

 private:
  Registry() = default;
  /// Whether refs can be looked up without a process for each.
  bool has_quick_refs() const;
  /// Our variables, for a run in `root()`.
  Environment at_root() const;
  /// The same for pathspecs that are names.
  Environment at_root_literally() const;
  Environment environment_;
  std::optional<Error> absence_;  ///< of a repository: what discover() throws
  fs::path directory_;
  fs::path git_dir_;
  fs::path common_dir_;
  fs::path work_tree_;
  fs::path index_file_;
  std::string prefix_;
  std::string object_format_;
  mutable std::optional<Config> config_;
  mutable std::unique_ptr<Repository> objects_;
  mutable std::map<std::string, std::optional<Oid>, std::less<>> found_objects_;  ///< by expression
};

/// Returns whether the repository `git_dir` is a partial clone, so that what it lacks is on a server; not if git cannot
/// tell. `environment` is without_repository().
bool is_partial_clone(const fs::path& git_dir, const Environment& environment);

/// Returns what differs between HEAD and the index of the repository that git finds from `directory`, at the cost of
/// one process; nothing if there is no such commit or git refuses.
std::optional<std::vector<Change>> find_staged_changes(const Environment& environment,
                                                       const std::string& directory = {});

}  // namespace mlem::git
