#pragma once

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "model/oid.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// A branch or tag and the object it names (an annotated tag is not peeled).
struct Ref {
  std::string name;  ///< full: `refs/heads/main`
  Oid oid;
};

/// What a tree or an index has at a path.
struct Entry {
  std::uint32_t mode = 0;
  Oid oid;
};
/// The modes that git writes, besides 0100755 of a program.
inline constexpr std::uint32_t mode_file = 0100644;
inline constexpr std::uint32_t mode_symlink = 0120000;
inline constexpr std::uint32_t mode_tree = 0040000;
inline constexpr std::uint32_t mode_gitlink = 0160000;
inline constexpr std::uint32_t mode_type_mask = 0170000;
inline bool is_regular(const Entry& entry) noexcept {
  return (entry.mode & mode_type_mask) == (mode_file & mode_type_mask);
}
inline bool is_directory(const Entry& entry) noexcept { return (entry.mode & mode_type_mask) == mode_tree; }
/// A symbolic link, or a submodule, which is what git takes every other mode for.
inline bool is_link(const Entry& entry) noexcept { return !is_regular(entry) && !is_directory(entry); }

/// A difference between two trees, or between a tree and the index.
struct Change {
  std::string name;
  std::optional<Entry> before;  ///< none: added
  std::optional<Entry> after;   ///< none: removed
  bool unmerged = false;
};

/// The answer to a look-up in a repository that may lack objects (a partial clone, a cache).
struct Lookup {
  enum class State { found, absent, missing_object };
  State state = State::absent;
  Entry entry;                 ///< if found
  std::optional<Oid> missing;  ///< the tree or commit that this repository does not have
};

/// Thrown where the deadline of a repository has passed.
class OutOfTime : public Error {
 public:
  explicit OutOfTime(std::string what_failed)
      : Error(ErrorKind::unavailable, std::move(what_failed), "there was no time left for it") {}
};

/// Reads objects and refs of one repository. Never writes, never fetches, and ignores replace refs and grafts.
/// Not for use by several threads at once. Every function throws Error(unavailable) if the repository is corrupt.
class Repository {
 public:
  virtual ~Repository() = default;

  /// Sets when to stop reading trees and tags, of which a small pack can hold more than anybody has time for: what
  /// needs another one then throws OutOfTime. Without a deadline, their number and size alone are bounded.
  virtual void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) = 0;
  /// Throws OutOfTime, about `oid`, if the deadline has passed: for what takes long with an object's content.
  virtual void require_time(const Oid& oid) const = 0;
  /// Told of an object that was read, or of which it was told that it is here, or how large.
  using NoteRead = std::function<void(const Oid& oid, bool is_commit)>;
  /// Has `note` told of all objects from now on, but not of what stream_blob() passes on.
  virtual void note_reads(NoteRead note) = 0;
  /// Returns the object a full ref name (`HEAD` too) leads to through symbolic refs; nothing if there is none.
  virtual std::optional<Oid> find_ref(std::string_view full_name) = 0;
  /// Returns the full name of the branch that HEAD is for (which may be unborn); nothing if HEAD is detached.
  std::optional<std::string> head_branch() { return symbolic_target("HEAD"); }
  /// Returns the full name of what a symbolic ref is for; nothing if `full_name` is none.
  virtual std::optional<std::string> symbolic_target(std::string_view full_name) = 0;
  /// Returns the full name of where a ref leads through symbolic refs: its own if it is none.
  std::string final_ref(std::string full_name);
  /// Returns all refs that start with `prefix`, by name.
  virtual std::vector<Ref> refs(std::string_view prefix) = 0;
  /// Returns whether an object is here.
  virtual bool has(const Oid& oid) = 0;
  /// Returns the commit that `oid` is or that a tag leads to; nothing if it is absent or no commit.
  virtual std::optional<Oid> find_commit(const Oid& oid) = 0;
  /// Returns the commit or tree that `oid` is or that a tag leads to; nothing if it is absent or something else.
  virtual std::optional<Oid> find_tree_ish(const Oid& oid) = 0;
  /// Returns the committer's time of a commit, in seconds since 1970.
  virtual std::int64_t commit_time(const Oid& commit) = 0;
  /// Looks `path` up in the tree of `commit`, which may be a tree itself. The empty path is the root tree.
  virtual Lookup find(const Oid& commit, std::string_view path) = 0;
  /// Returns what a tree has itself, by name in its order; nothing if it is absent.
  virtual std::optional<std::vector<std::pair<std::string, Entry>>> list(const Oid& tree) = 0;
  /// Takes what one tree of many has: the tree's number, a name in it, until the call returns, and what is there.
  using VisitEntry = std::function<void(std::size_t i, std::string_view name, const Entry& entry)>;
  /// Calls `visit` for all that each tree has itself, tree by tree and in its order. Many are read as read_blobs()
  /// does. Returns the first one that is absent, before which it stops; nothing if all are here.
  virtual std::optional<Oid> list_all(const std::vector<Oid>& trees, const VisitEntry& visit) = 0;
  /// Calls `visit` for every file below `directory` (empty: all) in the tree of `commit` with its path from the root;
  /// stops when it returns false. Trees that this repository lacks are passed over, and returned; those without files
  /// are read once.
  virtual std::vector<Oid> walk(const Oid& commit, std::string_view directory,
                                const std::function<bool(const std::string& path, const Entry&)>& visit) = 0;
  /// Calls `visit` for every file that differs between two commits or trees, in the order of their trees, until it
  /// returns false. Without `before` all of `after` is new. Equal directories are not read. Throws Error(unavailable)
  /// for a missing tree.
  virtual void diff(const std::optional<Oid>& before, const Oid& after,
                    const std::function<bool(Change change)>& visit) = 0;
  /// Returns a blob's content; nothing if it is absent. Throws Error(invalid) if it is larger than `limit` bytes.
  virtual std::optional<std::string> find_blob(const Oid& blob, std::size_t limit) = 0;
  /// Takes a blob of many: its number among them, and its content until the call returns or nothing if it takes a
  /// closer look by find_blob(): it is absent, no blob, corrupt or too large. Returns whether to go on.
  using VisitBlob = std::function<bool(std::size_t i, const std::optional<std::string_view>& content)>;
  /// Calls `visit` for each blob, in order, until it returns false. Many are read by `git cat-file`, which works beside
  /// us and keeps more bases of deltas than libgit2.
  virtual void read_blobs(const std::vector<Oid>& blobs, std::size_t limit, const VisitBlob& visit) = 0;
  /// Returns the size in bytes of each blob; nothing for one that is absent, corrupt or no blob. Many are asked of `git
  /// cat-file`. No content is read.
  virtual std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) = 0;
  /// Calls `take` with a blob's content, piece by piece, whatever its size. Returns whether it is here. What `take`
  /// throws passes. The pieces are not proved to be what the blob's id names: who has to know hashes them.
  virtual bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) = 0;
  /// Lets go of the memory that reading took; the next call takes it up again.
  virtual void release() = 0;
};

