#pragma once

#include "check/detail/judged_scope.hpp"
#include "git/registry.hpp"
#include "resolve/resolver.hpp"
#include "source/settings.hpp"

#include <deque>

namespace mlem::check::detail {

/// The trailer that a commit may have: `Mlem-Breaking: <reason>`.
inline constexpr const char* breaking_trailer = "Mlem-Breaking";
/// Said to who pushes what breaks callers.
inline constexpr const char* hint_of_breaking =
    "'git mlem help compatibility' has the rules; a trailer 'Mlem-Breaking: <reason>' in the message of the commit "
    "lets it pass";

/// Holds links that a push re-points to the policies that forbid breaking changes (`forbidBreaking`,
/// git-mlem-policy(1)): the object that a link led to is compared with the one that it leads to now. What was no
/// object before, nobody can have called. To be called once all scopes are settled.
void forbid_breaking(const git::Registry& registry, const source::Settings& settings, std::deque<JudgedScope>& scopes,
                     const source::PushedRefs& pushed_refs);

}  // namespace mlem::check::detail
