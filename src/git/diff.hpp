#pragma once

#include "git/registry.hpp"

#include <string>

namespace mlem::git {

/// Returns how two files of the work tree's file system differ, as `git diff --no-index` shows it without drivers.
std::string text_difference(const Registry& registry, const std::string& before, const std::string& after);

}  // namespace mlem::git
