#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_path.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::edit {

/// A file that a command is about.
struct SelectedFile {
  git::File file;         ///< of an unmerged one, any stage
  bool is_named = false;  ///< one by one
};

/// Returns the files, by default `*.mlem`, that `words` select, in the order of their names: each word is the name of a
/// link, with or without `.mlem`, or one of git's pathspecs, relative to the registry's directory; without any they are
/// all. What is the name of a link is that link alone. They are those of the commit `tree`, if there is one, else of
/// the index. Throws Error(not_found) for a word that selects none.
std::vector<SelectedFile> select_links(const git::Registry& registry, const std::optional<Oid>& tree,
                                       const std::vector<std::string>& words,
                                       const git::Suffixes& suffixes = mlem_suffix);

/// As select_links(), but a word that selects none is passed over if `may_pass` says so of it.
std::vector<SelectedFile> select_links_but(const git::Registry& registry, const std::optional<Oid>& tree,
                                           const std::vector<std::string>& words,
                                           const std::function<bool(const std::string& word)>& may_pass);

/// The ending that files had before MLEM 0.1.10.
inline constexpr std::string_view old_mlem_suffix = ".mlem.yaml";

/// Returns the name of the link file that a word is, if it is the name of one; nothing for a pathspec that can be no
/// name, and for what is outside of the repository.
std::optional<std::string> name_of_link(const git::Registry& registry, const std::string& word);

/// git compares each entry of the index with each of its pathspecs: of more, it is asked for all entries.
inline constexpr std::size_t most_pathspecs = 100;

}  // namespace mlem::edit
