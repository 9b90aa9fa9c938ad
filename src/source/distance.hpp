#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "model/verdict.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlem::source {

/// How far a ref of a source has come from a commit: a question, and its answer.
struct Distance {
  std::optional<RepoUrl> repo;     ///< none: the registry itself
  std::string ref;                 ///< the full name of the ref
  Oid from;                        ///< a commit
  Oid to;                          ///< the commit that the ref names
  std::vector<std::string> paths;  ///< the files that matter, or directories; `.` is the root
  bool are_directories = false;    ///< which of the two
  bool wants_commits = false;      ///< whether `between` and `subjects` are wanted

  Verdict verdict = Verdict::ok;  ///< why nobody knows
  std::string message{};
  std::string hint{};
  bool is_ancestor = false;               ///< `from` is in the history of `to`
  std::optional<std::size_t> commits{};   ///< if so, how many are behind it there; none: more than are counted
  std::optional<std::size_t> touching{};  ///< how many of those change one of the files; none: that cannot be told
  std::vector<Oid> between{};             ///< those, the newest first
  std::vector<std::string> subjects{};    ///< the first lines of the messages of the first `most_subjects` of those
  static constexpr std::size_t most_subjects = 20;
};

/// Answers all questions, each source asked once, in parallel, for the history of the refs in question with the trees
/// on the way to the paths. Costs one git network command for each remote source; none offline, where the cache
/// answers.
void find_distances(const git::Registry& registry, const Settings& settings, const std::vector<Distance*>& questions);

}  // namespace mlem::source
