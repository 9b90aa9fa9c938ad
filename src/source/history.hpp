#pragma once

#include "base/file.hpp"
#include "git/repository.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::source {

/// Takes a git directory, and where its objects are to be read.
using UseHistory = std::function<void(const fs::path& git_dir, git::Reading reading)>;

/// Calls `use` with the git directory of a repository that has the history of all branches and tags of the source at
/// `url`, as they are now: in place, or an entry of the cache that has no trees and is locked meanwhile. That costs one
/// git network command. `use` is called again if the entry turns out to be broken. Returns why it was not called or
/// what was thrown, as converse() does.
/// Offline, it is what the cache has.
std::optional<Refusal> with_history(const RepoUrl& url, const Settings& settings, const UseHistory& use);

/// Which history is wanted with its trees.
struct HistoryWithTrees {
  std::vector<std::string> refs;  ///< full names of what the source has
  std::size_t depth = 1;          ///< how many names the longest of the paths has that matter
};

/// The same for the history of some refs, with the trees on the way to paths: with an entry that has at least those.
std::optional<Refusal> with_history_and_trees(const RepoUrl& url, const Settings& settings,
                                              const HistoryWithTrees& wanted, const UseHistory& use);

/// The same as UseHistory; returns whether what was wanted is there.
using TryHistory = std::function<bool(const fs::path& git_dir, git::Reading reading)>;

/// Calls `use` with what is on this machine, as old as it may be, until it is enough: the repository in place, or each
/// entry of the cache that one of the others has left there. No network command is run; a source that would need one is
/// a Refusal.
std::optional<Refusal> with_known_history(const RepoUrl& url, const Settings& settings, const TryHistory& use);

}  // namespace mlem::source
