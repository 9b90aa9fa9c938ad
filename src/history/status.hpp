#pragma once

#include "git/registry.hpp"
#include "history/standing.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::history {

/// Which links are compared with what they follow.
struct StatusRequest {
  std::optional<Oid> commit{};           ///< those of this commit; none: of the index
  std::vector<std::string> pathspecs{};  ///< those that match one; none: all
  std::string today{};                   ///< in UTC, for holds: `2027-01-31`
};

/// Tells of each link, in path order, how it stands; its finding has `link`, `link_type` and `at`. Objects are passed
/// over; of what is not a valid link the finding says why.
void list_standings(const git::Registry& registry, const source::Settings& settings, const StatusRequest& request,
                    const std::function<void(const Standing&)>& report);

}  // namespace mlem::history
