#pragma once

#include "base/file.hpp"

#include <vector>

namespace mlem::git::detail {

/// Adds `object_dir` and the directories that its `info/alternates` leads to (gitrepository-layout(5)), each once and
/// without symbolic links; what is not there is left out, as git does. Throws Error(unavailable) if such a file cannot
/// be read.
void add_object_dirs(std::vector<fs::path>& all, const fs::path& object_dir);

}  // namespace mlem::git::detail
