#include "artifact/collection.hpp"

#include "artifact/clone_plan.hpp"
#include "artifact/detail/delivery.hpp"
#include "artifact/detail/first_refusal.hpp"
#include "artifact/detail/partial_directory.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/lfs_pointer.hpp"
#include "artifact/locate.hpp"
#include "artifact/stores.hpp"

#include <deque>
#include <limits>
#include <set>
#include <utility>

// A source is talked to once: what its objects have is found, blobs that Git has are handed on, and the rest is noted.
// When all sources have been talked to, that is fetched, by what brings the files of a clone.

namespace mlem::artifact {
namespace {

/// Returns what the bytes of a file hash to as the name of a file.
std::string name_of(const Place& place) {
  std::string name = text_of(hash_of(place).value());
  name[name.find(':')] = '-';
  return name;
}

}  // namespace

/// What is to come of one source.
struct Collection::SourceFiles {
  explicit SourceFiles(const RepoUrl& its_url) : url(its_url) {}
  const RepoUrl& url;
  std::unique_ptr<Stores> stores{};
  std::map<Oid, std::deque<CloneItem>> items{};  ///< by the commit that has the configuration of their stores
  std::vector<std::unique_ptr<detail::Delivery>> deliveries{};
  detail::FirstRefusal refusal{};
};

/// Finds the files of one source.
class Collection::Search {
 public:
  Search(Collection& all, SourceFiles& files, source::Conversation& source, const IsKnown& is_known, Found& found)
      : all_(all), files_(files), source_(source), is_known_(is_known), found_(found) {}

  void run(const std::vector<const ObjectAt*>& objects, const TakeBlobs& take_blobs) {
    std::vector<ObjectFiles> answers = find_files(source_, objects);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (answers[i].refusal.verdict != Verdict::ok) files_.refusal.set(std::move(answers[i].refusal));
      for (const PlacedFile& file : answers[i].files) add(file, objects[i]->commit);
      if (stops(objects[i])) return;
    }
    if (lacking_.empty()) {
      begin_deliveries();
      if (!stops(nullptr)) take_blobs(source_.git_dir(), {}, blobs());
      return;
    }
    source::Settings apart = all_.settings_;
    apart.cache.directory = all_.partial_->path() / "cache";
    apart.budget.max_fetch = std::numeric_limits<std::uint64_t>::max();
    const auto refusal =
        source::converse(files_.url, apart, [&](source::Conversation& fetched) { take_fetched(fetched, take_blobs); });
    if (refusal) files_.refusal.set(*refusal);
    stops(nullptr);
  }

 private:
  /// Notes why the files cannot be had, if they cannot.
  bool stops(const ObjectAt* object) {
    if (!files_.refusal.is_set()) return false;
    if (!found_.refusal) found_.refusal = CollectionRefusal{object, files_.refusal.get()};
    return true;
  }

  void add(const PlacedFile& file, const Oid& commit) {
    if (files_.refusal.is_set() || is_known_(file.place)) return;
    if (const auto* const link = std::get_if<Symlink>(&file.place)) {
      blobs_.insert(link->blob);
      return;
    }
    if (const auto* const blob = std::get_if<GitBlob>(&file.place)) {
      if (blob->size)
        blobs_.insert(blob->oid);
      else
        lacking_.emplace(blob->oid, commit);
      return;
    }
    files_.refusal.require_fetchable({&file, commit}, *files_.stores);
    if (files_.refusal.is_set()) return;
    if (const auto* const large = std::get_if<LfsObject>(&file.place)) blobs_.insert(large->blob);
    const auto* const tracked = std::get_if<DvcObject>(&file.place);
    if (tracked != nullptr && tracked->is_directory) return add_directory(file, *tracked, commit);
    add_item(file, commit);
  }

  /// Adds the list of a directory's files, and the files.
  void add_directory(const PlacedFile& directory, const DvcObject& tracked, const Oid& commit) {
    DvcListing listing = list_dvc_directory(*files_.stores, all_.engine_, {&directory, commit});
    if (const auto* const external = std::get_if<External>(&listing)) {
      return files_.refusal.set_external(directory, external->why);
    }
    if (auto* const refusal = std::get_if<source::Refusal>(&listing)) {
      return files_.refusal.set(directory, std::move(*refusal));
    }
    DvcObject list = tracked;
    list.inside.clear();
    list.size.reset();
    add_item({.name = directory.name, .path = directory.path, .place = std::move(list)}, commit);
    for (const PlacedFile& file : expand_dvc_directory(directory, std::get<std::vector<DvcEntry>>(listing))) {
      add(file, commit);
    }
  }

