#pragma once

#include "base/file.hpp"
#include "git/registry.hpp"

#include <string>

// How git is told to merge links by git-mlem: a driver in the repository's configuration, and an attribute of `*.mlem`
// in its `info/attributes` (gitattributes(5)), where no commit can change it.

namespace mlem::edit {

/// Returns the file that has the attributes of this repository alone. Throws Error(unavailable).
fs::path attributes_file(const git::Registry& registry);

/// Whether install_drivers() replaces drivers of the same names that somebody else has set up.
enum class ReplaceDrivers { no, yes };

/// Sets the drivers up. Returns whether anything changed. Throws Error(invalid), before anything is touched, for
/// drivers that are not ours, Error(unavailable), Error(io).
bool install_drivers(const git::Registry& registry, ReplaceDrivers replace);

/// Takes them back; what else is in the file stays to the byte, and drivers that are not ours stay too. Returns whether
/// there were any. Throws as install_drivers().
bool uninstall_drivers(const git::Registry& registry);

}  // namespace mlem::edit
