#include "artifact/detail/source_inspection.hpp"

#include "artifact/detail/directory_record.hpp"
#include "artifact/detail/dvc_import.hpp"
#include "artifact/detail/fetched_blobs.hpp"
#include "artifact/detail/hashing.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/file_proof.hpp"
#include "artifact/hash.hpp"
#include "artifact/locate.hpp"
#include "artifact/object_files.hpp"
#include "artifact/stores.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "source/in_parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// find_files() says what the objects have. Then each file is looked at: what the records say, what is on this machine,
// several at a time, and what is left, on servers.

namespace mlem::artifact::detail {
namespace {

using State = FoundArtifact::State;

/// What has been found out of files, by what is the same for all that are the same: where the bytes are, and what they
/// are compared with.
using KnownOutcomes = std::unordered_map<std::string, Outcome>;

std::string key_of(const InspectedFile& item, const Oid& commit) {
  const PlacedFile& file = item.file;
  std::string key;
  if (const auto* const blob = std::get_if<GitBlob>(&file.place)) {
    key = blob->oid.hex();
  } else if (const auto* const large = std::get_if<LfsObject>(&file.place)) {
    key = fmt::format("lfs {} {} {}", commit.hex(), large->pointer.oid, large->pointer.size);
  } else if (const auto* const tracked = std::get_if<DvcObject>(&file.place)) {
    key = fmt::format("dvc {} {} {} {} {} {} {}", tracked->md5, static_cast<int>(tracked->layout), tracked->inside,
                      tracked->config ? tracked->config->hex() : "", tracked->is_versioned, tracked->project,
                      tracked->remote);
    if (tracked->import)
      key += "\n" + tracked->import->url + "\n" + tracked->import->rev_lock + "\n" + tracked->import->path;
  }
  if (file.hash) key += fmt::format("\n{} {}", static_cast<int>(file.hash->kind), file.hash->value);
  if (file.size) key += fmt::format("\n{}", *file.size);
  if (item.wants_md5s) key += "\nmd5s";
  if (item.expected != nullptr) key += fmt::format("\nsigned {}", fmt::ptr(item.expected));
  return key;
}

class SourceInspection {
 public:
  /// What `known` has is not looked for again.
  SourceInspection(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, InspectedGroup& group, const Unproved& unproved, KnownOutcomes& known)
      : source_(source),
        url_(url),
        settings_(settings),
        depth_(depth),
        engine_(engine),
        stores_(source, url, settings, engine),
        group_(group),
        unproved_(unproved),
        known_(known) {}

  void run() {
    group_.answers.assign(group_.objects.size(), {});
    const std::vector<ObjectFiles> found = find_files(source_, group_.objects);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const source::Refusal& refusal = found[i].refusal;
      if (refusal.verdict == Verdict::ok)
        add_files(i, found[i]);
      else
        fail(group_.answers[i].inspection, refusal.verdict, refusal.message, refusal.hint);
    }
    note_signed();
    look_at_records();
    find_twins();
    look_here();
    look_elsewhere();
    settle_twins();
    look_at_directories();
    tell_all();
  }

 private:
  /// Adds the files of an object; a directory as what is in it, and behind that what is recorded of it.
  void add_files(std::size_t object, const ObjectFiles& found) {
    auto directory = found.directories.begin();
    for (std::size_t i = 0; i < found.files.size(); ++i) {
      const PlacedFile& file = found.files[i];
      const auto* const tracked = std::get_if<DvcObject>(&file.place);
      if (tracked != nullptr && tracked->is_directory && !tracked->import && file.flaw.empty())
        add_dvc_directory(object, file);
      else
        items_.push_back({.object = object, .file = file});
      if (directory == found.directories.end() || i < directory->first) continue;
      items_.back().wants_md5s = !directory->md5.empty() && depth_ != Depth::size;
      if (i + 1 == directory->first + directory->count) add_record(object, *directory++);
    }
  }

  void add_record(std::size_t object, PlacedDirectory record) {
    PlacedFile file{.name = record.name, .path = record.path, .size = record.size};
    if (!record.md5.empty()) file.hash = Hash{Hash::Kind::md5, record.md5};
    items_.push_back({.object = object, .file = std::move(file), .is_settled = true, .record = records_.size()});
    records_.push_back(std::move(record));
  }

