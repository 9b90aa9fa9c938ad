#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"

namespace mlem::git {

/// Returns the tree that a commit of the index would have, which is written to the registry's objects if it is not
/// there yet: git-write-tree(1). Throws Error(unavailable) if the index has conflicts, or objects may not be written.
Oid write_index_tree(const Registry& registry);

}  // namespace mlem::git
