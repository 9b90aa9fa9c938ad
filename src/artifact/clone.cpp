#include "artifact/clone.hpp"

#include "artifact/clone_target.hpp"
#include "artifact/detail/directory_record.hpp"
#include "artifact/detail/fetched_blobs.hpp"
#include "artifact/detail/hashing.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/locate.hpp"
#include "artifact/object_files.hpp"
#include "artifact/partial_file.hpp"
#include "artifact/stores.hpp"
#include "artifact/transfer.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "source/conversation.hpp"
#include "source/in_parallel.hpp"
#include "yaml/metafile.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>

// In three parts. While the source is talked to, it is found out what files there are and what of them is at the
// target, and what Git has on this machine is copied. Then the source is free for others, and the rest comes from where
// it is: stores of this machine, Git's server, servers of Git LFS and DVC. In the end all is moved into place.

namespace mlem::artifact {
namespace {

using source::Refusal;

std::string shown(const PlacedFile& file) {
  const std::string& name = file.path.empty() ? file.name : file.path;
  return name.empty() ? "a file" : "'" + escape_for_terminal(name) + "'";
}

/// The hidden directory beside the target where files are until all are there, locked while this lives.
class Workshop {
 public:
  explicit Workshop(const ClonePlan& plan) {
    const fs::path parent = plan.is_directory ? plan.root.parent_path() : plan.root;
    make_directories(parent.empty() ? fs::path(".") : parent);
    constexpr std::size_t longest = 200;  // of a file's name, with what is put before it and behind it
    const std::string name = plan.name.size() > longest ? sha256_hex(plan.name) : plan.name;
    directory_ = parent / (std::string(AtomicFile::temporary_prefix) + "clone-" + name);
    lock_file_ = directory_.string() + ".lock";
    try {
      lock_.emplace(lock_file_, std::chrono::steady_clock::now());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      throw Error(ErrorKind::unavailable,
                  "cannot clone to '" + escape_for_terminal((parent / plan.name).string()) + "'",
                  "another process is cloning to it");
    }
    boost::system::error_code failure;
    fs::create_directories(files(), failure);
    if (failure) {
      throw Error(ErrorKind::io, "cannot create '" + escape_for_terminal(files().string()) + "'", failure.message());
    }
  }
  /// Files that have come stay for the next run, unless all are in their places.
  ~Workshop() {
    boost::system::error_code ignored;
    if (!has_files()) fs::remove_all(directory_, ignored);
    fs::remove(lock_file_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  fs::path files() const { return directory_ / "files"; }
  const fs::path& directory() const noexcept { return directory_; }
  void be_done() noexcept { is_done_ = true; }
  /// Whether the next run has something to go on from.
  bool has_files() const {
    if (is_done_) return false;
    boost::system::error_code failure;
    for (fs::recursive_directory_iterator entry(files(), failure);
         !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
      boost::system::error_code unknown;
      if (entry->symlink_status().type() == fs::regular_file && fs::file_size(entry->path(), unknown) > 0) return true;
    }
    return false;
  }

 private:
  fs::path directory_;
  fs::path lock_file_;
  std::optional<FileLock> lock_;
  bool is_done_ = false;
};

class Clone {
 public:
  Clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request)
      : registry_(registry),
        settings_(settings),
        request_(request),
        url_(request.object.repo
                 ? *request.object.repo
                 : RepoUrl::parse(
                       file_url((registry.has_work_tree() ? registry.work_tree() : registry.git_dir()).string()))),
        engine_(settings_) {}

  CloneResult run() {
    if (request_.object.repo) {
      const auto failure = source::converse(url_, settings_, [&](source::Conversation& source) { talk(source); });
      if (failure) refuse(*failure);
    } else {
      talk(*source::converse_with_registry(registry_, settings_, {}));
    }
    if (failure_) std::rethrow_exception(failure_);
    if (!is_refused() && !request_.dry_run) {
      copy_here();
      fetch_blobs();
      transfer();
      if (!is_refused()) compare_directories();
      if (!is_refused()) {
        const HeldSignals held;
        move_into_place(result_.plan, workshop_->files());
        workshop_->be_done();
      }
      result_.is_begun = is_refused() && workshop_->has_files();
    }
    result_.others = count_others(result_.plan);
    return std::move(result_);
  }

 private:
  /// A file that has to come.
  struct Task {
    CloneItem* item = nullptr;
    std::optional<fs::path> here{};  ///< the file of this machine that has its bytes
    bool is_done = false;
    StoredFile stored(const Oid& commit) const { return {&item->file, commit}; }
  };

  bool is_refused() {
    const std::lock_guard lock(mutex_);
    return result_.refusal.verdict != Verdict::ok;
  }
  /// The first reason is the one that is told.
  void refuse(Refusal refusal) {
    const std::lock_guard lock(mutex_);
    if (result_.refusal.verdict == Verdict::ok) result_.refusal = std::move(refusal);
  }
  void refuse(const PlacedFile& file, Verdict verdict, const std::string& what, const std::string& why = {},
              std::string hint = {}) {
    refuse({verdict, shown(file) + " " + what + (why.empty() ? "" : ": " + why), std::move(hint)});
  }
  void refuse_external(const PlacedFile& file, const std::string& why) {
    refuse(file, Verdict::unreachable, "is where only another program gets at it", why);
  }
  void refuse(const PlacedFile& file, Refusal refusal) {
    const char* const what = refusal.verdict == Verdict::artifact_missing    ? "is missing"
                             : refusal.verdict == Verdict::artifact_mismatch ? "is not what is recorded"
                                                                             : "cannot be fetched";
    refuse(file, refusal.verdict, what, refusal.message, std::move(refusal.hint));
  }

  // ---- while the source is talked to

  void talk(source::Conversation& source) {
    result_ = {};
    tasks_.clear();
    workshop_.reset();
    failure_ = nullptr;
    stores_ = std::make_unique<Stores>(source, url_, settings_, engine_);
    std::vector<ObjectFiles> found = find_files(source, {&request_.object});
    if (found.front().refusal.verdict != Verdict::ok) return refuse(std::move(found.front().refusal));
    note_directories(found.front());
    std::vector<PlacedFile> files = with_directories(std::move(found.front().files));
    if (is_refused()) return;
    at_target([&] { select_files(files, request_); });
    for (const PlacedFile& file : files) require_fetchable(file);
    if (failure_ || is_refused()) return;
    const std::string text = metafile(source);
    at_target([&] {
      result_.plan = plan_clone(request_, text, std::move(files));
      prepare_target();
    });
    if (failure_ || request_.dry_run) return;
    begin_count();
    std::vector<StoredFile> stored;
    for (const Task& task : tasks_) stored.push_back(task.stored(request_.object.commit));
    stores_->prepare(stored);
    try {
      copy_blobs(source);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::io) throw;
      failure_ = std::current_exception();
    }
  }

