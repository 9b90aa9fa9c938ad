#pragma once

#include "base/environment.hpp"

namespace mlem::git::detail {

/// Returns `environment` without what changes the meaning of all pathspecs (git(1)), such as `GIT_LITERAL_PATHSPECS`.
Environment without_pathspec_options(Environment environment);

}  // namespace mlem::git::detail
