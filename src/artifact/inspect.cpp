#include "artifact/inspect.hpp"

#include "artifact/detail/ask_sources.hpp"
#include "artifact/detail/fetched_blobs.hpp"
#include "artifact/hash.hpp"
#include "artifact/locate.hpp"
#include "artifact/object_files.hpp"
#include "artifact/stores.hpp"
#include "artifact/transfer.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "source/conversation.hpp"
#include "source/in_parallel.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <span>
#include <thread>
#include <unistd.h>
#include <utility>
#include <variant>

// For each source, in one conversation: find_files() says what its objects have, and then each file is looked at, those
// that are files of this machine several at a time.

namespace mlem::artifact {
namespace {

using State = FoundArtifact::State;

/// What is said of one file, beside its state.
struct Outcome {
  State state = State::unhashed;
  std::string why{};
  Verdict verdict = Verdict::ok;  ///< of what is unverified: why it is
  std::string hint{};
};

std::string size_text(std::uint64_t size) { return fmt::format("{} byte{}", size, size == 1 ? "" : "s"); }

std::string hash_text(const Hash& hash) {
  const char* const algorithm = hash.kind == Hash::Kind::sha256         ? "sha256"
                                : hash.kind == Hash::Kind::git_blob     ? "git"
                                : hash.kind == Hash::Kind::md5_dos2unix ? "md5-dos2unix"
                                                                        : "md5";
  return std::string(algorithm) + ":" + hash.value;
}

/// Hashes what comes in pieces.
class Hashing {
 public:
  /// `size` is how many bytes there are to be, if that is known; of a blob it is.
  Hashing(const PlacedFile& file, std::optional<std::uint64_t> size) : expected_(file.size ? file.size : size) {
    if (!file.hash) return;
    // What a metafile has from DVC was made as DVC made it.
    const auto own = hash_of(file.place);
    check_.emplace(own && own->value == file.hash->value ? *own : *file.hash, size.value_or(0));
  }
  void take(std::string_view piece) {
    received_ += piece.size();
    if (check_) check_->update(piece);
  }
  Outcome outcome() {
    if (expected_ && received_ != *expected_) {
      return {State::mismatch, "it has " + size_text(received_) + " instead of " + size_text(*expected_)};
    }
    if (!check_) return {};
    if (check_->matches()) return {State::ok};
    return {State::mismatch, "its bytes have another hash than is recorded"};
  }

