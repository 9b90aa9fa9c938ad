#include "edit/link_selection.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "edit/target_file.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

namespace mlem::edit {
namespace {

using Selection = std::vector<SelectedFile>;

bool is_exclusion(const std::string& pathspec) {
  return pathspec.starts_with(":!") || pathspec.starts_with(":^") || pathspec.starts_with(":(exclude");
}

Error no_match(const git::Registry& registry, const std::optional<Oid>& tree, const std::string& word) {
  if (tree) {
    return {ErrorKind::not_found, "pathspec '" + redact(word) + "' did not match any link of '" + tree->hex() + "'"};
  }
  const auto name = name_of_link(registry, word);
  if (name && load_type(registry.work_tree() / *name) == fs::regular_file) {
    return {ErrorKind::not_found, "'" + redact(word) + "' is not in the index", "no other links are changed",
            "'git add " + redact(word) + "' adds it"};
  }
  return {ErrorKind::not_found, "pathspec '" + redact(word) + "' did not match any link of the index"};
}

std::deque<git::File> list(const git::Registry& registry, const std::optional<Oid>& tree,
                           const std::vector<std::string>& pathspecs, const git::Suffixes& suffixes) {
  return tree ? registry.tree_files(*tree, suffixes, pathspecs) : registry.index_files(suffixes, pathspecs);
}

/// Returns those of the files `names` that are there.
std::deque<git::File> find_named(const git::Registry& registry, const std::optional<Oid>& tree,
                                 const std::set<std::string>& names, const git::Suffixes& suffixes) {
  if (!tree) {
    return names.size() > most_pathspecs ? registry.index_files(suffixes, {})
                                         : registry.index_entries({names.begin(), names.end()});
  }
  std::deque<git::File> files;
  for (const std::string& name : names) {
    const git::Lookup found = registry.objects().find(*tree, name);
    const bool is_file = found.state == git::Lookup::State::found && !git::is_directory(found.entry);
    if (is_file) files.push_back({name, found.entry});
  }
  return files;
}

/// Adds the links that are among `names`. Returns which those are.
std::set<std::string> select_named(const git::Registry& registry, const std::optional<Oid>& tree,
                                   const std::set<std::string>& names, const git::Suffixes& suffixes,
                                   Selection& selection) {
  std::set<std::string> found;
  if (names.empty()) return found;
  for (const git::File& file : find_named(registry, tree, names, suffixes)) {
    if (!names.contains(file.name) || !suffixes.match(file.name)) continue;
    selection.push_back({file, true});
    found.insert(file.name);
  }
  return found;
}

/// Orders the files by their names, each of which is there once.
void settle(Selection& selection) {
  std::sort(selection.begin(), selection.end(), [](const SelectedFile& a, const SelectedFile& b) {
    return std::tie(a.file.name, b.is_named) < std::tie(b.file.name, a.is_named);
  });
  const auto end = std::unique(selection.begin(), selection.end(),
                               [](const SelectedFile& a, const SelectedFile& b) { return a.file.name == b.file.name; });
  selection.erase(end, selection.end());
}

}  // namespace

std::optional<std::string> name_of_link(const git::Registry& registry, const std::string& word) {
  if (word.empty() || word.starts_with(':') || word.ends_with('/')) return std::nullopt;
  std::string name;
  try {
    name = path_in_registry(registry, word);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;  // as a pathspec, git says what is wrong with it
  }
  if (name.empty()) return std::nullopt;
  const bool has_ending = name.ends_with(mlem_suffix) || name.ends_with(old_mlem_suffix);
  return has_ending ? name : name + std::string(mlem_suffix);
}

std::vector<SelectedFile> select_links(const git::Registry& registry, const std::optional<Oid>& tree,
                                       const std::vector<std::string>& words, const git::Suffixes& suffixes) {
  Selection selection;
  std::vector<std::optional<std::string>> names;
  for (const std::string& word : words) names.push_back(name_of_link(registry, word));
  std::set<std::string> possible;
  for (const auto& name : names) {
    if (name) possible.insert(*name);
  }
  const std::set<std::string> found = select_named(registry, tree, possible, suffixes, selection);
  std::vector<std::string> pathspecs;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!names[i] || !found.contains(*names[i])) pathspecs.push_back(words[i]);
  }
  std::deque<git::File> files;
  if (words.empty() || !pathspecs.empty()) files = list(registry, tree, pathspecs, suffixes);
  for (const std::string& pathspec : pathspecs) {
    if (is_exclusion(pathspec)) continue;
    const bool has_match = pathspecs.size() == 1 ? !files.empty() : !list(registry, tree, {pathspec}, suffixes).empty();
    if (!has_match) throw no_match(registry, tree, pathspec);
  }
  selection.reserve(selection.size() + files.size());
  for (git::File& file : files) selection.push_back({std::move(file)});
  settle(selection);
  return selection;
}

std::vector<SelectedFile> select_links_but(const git::Registry& registry, const std::optional<Oid>& tree,
                                           const std::vector<std::string>& words,
                                           const std::function<bool(const std::string& word)>& may_pass) {
  try {
    return select_links(registry, tree, words);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
  std::vector<std::string> rest;
  bool selects = false;
  for (const std::string& word : words) {
    if (!is_exclusion(word)) {
      try {
        select_links(registry, tree, {word});
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found || !may_pass(word)) throw;
        continue;
      }
      selects = true;
    }
    rest.push_back(word);
  }
  return selects ? select_links(registry, tree, rest) : Selection();
}

}  // namespace mlem::edit
