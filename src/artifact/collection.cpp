#include "artifact/collection.hpp"

#include "artifact/clone_plan.hpp"
#include "artifact/detail/clone_files.hpp"
#include "artifact/detail/delivery.hpp"
#include "artifact/detail/dvc_import.hpp"
#include "artifact/detail/first_refusal.hpp"
#include "artifact/detail/partial_directory.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/lfs_pointer.hpp"
#include "artifact/locate.hpp"
#include "artifact/stores.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>
#include <variant>

// Sources are talked to until it is known what all objects have: what DVC imports is of a source that may have been
// talked to before. Then the blobs of each are handed on, and all that Git does not have is fetched at once, by what
// brings the files of a clone.

namespace mlem::artifact {
namespace {

/// Returns what the bytes of a file hash to as the name of a file.
std::string name_of(const Place& place) {
  std::string name = text_of(hash_of(place).value());
  name[name.find(':')] = '-';
  return name;
}

}  // namespace

static_assert(Collection::most_imports == detail::most_imports);

/// What is to come.
struct Collection::Parts {
  Parts(const source::Settings& settings, TransferEngine& engine, const fs::path& parent, const std::string& name)
      : partial(parent, name), delivery(settings, engine, refusal, partial.path()) {}

  detail::PartialDirectory partial;
  detail::FirstRefusal refusal{};
  std::deque<detail::CloneOrigin> origins{};
  std::deque<CloneItem> items{};
  std::set<std::string> names{};
  detail::Delivery delivery;
};

/// Finds the files of one source.
class Collection::Search {
 public:
  /// `is_known` must outlive this.
  Search(Collection& all, source::Conversation& source, const RepoUrl& url, const IsKnown& is_known)
      : all_(all),
        is_known_(is_known),
        blobs_(all.blobs_[url.text()]),
        from_(std::make_shared<detail::CloneSource>(detail::CloneSource{.url = url, .is_here = !source.is_cached()})) {
    from_->stores = std::make_unique<Stores>(source, from_->url, all.settings_, all.engine_);
  }

  FoundFiles find(source::Conversation& source, const std::vector<const ObjectAt*>& objects) {
    std::vector<ObjectFiles> answers = find_files(source, objects);
    for (std::size_t i = 0; i < objects.size() && !refusal_.is_set(); ++i) {
      found_.object = i;
      if (answers[i].refusal.verdict != Verdict::ok) refusal_.set(std::move(answers[i].refusal));
      const bool is_plain = objects[i]->plain == Plain::tree;
      begin(objects[i]->commit,
            objects[i]->path == "." ? ""
            : is_plain              ? objects[i]->path
                                    : std::string(parent_of(objects[i]->path)),
            objects[i]);
      for (const PlacedFile& file : answers[i].files) add(file);
      if (!objects[i]->plain && !objects[i]->file) add_signature(source, *objects[i]);
    }
    return end();
  }

  /// Begins with what is of a commit, in a directory of it.
  void begin(const Oid& commit, std::string path, const ObjectAt* object = nullptr) {
    origins_.push_back({.source = from_, .commit = commit, .path = std::move(path), .object = object});
  }
  void add(const PlacedFile& file) {
    if (refusal_.is_set() || is_known_(file.place)) return;
    if (const auto* const link = std::get_if<Symlink>(&file.place)) {
      blobs_.here.insert(link->blob);
    } else if (const auto* const blob = std::get_if<GitBlob>(&file.place)) {
      if (blob->size)
        blobs_.here.insert(blob->oid);
      else
        blobs_.lacking.emplace(blob->oid, commit());
    } else if (detail::import_of(file) != nullptr) {
      add_import(file);
    } else {
      add_stored(file);
    }
  }

  /// Ends the talk to the source: all that it takes to fetch its files is known, or nothing is to come of it.
  FoundFiles end() {
    std::vector<StoredFile> stored;
    for (const CloneItem& item : items_) stored.push_back({&item.file, origins_[item.file.origin].commit});
    from_->stores->prepare(stored);
    for (const StoredFile& file : stored) refusal_.require_fetchable(file, *from_->stores);
    if (refusal_.is_set()) {
      found_.refusal = refusal_.get();
      return std::move(found_);
    }
    Parts& parts = *all_.parts_;
    const std::size_t first = parts.origins.size();
    std::move(origins_.begin(), origins_.end(), std::back_inserter(parts.origins));
    for (CloneItem& item : items_) {
      if (!parts.names.insert(item.path).second) continue;
      item.file.origin += static_cast<std::uint32_t>(first);
      parts.items.push_back(std::move(item));
      parts.delivery.add(parts.items.back(), parts.origins[parts.items.back().file.origin]);
    }
    return std::move(found_);
  }

 private:
  /// Adds the signature beside a metafile, if there is one: whoever wants it looks for it there.
  void add_signature(source::Conversation& source, const ObjectAt& object) {
    constexpr std::string_view suffix = ".mlem";
    std::string path = object.path;
    if (path.ends_with(suffix)) path.resize(path.size() - suffix.size());
    const git::Lookup found = source.repository().find(object.commit, path + ".sig");
    if (found.state != git::Lookup::State::found || !git::is_regular(found.entry)) return;
    const GitBlob blob{.oid = found.entry.oid, .size = source.repository().blob_sizes({found.entry.oid}).front()};
    add({.path = path + ".sig", .place = blob});
  }

  const Oid& commit() const { return origins_.back().commit; }

