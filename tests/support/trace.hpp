#pragma once

#include "support/temp_dir.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mlem::test {

/// A git process, as GIT_TRACE2_EVENT saw it start.
struct GitCommand {
  std::vector<std::string> arguments;  ///< as the process got them, "git" first
  std::size_t depth = 0;               ///< 0: started by a program that is not git; 1: by such a one; …
};

/// Returns the git processes in the order in which they started; none if there is no such file. The file is what the
/// child's GIT_TRACE2_EVENT named: absolute, and not there before.
std::vector<GitCommand> git_commands(const fs::path& trace_file);

}  // namespace mlem::test
