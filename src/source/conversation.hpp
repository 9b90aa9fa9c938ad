#pragma once

#include "git/registry.hpp"
#include "git/repository.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/local_repository.hpp"
#include "source/refs.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace mlem::source {

/// What an answer rests on: a source that was seen once may be gone since, though ids name what they did.
struct Proof {
  std::int64_t time = 0;  ///< when the source was last heard of, in seconds since 1970; 0: during this run
  std::string doubt;      ///< if that is too long ago, and the source could not be asked again: a warning about it
  friend bool operator==(const Proof&, const Proof&) = default;
};

/// What is asked of one repository, step by step: its refs, the commits that they lead to, and then trees and blobs.
///
/// Each step takes all that is wanted and asks the server once. Afterwards what is there is read from `repository()`,
/// in the same way wherever the source is. Every step may throw git::TransportError about the whole source.
class Conversation {
 public:
  virtual ~Conversation() = default;

  /// Returns the source's refs; the first call asks a server for them.
  virtual const Refs& refs() = 0;

  /// Makes readable the commits that `objects` are, or that tags of these ids lead to, with their trees on the way to
  /// paths of `depth` names (0: without trees). Returns those that cannot be had, and why; what is absent from a
  /// repository of this machine is not told here.
  virtual std::map<Oid, Refusal> need_commits(const std::set<Oid>& objects, std::size_t depth) = 0;

  /// Makes trees and blobs readable that `repository()` has been found to lack, each given with a commit that leads to
  /// it. Returns those that cannot be had, and why.
  virtual std::map<Oid, Refusal> need_objects(const std::map<Oid, Oid>& commits_by_object) = 0;

  /// Makes readable the trees of commits and their files of less than `size` bytes, where the source can give those
  /// without the larger ones: after that, of a file that is not here only its content is unknown.
  virtual void need_small_files(const std::set<Oid>& commits, std::size_t size) {
    static_cast<void>(commits);
    static_cast<void>(size);
  }

  /// Returns where objects are read, until the next call of one of the need_ functions.
  virtual git::Repository& repository() = 0;

  /// Returns the git directory of that repository.
  virtual const fs::path& git_dir() = 0;

  /// Returns the repository of this machine that is read in place; null for what is elsewhere.
  virtual const LocalRepository* local() const { return nullptr; }

  /// Whether an error in reading is one of the cache: thrown out of the conversation, it makes the entry anew.
  virtual bool is_cached() const { return false; }

  /// Returns what the answers so far rest on.
  virtual Proof proof() const { return {}; }
};

/// Calls `use` with a conversation with the repository at `url`: read in place if git maps that to a directory, else
/// through the cache, whose entry is locked meanwhile. `use` is called again, with a new conversation, if the entry
/// turns out to be broken. Returns why it was not called or what was thrown, if that is an answer about the source;
/// nothing if all went well. Interrupted, and Error(io) if the cache must not be used, are thrown.
std::optional<Refusal> converse(const RepoUrl& url, const Settings& settings,
                                const std::function<void(Conversation&)>& use);

/// Returns the address of the registry itself: of its work tree, if it has one.
RepoUrl own_address(const git::Registry& registry);

/// Returns the registry itself as a source, with the refs that a push is about to give it.
std::unique_ptr<Conversation> converse_with_registry(const git::Registry& registry, const Settings& settings,
                                                     const PushedRefs& pushed_refs);

}  // namespace mlem::source
