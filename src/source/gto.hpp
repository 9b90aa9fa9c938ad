#pragma once

#include "model/gto.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <optional>
#include <vector>

namespace mlem::source {

/// What a source says to a question of GTO.
struct GtoAnswer {
  std::optional<GtoVersion> version{};
  std::optional<Refusal> refusal{};  ///< why there is no version
};

/// Asks the source at `url`. The dates of its tags tell, so of a source behind the network its history is fetched,
/// without trees: with_history(). Interrupted, and Error(io) if the cache must not be used, are thrown.
GtoAnswer find_gto_version(const RepoUrl& url, const GtoQuery& query, const Settings& settings);

/// The same for several questions, answered in their order.
std::vector<GtoAnswer> find_gto_versions(const RepoUrl& url, const std::vector<GtoQuery>& queries,
                                         const Settings& settings);

/// The refusal that no version answers `query`.
Refusal no_gto_version(const GtoQuery& query);

}  // namespace mlem::source
