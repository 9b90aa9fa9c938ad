#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlem::git {

/// A commit in the drawing of `git log --graph`. Its text goes behind `lines`, the first of which has its mark, and
/// where it is longer behind as many times `padding` as it takes; then come those of `before_next`.
struct DrawnCommit {
  Oid oid;
  std::size_t lines_of_history = 0;  ///< that go on below it: the parents that it is drawn with
  std::int64_t time = 0;             ///< the committer's, in seconds since 1970
  std::string author{};              ///< `Name <address>`, as the commit has it
  std::string committer{};           ///< the same
  std::vector<std::string> lines{};
  std::string padding{};
  std::vector<std::string> before_next{};
};

/// What is drawn.
struct GraphQuery {
  std::vector<std::string> revs;  ///< ids, with `^` before those whose history is left out
  /// Only commits that change files that match one, and the merges between them.
  std::vector<std::string> pathspecs;
  std::optional<std::int64_t> oldest{};  ///< seconds since 1970
  std::optional<std::int64_t> newest{};
  bool color = false;
};

/// Returns what git draws, the newest commit first. Throws Error(unavailable) if git refuses.
std::vector<DrawnCommit> draw_graph(const Registry& registry, const GraphQuery& query);

}  // namespace mlem::git
