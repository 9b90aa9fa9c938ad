#include "artifact/inspect.hpp"

#include "artifact/detail/ask_sources.hpp"
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
#include "artifact/transfer.hpp"
#include "artifact/verify_objects.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "source/conversation.hpp"
#include "source/in_parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

// For each source, in one conversation: find_files() says what its objects have, and then each file is looked at, those
// that are files of this machine several at a time. What DVC imports is a file of another source, which is looked at in
// the same way when nobody talks to the first one any more, for both may be the same; and in its place it is told.

namespace mlem::artifact {
namespace {

using State = FoundArtifact::State;

using detail::Outcome;
using detail::wrong_size;

/// A file that is looked at.
struct Item {
  std::size_t object = 0;  ///< its number in the group
  PlacedFile file{};
  Outcome outcome{};
  bool is_settled = false;
  const UnprovedFiles* unproved = nullptr;  ///< of what is signed and told by nothing but bytes; or null
  const SignedFile* expected = nullptr;     ///< of `unproved`
  bool wants_md5s = false;                  ///< the hash of its directory is made of them
  std::optional<std::size_t> twin{};        ///< the number of an item before it with the same bytes
  std::optional<std::size_t> record{};      ///< of what stands for the items before it: the number of what is recorded
  bool is_followed = false;                 ///< where DVC imports it from is to be looked at
  void settle(Outcome found) {
    outcome = std::move(found);
    is_settled = true;
  }
};

/// What was found of one object.
struct Inspected {
  Inspection inspection{};
  std::shared_ptr<std::vector<Item>> untold{};  ///< its files, if it is an import or there is one among them
};

using Group = detail::SourceGroup<Inspected>;

void fail(Inspection& inspection, Verdict verdict, std::string message, std::string hint = {}) {
  inspection.verdict = verdict;
  inspection.message = std::move(message);
  inspection.hint = std::move(hint);
}

Outcome outcome_of(const source::Refusal& refusal) {
  if (refusal.verdict == Verdict::artifact_missing) return {State::missing, refusal.message, Verdict::ok, refusal.hint};
  if (refusal.verdict == Verdict::artifact_mismatch) return {State::mismatch, refusal.message};
  return {State::unverified, refusal.message, refusal.verdict, refusal.hint};
}

/// Gives the inspection what was found: all files, and in words the worst.
void tell(std::span<const Item> items, Inspection& inspection) {
  auto artifacts = std::make_shared<std::vector<FoundArtifact>>();
  std::map<State, std::vector<const Item*>> by_state;
  for (const Item& item : items) {
    // What is right of a directory is said of its files.
    if (item.record && item.outcome.state != State::mismatch) continue;
    artifacts->push_back({.name = item.file.name,
                          .path = item.file.path,
                          .size = item.file.size,
                          .hash = item.file.hash ? text_of(*item.file.hash) : "",
                          .state = item.outcome.state});
    by_state[item.outcome.state].push_back(&item);
  }
  inspection.artifacts = std::move(artifacts);
  const auto told = [](const std::vector<const Item*>& some, const char* what) {
    const Item& first = *some.front();
    const std::string& name = first.file.path.empty() ? first.file.name : first.file.path;
    std::string text = (name.empty() ? "a file" : "'" + escape_for_terminal(name) + "'") + " " + what;
    if (!first.outcome.why.empty()) text += ": " + first.outcome.why;
    return some.size() > 1 ? text + fmt::format("; and {} more", some.size() - 1) : text;
  };
  struct Row {
    State state;
    Verdict verdict;
    const char* what;
  };
  constexpr Row rows[] = {{State::mismatch, Verdict::artifact_mismatch, "is not what is recorded"},
                          {State::missing, Verdict::artifact_missing, "is missing"},
                          {State::forbidden, Verdict::forbidden, "may not be read"},
                          {State::unverified, Verdict::ok, "could not be looked at"}};
  for (const Row& row : rows) {
    const auto found = by_state.find(row.state);
    if (found == by_state.end() || inspection.verdict != Verdict::ok) continue;
    const Outcome& outcome = found->second.front()->outcome;
    fail(inspection, row.verdict == Verdict::ok ? outcome.verdict : row.verdict, told(found->second, row.what),
         outcome.hint);
  }
  if (const auto found = by_state.find(State::external); found != by_state.end()) {
    inspection.warnings.push_back({"external-artifact", told(found->second, "is where only another program can look")});
  }
}

/// What has been found out of files, by what is the same for all that are the same: where the bytes are, and what they
/// are compared with.
using KnownOutcomes = std::unordered_map<std::string, Outcome>;

std::string key_of(const Item& item, const Oid& commit) {
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

/// What is unproved of the objects that are inspected.
struct Unproved {
  const std::vector<ObjectAt>& objects;
  std::vector<const UnprovedFiles*> files{};  ///< as many as there are objects, or none
  const UnprovedFiles* of(const ObjectAt* object) const {
    return files.empty() ? nullptr : files[static_cast<std::size_t>(object - objects.data())];
  }
};

class SourceInspection {
 public:
  /// What `known` has is not looked for again.
  SourceInspection(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, Group& group, const Unproved& unproved, KnownOutcomes& known)
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
    for (Item& item : items_) {
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
      } else if (detail::import_of(file) != nullptr) {
        settle_import(item);
      } else if (const auto* const blob = std::get_if<GitBlob>(&file.place);
                 blob != nullptr && (depth_ == Depth::size || (depth_ == Depth::at_hand && !blob->size))) {
        item.settle({.size = blob->size});
      }
    }
  }

