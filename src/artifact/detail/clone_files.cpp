#include "artifact/detail/clone_files.hpp"

#include "artifact/detail/dvc_import.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/locate.hpp"
#include "base/text.hpp"
#include "model/glob.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

// The source of the object is asked first. An import stays what it is until that source is free: it names a file of a
// source that may be the same one, or may import from it. Then the imports of all sources are looked up at once, source
// by source, and put in the place of the imports; what they are may be imports again. Each conversation prepares the
// stores of its source for the files that were found, so that they can be used when it is over.

namespace mlem::artifact::detail {

using source::Refusal;

bool CloneFiles::is_wanted(const PlacedFile& file) const {
  const std::vector<std::string>& only = request_.only;
  return only.empty() ||
         std::any_of(only.begin(), only.end(), [&](const std::string& glob) { return glob_matches(glob, file.path); });
}

/// Whether it is an import that has a file which is wanted, as far as can be told before it is followed.
bool CloneFiles::is_followed(const PlacedFile& file) const {
  return import_of(file) != nullptr && (std::get<DvcObject>(file.place).is_directory || is_wanted(file));
}

bool CloneFiles::has_imports() const {
  return std::any_of(files_.begin(), files_.end(), [this](const PlacedFile& file) { return is_followed(file); });
}

void CloneFiles::find(source::Conversation& source, const RepoUrl& url) {
  origins_.clear();
  records_.clear();
  files_.clear();
  auto from = std::make_shared<CloneSource>(
      CloneSource{.url = url, .is_registry = !request_.object.repo, .is_here = !source.is_cached()});
  from->stores = std::make_unique<Stores>(source, from->url, settings_, engine_);
  const ObjectAt& object = request_.object;
  const bool is_tree = object.plain == Plain::tree;
  origins_.push_back({.source = std::move(from),
                      .commit = object.commit,
                      .path = object.path == "." ? ""
                              : is_tree          ? object.path
                                                 : std::string(parent_of(object.path))});
  std::vector<ObjectFiles> found = find_files(source, {&request_.object});
  if (found.front().refusal.verdict != Verdict::ok) return refusal_.set(std::move(found.front().refusal));
  files_ = take(std::move(found.front()), origins_.back());
}

/// Returns the files of the newest origin with what is in directories of DVC in their places, and notes what is
/// recorded of directories of Git, to be compared when all of their files are here.
std::vector<PlacedFile> CloneFiles::take(ObjectFiles found, const CloneOrigin& origin) {
  for (PlacedDirectory& record : found.directories) {
    std::set<std::string> paths;
    for (std::size_t i = record.first; i < record.first + record.count; ++i) paths.insert(found.files[i].path);
    records_.emplace_back(std::move(record), std::move(paths));
  }
  Stores& stores = *origin.source->stores;
  std::vector<PlacedFile> files;
  for (PlacedFile& file : found.files) {
    const auto* const tracked = std::get_if<DvcObject>(&file.place);
    if (tracked == nullptr || !tracked->is_directory || tracked->import) {
      files.push_back(std::move(file));
      continue;
    }
    DvcListing listing = list_dvc_directory(stores, engine_, {&file, origin.commit}, origin.tracked_directory(file));
    if (const auto* const external = std::get_if<External>(&listing)) {
      refusal_.set_external(file, external->why);
    } else if (auto* const refusal = std::get_if<Refusal>(&listing)) {
      refusal_.set(file, std::move(*refusal));
    } else {
      std::vector<PlacedFile> inside = expand_dvc_directory(file, std::get<std::vector<DvcEntry>>(listing));
      // A directory that is empty is itself what is to be there.
      if (inside.empty()) inside.push_back(std::move(file));
      std::move(inside.begin(), inside.end(), std::back_inserter(files));
    }
  }
  std::vector<StoredFile> wanted;
  for (PlacedFile& file : files) {
    file.origin = static_cast<std::uint32_t>(origins_.size() - 1);
    if (import_of(file) == nullptr && is_wanted(file)) wanted.push_back({&file, origin.commit});
  }
  stores.prepare(wanted);
  for (const StoredFile& file : wanted) refusal_.require_fetchable(file, stores);
  return files;
}

void CloneFiles::follow_imports() {
  for (int hop = 1; !refusal_.is_set(); ++hop) {
    const auto by_source = wanted_imports(hop);
    if (!by_source || by_source->empty()) return;
    std::vector<std::vector<PlacedFile>> found(files_.size());
    for (const auto& item : *by_source) {
      const Imports& imports = item.second;
      const std::size_t origins = origins_.size();
      const std::size_t records = records_.size();
      const auto failure = source::converse(imports.url, settings_, [&](source::Conversation& source) {
        refusal_.clear();
        origins_.erase(origins_.begin() + static_cast<std::ptrdiff_t>(origins), origins_.end());
        records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(records), records_.end());
        look(source, imports, found);
      });
      if (failure) refusal_.set(files_[imports.numbers.front()], *failure);
      if (refusal_.is_set()) return;
    }
    std::vector<PlacedFile> all;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (is_followed(files_[i]))
        std::move(found[i].begin(), found[i].end(), std::back_inserter(all));
      else
        all.push_back(std::move(files_[i]));
    }
    files_ = std::move(all);
  }
}

/// Returns what is imported, by the addresses of sources; nothing if that cannot be had.
std::optional<std::map<std::string, CloneFiles::Imports>> CloneFiles::wanted_imports(int hop) {
  std::map<std::string, Imports> by_source;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const PlacedFile& file = files_[i];
    if (!is_followed(file)) continue;
    auto origin = hop > most_imports ? endless_import() : imported_object(file, origins_[file.origin].source->is_here);
    if (const auto* const external = std::get_if<External>(&origin)) refusal_.set_external(file, external->why);
    if (const auto* const forbidden = std::get_if<Forbidden>(&origin))
      refusal_.set(file, Verdict::forbidden, "may not be read", forbidden->why);
    if (refusal_.is_set()) return std::nullopt;
    auto& object = std::get<ObjectAt>(origin);
    Imports& some = by_source.try_emplace(object.repo->text(), Imports{.url = *object.repo}).first->second;
    some.objects.push_back(std::move(object));
    some.numbers.push_back(i);
  }
  return by_source;
}

/// Finds the files that are imported from one source.
void CloneFiles::look(source::Conversation& source, const Imports& imports,
                      std::vector<std::vector<PlacedFile>>& found) {
  auto from = std::make_shared<CloneSource>(CloneSource{.url = imports.url, .is_here = !source.is_cached()});
  from->stores = std::make_unique<Stores>(source, from->url, settings_, engine_);
  std::vector<const ObjectAt*> objects;
  for (const ObjectAt& object : imports.objects) objects.push_back(&object);
  std::vector<ObjectFiles> there = find_files(source, objects);
  for (std::size_t i = 0; i < there.size(); ++i) {
    const std::size_t number = imports.numbers[i];
    if (there[i].refusal.verdict != Verdict::ok) return refusal_.set(files_[number], std::move(there[i].refusal));
    const ObjectAt& object = imports.objects[i];
    origins_.push_back({.source = from, .commit = object.commit, .path = object.path, .below = object.file->below});
    found[number] = take(std::move(there[i]), origins_.back());
  }
}

}  // namespace mlem::artifact::detail
