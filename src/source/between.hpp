#pragma once

#include "git/history.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "model/verdict.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::source {

/// The commits of a source between two of them: a question, and its answer.
struct Between {
  /// Many links may be moved past the same commits, which are there once for all of them.
  using Commits = std::vector<std::shared_ptr<const git::DescribedCommit>>;

  std::optional<RepoUrl> repo;  ///< none: the registry itself
  Oid from;
  Oid to;

  Verdict verdict = Verdict::ok;  ///< why nobody knows
  std::string message{};
  std::string hint{};
  Commits ahead{};         ///< that `to` has and `from` has not, the newest first
  std::size_t behind = 0;  ///< how many `from` has that `to` has not
};

/// Answers all questions, each source asked once, in parallel, for the history of its branches and tags. Costs one git
/// network command for each remote source; none offline, where the cache answers.
void find_between(const git::Registry& registry, const Settings& settings, const std::vector<Between*>& questions);

}  // namespace mlem::source
