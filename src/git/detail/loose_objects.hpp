#pragma once

#include "base/file.hpp"
#include "git/detail/libgit2.hpp"

#include <git2/odb_backend.h>

namespace mlem::git::detail {

/// Returns what reads the loose objects of one directory for a database of libgit2, which is to own it: in the place of
/// libgit2's own. A file that ends early, that has less or more than it says or that is not a file ends with an error.
/// No more memory is taken than the object's size by its header.
git_odb_backend* make_loose_backend(const fs::path& object_dir);

}  // namespace mlem::git::detail