  void add_dvc_directory(std::size_t object, const PlacedFile& file) {
    const DvcListing listing = list_dvc_directory(stores_, engine_, {&file, group_.objects[object]->commit});
    if (!std::holds_alternative<std::vector<DvcEntry>>(listing)) {
      const auto* const external = std::get_if<External>(&listing);
      items_.push_back({.object = object, .file = file});
      items_.back().settle(external != nullptr ? Outcome{State::external, external->why}
                                               : outcome_of(std::get<source::Refusal>(listing)));
      return;
    }
    std::vector<PlacedFile> files = expand_dvc_directory(file, std::get<std::vector<DvcEntry>>(listing));
    for (PlacedFile& inner : files) items_.push_back({.object = object, .file = std::move(inner)});
    // Its hash is that of the list.
    if (file.size && std::get<DvcObject>(file.place).inside.empty())
      add_record(object, {.count = files.size(), .name = file.name, .path = file.path, .size = file.size});
  }

  /// Settles what can be said without asking for the bytes.
  void look_at_records() {
    for (InspectedFile& item : items_) {
      if (item.is_settled) continue;
      const PlacedFile& file = item.file;
      if (const auto* const missing = std::get_if<Missing>(&file.place)) {
        item.settle({State::missing, missing->why});
      } else if (const auto* const forbidden = std::get_if<Forbidden>(&file.place)) {
        item.settle({State::forbidden, forbidden->why});
      } else if (const auto* const external = std::get_if<External>(&file.place)) {
        item.settle({State::external, external->why});
      } else if (std::holds_alternative<Symlink>(file.place)) {
        item.settle({State::ok});
      } else if (!file.flaw.empty()) {
        item.settle({State::mismatch, file.flaw});
      } else if (std::holds_alternative<LfsObject>(file.place) && stores_.why_external(stored(item))) {
        item.settle({State::external, *stores_.why_external(stored(item))});
      } else if (const auto size = size_of(file.place); size && file.size && *size != *file.size) {
        item.settle(wrong_size(*size, *file.size));
      } else if (import_of(file) != nullptr) {
        settle_import(item);
      } else if (const auto* const blob = std::get_if<GitBlob>(&file.place);
                 blob != nullptr && (depth_ == Depth::size || (depth_ == Depth::at_hand && !blob->size))) {
        item.settle({.size = blob->size});
      }
    }
  }

  void settle_import(InspectedFile& item) const {
    const auto origin = imported_object(item.file, !source_.is_cached());
    if (const auto* const external = std::get_if<External>(&origin)) {
      item.settle({State::external, external->why});
    } else if (const auto* const forbidden = std::get_if<Forbidden>(&origin)) {
      item.settle({State::forbidden, forbidden->why});
    } else {
      item.settle({State::unverified});
      item.is_followed = true;
    }
  }

  /// Notes what bytes have to be that nothing else tells of.
  void note_signed() {
    for (InspectedFile& item : items_) {
      item.unproved = unproved_.of(group_.objects[item.object]);
      if (item.unproved != nullptr && !item.record) item.expected = item.unproved->find(item.file.path);
    }
  }

  /// Leaves of those that are the same the first: no bytes are read, and no server is asked, twice.
  void find_twins() {
    std::unordered_map<std::string, std::size_t> first;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      InspectedFile& item = items_[i];
      if (item.is_settled) continue;
      std::string key = key_of(item, group_.objects[item.object]->commit);
      if (const auto known = known_.find(key); known != known_.end()) {
        item.settle(known->second);
        continue;
      }
      const auto [place, is_new] = first.try_emplace(std::move(key), i);
      if (is_new) continue;
      item.twin = place->second;
      item.is_settled = true;
    }
    firsts_.assign(std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
  }

  void settle_twins() {
    for (InspectedFile& item : items_) {
      if (item.twin) item.outcome = items_[*item.twin].outcome;
    }
    constexpr std::size_t most_known = 500'000;
    if (known_.size() > most_known) known_.clear();
    for (auto& [key, number] : firsts_) known_.emplace(std::move(key), items_[number].outcome);
  }

  StoredFile stored(const InspectedFile& item) const { return {&item.file, group_.objects[item.object]->commit}; }

  /// Settles what is on this machine.
  void look_here() {
    std::vector<std::pair<InspectedFile*, fs::path>> files;
    for (InspectedFile& item : items_) {
      if (item.is_settled) continue;
      if (const auto* const blob = std::get_if<GitBlob>(&item.file.place)) {
        if (blob->size) item.settle(hash_blob(source_.repository(), *blob, item));
      } else if (auto path = stores_.find_file(stored(item))) {
        files.emplace_back(&item, std::move(*path));
      }
    }
    const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
    source::in_parallel(files.size(), threads, [&](std::size_t i) {
      auto& [item, path] = files[i];
      item->settle(depth_ == Depth::size
                       ? size_of_file(path, item->file)
                       : hash_file(path, hashing_of(*item, size_of(item->file.place)), settings_.observer.interrupt));
    });
  }

