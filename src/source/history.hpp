#pragma once

#include "base/file.hpp"
#include "git/repository.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>

namespace mlem::source {

/// Takes a git directory, and where its objects are to be read.
using UseHistory = std::function<void(const fs::path& git_dir, git::Reading reading)>;

/// Calls `use` with the git directory of a repository that has the history of all branches and tags of the source at
/// `url`, as they are now: in place, or an entry of the cache that has no trees and is locked meanwhile. That costs one
/// git network command. `use` is called again if the entry turns out to be broken. Returns why it was not called or
/// what was thrown, as converse() does.
std::optional<Refusal> with_history(const RepoUrl& url, const Settings& settings, const UseHistory& use);

/// The same with what is on this machine, as old as it may be: the repository in place, or what with_history() has left
/// in the cache. No network command is run; a source that would need one is a Refusal.
std::optional<Refusal> with_known_history(const RepoUrl& url, const Settings& settings, const UseHistory& use);

}  // namespace mlem::source
