#pragma once

#include "git/registry.hpp"
#include "resolve/tree_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::check {

/// Returns those of `names`, files of `view`, that its own `.gitattributes` make git check out as something else than
/// what is judged. `listed` are those files, if they are known. Runs git only if there are any.
git::Conversions find_conversions(const git::Registry& registry, resolve::TreeView& view,
                                  const std::vector<std::string>& names,
                                  const std::optional<std::vector<git::File>>& listed = {});

}  // namespace mlem::check
