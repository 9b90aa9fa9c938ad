#pragma once

#include "check/detail/judged_scope.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"

namespace mlem::check::detail {

/// Looks for the files of the objects that the links of a scope lead to, as closely as `scope.depth` says, and verifies
/// that `scope.signer` has signed them. What is missing, not what is recorded or not signed becomes the verdict of
/// links that have no other.
void inspect_artifacts(const git::Registry& registry, const source::Settings& settings, JudgedScope& judged);

/// Said to who pushes a link to what is not signed.
inline constexpr const char* hint_of_signer = "git-mlem-check(1) says how objects are signed";

/// Holds the links of a scope that resolve to the policies that want objects signed (`artifactSigner`,
/// git-mlem-policy(1)). To be called once the scope is settled.
void require_artifact_signers(const git::Registry& registry, const source::Settings& settings, JudgedScope& judged);

}  // namespace mlem::check::detail
