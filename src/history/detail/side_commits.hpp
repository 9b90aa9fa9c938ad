#pragma once

#include "git/log.hpp"
#include "git/registry.hpp"
#include "history/link_changes.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace mlem::history::detail {

/// A commit on the way to a merge, and who made it.
struct SideCommit {
  Oid oid;
  std::string author;
};

/// Returns, by number, for each of `changes` that a merge of `line` brought the last commit off the line that gave the
/// file what the merge has. `line` has the commits that the changes' numbers are about, the newest first.
std::map<std::size_t, SideCommit> find_side_commits(const git::Registry& registry,
                                                    const std::vector<git::LoggedCommit>& line,
                                                    const std::vector<FileChange>& changes);

}  // namespace mlem::history::detail
