#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "model/verdict.hpp"
#include "source/refs.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::source {

/// Whether a commit is on a branch or tag of its source: a question, and its answer.
struct Reachability {
  std::optional<RepoUrl> repo;  ///< none: the registry itself
  Oid commit;

  Verdict verdict = Verdict::ok;  ///< `off_branch`, or why nobody knows
  std::string message{};
  std::string hint{};
};

/// Answers all questions, each source asked once, in parallel. It is asked even if the cache has the commit: what is on
/// a branch today need not be tomorrow. Costs one git network command for each remote source.
/// `pushed_refs` is what a push is about to make of the registry's own refs.
void find_reachability(const git::Registry& registry, const Settings& settings, const PushedRefs& pushed_refs,
                       const std::vector<Reachability*>& questions);

}  // namespace mlem::source
