#pragma once

#include "git/repository.hpp"
#include "resolve/tree_view.hpp"

#include <optional>
#include <string>

namespace mlem::check {

// What a change of one file can mean to links that did not change: the contract's section 7. Only aliases depend on
// other files of their tree.

/// Whether a change can matter to any link: it is about a `*.mlem` file or the marker of a project.
bool concerns_links(const git::Change& change);

/// Returns the directory (empty: the root) whose project a change makes or removes, so that the aliases below it start
/// elsewhere; nothing if it does neither. `before` and `after` are the whole trees, null if there is none.
std::optional<std::string> moved_project(const git::Change& change, resolve::TreeView* before,
                                         resolve::TreeView* after);

/// Whether an alias that led elsewhere before could lead to the new file `name`: by the order in which a path is looked
/// up (the contract's section 3), the file would come before `<name>.mlem` and before what is in an old marker.
/// `before` is the tree without the change, null if there was none.
bool may_displace(resolve::TreeView* before, const std::string& name);

/// Whether an alias that leads to a file could be broken by its change: what the alias would end at has another type,
/// the alias leads over more links than before, or it is pinned to an object that is another one now.
bool changes_end(const git::Change& change, git::Repository& objects);

}  // namespace mlem::check
