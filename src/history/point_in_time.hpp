#pragma once

#include "git/registry.hpp"

#include <string>
#include <string_view>

namespace mlem::history {

/// Returns whether git reads `text` as a date (approxidate() in its date.c): it takes what it does not understand for
/// now, and so would answer to a misspelt rev.
bool is_date(std::string_view text);

/// Returns the commit that has the registry as it was at a rev or a date: for a date, the last commit of HEAD before
/// it. Throws Error(not_found) for what is neither, and for a date before all commits.
Oid commit_at(const git::Registry& registry, const std::string& rev_or_date);

}  // namespace mlem::history
