#include "check/detail/pinned_aliases.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "source/cache.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::check::detail {
namespace {

constexpr std::size_t max_note_size = std::size_t{64} << 20;

using PinnedAliases = std::map<std::string, Oid>;

/// What was known of the tree that was asked about last.
struct Note {
  Oid tree;
  PinnedAliases aliases;
};

/// Returns where the note is kept; nothing if this user has no cache. A cache may be that of several registries, whose
/// names need not be told apart for sure: a note of another one's tree is worth nothing and does no harm.
std::optional<fs::path> find_place(const git::Registry& registry, const source::Settings& settings) {
  if (settings.cache.directory.empty()) return std::nullopt;
  try {
    const source::Cache cache(settings.cache.directory, settings.cache.fallback);
    return cache.note(fmt::format("pinned-aliases-{:x}", std::hash<std::string>()(registry.common_dir().string())));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return std::nullopt;
  }
}

/// A note has the tree's id and then `<blob> <name>` for each alias, all of them ended by NUL.
std::string to_text(const Note& note) {
  std::string text = note.tree.hex() + '\0';
  for (const auto& [name, blob] : note.aliases) text += blob.hex() + ' ' + name + '\0';
  return text;
}

/// Returns nothing for what is not a note. It may be cut off or deleted at any time, like all of the cache.
std::optional<Note> load_note(const fs::path& place) {
  try {
    const auto text = load_file(place, max_note_size);
    if (!text || text->empty() || text->back() != '\0') return std::nullopt;
    std::vector<std::string_view> parts = split(std::string_view(*text).substr(0, text->size() - 1), '\0');
    const auto tree = Oid::parse(parts.front());
    if (!tree) return std::nullopt;
    Note note{*tree, {}};
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::size_t blank = parts[i].find(' ');
      const auto blob = blank == std::string_view::npos ? std::nullopt : Oid::parse(parts[i].substr(0, blank));
      if (!blob) return std::nullopt;
      note.aliases.insert_or_assign(std::string(parts[i].substr(blank + 1)), *blob);
    }
    return note;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void save_note(const fs::path& place, const Note& note) {
  try {
    AtomicFile(place, to_text(note)).commit();
  } catch (const Error&) {
    // A disk that is full or may not be written costs time, and no answer.
  }
}

/// Returns the blob that the alias of this text is pinned to; nothing for any other text.
std::optional<Oid> pin_of_alias(std::string_view text) {
  // That spares parsing of what is not pinned. A key may be spelled with escapes.
  if (text.find("blob") == std::string_view::npos && text.find('\\') == std::string_view::npos) return std::nullopt;
  try {
    const yaml::Metafile file = yaml::read_metafile(text);
    const bool is_pinned = file.kind == yaml::Metafile::Kind::link && file.link.is_alias() && file.link.pinned_blob;
    return is_pinned ? Oid::parse(*file.link.pinned_blob) : std::nullopt;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;
  }
}

/// Adds those of `files` that are pinned aliases. Returns whether there was time for all.
bool add_pinned(const git::Registry& registry, const source::Settings& settings, const std::vector<git::File>& files,
                PinnedAliases& aliases) {
  std::vector<Oid> blobs;
  blobs.reserve(files.size());
  for (const git::File& file : files) blobs.push_back(file.entry.oid);
  source::fetch_missing(registry, blobs, settings);
  bool has_time = true;
  registry.objects().read_blobs(blobs, yaml::max_link_size,
                                [&](std::size_t i, const std::optional<std::string_view>& text) {
                                  has_time = settings.budget.has_time();
                                  // What cannot be read, or is too large for a link, does not resolve either.
                                  const auto pin = text ? pin_of_alias(*text) : std::nullopt;
                                  if (pin) aliases.insert_or_assign(files[i].name, *pin);
                                  return has_time;
                                });
  return has_time;
}

/// Returns the link files that differ in `tree` from what the note is about, which forgets those that are gone; nothing
/// if the tree that it is about is not there any more, or there is no time left.
std::optional<std::vector<git::File>> bring_forward(const git::Registry& registry, const source::Settings& settings,
                                                    const Oid& tree, Note& note) {
  std::vector<git::File> changed;
  bool has_time = true;
  try {
    registry.objects().diff(note.tree, tree, [&](const git::Change& change) {
      has_time = settings.budget.has_time();
      if (!change.name.ends_with(mlem_suffix)) return has_time;
      note.aliases.erase(change.name);
      if (change.after && git::is_regular(*change.after)) changed.push_back({change.name, *change.after});
      return has_time;
    });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    return std::nullopt;
  }
  return has_time ? std::optional(std::move(changed)) : std::nullopt;
}

std::vector<git::File> link_files(const git::Registry& registry, const source::Settings& settings, const Oid& tree) {
  std::vector<git::File> files;
  for (git::File& file : source::tree_files(registry, tree, mlem_suffix, {}, settings)) {
    if (git::is_regular(file.entry)) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

std::optional<std::map<std::string, Oid>> find_pinned_aliases(const git::Registry& registry,
                                                              const source::Settings& settings, const Oid& tree) {
  const auto place = find_place(registry, settings);
  std::optional<Note> note = place ? load_note(*place) : std::nullopt;
  if (note && note->tree == tree) return std::move(note->aliases);
  std::optional<std::vector<git::File>> changed;
  if (note) changed = bring_forward(registry, settings, tree, *note);
  if (!settings.budget.has_time()) return std::nullopt;
  if (!changed) {
    note = Note{tree, {}};
    changed = link_files(registry, settings, tree);
  }
  if (!add_pinned(registry, settings, *changed, note->aliases)) return std::nullopt;
  note->tree = tree;
  if (place) save_note(*place, *note);
  return std::move(note->aliases);
}

}  // namespace mlem::check::detail
