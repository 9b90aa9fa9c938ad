#pragma once

#include "model/oid.hpp"
#include "model/repo_url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mlem::site {

/// Returns the name of a link's page: `prod.churn.html` for `prod/churn.mlem`. Two links have two names on file systems
/// too that do not tell case apart or keep some names for themselves: whatever is not made of `a-z`, `0-9`, `_`, `-`
/// and `/`, or is long, gets `~` and a part of its SHA-256.
std::string page_name(std::string_view link);

/// Returns a link's name without its `.mlem`.
std::string_view without_suffix(std::string_view link);

/// Returns the page on which the source's host compares two of its commits, where the host's form is known; nothing
/// else.
std::optional<std::string> compare_url(const RepoUrl& repo, const Oid& from, const Oid& to);

/// Returns a URN for what a name stands for, the same each time: a UUID of version 5 (RFC 4122), of a name space that
/// is this program's.
std::string urn_of(std::string_view name);

}  // namespace mlem::site
