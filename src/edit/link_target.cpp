#include "edit/link_target.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "yaml/metafile.hpp"

#include <utility>

namespace mlem::edit {
namespace {

constexpr const char* force_hint = "'-f' replaces it";

/// The link in a file of the work tree; nothing for all else.
std::optional<ExistingLink> load_link(const fs::path& file, bool force) {
  try {
    std::optional<std::string> text = load_file(file, yaml::max_link_size);
    return text ? parse_link(std::move(*text)) : std::nullopt;
  } catch (const Error& error) {
    const bool can_be_replaced = force && error.kind() == ErrorKind::io;
    if (error.kind() != ErrorKind::invalid && !can_be_replaced) throw;
    return std::nullopt;
  }
}

}  // namespace

std::optional<ExistingLink> parse_link(std::string text) {
  try {
    yaml::Metafile file = yaml::read_metafile(text);
    if (file.kind != yaml::Metafile::Kind::link) return std::nullopt;
    return ExistingLink{std::move(text), std::move(file.link)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;
  }
}

std::optional<ExistingLink> find_link(const git::Registry& registry, const git::Entry& entry) {
  if (!git::is_regular(entry)) return std::nullopt;
  try {
    std::optional<std::string> text = registry.objects().find_blob(entry.oid, yaml::max_link_size);
    return text ? parse_link(std::move(*text)) : std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;
  }
}

std::optional<ExistingLink> find_writable_link(const git::Registry& registry, const std::string& target,
                                               const std::vector<git::File>& staged, bool force) {
  const fs::path file = registry.work_tree() / target;
  const std::string what = "cannot write '" + target + "'";
  const fs::file_type type = load_type(file);
  if (type == fs::directory_file) throw Error(ErrorKind::invalid, what, "it is a directory");
  if (type == fs::symlink_file) throw Error(ErrorKind::invalid, what, "it is a symbolic link");
  const bool is_there = type != fs::file_not_found;
  std::optional<ExistingLink> found;
  if (is_there) found = load_link(file, force);
  if (is_there && !found && !force) throw Error(ErrorKind::invalid, what, "it exists and is not a link", force_hint);
  // It may be gone from the work tree, or outside of a sparse one.
  for (const git::File& each : staged) {
    if (is_there && force) break;
    auto in_index = find_link(registry, each.entry);
    if (!in_index && !force) throw Error(ErrorKind::invalid, what, "it is in the index and is not a link", force_hint);
    if (!is_there && each.stage == 0) found = std::move(in_index);
  }
  // What is tracked is not ignored, to git.
  if (!force && staged.empty() && registry.is_ignored(target)) {
    throw Error(ErrorKind::invalid, what, "it is ignored by a .gitignore file", "'-f' adds it all the same");
  }
  return found;
}

std::optional<ExistingLink> find_writable_link(const git::Registry& registry, const Oid& commit,
                                               const std::string& target, bool force) {
  const std::string what = "cannot write '" + target + "'";
  const git::Lookup there = registry.objects().find(commit, target);
  if (there.state == git::Lookup::State::missing_object) {
    throw Error(ErrorKind::unavailable, what, "a part of the tree is missing here",
                "this is a partial clone; 'git fetch' has to bring it");
  }
  if (there.state == git::Lookup::State::absent) return std::nullopt;
  if (git::is_directory(there.entry)) throw Error(ErrorKind::invalid, what, "it is a directory");
  if (!git::is_regular(there.entry)) throw Error(ErrorKind::invalid, what, "it is not a regular file");
  auto found = find_link(registry, there.entry);
  if (!found && !force) throw Error(ErrorKind::invalid, what, "it exists and is not a link", force_hint);
  return found;
}

}  // namespace mlem::edit
