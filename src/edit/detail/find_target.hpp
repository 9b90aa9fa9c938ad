#pragma once

#include "edit/make_link.hpp"
#include "edit/object_argument.hpp"
#include "git/registry.hpp"

#include <string>

namespace mlem::edit {

/// Returns the file that a link made by `request` is written to, from the work tree's root. Throws Error(invalid) if
/// that is not the name of a file of the work tree, or not in the project that it is to be in.
std::string find_target(const git::Registry& registry, const LinkRequest& request, const ObjectViews& views);

}  // namespace mlem::edit
