#include "check/changes.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace mlem::check {
namespace {

constexpr std::string_view old_marker = ".mlem";
constexpr std::string_view new_marker = ".mlem.yaml";

/// Returns the directory that is called `marker` and that the file `name` is in; nothing if it is in none.
std::optional<std::string> directory_called(std::string_view marker, const std::string& name) {
  std::size_t start = 0;
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', start)) {
    if (std::string_view(name).substr(start, slash - start) == marker) return name.substr(0, slash);
    start = slash + 1;
  }
  return std::nullopt;
}

/// Returns the old marker, a directory `.mlem`, that the file `name` is in; nothing if it is in none.
std::optional<std::string> old_marker_of(const std::string& name) { return directory_called(old_marker, name); }

/// Whether the last part of a path is `file`.
bool is_named(std::string_view name, std::string_view file) {
  return name.ends_with(file) && (name.size() == file.size() || name[name.size() - file.size() - 1] == '/');
}

/// Returns the new marker that the file `name` is, or is in: to MLEM that is one of any kind.
std::optional<std::string> new_marker_of(const std::string& name) {
  return is_named(name, new_marker) ? std::optional(name) : directory_called(new_marker, name);
}

/// What an alias that leads to a file depends on, whatever it is pinned to.
struct End {
  std::string type;  ///< empty if it is neither link nor object
  bool is_link = false;
  bool is_alias = false;
  friend bool operator==(const End&, const End&) = default;
};

End end_of(const std::optional<git::Entry>& entry, git::Repository& objects) {
  if (!entry || !git::is_regular(*entry)) return {};
  try {
    const auto text = objects.find_blob(entry->oid, yaml::max_object_size);
    if (!text) return {};
    const yaml::Metafile file = yaml::read_metafile(*text, [&] { objects.require_time(entry->oid); });
    if (file.kind == yaml::Metafile::Kind::link) return {file.link.link_type, true, file.link.is_alias()};
    return {file.object_type, false, false};
  } catch (const git::OutOfTime&) {
    throw;
  } catch (const Error& error) {
    // Whoever judges the file tells of it.
    if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::unavailable) throw;
    return {};
  }
}

bool has(resolve::TreeView* view, const std::string& path) {
  return view != nullptr && view->find(path).state == git::Lookup::State::found;
}

/// What makes a directory a project, and of what kind its `.mlem.yaml` is: MLEM and git-mlem must agree where the
/// aliases below start.
std::pair<bool, std::uint32_t> markers_of(resolve::TreeView* view, const std::string& directory) {
  if (view == nullptr) return {false, 0};
  const git::Lookup marker = view->find(join(directory, new_marker));
  const bool is_there = marker.state == git::Lookup::State::found;
  return {resolve::find_project(*view, directory) == directory, is_there ? marker.entry.mode & git::mode_type_mask : 0};
}

bool may_displace(resolve::TreeView* before, const std::string& name) {
  if (old_marker_of(name)) return true;
  if (before == nullptr) return false;
  if (has(before, name + std::string(mlem_suffix))) return true;
  for (std::string_view directory = name; !directory.empty();) {
    directory = parent_of(directory);
    if (has(before, join(directory, old_marker))) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> moved_project(const git::Change& change, resolve::TreeView* before,
                                         resolve::TreeView* after) {
  auto marker = new_marker_of(change.name);
  if (!marker) marker = old_marker_of(change.name);
  if (!marker) return std::nullopt;
  std::string directory(parent_of(*marker));
  if (markers_of(before, directory) == markers_of(after, directory)) return std::nullopt;
  return directory;
}

bool concerns_links(const git::Change& change) {
  return change.name.ends_with(mlem_suffix) || new_marker_of(change.name) || old_marker_of(change.name) ||
         directory_of_attributes(change);
}

bool may_empty_directory(const git::Change& change) {
  return !change.after && !change.unmerged && change.name.find('/') != std::string::npos;
}

bool empties_directory(const git::Change& change, resolve::TreeView& after) {
  if (!may_empty_directory(change)) return false;
  const git::Lookup directory = after.find(parent_of(change.name));
  return directory.state != git::Lookup::State::found || !git::is_directory(directory.entry);
}

std::optional<std::string> directory_of_attributes(const git::Change& change) {
  if (!is_named(change.name, ".gitattributes")) return std::nullopt;
  return std::string(parent_of(change.name));
}

std::optional<Oid> lost_blob(const git::Change& change) {
  if (!change.name.ends_with(mlem_suffix) || change.unmerged || !change.before || !change.after) return std::nullopt;
  if (!git::is_regular(*change.before) || change.before->oid == change.after->oid) return std::nullopt;
  return change.before->oid;
}

bool can_break_aliases(const git::Change& change, resolve::TreeView* before, git::Repository& objects) {
  if (change.unmerged) return !change.before && may_displace(before, change.name);
  if (!change.after) return true;
  if (!change.before) return may_displace(before, change.name);
  try {
    return end_of(change.before, objects) != end_of(change.after, objects);
  } catch (const git::OutOfTime&) {
    return true;  // it might
  }
}

bool can_break_aliases(const Finding& finding, bool is_changed) {
  return finding.verdict != Verdict::ok || (is_changed && !finding.hops.empty());
}

}  // namespace mlem::check