  void settle_import(Item& item) const {
    const auto origin = detail::imported_object(item.file, !source_.is_cached());
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
    for (Item& item : items_) {
      item.unproved = unproved_.of(group_.objects[item.object]);
      if (item.unproved != nullptr && !item.record) item.expected = item.unproved->find(item.file.path);
    }
  }

  /// Leaves of those that are the same the first: no bytes are read, and no server is asked, twice.
  void find_twins() {
    std::unordered_map<std::string, std::size_t> first;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      Item& item = items_[i];
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
    for (Item& item : items_) {
      if (item.twin) item.outcome = items_[*item.twin].outcome;
    }
    constexpr std::size_t most_known = 500'000;
    if (known_.size() > most_known) known_.clear();
    for (auto& [key, number] : firsts_) known_.emplace(std::move(key), items_[number].outcome);
  }

  StoredFile stored(const Item& item) const { return {&item.file, group_.objects[item.object]->commit}; }

  /// Settles what is on this machine.
  void look_here() {
    std::vector<std::pair<Item*, fs::path>> files;
    for (Item& item : items_) {
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
      item->settle(depth_ == Depth::size ? detail::size_of_file(path, item->file)
                                         : detail::hash_file(path, hashing_of(*item, size_of(item->file.place)),
                                                             settings_.observer.interrupt));
    });
  }

  static detail::Hashing hashing_of(const Item& item, std::optional<std::uint64_t> size) {
    detail::Hashing hashing(item.file, size);
    if (item.wants_md5s) hashing.want_md5s();
    if (item.expected != nullptr) hashing.want_signed(*item.expected, item.unproved->shard_size);
    return hashing;
  }

