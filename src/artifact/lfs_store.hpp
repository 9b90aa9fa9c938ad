#pragma once

#include "artifact/lfs_pointer.hpp"
#include "artifact/object_answer.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"

#include <optional>
#include <string_view>

namespace mlem::artifact {

/// Returns the directory where Git LFS keeps the objects of the repository `git_dir` of this machine: by default
/// `lfs/objects` in its common directory; `lfs.storage` moves `lfs` (git-lfs-config(5)). `environment` is that of a
/// source. Throws Error(unavailable) if git refuses to read its configuration.
fs::path lfs_store(const fs::path& git_dir, const Environment& environment);

/// Returns where a store has an object, if it has it: `<store>/ab/cd/<oid>`.
fs::path lfs_object_path(const fs::path& store, std::string_view oid);

/// Returns whether a store has an object, and of which size.
ObjectAnswer ask_lfs_store(const fs::path& store, const LfsPointer& pointer);

}  // namespace mlem::artifact
