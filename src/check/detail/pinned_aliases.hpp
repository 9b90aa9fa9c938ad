#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <map>
#include <optional>
#include <string>

namespace mlem::check::detail {

/// Returns the aliases of a commit or tree that are pinned to a blob (`params.git-mlem.blob` in mlem-link(5)), by the
/// names of their files; nothing if there is no time left to tell.
///
/// Only reading every link tells, so a note of the answer is kept in the cache, and brought up to date by what differs
/// between the tree that it is about and the one that is asked about.
std::optional<std::map<std::string, Oid>> find_pinned_aliases(const git::Registry& registry,
                                                              const source::Settings& settings, const Oid& tree);

}  // namespace mlem::check::detail