  void add_item(PlacedFile file, const Oid& commit) {
    std::string name = name_of(file.place);
    found_.files.push_back({name, file.place});
    // Where several have it, what one of them declares of it is not what it is for the others.
    file.size = size_of(file.place);
    file.hash = hash_of(file.place);
    if (!all_.coming_.emplace(name, &files_).second) return;
    files_.items[commit].push_back({.path = std::move(name), .file = std::move(file)});
  }

  void begin_deliveries() {
    for (auto& [commit, items] : files_.items) {
      auto delivery = std::make_unique<detail::Delivery>(files_.url, commit, all_.settings_, all_.engine_,
                                                         *files_.stores, files_.refusal, all_.partial_->path());
      for (CloneItem& item : items) delivery->add(item);
      delivery->begin(source_);
      files_.deliveries.push_back(std::move(delivery));
    }
  }

  /// Takes blobs that the source had to be asked for. A small one that was not known before may be a pointer.
  void take_fetched(source::Conversation& fetched, const TakeBlobs& take_blobs) {
    std::set<Oid> commits;
    for (const auto& [blob, commit] : lacking_) commits.insert(commit);
    fetched.need_commits(commits, 0);
    const auto lacks = fetched.need_objects(lacking_);
    if (!lacks.empty()) return files_.refusal.set(lacks.begin()->second);
    std::vector<Oid> oids;
    for (const auto& [blob, commit] : lacking_) oids.push_back(blob);
    const auto sizes = fetched.repository().blob_sizes(oids);
    for (std::size_t i = 0; i < oids.size(); ++i) {
      blobs_.insert(oids[i]);
      if (!sizes[i] || *sizes[i] >= lfs_pointer_cutoff) continue;
      const auto content = fetched.repository().find_blob(oids[i], lfs_pointer_cutoff);
      const auto pointer = content ? parse_lfs_pointer(*content) : std::nullopt;
      if (pointer) add({.path = oids[i].hex(), .place = LfsObject{*pointer, oids[i]}}, lacking_.at(oids[i]));
    }
    begin_deliveries();
    if (!files_.refusal.is_set()) take_blobs(source_.git_dir(), fetched.git_dir() / "objects", blobs());
  }

  std::vector<Oid> blobs() const { return {blobs_.begin(), blobs_.end()}; }

  Collection& all_;
  SourceFiles& files_;
  source::Conversation& source_;
  const IsKnown& is_known_;
  Found& found_;
  std::set<Oid> blobs_;
  std::map<Oid, Oid> lacking_;  ///< blobs, and the commit that each is of
};

Collection::Collection(const source::Settings& settings, const fs::path& parent, const std::string& name)
    : settings_(settings), engine_(settings_), partial_(std::make_unique<detail::PartialDirectory>(parent, name)) {}

Collection::~Collection() = default;

Collection::Found Collection::find(source::Conversation& source, const RepoUrl& url,
                                   const std::vector<const ObjectAt*>& objects, const IsKnown& is_known,
                                   const TakeBlobs& take_blobs) {
  sources_.push_back(std::make_unique<SourceFiles>(url));
  SourceFiles& files = *sources_.back();
  files.stores = std::make_unique<Stores>(source, url, settings_, engine_);
  Found found;
  Search(*this, files, source, is_known, found).run(objects, take_blobs);
  return found;
}

std::optional<source::Refusal> Collection::bring() {
  std::set<std::string> names;
  for (const auto& [name, files] : coming_) names.insert(name);
  partial_->keep_only(names);
  for (const auto& files : sources_) {
    for (const auto& delivery : files->deliveries) {
      delivery->finish();
      if (files->refusal.is_set()) return files->refusal.get();
    }
  }
  return std::nullopt;
}

fs::path Collection::directory() const { return partial_->files(); }

void Collection::be_done() noexcept { partial_->be_done(); }

}  // namespace mlem::artifact
