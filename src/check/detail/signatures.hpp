#pragma once

#include "check/check.hpp"
#include "check/detail/receiver.hpp"

#include <optional>

namespace mlem::check::detail {

/// Holds the commits that a push brings to one ref to the policies of `scope` that want signatures (`requireSigned`,
/// git-mlem-policy(1)), by `git verify-commit`: the new tip, and every new commit that changes what is policed.
/// What is broken becomes a finding of the scope; what cannot be verified in time is as good as unsigned, else a long
/// push would get around the policy.
void require_signatures(const Receiver& receiver, const std::optional<Oid>& before, const Oid& after, Scope& scope);

}  // namespace mlem::check::detail