 private:
  std::optional<std::uint64_t> expected_;
  std::uint64_t received_ = 0;
  std::optional<HashCheck> check_;
};

void end_if_asked(const Interrupt* interrupt) {
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
}

/// Reads a file of this machine to its end.
Outcome hash_file(const fs::path& path, const PlacedFile& file, const Interrupt* interrupt) {
  constexpr std::size_t piece_size = std::size_t{1} << 18;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return {State::missing, "'" + path.string() + "' cannot be read"};
  struct Closing {
    int descriptor;
    ~Closing() { close(descriptor); }
  } const closing{descriptor};
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  Hashing hashing(file, size_of(file.place));
  std::string buffer(piece_size, '\0');
  for (;;) {
    end_if_asked(interrupt);
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {State::unverified, "'" + path.string() + "' cannot be read", Verdict::unreachable};
    if (count == 0) return hashing.outcome();
    hashing.take(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
  }
}

/// Compares the size of a file of this machine.
Outcome size_of_file(const fs::path& path, const PlacedFile& file) {
  boost::system::error_code failure;
  const std::uint64_t size = fs::file_size(path, failure);
  if (failure) return {State::missing, "'" + path.string() + "' cannot be read"};
  const auto expected = file.size ? file.size : size_of(file.place);
  if (!expected || size == *expected) return {};
  return {State::mismatch, "it has " + size_text(size) + " instead of " + size_text(*expected)};
}

using Group = detail::SourceGroup<Inspection>;

/// A file that is looked at.
struct Item {
  std::size_t object = 0;  ///< its number in the group
  PlacedFile file{};
  Outcome outcome{};
  bool is_settled = false;
  void settle(Outcome found) {
    outcome = std::move(found);
    is_settled = true;
  }
};

class SourceInspection {
 public:
  SourceInspection(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, Group& group)
      : source_(source),
        url_(url),
        settings_(settings),
        depth_(depth),
        engine_(engine),
        stores_(source, url, settings, engine),
        group_(group) {}

  void run() {
    group_.answers.assign(group_.objects.size(), {});
    const std::vector<ObjectFiles> found = find_files(source_, group_.objects);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const source::Refusal& refusal = found[i].refusal;
      if (refusal.verdict == Verdict::ok)
        add_files(i, found[i].files);
      else
        fail(group_.answers[i], refusal.verdict, refusal.message, refusal.hint);
    }
    look_at_records();
    look_here();
    look_elsewhere();
    tell_all();
  }

 private:
  static void fail(Inspection& inspection, Verdict verdict, std::string message, std::string hint = {}) {
    inspection.verdict = verdict;
    inspection.message = std::move(message);
    inspection.hint = std::move(hint);
  }

  /// Adds the files of an object; a directory of DVC as what is in it.
  void add_files(std::size_t object, const std::vector<PlacedFile>& files) {
    for (const PlacedFile& file : files) {
      const auto* const tracked = std::get_if<DvcObject>(&file.place);
      if (tracked == nullptr || !tracked->is_directory) {
        items_.push_back({.object = object, .file = file});
        continue;
      }
      std::variant<std::vector<DvcEntry>, Outcome> listing = list_directory(object, file);
      if (auto* const outcome = std::get_if<Outcome>(&listing)) {
        items_.push_back({.object = object, .file = file});
        items_.back().settle(std::move(*outcome));
        continue;
      }
      for (PlacedFile& inner : expand_dvc_directory(file, std::get<std::vector<DvcEntry>>(listing))) {
        items_.push_back({.object = object, .file = std::move(inner)});
      }
    }
  }

  std::variant<std::vector<DvcEntry>, Outcome> list_directory(std::size_t object, const PlacedFile& file) {
    const StoredFile stored{&file, group_.objects[object]->commit};
    const auto own = hash_of(file.place);
    if (own && file.hash && own->value != file.hash->value) {
      return Outcome{State::mismatch, "DVC has recorded '" + own->value + "' for it, and the metafile another hash"};
    }
    std::optional<std::string> text;
    try {
      if (const auto path = stores_.find_file(stored)) {
        text = load_file(*path, max_dvc_directory_size);
      } else if (const auto why = stores_.why_external(stored)) {
        return Outcome{State::external, *why};
      } else if (settings_.offline) {
        return offline_outcome();
      } else {
        auto transfer = stores_.transfer(stored);
        if (const auto* const refusal = std::get_if<source::Refusal>(&transfer)) return outcome_of(*refusal);
        std::get<Transfer>(transfer).limit = max_dvc_directory_size;
        TransferResult result = engine_.run(std::get<Transfer>(std::move(transfer)));
        if (result.refusal) return outcome_of(*result.refusal);
        text = std::move(result.body);
      }
      if (own) {
        HashCheck check(*own, text->size());
        check.update(*text);
        if (!check.matches())
          return Outcome{State::mismatch, "the list of its files has another hash than is recorded"};
      }
      return parse_dvc_directory(*text);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      return Outcome{State::mismatch, error.what()};
    }
  }

  static Outcome outcome_of(const source::Refusal& refusal) {
    if (refusal.verdict == Verdict::artifact_missing)
      return {State::missing, refusal.message, Verdict::ok, refusal.hint};
    return {State::unverified, refusal.message, refusal.verdict, refusal.hint};
  }
  static Outcome offline_outcome() {
    return {State::unverified, "its bytes are not on this machine", Verdict::unreachable,
            "run the command without --offline"};
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
      } else if (std::holds_alternative<LfsObject>(file.place) && stores_.why_external(stored(item))) {
        item.settle({State::external, *stores_.why_external(stored(item))});
      } else if (const auto size = size_of(file.place); size && file.size && *size != *file.size) {
        item.settle({State::mismatch, "it has " + size_text(*size) + " instead of " + size_text(*file.size)});
      }
    }
  }

  StoredFile stored(const Item& item) const { return {&item.file, group_.objects[item.object]->commit}; }

  /// Settles what is on this machine.
  void look_here() {
    std::vector<std::pair<Item*, fs::path>> files;
    for (Item& item : items_) {
      if (item.is_settled) continue;
      if (const auto* const blob = std::get_if<GitBlob>(&item.file.place)) {
        if (depth_ == Depth::size || (depth_ == Depth::at_hand && !blob->size))
          item.settle({});
        else if (blob->size)
          item.settle(hash_blob(source_.repository(), *blob, item.file));
      } else if (auto path = stores_.find_file(stored(item))) {
        files.emplace_back(&item, std::move(*path));
      }
    }
    const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
    source::in_parallel(files.size(), threads, [&](std::size_t i) {
      auto& [item, path] = files[i];
      item->settle(depth_ == Depth::size ? size_of_file(path, item->file)
                                         : hash_file(path, item->file, settings_.observer.interrupt));
    });
  }