  /// Does what is about the target, of which an error is none of the source.
  template <typename Step>
  void at_target(const Step& step) {
    try {
      step();
    } catch (const Error&) {
      failure_ = std::current_exception();
    }
  }

  /// Notes what has to come, and makes the place for it.
  void prepare_target() {
    look_at_target(result_.plan, request_.force, settings_.observer.interrupt);
    if (request_.dry_run) return;
    workshop_ = std::make_unique<Workshop>(result_.plan);
    for (CloneItem& item : result_.plan.items) {
      if (item.kind == CloneItem::Kind::file && item.state != CloneItem::State::kept) tasks_.push_back({.item = &item});
    }
    require_room();
  }

  /// Notes what is recorded of directories of Git, to be compared when all of their files are here.
  void note_directories(const ObjectFiles& found) {
    directories_.clear();
    for (const PlacedDirectory& record : found.directories) {
      std::set<std::string> paths;
      for (std::size_t i = record.first; i < record.first + record.count; ++i) paths.insert(found.files[i].path);
      directories_.emplace_back(record, std::move(paths));
    }
  }

  /// Compares them. One of which not all files are wanted cannot be.
  void compare_directories() {
    for (const auto& [record, paths] : directories_) {
      std::deque<detail::Outcome> outcomes;
      std::vector<detail::DirectoryPart> parts;
      for (const CloneItem& item : result_.plan.items) {
        if (item.kind != CloneItem::Kind::file || !paths.contains(item.file.path)) continue;
        const fs::path directory = item.state == CloneItem::State::kept ? result_.plan.root : workshop_->files();
        detail::Hashing hashing({}, std::nullopt);
        if (!record.md5.empty()) hashing.want_md5s();
        outcomes.push_back(detail::hash_file(directory / item.path, std::move(hashing), settings_.observer.interrupt));
        parts.push_back({std::string_view(item.file.path).substr(record.path.size() + 1), &outcomes.back()});
      }
      if (parts.size() != paths.size()) continue;
      const detail::Outcome outcome = detail::compare_directory(record, parts);
      if (outcome.state != FoundArtifact::State::mismatch) continue;
      refuse({.name = record.name, .path = record.path}, Verdict::artifact_mismatch, "is not what is recorded",
             outcome.why);
      workshop_->be_done();  // what is there would be wrong again
    }
  }

