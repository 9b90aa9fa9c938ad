#include "edit/target_file.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

namespace mlem::edit {
namespace {

Error in_repository(const std::string& what, std::string_view kind, std::string_view directory) {
  const std::string name(directory);
  return Error(ErrorKind::invalid, what, "it is in " + std::string(kind) + " '" + name + "'",
               "run the command in there");
}

/// Returns what the absolute `path` is in the work tree; nothing if it is outside. The root may go by another name
/// there, and abspath_part_inside_repo() in git's setup.c looks for it in the same way.
std::optional<WorkTreePath> find_in_work_tree(const git::Registry& registry, const fs::path& path) {
  const fs::path& root = registry.work_tree();
  if (auto found = WorkTreePath::find(path.string(), root.string())) return found;
  fs::path at;
  for (const fs::path& component : path) {
    at /= component;
    if (find_real_path(at) == root) return WorkTreePath::find(path.string(), at.string());
  }
  return std::nullopt;
}

/// Throws if a directory above `path` is no plain one of this work tree.
void require_own_directories(const git::Registry& registry, const std::string& path, const std::string& what) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    const fs::path on_disk = registry.work_tree() / directory;
    const fs::file_type type = load_type(on_disk);
    if (type == fs::file_not_found) return;
    if (type == fs::symlink_file)
      throw Error(ErrorKind::invalid, what, "it is beyond the symbolic link '" + directory + "'");
    if (type != fs::directory_file) throw Error(ErrorKind::invalid, what, "'" + directory + "' is not a directory");
    if (is_other_repository(registry, directory)) throw in_repository(what, "the repository", directory);
  }
}

using DirectoryNames = std::set<std::string, std::less<>>;

/// The directories that files are in, from the root.
DirectoryNames directories_above(const std::vector<std::string>& names) {
  DirectoryNames directories;
  for (const std::string& name : names) {
    // What is above a known one is known.
    for (std::string_view at = parent_of(name); directories.emplace(at).second && !at.empty();) at = parent_of(at);
  }
  return directories;
}

}  // namespace

WorkTreePath path_in_work_tree(const git::Registry& registry, const std::string& text) {
  const fs::path absolute = fs::absolute(text, registry.directory()).lexically_normal();
  if (auto found = find_in_work_tree(registry, absolute)) return *found;
  throw Error(ErrorKind::invalid, "'" + redact(text) + "' is outside the work tree",
              "its root is '" + registry.work_tree().string() + "'");
}

std::string path_in_registry(const git::Registry& registry, const std::string& text) {
  if (registry.has_work_tree()) return path_in_work_tree(registry, text).text();
  const fs::path path = (fs::path("/") / text).lexically_normal();
  return WorkTreePath::find(path.string(), "/").value_or(WorkTreePath()).text();
}

void require_no_address(const std::string& text) {
  if (!is_surely_url(text)) return;
  throw Error(ErrorKind::invalid, "'" + redact(text) + "' is not a MLEM project",
              "it is an address, and a project is a directory of this work tree");
}

bool is_other_repository(const git::Registry& registry, const std::string& directory) {
  const auto found = git::find_git_dir(registry.work_tree() / directory);
  boost::system::error_code ignored;
  // With GIT_WORK_TREE, a repository's own git directory may be below the root.
  return found && !fs::equivalent(*found, registry.git_dir(), ignored);
}

std::vector<std::string> names_on_the_way(const std::string& path) {
  std::vector<std::string> names{path};
  for (auto above = parent_of(path); !above.empty(); above = parent_of(above)) names.emplace_back(above);
  return names;
}

std::vector<git::File> require_stageable(const git::Registry& registry, const std::string& path,
                                         const std::deque<git::File>& index) {
  const std::string what = "cannot write '" + path + "'";
  std::vector<git::File> entries;
  for (const git::File& file : index) {
    const bool is_submodule = file.entry.mode == git::mode_gitlink;
    if (is_below(path, file.name)) {
      if (is_submodule) throw in_repository(what, "the submodule", file.name);
      throw Error(ErrorKind::invalid, what, "'" + file.name + "' is a file in the index");
    }
    if (is_below(file.name, path)) throw Error(ErrorKind::invalid, what, "it is a directory in the index");
    if (file.name != path) continue;
    if (is_submodule) throw Error(ErrorKind::invalid, what, "it is a submodule");
    entries.push_back(file);
  }
  require_own_directories(registry, path, what);
  return entries;
}

git::Conversions conversions_of(const git::Registry& registry, const std::vector<std::string>& names) {
  const DirectoryNames directories = directories_above(names);
  const bool has_attributes = load_type(registry.common_dir() / "info/attributes") == fs::regular_file ||
                              std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) {
                                boost::system::error_code ignored;
                                const fs::path file = registry.work_tree() / directory / ".gitattributes";
                                return fs::symlink_status(file, ignored).type() == fs::regular_file;
                              });
  return has_attributes ? registry.work_tree_conversions(names) : git::Conversions();
}

git::Conversions conversions_of(const git::Registry& registry, const Oid& commit,
                                const std::vector<std::string>& names) {
  std::vector<git::File> attributes;
  for (const std::string& directory : directories_above(names)) {
    const std::string name = join(directory, ".gitattributes");
    const git::Lookup found = registry.objects().find(commit, name);
    if (found.state == git::Lookup::State::found) attributes.push_back({name, found.entry});
  }
  return registry.conversions(attributes, names);
}

void require_no_conversion(const git::Conversions& conversions, const std::string& target) {
  const auto converted = conversions.find(target);
  if (converted == conversions.end()) return;
  throw Error(ErrorKind::invalid, "cannot write '" + target + "'", git::describe_conversion(converted->second),
              git::conversion_remedy(converted->second));
}

}  // namespace mlem::edit
