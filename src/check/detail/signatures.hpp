#pragma once

#include "check/check.hpp"
#include "check/detail/receiver.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::check::detail {

/// Whether what a policy is about differs between two trees: a link, what stands in its place, or where the aliases
/// start that are policed.
bool touches(const Receiver& receiver, const Policy& policy, const std::optional<Oid>& before, const Oid& after);

/// Holds the commits that a push brings to one ref to the policies of `scope` that want signatures (`requireSigned`,
/// git-mlem-policy(1)), by `git verify-commit`: the new tip, and every new commit that changes what is policed. Of a
/// new ref, to a policy that is about folders alone, new is what is on no ref that begins with one of `known_refs`.
/// What is broken becomes a finding of the scope; what cannot be verified in time is as good as unsigned, else a long
/// push would get around the policy.
void require_signatures(const Receiver& receiver, const std::optional<Oid>& before, const Oid& after,
                        const std::vector<std::string>& known_refs, Scope& scope);

}  // namespace mlem::check::detail
