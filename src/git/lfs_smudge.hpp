#pragma once

#include "base/environment.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "git/transport.hpp"

#include <string>

namespace mlem::git {

/// An object of Git LFS that git-lfs is asked for.
struct LfsSmudge {
  std::string pointer;     ///< the text of its pointer
  std::string remote;      ///< the address of the repository that has the pointer
  std::string endpoint{};  ///< where Git LFS has its objects; empty: where git-lfs finds out that they are
};

/// Has `git lfs smudge` fetch an object to the store `<directory>/lfs`, by the user's configuration and in a repository
/// that is made in `directory` for that, which is absolute and empty. What a user excludes from being fetched is
/// fetched too. Returns how that ended: `output` is what it printed, of much only the beginning, for it prints what is
/// in the store by then. `idle` of the options is for a program that tells no progress. `environment` is as for
/// Transport. Throws Interrupted, and Error(io) if git cannot be run.
RunResult smudge_lfs(const LfsSmudge& smudge, const fs::path& directory, const Environment& environment,
                     const TransportOptions& options);

}  // namespace mlem::git
