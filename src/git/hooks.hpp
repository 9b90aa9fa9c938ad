#pragma once

#include "git/registry.hpp"

namespace mlem::git {

/// Returns the directory where git looks for the repository's hooks, as core.hooksPath of git-config(1) or githooks(5)
/// have it. Throws Error(unavailable) if git does not say.
fs::path hooks_directory(const Registry& registry);

/// Returns whether core.hooksPath is set for more than this repository, so that others use the same hooks.
bool shares_hooks(const Registry& registry);

}  // namespace mlem::git