  Outcome hash_blob(git::Repository& repository, const GitBlob& blob, const Item& item) const {
    detail::Hashing hashing = hashing_of(item, *blob.size);
    try {
      const bool is_here = repository.stream_blob(blob.oid, [&](std::string_view piece) {
        detail::end_if_asked(settings_.observer.interrupt);
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
    std::vector<Item*> blobs;
    std::vector<Item*> stored_there;
    for (Item& item : items_) {
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

  void ask(const std::vector<Item*>& items) {
    if (items.empty()) return;
    std::vector<StoredFile> files;
    for (const Item* item : items) files.push_back(stored(*item));
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

  void transfer_and_hash(const std::vector<Item*>& items) {
    std::map<std::size_t, std::pair<Item*, std::unique_ptr<detail::Hashing>>> running;
    std::size_t next = 0;
    const auto give = [&]() -> std::optional<Transfer> {
      while (next < items.size()) {
        Item* const item = items[next++];
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
            entry.second =
                std::make_unique<detail::Hashing>(hashing_of(*entry.first, size_of(entry.first->file.place)));
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
  void fetch_and_hash(const std::vector<Item*>& items) {
    if (settings_.offline) {
      for (Item* item : items) item->settle(outcome_of(offline_refusal()));
      return;
    }
    std::map<Oid, Oid> wanted;
    for (const Item* item : items) {
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
    const auto refusal = detail::with_fetched_blobs(url_, settings_, wanted, use);
    if (!refusal) return;
    for (Item* item : items) item->settle(outcome_of(*refusal));
  }

  static std::vector<Oid> oids_of(const std::vector<Item*>& items) {
    std::vector<Oid> oids;
    for (const Item* item : items) oids.push_back(std::get<GitBlob>(item->file.place).oid);
    return oids;
  }

  /// Settles what is recorded of directories, when all of their files are.
  void look_at_directories() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (!items_[i].record) continue;
      const PlacedDirectory& record = records_[*items_[i].record];
      std::vector<detail::DirectoryPart> parts;
      for (std::size_t part = i - record.count; part < i; ++part) {
        const std::string_view path = items_[part].file.path;
        parts.push_back({path.substr(std::min(path.size(), record.path.size() + 1)), &items_[part].outcome});
      }
      items_[i].settle(detail::compare_directory(record, parts));
    }
  }

  void tell_all() {
    for (std::size_t first = 0; first < items_.size();) {
      std::size_t end = first;
      while (end < items_.size() && items_[end].object == items_[first].object) ++end;
      auto& [inspection, untold] = group_.answers[items_[first].object];
      const auto items = std::span(items_).subspan(first, end - first);
      const bool is_import = group_.objects[items_[first].object]->file.has_value();
      if (is_import || std::any_of(items.begin(), items.end(), [](const Item& item) { return item.is_followed; })) {
        untold = std::make_shared<std::vector<Item>>(std::make_move_iterator(items.begin()),
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
  Group& group_;
  const Unproved& unproved_;
  KnownOutcomes& known_;
  std::vector<Item> items_;                                  ///< one object after the other
  std::vector<std::pair<std::string, std::size_t>> firsts_;  ///< keys and numbers of items that others are the same as
  std::vector<PlacedDirectory> records_;                     ///< their `count` is that of the items before theirs
};

/// Inspects the objects of a source. What is at hand is taken a part at a time, for a file takes a kilobyte of memory;
/// a server is asked once.
void inspect_group(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, const Unproved& unproved, Group& group) {
  constexpr std::size_t most_at_once = 8192;
  const std::size_t step = source.is_cached() ? std::max<std::size_t>(1, group.objects.size()) : most_at_once;
  group.answers.clear();
  KnownOutcomes known;
  for (std::size_t first = 0; first < group.objects.size(); first += step) {
    const std::size_t end = std::min(group.objects.size(), first + step);
    Group part{.objects = {group.objects.begin() + static_cast<std::ptrdiff_t>(first),
                           group.objects.begin() + static_cast<std::ptrdiff_t>(end)}};
    SourceInspection(source, url, settings, depth, engine, part, unproved, known).run();
    std::move(part.answers.begin(), part.answers.end(), std::back_inserter(group.answers));
  }
}

/// Inspects objects of many sources, and what those import.
class Inspector {
 public:
  Inspector(const git::Registry& registry, const source::Settings& settings, Depth depth)
      : registry_(registry), settings_(settings), depth_(depth), engine_(settings) {}

  std::vector<Inspection> run(const Unproved& all) {
    std::vector<Inspected> found = look(all);
    follow(found, 1);
    std::vector<Inspection> inspections;
    inspections.reserve(found.size());
    for (auto& [inspection, untold] : found) {
      if (untold && inspection.verdict == Verdict::ok) tell(*untold, inspection);
      inspections.push_back(std::move(inspection));
    }
    return inspections;
  }

 private:
  std::vector<Inspected> look(const Unproved& all) {
    return detail::ask_sources<Inspected>(
        registry_, settings_, all.objects,
        [&](source::Conversation& source, const RepoUrl& url, Group& group) {
          inspect_group(source, url, settings_, depth_, engine_, all, group);
        },
        [](const source::Refusal& refusal) {
          return Inspected{{.verdict = refusal.verdict, .message = refusal.message, .hint = refusal.hint}, {}};
        });
  }

  /// Replaces imports among the files that were found by what they are.
  void follow(const std::vector<Inspected>& found, int hop) {
    std::set<std::vector<Item>*> lists;  // the same of what has many names
    std::vector<Item*> imports;
    std::vector<ObjectAt> origins;
    std::vector<const UnprovedFiles*> unproved;
    for (const Inspected& some : found) {
      if (!some.untold || !lists.insert(some.untold.get()).second) continue;
      for (Item& item : *some.untold) {
        if (!item.is_followed) continue;
        if (hop > detail::most_imports) {
          item.outcome = {State::external, detail::endless_import().why};
          continue;
        }
        imports.push_back(&item);
        origins.push_back(std::get<ObjectAt>(detail::imported_object(item.file, true)));
        unproved.push_back(item.unproved);
      }
    }
    if (imports.empty()) return;
    std::vector<Inspected> there = look({origins, std::move(unproved)});
    follow(there, hop + 1);
    std::map<const Item*, std::vector<Item>> replacements;
    for (std::size_t i = 0; i < imports.size(); ++i) {
      const Inspection& inspection = there[i].inspection;
      if (inspection.verdict != Verdict::ok) {
        imports[i]->outcome = outcome_of({inspection.verdict, inspection.message, inspection.hint});
      } else {
        replacements[imports[i]] = there[i].untold ? std::move(*there[i].untold) : std::vector<Item>();
      }
    }
    for (std::vector<Item>* const list : lists) splice(*list, replacements);
  }

  static void splice(std::vector<Item>& files, std::map<const Item*, std::vector<Item>>& replacements) {
    std::vector<Item> all;
    for (Item& item : files) {
      const auto found = replacements.find(&item);
      if (found == replacements.end())
        all.push_back(std::move(item));
      else
        std::move(found->second.begin(), found->second.end(), std::back_inserter(all));
    }
    files = std::move(all);
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  Depth depth_;
  TransferEngine engine_;
};

}  // namespace

std::vector<Inspection> inspect(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<ObjectAt>& objects, Depth depth,
                                const std::vector<std::shared_ptr<const UnprovedFiles>>& unproved) {
  Unproved all{objects, {}};
  for (const auto& files : unproved) all.files.push_back(files.get());
  return Inspector(registry, settings, depth).run(all);
}

}  // namespace mlem::artifact
