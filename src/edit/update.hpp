#pragma once

#include "edit/hold.hpp"
#include "edit/link_rule.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mlem::edit {

/// How links are updated: git-mlem-update(1).
struct Update {
  std::optional<std::string> to{};  ///< a rev or a question of GTO in place of what links follow
  std::chrono::seconds min_age{0};  ///< only to commits that were first seen so long ago
  std::int64_t now = 0;             ///< in seconds since 1970
  bool notes_sights = true;         ///< whether what is seen is noted: see Sights
  Holds holds{};                    ///< with force, also what moved or was rewritten is followed
};

/// Returns the rule that pinned links that are behind go to what they follow. `registry` must outlive it.
std::unique_ptr<LinkRule> update_rule(const git::Registry& registry, const source::Settings& settings,
                                      const Update& update);

}  // namespace mlem::edit