  static Hashing hashing_of(const InspectedFile& item, std::optional<std::uint64_t> size) {
    Hashing hashing(item.file, size);
    if (item.wants_md5s) hashing.want_md5s();
    if (item.expected != nullptr) hashing.want_signed(*item.expected, item.unproved->shard_size);
    return hashing;
  }

  Outcome hash_blob(git::Repository& repository, const GitBlob& blob, const InspectedFile& item) const {
    Hashing hashing = hashing_of(item, *blob.size);
    try {
      const bool is_here = repository.stream_blob(blob.oid, [&](std::string_view piece) {
        end_if_asked(settings_.observer.interrupt);
        hashing.take(piece);
      });
      if (!is_here) return {State::missing, "blob '" + blob.oid.hex() + "' is not there"};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      return {State::unverified, error.what(), Verdict::unreachable};
    }
    return hashing.outcome();
  }

  /// Settles what is left: on servers, or nowhere.
  void look_elsewhere() {
    std::vector<InspectedFile*> blobs;
    std::vector<InspectedFile*> stored_there;
    for (InspectedFile& item : items_) {
      if (item.is_settled) continue;
      if (std::holds_alternative<GitBlob>(item.file.place)) {
        blobs.push_back(&item);
      } else if (const auto why = stores_.why_external(stored(item))) {
        item.settle({State::external, *why});
      } else if (settings_.offline) {
        item.settle(outcome_of(offline_refusal()));
      } else {
        stored_there.push_back(&item);
      }
    }
    if (!blobs.empty()) fetch_and_hash(blobs);
    if (depth_ == Depth::hash)
      transfer_and_hash(stored_there);
    else
      ask(stored_there);
  }

  void ask(const std::vector<InspectedFile*>& items) {
    if (items.empty()) return;
    std::vector<StoredFile> files;
    for (const InspectedFile* item : items) files.push_back(stored(*item));
    const std::vector<ObjectAnswer> answers = stores_.ask(files);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const ObjectAnswer& answer = answers[i];
      const auto expected = items[i]->file.size;
      if (answer.kind != ObjectAnswer::Kind::exists) {
        items[i]->settle(outcome_of(answer.refusal));
      } else if (answer.size && expected && *answer.size != *expected) {
        items[i]->settle(wrong_size(*answer.size, *expected));
      } else {
        items[i]->settle({.size = answer.size});
      }
    }
  }

  void transfer_and_hash(const std::vector<InspectedFile*>& items) {
    std::map<std::size_t, std::pair<InspectedFile*, std::unique_ptr<Hashing>>> running;
    std::size_t next = 0;
    const auto give = [&]() -> std::optional<Transfer> {
      while (next < items.size()) {
        InspectedFile* const item = items[next++];
        auto made = stores_.transfer(stored(*item));
        if (const auto* const refusal = std::get_if<source::Refusal>(&made)) {
          item->settle(outcome_of(*refusal));
          continue;
        }
        Transfer transfer = std::get<Transfer>(std::move(made));
        transfer.number = next;
        auto& entry = running[transfer.number];
        entry.first = item;
        transfer.begin = [&entry](std::uint64_t offset) {
          if (offset == 0)
            entry.second = std::make_unique<Hashing>(hashing_of(*entry.first, size_of(entry.first->file.place)));
          return true;
        };
        transfer.take = [&entry](std::string_view piece) {
          entry.second->take(piece);
          return true;
        };
        return transfer;
      }
      return std::nullopt;
    };
    engine_.run_all(give, [&](const Transfer& transfer, const TransferResult& result) {
      auto& [item, hashing] = running.at(transfer.number);
      if (result.refusal)
        item->settle(outcome_of(*result.refusal));
      else
        item->settle(hashing->outcome());
      running.erase(transfer.number);
    });
  }

