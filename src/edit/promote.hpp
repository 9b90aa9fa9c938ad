#pragma once

#include "edit/hold.hpp"
#include "edit/link_rule.hpp"
#include "edit/placement.hpp"
#include "git/registry.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// Where links are copied to: git-mlem-promote(1).
struct Promotion {
  std::vector<std::string> words{};        ///< what selects them, as select_links() has it
  std::optional<std::string> directory{};  ///< relative to the registry's directory; none: their own
  std::optional<std::string> branch{};     ///< its short or full name; none: the index
  std::optional<std::string> message{};    ///< of the commit on the branch
  bool pins = false;                       ///< whether copies of links that are not pinned are
  Holds holds{};                           ///< of the links that are replaced; with force, other files are too
};

/// Returns the rule that a link that resolves and is pinned is copied without its hold. `registry` must outlive it.
std::unique_ptr<LinkRule> promote_rule(const git::Registry& registry, bool pins);

/// Returns what writes the copies: into the index, or as one commit on a branch, which moves only if nobody else moved
/// it. `registry` and `promotion` must outlive it. Throws Error(invalid) for a directory outside of the repository or a
/// branch that is checked out, Error(not_found) for one that is not there.
std::unique_ptr<Placement> place_promoted(const git::Registry& registry, const Promotion& promotion);

}  // namespace mlem::edit
