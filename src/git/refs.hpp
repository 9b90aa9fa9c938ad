#pragma once

#include "base/process.hpp"
#include "git/registry.hpp"
#include "model/gto.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlem::git {

/// Returns the full names of the registry's symbolic refs, by name; but of those only that lead to a ref that is there:
/// git lists no other. Throws Error(unavailable) if git refuses.
std::vector<std::string> list_symbolic_refs(const Registry& registry);

/// Returns what refs name that begin with one of `prefixes` and have one of `commits` in their history: at most `most`,
/// the oldest first; nothing if there was no time left. Throws Error(unavailable) if git refuses, and Interrupted.
std::optional<std::vector<Oid>> list_tips_with(const Registry& registry, const std::vector<Oid>& commits,
                                               const std::vector<std::string>& prefixes, std::size_t most,
                                               const Limits& limits, Interrupt* interrupt);

/// Returns the commits that are being merged into HEAD here: `MERGE_HEAD` of gitrevisions(7), of which there may be
/// several. `git merge` writes that only where it stops, so that a hook before the commit of a clean merge has to be
/// told by announced_merge_heads(). Throws Error(io) if the file cannot be read.
std::vector<Oid> load_merge_heads(const Registry& registry);

/// Returns the commits that `git merge` names to its children by variables `GITHEAD_<id>`, as its builtin/merge.c does.
std::vector<Oid> announced_merge_heads(const Environment& environment);

/// Returns the annotated tags of a repository that lead to a commit: of the registry, or of the one at `git_dir`, where
/// `environment` is without_repository(). Throws Error(unavailable) if git refuses.
std::vector<DatedTag> list_dated_tags(const Registry& registry);
std::vector<DatedTag> list_dated_tags(const fs::path& git_dir, const Environment& environment);

/// Returns the tags that lead to `commit` or to one in its history, by name. Throws Error(unavailable) if git refuses.
std::vector<Ref> list_tags_of(const Registry& registry, const Oid& commit);

}  // namespace mlem::git