/// Where the objects of a repository are read.
enum class Reading {
  here,  ///< in this process: of files that git has written for this user
  apart  ///< by a process of git's, which a file that somebody has altered may end without ending this one
};

/// Opens the repository whose git directory is `git_dir` with libgit2, or through git plumbing where libgit2 cannot
/// read its format (SHA-256). Who may read it has been decided before.
/// `object_dir` is where objects are looked for besides: the quarantine of a push; empty: nowhere.
/// `environment` is what git is run with. Throws Error(not_found) if `git_dir` is not a repository,
/// Error(unavailable) if neither can read it.
std::unique_ptr<Repository> open_repository(const fs::path& git_dir, const Environment& environment, Reading reading,
                                            const fs::path& object_dir = {});

/// Returns the git directory of the repository at `directory` itself (its `.git`, what a `.git` file names, or the
/// directory if bare); nothing if there is none. Never looks upward.
std::optional<fs::path> find_git_dir(const fs::path& directory);

/// Returns the object directory `objects` of a repository and those that its `info/alternates` leads to
/// (gitrepository-layout(5)), without symbolic links; what is not there is left out. Throws Error(unavailable) if such
/// a file cannot be read.
std::vector<fs::path> find_object_dirs(const fs::path& objects);

/// Returns the git directory of what git reads when `directory` is the address of a repository: that of `directory`
/// itself (which may be a file that names it, gitrepository-layout(5)), else of `<directory>.git`, as enter_repo() in
/// git's path.c tries them.
std::optional<fs::path> find_addressed_git_dir(const fs::path& directory);

/// Returns whether `file` is one of git-bundle(1), by its first line (gitformat-bundle(5)).
bool is_bundle(const fs::path& file);

/// Returns what lies where opening a repository and reading its refs expects a file, and is a FIFO or device:
/// whoever opens that may wait for ever, git and libgit2 too.
std::optional<fs::path> find_obstacle(const fs::path& git_dir);

/// Returns whether the permissions of a repository, or of a directory where one is looked for, hide it from this user.
bool is_closed(const fs::path& directory);

/// Returns the directory that `safe.directory` has to name for a repository: git judges a work tree with its git
/// directory.
fs::path guarded_directory(const fs::path& git_dir);

/// Returns whether git would refuse to read `git_dir` because another user owns it (safe.directory in
/// git-config(1)). Asks git only if the owner is not this user.
bool is_foreign(const fs::path& git_dir, const Environment& environment);

/// The variables that tell git which repository it is to work on, removed: those of `git rev-parse --local-env-vars`
/// but for configuration, such as that of `git -c`, which stays as it does for git's own work in submodules; and
/// GIT_QUARANTINE_PATH.
Environment without_place(Environment environment);

/// The variables that tie git to one repository (`git rev-parse --local-env-vars`), and GIT_QUARANTINE_PATH, removed:
/// for running git on another repository, in English and without fetching what that lacks.
Environment without_repository(Environment environment);

/// Returns git on the repository `git_dir` with these arguments, for reading what it has and nothing else.
/// `environment` is without_repository().
Program reading_program(const fs::path& git_dir, std::vector<std::string> arguments, const Environment& environment);

/// Returns the version of libgit2 that this program runs with: `1.5.1`.
std::string library_version();

/// Returns what the names of refs begin with in the namespace that GIT_NAMESPACE sets (gitnamespaces(7)):
/// `refs/namespaces/<name>/`, once for each part; empty without one.
std::string namespace_prefix(const Environment& environment);

}  // namespace mlem::git
