#pragma once

#include "base/environment.hpp"
#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"

#include <optional>
#include <string>

namespace mlem::git {

/// Makes an empty repository with a work tree, as git-init(1) does. `branch` is the full name of the one that its HEAD
/// is for; empty: whichever git takes. `environment` is without_repository(). Throws Error(unavailable) if git refuses.
void make_repository(const fs::path& directory, const std::string& object_format, const std::string& branch,
                     const Environment& environment);

/// Checks out the branch that HEAD is for, or, if `detached` is a commit, that commit, in a work tree that has no files
/// yet. Files of Git LFS stay pointers. Throws Error(unavailable) if git refuses.
void check_out_all(const Registry& registry, const std::optional<Oid>& detached);

}  // namespace mlem::git