  /// Returns the files with what is in directories of DVC in their places.
  std::vector<PlacedFile> with_directories(std::vector<PlacedFile> files) {
    std::vector<PlacedFile> all;
    for (PlacedFile& file : files) {
      const auto* const tracked = std::get_if<DvcObject>(&file.place);
      if (tracked == nullptr || !tracked->is_directory || tracked->import) {
        all.push_back(std::move(file));
        continue;
      }
      DvcListing listing = list_dvc_directory(*stores_, engine_, {&file, request_.object.commit});
      if (const auto* const external = std::get_if<External>(&listing)) {
        refuse_external(file, external->why);
        continue;
      }
      if (auto* const refusal = std::get_if<Refusal>(&listing)) {
        refuse(file, std::move(*refusal));
        continue;
      }
      std::vector<PlacedFile> inside = expand_dvc_directory(file, std::get<std::vector<DvcEntry>>(listing));
      std::move(inside.begin(), inside.end(), std::back_inserter(all));
    }
    return all;
  }

  std::string metafile(source::Conversation& source) const {
    if (request_.object.plain) return {};
    return source.repository().find_blob(request_.object.blob, yaml::max_object_size).value_or("");
  }

  /// Refuses what nobody can get, before anything is fetched.
  void require_fetchable(const PlacedFile& file) {
    if (const auto* const forbidden = std::get_if<Forbidden>(&file.place)) {
      return refuse(file, Verdict::forbidden, "may not be read", forbidden->why);
    }
    if (const auto* const missing = std::get_if<Missing>(&file.place)) {
      return refuse(file, Verdict::artifact_missing, "is missing", missing->why);
    }
    const auto* const external = std::get_if<External>(&file.place);
    const auto why =
        external != nullptr ? std::optional(external->why) : stores_->why_external({&file, request_.object.commit});
    if (why) return refuse_external(file, *why);
    if (!file.flaw.empty()) return refuse(file, Verdict::artifact_mismatch, "is not what is recorded", file.flaw);
    const auto size = size_of(file.place);
    if (size && file.size && *size != *file.size) {
      refuse(file, Verdict::artifact_mismatch, "is not what is recorded", wrong_size_text(*size, *file.size));
    }
  }

  void require_room() const {
    std::uint64_t wanted = 0;
    for (const Task& task : tasks_) wanted += task.item->size().value_or(0);
    boost::system::error_code failure;
    for (const Task& task : tasks_) {
      const std::uint64_t there = fs::file_size(workshop_->files() / task.item->path, failure);
      if (!failure) wanted -= std::min(wanted, there);
    }
    const fs::space_info space = fs::space(workshop_->directory(), failure);
    if (failure || wanted <= space.available) return;
    throw Error(ErrorKind::io, "cannot clone to '" + escape_for_terminal(result_.plan.root.string()) + "'",
                fmt::format("it takes {} bytes, and there is room for {}", wanted, space.available));
  }

