#pragma once

#include "edit/placement.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mlem::edit {

/// Returns the short name of a branch that `pattern` gives a link: `{link}` in it stands for the link's name without
/// `.mlem`, what git-check-ref-format(1) does not take as `%` and two hex digits.
std::string branch_for(std::string_view pattern, std::string_view link);

/// Throws Error(invalid) for a pattern that gives no name of a branch.
void require_branch_pattern(const std::string& pattern);

/// Returns what commits each link on a branch of its own, made from HEAD and named by `pattern` as branch_for() has it,
/// and leaves index and work tree alone. A branch that has the link so already stays; one that has nothing but an
/// earlier such commit is made anew; one with commits of somebody else is refused. The message of a commit says how the
/// objects differ: sources are asked for them. `registry` must outlive it. Throws as
/// require_branch_pattern(), and Error(not_found) if HEAD does not name a commit.
std::unique_ptr<Placement> place_on_branches(const git::Registry& registry, source::Settings settings,
                                             const std::string& pattern);

}  // namespace mlem::edit
