#pragma once

#include "check/policy.hpp"
#include "git/registry.hpp"

#include <string>
#include <vector>

namespace mlem::check {

/// What is wrong with a policy that every push is judged by all the same: a rule that can never be met, that stops more
/// than it seems to, or that nothing is held to.
struct PolicyFlaw {
  std::string policy;  ///< its name
  std::string message;
  std::string hint;
};

/// Returns the flaws of policies that are in force together, in their order. The registry says what their rules lean
/// on: `mlem.pusher`, and whose signatures are trusted.
std::vector<PolicyFlaw> find_flaws(const std::vector<Policy>& policies, const git::Registry& registry);

}  // namespace mlem::check
