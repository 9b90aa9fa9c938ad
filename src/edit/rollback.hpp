#pragma once

#include "edit/link_rule.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// What links go back to: git-mlem-rollback(1).
struct Rollback {
  std::vector<std::string> words{};  ///< what selects the links, as select_links() has it
  std::optional<Oid> commit{};  ///< of the registry, which has them as they are to be; none: what they named before
  std::string rev{};            ///< what the user calls that commit
  std::optional<std::string> reason{};  ///< for the hold; none: what was rolled back
  bool force = false;                   ///< take what is not pinned, or does not resolve
};

/// Returns the rule that a link names again what it named before on HEAD's line of first parents, and is held. Throws
/// Error(invalid) for a reason that a link cannot have. `registry` must outlive it.
std::unique_ptr<LinkRule> rollback_rule(const git::Registry& registry, const source::Settings& settings,
                                        const Rollback& rollback);

}  // namespace mlem::edit