  void add_import(const PlacedFile& file) {
    auto origin = detail::imported_object(file, from_->is_here);
    if (const auto* const external = std::get_if<External>(&origin)) {
      refusal_.set_external(file, external->why);
    } else if (const auto* const forbidden = std::get_if<Forbidden>(&origin)) {
      refusal_.set(file, Verdict::forbidden, "may not be read", forbidden->why);
    } else {
      found_.imports.push_back(std::move(std::get<ObjectAt>(origin)));
    }
  }

  void add_stored(const PlacedFile& file) {
    const auto* const tracked = std::get_if<DvcObject>(&file.place);
    if (const auto* const large = std::get_if<LfsObject>(&file.place)) blobs_.here.insert(large->blob);
    if (tracked == nullptr && !std::holds_alternative<LfsObject>(file.place)) {
      refusal_.require_fetchable({&file, commit()}, *from_->stores);  // which it is not
    } else if (tracked != nullptr && tracked->is_directory) {
      add_directory(file, *tracked);
    } else {
      add_item(file);
    }
  }

  /// Adds the list of a directory's files, and the files.
  void add_directory(const PlacedFile& directory, const DvcObject& tracked) {
    DvcListing listing = list_dvc_directory(*from_->stores, all_.engine_, {&directory, commit()});
    if (const auto* const external = std::get_if<External>(&listing)) {
      return refusal_.set_external(directory, external->why);
    }
    if (auto* const refusal = std::get_if<source::Refusal>(&listing)) {
      return refusal_.set(directory, std::move(*refusal));
    }
    DvcObject list = tracked;
    list.inside.clear();
    list.size.reset();
    add_item({.name = directory.name, .path = directory.path, .place = std::move(list)});
    for (const PlacedFile& file : expand_dvc_directory(directory, std::get<std::vector<DvcEntry>>(listing))) add(file);
  }

  void add_item(PlacedFile file) {
    if (!file.flaw.empty()) return refusal_.set(file, Verdict::artifact_mismatch, "is not what is recorded", file.flaw);
    std::string name = name_of(file.place);
    found_.files.push_back({name, file.place});
    // Where several objects have it, what one of them declares of it is not what it is for the others.
    file.size = size_of(file.place);
    file.hash = hash_of(file.place);
    file.origin = static_cast<std::uint32_t>(origins_.size() - 1);
    items_.push_back({.path = std::move(name), .file = std::move(file)});
  }

  Collection& all_;
  const IsKnown& is_known_;
  Blobs& blobs_;
  std::shared_ptr<detail::CloneSource> from_;
  detail::FirstRefusal refusal_;
  FoundFiles found_;
  std::deque<detail::CloneOrigin> origins_;
  std::vector<CloneItem> items_;
};

Collection::Collection(const source::Settings& settings, const fs::path& parent, const std::string& name)
    : settings_(settings), engine_(settings_), parts_(std::make_unique<Parts>(settings_, engine_, parent, name)) {}

Collection::~Collection() = default;

FoundFiles Collection::find(source::Conversation& source, const RepoUrl& url,
                            const std::vector<const ObjectAt*>& objects, const IsKnown& is_known) {
  return Search(*this, source, url, is_known).find(source, objects);
}

FoundFiles Collection::take_blobs(source::Conversation& source, const RepoUrl& url, const TakeBlobs& take) {
  Blobs& blobs = blobs_[url.text()];
  const auto give = [&](const fs::path& object_dir) {
    take(object_dir, {blobs.here.begin(), blobs.here.end()});
    return FoundFiles{};
  };
  if (blobs.lacking.empty()) return give({});
  source::Settings apart = settings_;
  apart.cache.directory = parts_->partial.path() / "cache";
  apart.budget.max_fetch = std::numeric_limits<std::uint64_t>::max();
  FoundFiles found;
  const auto refusal = source::converse(url, apart, [&](source::Conversation& fetched) {
    std::set<Oid> commits;
    std::vector<Oid> oids;
    for (const auto& [blob, commit] : blobs.lacking) {
      commits.insert(commit);
      oids.push_back(blob);
    }
    fetched.need_commits(commits, 0);
    const auto lacks = fetched.need_objects(blobs.lacking);
    if (!lacks.empty()) {
      found.refusal = lacks.begin()->second;
      return;
    }
    const IsKnown nothing = [](const Place&) { return false; };
    Search search(*this, source, url, nothing);
    const auto sizes = fetched.repository().blob_sizes(oids);
    for (std::size_t i = 0; i < oids.size(); ++i) {
      blobs.here.insert(oids[i]);
      if (!sizes[i] || *sizes[i] >= lfs_pointer_cutoff) continue;
      const auto content = fetched.repository().find_blob(oids[i], lfs_pointer_cutoff);
      const auto pointer = content ? parse_lfs_pointer(*content) : std::nullopt;
      if (!pointer) continue;
      search.begin(blobs.lacking.at(oids[i]), "");
      search.add({.path = oids[i].hex(), .place = LfsObject{*pointer, oids[i]}});
    }
    found = search.end();
    if (!found.refusal) give(fetched.git_dir() / "objects");
  });
  if (refusal) found.refusal = *refusal;
  return found;
}

std::optional<NotBrought> Collection::bring() {
  parts_->partial.keep_only(parts_->names);
  parts_->delivery.finish();
  if (!parts_->refusal.is_set()) return std::nullopt;
  NotBrought answer{.refusal = parts_->refusal.get()};
  if (const auto number = parts_->refusal.origin()) {
    const detail::CloneOrigin& origin = parts_->origins[*number];
    answer.repo = origin.source->url.text();
    answer.object = origin.object;
  }
  return answer;
}

fs::path Collection::directory() const { return parts_->partial.files(); }

void Collection::be_done() noexcept { parts_->partial.be_done(); }

}  // namespace mlem::artifact