  // ---- how far it is

  void begin_count() {
    count_ = {.all_files = tasks_.size()};
    for (const Task& task : tasks_) count_.total += task.item->size().value_or(0);
  }
  void count(std::uint64_t bytes, std::size_t files) {
    const std::lock_guard lock(mutex_);
    count_.done += bytes;
    count_.files += files;
    if (settings_.observer.bytes) settings_.observer.bytes(count_);
  }
  /// What has come is of no use.
  void count_back(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    count_.done -= std::min(count_.done, bytes);
  }

  void end_if_asked() const {
    const Interrupt* const interrupt = settings_.observer.interrupt;
    if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
  }

  // ---- one file

  std::unique_ptr<PartialFile> begin_file(const Task& task, std::optional<std::uint64_t> size) const {
    const fs::path path = workshop_->files() / task.item->path;
    fs::create_directories(path.parent_path());
    return std::make_unique<PartialFile>(path, task.item->file, size);
  }

  void end_file(Task& task, PartialFile& partial) {
    if (const auto flaw = partial.finish()) {
      refuse(task.item->file, Verdict::artifact_mismatch, "is not what is recorded", *flaw);
    } else {
      count(0, 1);
    }
    task.is_done = true;
  }

  /// Takes over what an earlier run has left. Returns whether that is all of it.
  bool resume(Task& task, PartialFile& partial) {
    const bool is_whole = partial.resume(settings_.observer.interrupt);
    count(partial.size(), is_whole ? 1 : 0);
    task.is_done = task.is_done || is_whole;
    return is_whole;
  }

  /// Begins anew, for what is there does not tell how to go on.
  void restart(PartialFile& partial) {
    count_back(partial.size());
    partial.begin(0);
  }

  void copy_blob(git::Repository& repository, Task& task, std::uint64_t size) {
    const GitBlob& blob = std::get<GitBlob>(task.item->file.place);
    const std::unique_ptr<PartialFile> partial = begin_file(task, size);
    if (resume(task, *partial)) return;
    restart(*partial);
    try {
      const bool is_here = repository.stream_blob(blob.oid, [&](std::string_view piece) {
        end_if_asked();
        partial->take(piece);
        count(piece.size(), 0);
      });
      if (!is_here) {
        task.is_done = true;
        return refuse(task.item->file, Verdict::artifact_missing, "is missing", "Git does not have it");
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      task.is_done = true;
      return refuse(task.item->file, Verdict::unreachable, "cannot be read", error.what());
    }
    end_file(task, *partial);
  }

  // ---- where files come from

  /// Copies what Git has on this machine.
  void copy_blobs(source::Conversation& source) {
    if (!source.is_cached()) fetch_own(source);
    for (Task& task : tasks_) {
      if (is_refused()) return;
      const auto* const blob = std::get_if<GitBlob>(&task.item->file.place);
      if (blob != nullptr && blob->size) copy_blob(source.repository(), task, *blob->size);
    }
    source.repository().release();
  }

  /// A repository of this machine that lacks files, as a partial clone does, gets them as git would fetch them.
  void fetch_own(source::Conversation& source) {
    std::map<Oid, Oid> lacking;
    for (const Task& task : tasks_) {
      const auto* const blob = std::get_if<GitBlob>(&task.item->file.place);
      if (blob != nullptr && !blob->size) lacking.emplace(blob->oid, request_.object.commit);
    }
    if (lacking.empty()) return;
    const std::map<Oid, Refusal> refused = source.need_objects(lacking);
    if (!refused.empty()) return refuse(refused.begin()->second);
    take_sizes(source.repository(), unfetched());
    for (const Task* task : unfetched())
      refuse(task->item->file, Verdict::artifact_missing, "is missing", "Git does not have it");
  }

  /// The blobs that Git does not have on this machine.
  std::vector<Task*> unfetched() {
    std::vector<Task*> found;
    for (Task& task : tasks_) {
      const auto* const blob = std::get_if<GitBlob>(&task.item->file.place);
      if (!task.is_done && blob != nullptr && !blob->size) found.push_back(&task);
    }
    return found;
  }

  /// Notes how large blobs are that have been fetched. What is small may be a pointer, and is not the file then.
  void take_sizes(git::Repository& repository, const std::vector<Task*>& tasks) {
    std::vector<Oid> oids;
    for (const Task* task : tasks) oids.push_back(std::get<GitBlob>(task->item->file.place).oid);
    const std::vector<std::optional<std::uint64_t>> sizes = repository.blob_sizes(oids);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      PlacedFile& file = tasks[i]->item->file;
      std::get<GitBlob>(file.place).size = sizes[i];
      if (!sizes[i] || *sizes[i] >= lfs_pointer_cutoff) continue;
      const auto content = repository.find_blob(oids[i], lfs_pointer_cutoff);
      const auto pointer = content ? parse_lfs_pointer(*content) : std::nullopt;
      if (!pointer) continue;
      file.place = LfsObject{*pointer, oids[i]};
      require_fetchable(file);
    }
  }

