#pragma once

#include "artifact/lfs_pointer.hpp"
#include "artifact/object_answer.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// Returns the directory where Git LFS keeps the objects of the repository `git_dir` of this machine: by default
/// `lfs/objects` in its common directory; `lfs.storage` moves `lfs` (git-lfs-config(5)). `environment` is that of a
/// source. Throws Error(unavailable) if git refuses to read its configuration.
fs::path lfs_store(const fs::path& git_dir, const Environment& environment);

/// Returns the stores of the repositories that `git_dir` borrows objects from (`info/alternates`,
/// gitrepository-layout(5)): git-lfs takes from them what its own store lacks, in `lfs/objects` beside each `objects`.
/// Throws Error(unavailable) if git's list of them cannot be read.
std::vector<fs::path> borrowed_lfs_stores(const fs::path& git_dir);

/// Returns where a store has an object, if it has it: `<store>/ab/cd/<oid>`.
fs::path lfs_object_path(const fs::path& store, std::string_view oid);

/// Returns whether a store has an object, and of which size.
ObjectAnswer ask_lfs_store(const fs::path& store, const LfsPointer& pointer);

}  // namespace mlem::artifact
