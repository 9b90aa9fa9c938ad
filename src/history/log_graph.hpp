#pragma once

#include "git/graph.hpp"
#include "history/log.hpp"

#include <string>
#include <vector>

namespace mlem::history {

/// A commit that is drawn, and what it did to links itself: of a merge what differs from each of its parents.
struct GraphCommit {
  git::DrawnCommit drawn;
  bool is_merge = false;
  std::vector<LinkChange> changes{};  ///< in the order of their names
};

/// The history of links with its branches.
struct LogGraph {
  std::vector<GraphCommit> commits;
  std::optional<Oid> shallow_end{};  ///< as in LogEnd
};

/// Returns the commits that changed links, on all branches that were merged, and the merges. Links that were renamed
/// are not followed, and removed ones are told as others. Throws Error(not_found) if one of the `links` matches
/// nothing.
LogGraph draw_log(const git::Registry& registry, const source::Settings& settings, const LogRequest& request,
                  bool color);

}  // namespace mlem::history