  /// Fetches blobs to where they stay no longer than it takes to hash them.
  void fetch_and_hash(const std::vector<InspectedFile*>& items) {
    if (settings_.offline) {
      for (InspectedFile* item : items) item->settle(outcome_of(offline_refusal()));
      return;
    }
    std::map<Oid, Oid> wanted;
    for (const InspectedFile* item : items) {
      wanted.emplace(std::get<GitBlob>(item->file.place).oid, group_.objects[item->object]->commit);
    }
    const auto use = [&](git::Repository& repository, const std::map<Oid, source::Refusal>& lacks) {
      const auto sizes = repository.blob_sizes(oids_of(items));
      for (std::size_t i = 0; i < items.size(); ++i) {
        GitBlob blob = std::get<GitBlob>(items[i]->file.place);
        const auto lack = lacks.find(blob.oid);
        blob.size = sizes[i];
        if (lack != lacks.end())
          items[i]->settle(outcome_of(lack->second));
        else if (blob.size)
          items[i]->settle(hash_blob(repository, blob, *items[i]));
        else
          items[i]->settle({State::missing, "blob '" + blob.oid.hex() + "' is not there"});
      }
    };
    const auto refusal = with_fetched_blobs(url_, settings_, wanted, use);
    if (!refusal) return;
    for (InspectedFile* item : items) item->settle(outcome_of(*refusal));
  }

  static std::vector<Oid> oids_of(const std::vector<InspectedFile*>& items) {
    std::vector<Oid> oids;
    for (const InspectedFile* item : items) oids.push_back(std::get<GitBlob>(item->file.place).oid);
    return oids;
  }

  /// Settles what is recorded of directories, when all of their files are.
  void look_at_directories() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (!items_[i].record) continue;
      const PlacedDirectory& record = records_[*items_[i].record];
      std::vector<DirectoryPart> parts;
      for (std::size_t part = i - record.count; part < i; ++part) {
        const std::string_view path = items_[part].file.path;
        parts.push_back({path.substr(std::min(path.size(), record.path.size() + 1)), &items_[part].outcome});
      }
      items_[i].settle(compare_directory(record, parts));
    }
  }

  void tell_all() {
    for (std::size_t first = 0; first < items_.size();) {
      std::size_t end = first;
      while (end < items_.size() && items_[end].object == items_[first].object) ++end;
      auto& [inspection, untold] = group_.answers[items_[first].object];
      const auto items = std::span(items_).subspan(first, end - first);
      const bool is_import = group_.objects[items_[first].object]->file.has_value();
      if (is_import ||
          std::any_of(items.begin(), items.end(), [](const InspectedFile& item) { return item.is_followed; })) {
        untold = std::make_shared<std::vector<InspectedFile>>(std::make_move_iterator(items.begin()),
                                                              std::make_move_iterator(items.end()));
      } else if (inspection.verdict == Verdict::ok) {
        tell(items, inspection);
      }
      first = end;
    }
    for (auto& [inspection, untold] : group_.answers) {
      if (inspection.verdict == Verdict::ok && !inspection.artifacts && !untold) {
        inspection.artifacts = std::make_shared<std::vector<FoundArtifact>>();
      }
    }
  }

  source::Conversation& source_;
  const RepoUrl& url_;
  const source::Settings& settings_;
  Depth depth_;
  TransferEngine& engine_;
  Stores stores_;
  InspectedGroup& group_;
  const Unproved& unproved_;
  KnownOutcomes& known_;
  std::vector<InspectedFile> items_;                         ///< one object after the other
  std::vector<std::pair<std::string, std::size_t>> firsts_;  ///< keys and numbers of items that others are the same as
  std::vector<PlacedDirectory> records_;                     ///< their `count` is that of the items before theirs
};

}  // namespace

void inspect_group(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, const Unproved& unproved, InspectedGroup& group) {
  // What is at hand is taken a part at a time, for a file takes a kilobyte of memory; a server is asked once.
  constexpr std::size_t most_at_once = 8192;
  const std::size_t step = source.is_cached() ? std::max<std::size_t>(1, group.objects.size()) : most_at_once;
  group.answers.clear();
  KnownOutcomes known;
  for (std::size_t first = 0; first < group.objects.size(); first += step) {
    const std::size_t end = std::min(group.objects.size(), first + step);
    InspectedGroup part{.objects = {group.objects.begin() + static_cast<std::ptrdiff_t>(first),
                                    group.objects.begin() + static_cast<std::ptrdiff_t>(end)}};
    SourceInspection(source, url, settings, depth, engine, part, unproved, known).run();
    std::move(part.answers.begin(), part.answers.end(), std::back_inserter(group.answers));
  }
}

}  // namespace mlem::artifact::detail
