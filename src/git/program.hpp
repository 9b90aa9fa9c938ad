#pragma once

#include "git/registry.hpp"

#include <string>

namespace mlem::git {

/// Returns what `git --version` prints: `git version 2.39.5`.
std::string version_text(const Environment& environment);

/// Opens a manual page in git's way: by `help.format`, `man.viewer` and the pager; one whose name does not begin with
/// `git` by man. Returns the exit code.
int show_manual(const std::string& page, const Environment& environment);

/// Returns the pager that git would run for its command `name`, as a line for the shell; `cat` or nothing: none.
/// `pager.<name>` of git-config(1) is a boolean or a command, before which only GIT_PAGER counts.
std::string find_pager(const Registry& registry, const std::string& name);

}  // namespace mlem::git