  /// Copies what stores of this machine have.
  void copy_here() {
    std::vector<Task*> tasks;
    for (Task& task : tasks_) {
      if (task.is_done || std::holds_alternative<GitBlob>(task.item->file.place)) continue;
      task.here = stores_->find_file(task.stored(request_.object.commit));
      if (task.here) tasks.push_back(&task);
    }
    source::in_parallel(tasks.size(), std::max(1U, std::thread::hardware_concurrency()), [&](std::size_t i) {
      if (!is_refused()) copy_file(*tasks[i]);
    });
  }

  void copy_file(Task& task) {
    const std::unique_ptr<PartialFile> partial = begin_file(task, size_of(task.item->file.place));
    if (resume(task, *partial)) return;
    restart(*partial);
    const bool is_read = read_file(*task.here, settings_.observer.interrupt, [&](std::string_view piece) {
      partial->take(piece);
      count(piece.size(), 0);
    });
    if (!is_read) {
      task.is_done = true;
      return refuse(task.item->file, Verdict::artifact_missing, "is missing",
                    "'" + escape_for_terminal(task.here->string()) + "' cannot be read");
    }
    end_file(task, *partial);
  }

  /// Fetches blobs to where they stay no longer than it takes to copy them.
  void fetch_blobs() {
    std::vector<Task*> tasks = unfetched();
    // What an earlier run has fetched need not come again.
    std::erase_if(tasks, [&](Task* task) {
      boost::system::error_code failure;
      const std::uint64_t size = fs::file_size(workshop_->files() / task->item->path, failure);
      if (failure || size == 0) return false;
      return resume(*task, *begin_file(*task, size));
    });
    if (tasks.empty() || is_refused()) return;
    if (settings_.offline) return refuse(tasks.front()->item->file, offline_refusal());
    source::Settings apart = settings_;
    apart.cache.directory = workshop_->directory() / "cache";
    apart.budget.max_fetch = std::numeric_limits<std::uint64_t>::max();
    std::map<Oid, Oid> wanted;
    for (const Task* task : tasks)
      wanted.emplace(std::get<GitBlob>(task->item->file.place).oid, request_.object.commit);
    const auto refusal =
        detail::with_fetched_blobs(url_, apart, wanted, [&](git::Repository& repository, const auto& lacks) {
          if (!lacks.empty()) return refuse(lacks.begin()->second);
          take_sizes(repository, tasks);
          for (Task* task : tasks) {
            if (is_refused()) return;
            const auto* const blob = std::get_if<GitBlob>(&task->item->file.place);
            if (blob == nullptr) continue;  // a pointer
            if (!blob->size)
              return refuse(task->item->file, Verdict::artifact_missing, "is missing", "Git does not have it");
            copy_blob(repository, *task, *blob->size);
          }
        });
    if (refusal) refuse(*refusal);
    copy_here();  // pointers that have been found
  }

