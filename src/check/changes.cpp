#include "check/changes.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <string_view>

namespace mlem::check {
namespace {

constexpr std::string_view old_marker = ".mlem";

/// Returns the old marker, a directory `.mlem`, that the file `name` is in; nothing if it is in none.
std::optional<std::string> old_marker_of(const std::string& name) {
  std::size_t start = 0;
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', start)) {
    if (std::string_view(name).substr(start, slash - start) == old_marker) return name.substr(0, slash);
    start = slash + 1;
  }
  return std::nullopt;
}

bool is_new_marker(std::string_view name) { return name == ".mlem.yaml" || name.ends_with("/.mlem.yaml"); }

/// What an alias that ends at this file would take for its type: empty if it is neither link nor object.
std::string end_type(const std::optional<git::Entry>& entry, git::Repository& objects) {
  if (!entry || !git::is_regular(*entry)) return {};
  try {
    const auto text = objects.find_blob(entry->oid, yaml::max_object_size);
    if (!text) return {};
    const yaml::Metafile file = yaml::read_metafile(*text);
    return file.kind == yaml::Metafile::Kind::link ? file.link.link_type : file.object_type;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return {};
  }
}

}  // namespace

std::optional<std::string> moved_project(const git::Change& change,
                                         const std::function<bool(const std::string& path)>& was_there,
                                         const std::function<bool(const std::string& path)>& is_there) {
  if (change.before && change.after) return std::nullopt;
  std::string marker = change.name;
  if (!is_new_marker(marker)) {
    const auto old = old_marker_of(marker);
    if (!old || was_there(*old) == is_there(*old)) return std::nullopt;
    marker = *old;
  }
  const std::size_t slash = marker.rfind('/');
  return slash == std::string::npos ? std::string() : marker.substr(0, slash);
}

bool concerns_links(const git::Change& change) {
  return change.name.ends_with(mlem_suffix) || is_new_marker(change.name) || old_marker_of(change.name);
}

bool has(resolve::TreeView* view, const std::string& path) {
  return view != nullptr && view->find(path).state == git::Lookup::State::found;
}

bool may_displace(resolve::TreeView* before, const std::string& name) {
  if (old_marker_of(name)) return true;
  if (before == nullptr) return false;
  if (has(before, name + std::string(mlem_suffix))) return true;
  std::string directory = name;
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = directory.rfind('/');
    directory.resize(slash == std::string::npos ? 0 : slash);
    if (has(before, directory + (directory.empty() ? "" : "/") + std::string(old_marker))) return true;
  }
  return false;
}

bool changes_end(const git::Change& change, git::Repository& objects) {
  return !change.unmerged && end_type(change.before, objects) != end_type(change.after, objects);
}

}  // namespace mlem::check
