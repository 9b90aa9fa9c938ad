#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"

#include <set>
#include <string>

namespace mlem::git {

/// Returns the tree that a commit of the index would have, which is written to the registry's objects if it is not
/// there yet: git-write-tree(1). Throws Error(unavailable) if the index has conflicts, or objects may not be written.
Oid write_index_tree(const Registry& registry);

/// Returns those of `names`, which that tree lacks, of which the index has the name alone, as `git add -N` puts it
/// there: of files, and of directories with such files.
std::set<std::string> find_intended(const Registry& registry, const std::set<std::string>& names);

}  // namespace mlem::git
