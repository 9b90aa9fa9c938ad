#pragma once

#include "git/repository.hpp"
#include "model/finding.hpp"
#include "resolve/tree_view.hpp"

#include <optional>
#include <string>

namespace mlem::check {

// What a change of one file can mean to links that did not change: git-mlem-hook(1) has the rule. Only aliases depend
// on other links of their tree; how the text of any link is read may depend on attributes.

/// Whether a change can matter to any link: it is about a `*.mlem` file, the marker of a project or `.gitattributes`.
bool concerns_links(const git::Change& change);

/// Whether a change, of whatever file, could leave its directory empty, which then is not there: empties_directory()
/// tells from the tree after the change. An alias whose path leads up through that directory (`gone/../rf`) breaks.
bool may_empty_directory(const git::Change& change);
bool empties_directory(const git::Change& change, resolve::TreeView& after);

/// Returns the directory (empty: the root) whose `.gitattributes` a change is about; nothing if it is another file.
std::optional<std::string> directory_of_attributes(const git::Change& change);

/// Returns the blob that a `*.mlem` file no longer is, though it is still there: an unchanged alias may be pinned to
/// it.
std::optional<Oid> lost_blob(const git::Change& change);

/// Returns the directory (empty: the root) whose project a change makes, removes or marks in another way, so that the
/// aliases below it start elsewhere, or do to MLEM; nothing if it does not. `before` and `after` are the whole trees,
/// null if there is none.
std::optional<std::string> moved_project(const git::Change& change, resolve::TreeView* before,
                                         resolve::TreeView* after);

/// Whether a change of the link file or object `change.name` could break aliases that did not change.
///
/// One that is removed breaks what leads to it. One that changed does if what an alias to it would end at has another
/// type or leads over more links than before; for those that are pinned to it there is lost_blob(). One that is new
/// could be what an alias leads to now that led elsewhere before: by the order in which a path is looked up
/// (mlem-link(5)), it comes before `<name>.mlem` and before what is in an old marker. `before` is the whole tree
/// without the change, null if there was none; `objects` has the blobs of both.
bool can_break_aliases(const git::Change& change, resolve::TreeView* before, git::Repository& objects);

/// Whether what was found of a link of changes could break aliases to it that did not change: one that does not resolve
/// takes them along, and one that changed and leads over several links may take those too far that were as long as they
/// may be.
bool can_break_aliases(const Finding& finding, bool is_changed);

}  // namespace mlem::check
