#include "check/conversions.hpp"

#include "model/repo_path.hpp"

#include <set>

namespace mlem::check {
namespace {

constexpr const char* file_name = ".gitattributes";

/// Returns what the `.gitattributes` of all directories that lead to `names` are called.
std::vector<std::string> attribute_files_above(const std::vector<std::string>& names) {
  std::set<std::string, std::less<>> seen;
  std::vector<std::string> files;
  for (const std::string& name : names) {
    for (std::string_view directory = name; !directory.empty();) {
      directory = parent_of(directory);
      if (!seen.emplace(directory).second) break;
      files.push_back(join(directory, file_name));
    }
  }
  return files;
}

/// To look them up in a view of the index would read all of it into memory.
std::vector<git::File> attributes_of_index(const git::Registry& registry, const std::vector<std::string>& names) {
  constexpr std::size_t few = 100;  // each entry is compared with each of them
  const std::vector<std::string> wanted = attribute_files_above(names);
  std::vector<git::File> attributes;
  for (git::File& file : wanted.size() > few ? registry.index_files(file_name, {}) : registry.index_entries(wanted)) {
    const bool has_name = file.name == file_name || file.name.ends_with("/.gitattributes");
    if (has_name && file.stage == 0) attributes.push_back(std::move(file));
  }
  return attributes;
}

std::vector<git::File> attributes_above(resolve::TreeView& view, const std::vector<std::string>& names) {
  std::vector<git::File> attributes;
  for (const std::string& file : attribute_files_above(names)) {
    const git::Lookup lookup = view.find(file);
    if (lookup.state == git::Lookup::State::found) attributes.push_back({file, lookup.entry});
  }
  return attributes;
}

}  // namespace

git::Conversions find_conversions(const git::Registry& registry, resolve::TreeView& view,
                                  const std::vector<std::string>& names,
                                  const std::optional<std::vector<git::File>>& listed) {
  if (names.empty()) return {};
  std::vector<git::File> attributes = listed                 ? *listed
                                      : view.at() == "index" ? attributes_of_index(registry, names)
                                                             : attributes_above(view, names);
  // To git, a symbolic link of that name has no attributes.
  std::erase_if(attributes, [](const git::File& file) { return !git::is_regular(file.entry); });
  if (attributes.empty()) return {};
  return view.repository() == nullptr ? registry.work_tree_conversions(names) : registry.conversions(attributes, names);
}

}  // namespace mlem::check
