#pragma once

#include "resolve/settings.hpp"
#include "resolve/target.hpp"
#include "resolve/tree_view.hpp"

#include <vector>

namespace mlem::resolve {

/// Answers, in place, all questions that are asked of one repository at one hop level. `url` is what they have in
/// common; a URL that git maps to a directory is read there, others through the cache with as few git network commands
/// as the server allows. Failures become verdicts; only Interrupted and failures of this machine are thrown.
void read_source(const RepoUrl& url, const std::vector<Target*>& targets, const Settings& settings);

/// The same for questions about an open repository: `rev` without `repo`.
void read_repository(git::Repository& repository, const std::vector<Target*>& targets);

/// Looks `path` up in `view` and reads what is there into the answer. Returns the objects that are lacking in a partial
/// repository, and then the answer is not final; none if it is.
std::vector<Oid> read_object(TreeView& view, const std::string& path, const std::string& base, Target& target);

}  // namespace mlem::resolve