  /// Fetches what servers of Git LFS and DVC have. What was resumed and turns out wrong is fetched once more.
  void transfer() {
    std::vector<Task*> tasks;
    for (Task& task : tasks_) {
      if (!task.is_done) tasks.push_back(&task);
    }
    if (tasks.empty() || is_refused()) return;
    if (settings_.offline) return refuse(tasks.front()->item->file, offline_refusal());
    for (int round = 0; !tasks.empty() && round < 2; ++round) tasks = transfer(tasks);
  }

  /// Returns what has to be fetched anew.
  std::vector<Task*> transfer(const std::vector<Task*>& tasks) {
    std::vector<std::unique_ptr<PartialFile>> partials(tasks.size());
    std::vector<bool> was_resumed(tasks.size());
    std::vector<Task*> again;
    std::size_t next = 0;
    const auto give = [&]() -> std::optional<Transfer> {
      while (next < tasks.size() && !is_refused()) {
        if (next % lfs_batch_size == 0) ask(tasks, next);
        const std::size_t number = next++;
        Task& task = *tasks[number];
        auto& partial = partials[number] = begin_file(task, size_of(task.item->file.place));
        if (resume(task, *partial)) continue;
        auto made = stores_->transfer(task.stored(request_.object.commit));
        if (auto* const refusal = std::get_if<Refusal>(&made)) {
          refuse(task.item->file, std::move(*refusal));
          continue;
        }
        Transfer transfer = std::get<Transfer>(std::move(made));
        transfer.number = number;
        transfer.offset = partial->size();
        was_resumed[number] = transfer.offset > 0;
        transfer.begin = [this, &partial](std::uint64_t offset) {
          if (offset != partial->size()) count_back(partial->size());
          partial->begin(offset);
          return true;
        };
        transfer.take = [this, &partial](std::string_view piece) {
          partial->take(piece);
          count(piece.size(), 0);
          return true;
        };
        return transfer;
      }
      return std::nullopt;
    };
    engine_.run_all(give, [&](const Transfer& transfer, const TransferResult& result) {
      const std::unique_ptr<PartialFile> partial = std::move(partials[transfer.number]);
      Task& task = *tasks[transfer.number];
      if (result.refusal) return refuse(task.item->file, *result.refusal);
      if (!was_resumed[transfer.number]) return end_file(task, *partial);
      const std::uint64_t size = partial->size();
      if (partial->finish()) {
        count_back(size);
        again.push_back(&task);
      } else {
        task.is_done = true;
        count(0, 1);
      }
    });
    return again;
  }

  /// Asks Git LFS where the next objects are, all of them together.
  void ask(const std::vector<Task*>& tasks, std::size_t first) {
    std::vector<StoredFile> pointers;
    for (std::size_t i = first; i < std::min(tasks.size(), first + lfs_batch_size); ++i) {
      if (std::holds_alternative<LfsObject>(tasks[i]->item->file.place)) {
        pointers.push_back(tasks[i]->stored(request_.object.commit));
      }
    }
    if (pointers.size() > 1) stores_->ask(pointers);
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const CloneRequest& request_;
  const RepoUrl url_;
  TransferEngine engine_;
  std::unique_ptr<Stores> stores_;
  std::unique_ptr<Workshop> workshop_;
  std::vector<Task> tasks_;
  /// What is recorded of directories of Git, and the paths of their files.
  std::vector<std::pair<PlacedDirectory, std::set<std::string>>> directories_;
  std::exception_ptr failure_;  ///< of what is about the target, while the source is talked to
  std::mutex mutex_;            ///< of the next two
  CloneResult result_;
  source::Bytes count_;
};

}  // namespace

CloneResult clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request) {
  return Clone(registry, settings, request).run();
}

}  // namespace mlem::artifact
