#pragma once

#include "git/registry.hpp"

#include <string>
#include <vector>

namespace mlem::git {

/// Returns the full names of the registry's symbolic refs, by name; but of those only that lead to a ref that is there:
/// git lists no other. Throws Error(unavailable) if git refuses.
std::vector<std::string> list_symbolic_refs(const Registry& registry);

}  // namespace mlem::git
