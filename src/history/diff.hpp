#pragma once

#include "git/registry.hpp"
#include "history/link_change.hpp"
#include "model/compatibility.hpp"
#include "model/oid.hpp"
#include "model/point.hpp"
#include "resolve/tree_view.hpp"
#include "source/between.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::history {

/// The source commits between what a link named and what it names.
struct CommitsBetween {
  source::Between::Commits ahead;  ///< that came with the change, the newest first
  std::size_t behind = 0;          ///< how many were left
};

/// How a link differs, and what that means for who uses its object.
struct LinkDifference {
  LinkChange change;
  Point from;  ///< with the commits and objects that the links lead to
  Point to;
  std::optional<Comparison> comparison{};   ///< none: nothing was re-pointed, or one of the objects cannot be had
  std::optional<CommitsBetween> commits{};  ///< none: they are of different sources, or cannot be had
  std::vector<std::string> unknown{};       ///< what could not be had, and why
};

/// Which two states are compared.
struct DiffRequest {
  std::optional<Oid> before{};           ///< a commit or tree; none: nothing is there
  std::optional<Oid> after{};            ///< none: the index
  std::vector<std::string> pathspecs{};  ///< git's
  bool compares = true;                  ///< whether objects and commits are looked for
};

/// Returns a request to compare HEAD with the index; with one rev, that with the index; with two, or a range in one,
/// the first with the second. Throws Error(not_found) if one of them names no commit, Error(invalid) for other revs,
/// and in a bare repository where an index is meant.
DiffRequest diff_request(const git::Registry& registry, const std::vector<std::string>& revs);

/// Calls `visit` for each link that differs, in the order of names. Sources are asked for what the links lead to and
/// for the commits between: what is pinned and in the cache costs no network.
void walk_diff(const git::Registry& registry, const source::Settings& settings, const DiffRequest& request,
               const std::function<void(LinkDifference& difference)>& visit);

/// Finds out for those of `differences` that are re-pointed what they lead to, how the objects differ and which commits
/// are between.
void compare_sources(const git::Registry& registry, const source::Settings& settings, resolve::TreeView& before,
                     resolve::TreeView& after, std::vector<LinkDifference>& differences);

}  // namespace mlem::history