  Outcome hash_blob(git::Repository& repository, const GitBlob& blob, const PlacedFile& file) const {
    Hashing hashing(file, *blob.size);
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
    std::vector<Item*> blobs;
    std::vector<Item*> stored_there;
    for (Item& item : items_) {
      if (item.is_settled) continue;
      if (std::holds_alternative<GitBlob>(item.file.place)) {
        blobs.push_back(&item);
      } else if (const auto why = stores_.why_external(stored(item))) {
        item.settle({State::external, *why});
      } else if (settings_.offline) {
        item.settle(offline_outcome());
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
        items[i]->settle(
            {State::mismatch, "it has " + size_text(*answer.size) + " instead of " + size_text(*expected)});
      } else {
        items[i]->settle({});
      }
    }
  }

  void transfer_and_hash(const std::vector<Item*>& items) {
    std::map<std::size_t, std::pair<Item*, std::unique_ptr<Hashing>>> running;
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
            entry.second = std::make_unique<Hashing>(entry.first->file, size_of(entry.first->file.place));
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
      for (Item* item : items) item->settle(offline_outcome());
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
          items[i]->settle(hash_blob(repository, blob, items[i]->file));
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

  void tell_all() {
    for (std::size_t first = 0; first < items_.size();) {
      std::size_t end = first;
      while (end < items_.size() && items_[end].object == items_[first].object) ++end;
      Inspection& inspection = group_.answers[items_[first].object];
      if (inspection.verdict == Verdict::ok) tell(std::span(items_).subspan(first, end - first), inspection);
      first = end;
    }
    for (Inspection& inspection : group_.answers) {
      if (inspection.verdict == Verdict::ok && !inspection.artifacts) {
        inspection.artifacts = std::make_shared<std::vector<FoundArtifact>>();
      }
    }
  }

  /// Gives the inspection what was found: all files, and in words the worst.
  static void tell(std::span<const Item> items, Inspection& inspection) {
    auto artifacts = std::make_shared<std::vector<FoundArtifact>>();
    std::map<State, std::vector<const Item*>> by_state;
    for (const Item& item : items) {
      artifacts->push_back({.name = item.file.name,
                            .path = item.file.path,
                            .size = item.file.size,
                            .hash = item.file.hash ? hash_text(*item.file.hash) : "",
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
      inspection.warnings.push_back(
          {"external-artifact", told(found->second, "is where only another program can look")});
    }
  }

  source::Conversation& source_;
  const RepoUrl& url_;
  const source::Settings& settings_;
  Depth depth_;
  TransferEngine& engine_;
  Stores stores_;
  Group& group_;
  std::vector<Item> items_;  ///< one object after the other
};

/// Inspects the objects of a source. What is at hand is taken a part at a time, for a file takes a kilobyte of memory;
/// a server is asked once.
void inspect_group(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, Group& group) {
  constexpr std::size_t most_at_once = 8192;
  const std::size_t step = source.is_cached() ? std::max<std::size_t>(1, group.objects.size()) : most_at_once;
  group.answers.clear();
  for (std::size_t first = 0; first < group.objects.size(); first += step) {
    const std::size_t end = std::min(group.objects.size(), first + step);
    Group part{.objects = {group.objects.begin() + static_cast<std::ptrdiff_t>(first),
                           group.objects.begin() + static_cast<std::ptrdiff_t>(end)}};
    SourceInspection(source, url, settings, depth, engine, part).run();
    std::move(part.answers.begin(), part.answers.end(), std::back_inserter(group.answers));
  }
}

}  // namespace

std::vector<Inspection> inspect(const git::Registry& registry, const source::Settings& settings,
                                const std::vector<ObjectAt>& objects, Depth depth) {
  TransferEngine engine(settings);
  return detail::ask_sources<Inspection>(
      registry, settings, objects,
      [&](source::Conversation& source, const RepoUrl& url, Group& group) {
        inspect_group(source, url, settings, depth, engine, group);
      },
      [](const source::Refusal& refusal) {
        return Inspection{.verdict = refusal.verdict, .message = refusal.message, .hint = refusal.hint};
      });
}

}  // namespace mlem::artifact
