#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::git {

/// A commit as git-log(1) tells it, and how it differs from its first parent.
struct LoggedCommit {
  Oid oid;
  std::vector<Oid> parents;       ///< none where a shallow clone ends
  std::int64_t time = 0;          ///< the committer's, in seconds since 1970
  std::string author;             ///< `Name <address>`, as the commit has it
  std::string committer;          ///< the same
  std::vector<Change> changes{};  ///< file by file; without a parent everything is new
};

/// What git-log(1) is asked for.
struct LogQuery {
  enum class Commits {
    first_parents,     ///< from a tip along first parents, the newest first
    listed,            ///< those that `revs` has, in that order; of merges no changes
    listed_by_parent,  ///< the same; a merge is there once for each parent that it differs from, or once
  };
  Commits commits = Commits::first_parents;
  std::vector<std::string> revs;  ///< ids, with `^` before those whose history is left out
  /// If there are any: only changes of files that match, and no commit without such a change.
  std::vector<std::string> pathspecs{};
  Registry::Pathspecs pathspecs_are = Registry::Pathspecs::from_here;
  std::optional<std::int64_t> oldest{};  ///< the walk ends at the first commit whose time is before this
};

/// Calls `visit` with each commit while git goes on looking for the next, until it returns false. A renamed file
/// is one that is gone and one that is new. Throws Error(unavailable) if git refuses.
void read_log(const Registry& registry, const LogQuery& query, const std::function<bool(LoggedCommit&)>& visit);

/// Returns the commits at which the history of a shallow clone ends: git takes them for commits without parents.
std::vector<Oid> shallow_commits(const Registry& registry);

}  // namespace mlem::git
