#pragma once

#include "git/registry.hpp"
#include "resolve/tree_view.hpp"

#include <string>
#include <vector>

namespace mlem::check {

/// Returns those of `names`, files of `view`, that its own `.gitattributes` make git check out as something else than
/// what is judged. Runs git only if there are such files.
git::Conversions find_conversions(const git::Registry& registry, resolve::TreeView& view,
                                  const std::vector<std::string>& names);

}  // namespace mlem::check
