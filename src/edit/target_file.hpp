#pragma once

#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/work_tree_path.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// Returns what `text`, relative to the registry's directory, names in the work tree. As in git, no symbolic link below
/// the root is followed. Throws Error(invalid) if it is outside of the work tree.
WorkTreePath path_in_work_tree(const git::Registry& registry, const std::string& text);

/// The same, from the root of the repository, where there is no work tree.
std::string path_in_registry(const git::Registry& registry, const std::string& text);

/// Throws Error(invalid) if `text`, which is to name a project of the work tree, is an address.
void require_no_address(const std::string& text);

/// Returns whether `directory`, below the work tree's root, is the root of another repository, a submodule's or any.
bool is_other_repository(const git::Registry& registry, const std::string& directory);

/// Throws Error(invalid) if git would not take `path`, from the root of the work tree, for a file of this repository:
/// beyond a symbolic link or a file, in a submodule or another repository, or a directory or submodule itself. `index`
/// has what Registry::index_entries() gives for names_on_the_way(). Returns the entries of that very name, more than
/// one if it is unmerged.
std::vector<git::File> require_stageable(const git::Registry& registry, const std::string& path,
                                         const std::deque<git::File>& index);

/// Returns a path and the directories that it is in, but for the root.
std::vector<std::string> names_on_the_way(const std::string& path);

/// Returns which of these files git would not keep as they are written, for the filter of an attribute stands between
/// file and blob. Runs git if there are attributes at all.
git::Conversions conversions_of(const git::Registry& registry, const std::vector<std::string>& names);
/// The same for files of the tree of a commit.
git::Conversions conversions_of(const git::Registry& registry, const Oid& commit,
                                const std::vector<std::string>& names);

/// Throws Error(invalid) if `target` is among them.
void require_no_conversion(const git::Conversions& conversions, const std::string& target);

}  // namespace mlem::edit
