#pragma once

#include "git/registry.hpp"
#include "history/link_change.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::history {

/// What the past is asked for. A line of first parents is what a branch was at each time: a change that was made on
/// another branch is in force from the commit that merged it.
struct LogRequest {
  Oid tip;                              ///< the line's end
  std::optional<Oid> without{};         ///< the line before commits that this one leads to is left out
  std::vector<std::string> links{};     ///< names of links, now or then, and pathspecs; none: all
  bool tells_removed = false;           ///< links too that are not there any more and are not named
  std::optional<std::int64_t> since{};  ///< seconds since 1970
  std::optional<std::int64_t> until{};
  std::optional<std::size_t> most_commits{};
};

/// Returns a request for the line that a rev or a range means; without one, for HEAD's. Throws Error(not_found) if it
/// names no commits.
LogRequest log_request(const git::Registry& registry, const std::optional<std::string>& range);

/// What became of one link by one commit of the line.
struct LogEntry {
  LinkChange change;
  Oid registry_commit;                  ///< on the line
  std::int64_t time = 0;                ///< its committer's: since when it is so
  std::string merged_by;                ///< the author of a merge, else the committer
  std::optional<Oid> changed_in{};      ///< the commit that made the change, if that is another one
  std::string author;                   ///< that commit's
  std::optional<std::int64_t> until{};  ///< when the link was made to name something else, or removed
};

/// How a walk ended.
struct LogEnd {
  std::size_t told = 0;              ///< entries
  std::size_t hidden = 0;            ///< entries of links that are not there any more
  std::optional<Oid> shallow_end{};  ///< where the history of a shallow clone ends: what that commit changed is unknown
};

/// Calls `visit` for each change of a link, the newest first, and those of one commit in the order of their names.
/// Throws Error(not_found) if one of the `links` matches nothing.
LogEnd walk_log(const git::Registry& registry, const source::Settings& settings, const LogRequest& request,
                const std::function<void(const LogEntry& entry)>& visit);

}  // namespace mlem::history
