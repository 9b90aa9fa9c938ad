#pragma once

#include "resolve/target.hpp"
#include "resolve/tree_view.hpp"

#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlem::resolve {

/// Answers, in place, all questions that are asked of one repository at one hop level. `url` is what they have in
/// common; a URL that git maps to a directory is read there, others through the cache with as few git network commands
/// as the server allows. Failures become verdicts; only Interrupted and failures of this machine are thrown.
void read_source(const RepoUrl& url, const std::vector<Target*>& targets, const source::Settings& settings);

/// The same for links with `rev` and without `repo`: the registry itself is asked, with the refs that a push is about
/// to give it.
void read_registry(const git::Registry& registry, const std::vector<Target*>& targets,
                   const source::Settings& settings);

/// Returns the directory of this machine that `config`, git's, leads `url` to; nothing for what is elsewhere.
std::optional<std::string> find_directory(const RepoUrl& url,
                                          const std::vector<std::pair<std::string, std::string>>& config);

/// Looks `path` up in `view`. Returns the metafile that is there, which `target.path` then names; nothing if the target
/// failed, or if the repository is a partial one and lacks what `missing` then has.
std::optional<git::Entry> find_object(TreeView& view, const std::string& path, const std::string& base, Target& target,
                                      std::vector<Oid>& missing);

/// Reads what find_object() found into the answer. Returns whether it is there: a partial repository may lack it.
bool read_object(TreeView& view, const git::Entry& entry, Target& target);

/// A metafile that waits to be read.
struct Found {
  TreeView* view;  ///< where find_object() found it
  git::Entry entry;
};

/// Takes the answer of one of many: its place among them, and read_object() for a target of the caller's.
using TakeAnswer = std::function<void(std::size_t i, const std::function<bool(Target&)>& read)>;

/// Calls `take` for each of `found`, all of `repository`, in any order. Each distinct blob is read once; what there is
/// no time left for fails.
void read_objects(git::Repository& repository, const std::vector<Found>& found, const source::Settings& settings,
                  const TakeAnswer& take);

}  // namespace mlem::resolve
