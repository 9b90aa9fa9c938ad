#pragma once

#include "git/registry.hpp"

#include <optional>
#include <string>

namespace mlem::git {

/// Returns the best common ancestor of two commits (git-merge-base(1)); nothing if they have none.
std::optional<Oid> find_merge_base(const Registry& registry, const Oid& one, const Oid& other);

/// Returns the last commit of HEAD's history that is not younger than `date`, in any form that git-rev-list(1) takes
/// for `--before`; nothing if there is none. What git cannot read as a date it takes for now.
std::optional<Oid> find_commit_before(const Registry& registry, const std::string& date);

}  // namespace mlem::git
