#include "artifact/detail/delivery.hpp"

#include "artifact/detail/dvc_program.hpp"
#include "artifact/detail/fetched_blobs.hpp"
#include "artifact/dvc_listing.hpp"
#include "artifact/lfs_pointer.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "source/in_parallel.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

// Every file is a PartialFile first: what a former run left is proved, and only what is not there is brought. Blobs of
// Git that are here, and files of stores on this machine, are copied. Other blobs are fetched as one pack, and one that
// turns out to be a pointer of Git LFS goes on with the rest, which servers give several at a time. A part that was
// gone on with and is wrong in the end is fetched anew once.

namespace mlem::artifact::detail {

using source::Refusal;

Delivery::Delivery(const source::Settings& settings, TransferEngine& engine, FirstRefusal& refusal, fs::path directory)
    : settings_(settings), engine_(engine), refusal_(refusal), directory_(std::move(directory)) {}

void Delivery::add(CloneItem& item, const CloneOrigin& origin) {
  tasks_.push_back({.item = &item, .origin = &origin});
  ++count_.all_files;
  count_.total += item.size().value_or(0);
}

std::uint64_t Delivery::missing_bytes() const {
  std::uint64_t wanted = 0;
  std::uint64_t there = 0;
  for (const Task& task : tasks_) {
    wanted += task.item->size().value_or(0);
    boost::system::error_code failure;
    const std::uint64_t size = fs::file_size(directory_ / "files" / task.item->path, failure);
    if (!failure) there += size;
  }
  return wanted - std::min(wanted, there);
}

void Delivery::finish() {
  if (!refusal_.is_set()) copy_here();
  if (!refusal_.is_set()) fetch_blobs();
  agent_ = find_lfs_agent(settings_);
  std::vector<Task*> for_programs;
  for (Task& task : tasks_) {
    if (!task.is_done && is_for_program(task)) for_programs.push_back(&task);
  }
  if (!refusal_.is_set()) fetch_by_programs(for_programs);
  if (!refusal_.is_set()) transfer();
  if (!refusal_.is_set()) fetch_by_programs(left_);
}

void Delivery::count(std::uint64_t bytes, std::size_t files) {
  const std::lock_guard lock(mutex_);
  count_.done += bytes;
  count_.files += files;
  if (settings_.observer.bytes) settings_.observer.bytes(count_);
}
/// What has come is of no use.
void Delivery::count_back(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  count_.done -= std::min(count_.done, bytes);
}

void Delivery::end_if_asked() const {
  const Interrupt* const interrupt = settings_.observer.interrupt;
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
}

std::unique_ptr<PartialFile> Delivery::begin_file(const Task& task, std::optional<std::uint64_t> size) const {
  const fs::path path = directory_ / "files" / task.item->path;
  fs::create_directories(path.parent_path());
  return std::make_unique<PartialFile>(path, task.item->file, size);
}

void Delivery::end_file(Task& task, PartialFile& partial) {
  if (const auto flaw = partial.finish()) {
    refusal_.set(task.item->file, Verdict::artifact_mismatch, "is not what is recorded", *flaw);
  } else {
    count(0, 1);
  }
  task.is_done = true;
}

void Delivery::refuse_missing(Task& task, const std::string& why) {
  task.is_done = true;
  refusal_.set(task.item->file, Verdict::artifact_missing, "is missing", why);
}

/// Takes over what an earlier run has left. Returns whether that is all of it.
bool Delivery::resume(Task& task, PartialFile& partial) {
  const bool is_whole = partial.resume(settings_.observer.interrupt);
  count(partial.size(), is_whole ? 1 : 0);
  task.is_done = task.is_done || is_whole;
  return is_whole;
}

/// Begins anew, for what is there does not tell how to go on.
void Delivery::restart(PartialFile& partial) {
  count_back(partial.size());
  partial.begin(0);
}

void Delivery::copy_blob(git::Repository& repository, Task& task, std::uint64_t size) {
  const GitBlob& blob = std::get<GitBlob>(task.item->file.place);
  const std::unique_ptr<PartialFile> partial = begin_file(task, size);
  if (resume(task, *partial)) return;
  restart(*partial);
  constexpr std::uint64_t worth_a_thread = std::uint64_t{1} << 20;
  if (size >= worth_a_thread) partial->prove_aside();
  try {
    const bool is_here = repository.stream_blob(blob.oid, [&](std::string_view piece) {
      end_if_asked();
      partial->take(piece);
      count(piece.size(), 0);
    });
    if (!is_here) return refuse_missing(task, "Git does not have it");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    task.is_done = true;
    return refusal_.set(task.item->file, Verdict::unreachable, "cannot be read", error.what());
  }
  end_file(task, *partial);
}

void Delivery::begin(source::Conversation& source, const CloneSource& of) {
  if (!source.is_cached()) fetch_own(source, of);
  for (Task& task : tasks_) {
    if (refusal_.is_set()) return;
    if (task.is_done || task.origin->source.get() != &of) continue;
    const auto* const blob = std::get_if<GitBlob>(&task.item->file.place);
    if (blob != nullptr && blob->size) copy_blob(source.repository(), task, *blob->size);
  }
  source.repository().release();
}

/// A repository of this machine that lacks files, as a partial clone does, gets them as git would fetch them.
void Delivery::fetch_own(source::Conversation& source, const CloneSource& of) {
  std::map<Oid, Oid> lacking;
  for (const Task* const task : unfetched_of(of)) {
    lacking.emplace(std::get<GitBlob>(task->item->file.place).oid, task->origin->commit);
  }
  if (lacking.empty()) return;
  const std::map<Oid, Refusal> refused = source.need_objects(lacking);
  if (!refused.empty()) return refusal_.set(refused.begin()->second);
  take_sizes(source.repository(), unfetched_of(of));
  for (Task* task : unfetched_of(of)) refuse_missing(*task, "Git does not have it");
}

/// The blobs that Git does not have on this machine.
std::vector<Delivery::Task*> Delivery::unfetched() {
  std::vector<Task*> found;
  for (Task& task : tasks_) {
    const auto* const blob = std::get_if<GitBlob>(&task.item->file.place);
    if (!task.is_done && blob != nullptr && !blob->size) found.push_back(&task);
  }
  return found;
}

std::vector<Delivery::Task*> Delivery::unfetched_of(const CloneSource& of) {
  std::vector<Task*> found = unfetched();
  std::erase_if(found, [&](const Task* task) { return task->origin->source.get() != &of; });
  return found;
}

/// Notes how large blobs are that have been fetched. What is small may be a pointer, and is not the file then.
void Delivery::take_sizes(git::Repository& repository, const std::vector<Task*>& tasks) {
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
    refusal_.require_fetchable(stored(*tasks[i]), stores_of(*tasks[i]));
  }
}

/// Copies what stores of this machine have.
void Delivery::copy_here() {
  std::vector<Task*> tasks;
  for (Task& task : tasks_) {
    if (task.is_done || std::holds_alternative<GitBlob>(task.item->file.place)) continue;
    task.here = stores_of(task).find_file(stored(task));
    if (task.here) tasks.push_back(&task);
  }
  source::in_parallel(tasks.size(), std::max(1U, std::thread::hardware_concurrency()), [&](std::size_t i) {
    if (!refusal_.is_set()) copy_file(*tasks[i]);
  });
}

void Delivery::copy_file(Task& task) {
  const std::unique_ptr<PartialFile> partial = begin_file(task, size_of(task.item->file.place));
  if (resume(task, *partial)) return;
  restart(*partial);
  const bool is_read = read_file(*task.here, settings_.observer.interrupt, [&](std::string_view piece) {
    partial->take(piece);
    count(piece.size(), 0);
  });
  if (!is_read) return refuse_missing(task, "'" + escape_for_terminal(task.here->string()) + "' cannot be read");
  end_file(task, *partial);
}

/// Fetches blobs to where they stay no longer than it takes to copy them.
void Delivery::fetch_blobs() {
  std::vector<Task*> tasks = unfetched();
  // What an earlier run has fetched need not come again.
  std::erase_if(tasks, [&](Task* task) {
    boost::system::error_code failure;
    const std::uint64_t size = fs::file_size(directory_ / "files" / task->item->path, failure);
    if (failure || size == 0) return false;
    const std::unique_ptr<PartialFile> partial = begin_file(*task, size);
    if (resume(*task, *partial)) return true;
    count_back(partial->size());
    return false;
  });
  if (tasks.empty() || refusal_.is_set()) return;
  if (settings_.offline) return refusal_.set(tasks.front()->item->file, offline_refusal());
  std::map<std::string, std::vector<Task*>> by_source;
  for (Task* const task : tasks) by_source[task->origin->source->url.text()].push_back(task);
  for (const auto& [address, some] : by_source) {
    if (!refusal_.is_set()) fetch_blobs(some.front()->origin->source->url, some);
  }
  copy_here();  // pointers that have been found
}

void Delivery::fetch_blobs(const RepoUrl& url, const std::vector<Task*>& tasks) {
  source::Settings apart = settings_;
  apart.cache.directory = directory_ / "cache";
  apart.budget.max_fetch = std::numeric_limits<std::uint64_t>::max();
  std::map<Oid, Oid> wanted;
  for (const Task* task : tasks) wanted.emplace(std::get<GitBlob>(task->item->file.place).oid, task->origin->commit);
  const auto refusal = with_fetched_blobs(url, apart, wanted, [&](git::Repository& repository, const auto& lacks) {
    if (!lacks.empty()) return refusal_.set(lacks.begin()->second);
    take_sizes(repository, tasks);
    for (Task* task : tasks) {
      if (refusal_.is_set()) return;
      const auto* const blob = std::get_if<GitBlob>(&task->item->file.place);
      if (blob == nullptr) continue;  // a pointer
      if (!blob->size) return refuse_missing(*task, "Git does not have it");
      copy_blob(repository, *task, *blob->size);
    }
  });
  if (refusal) refusal_.set(*refusal);
}

/// Whether nobody but a program gets at a file: `dvc`, or an agent of the user's in the place of a server of Git LFS.
bool Delivery::is_for_program(const Task& task) const {
  const Place& place = task.item->file.place;
  if (const auto* const large = std::get_if<LfsObject>(&place))
    return agent_ == LfsAgent::standalone && large->pointer.size != 0;
  return stores_of(task).is_for_dvc(stored(task));
}

/// Whether git-lfs may get what a server was asked for in vain: by an agent of the user's, or in another way by ssh.
bool Delivery::is_left_to_git_lfs(const Task& task, Verdict refused) const {
  if (!std::holds_alternative<LfsObject>(task.item->file.place)) return false;
  if (agent_ != LfsAgent::none) return refused == Verdict::unreachable;
  const bool is_no_answer =
      refused == Verdict::unreachable || refused == Verdict::timeout || refused == Verdict::auth_required;
  return is_no_answer && stores_of(task).may_be_for_git_lfs(stored(task)) && has_git_lfs(settings_);
}

/// Returns the files that each run of a program is to fetch. A run of DVC takes seconds before the first byte comes: of
/// a directory all files come at once, but for a few.
std::vector<std::vector<Delivery::Task*>> Delivery::program_runs(const std::vector<Task*>& tasks) {
  constexpr std::size_t few = 4;
  std::vector<std::vector<Task*>> runs;
  std::map<std::pair<const CloneOrigin*, std::string>, std::vector<Task*>> by_directory;
  for (Task* const task : tasks) {
    const auto* const tracked = std::get_if<DvcObject>(&task->item->file.place);
    if (tracked == nullptr || tracked->listed_as.empty())
      runs.push_back({task});
    else
      by_directory[{task->origin, task->origin->tracked_directory(task->item->file)}].push_back(task);
  }
  for (auto& [place, files] : by_directory) {
    if (files.size() > few)
      runs.push_back(std::move(files));
    else
      std::transform(files.begin(), files.end(), std::back_inserter(runs),
                     [](Task* task) { return std::vector<Task*>{task}; });
  }
  return runs;
}

void Delivery::fetch_by_programs(const std::vector<Task*>& tasks) {
  if (tasks.empty()) return;
  const std::vector<std::vector<Task*>> runs = program_runs(tasks);
  const TemporaryDirectory scratch(from_current_directory(directory_), "programs-");
  source::in_parallel(runs.size(), settings_.budget.jobs, [&](std::size_t i) {
    if (!refusal_.is_set()) fetch_by_program(runs[i], scratch.path() / std::to_string(i));
  });
}

/// Fetches one file, or several of a directory of DVC. What a program writes is moved to where a file is that is being
/// made, and proved as what an earlier run has left.
void Delivery::fetch_by_program(const std::vector<Task*>& tasks, const fs::path& scratch) {
  std::vector<Task*> wanted;
  for (Task* const task : tasks) {
    const std::unique_ptr<PartialFile> left = begin_file(*task, size_of(task->item->file.place));
    if (resume(*task, *left)) continue;
    count_back(left->size());
    wanted.push_back(task);
  }
  if (wanted.empty()) return;
  const PlacedFile& first = wanted.front()->item->file;
  if (settings_.offline) return refusal_.set(first, offline_refusal());
  fs::create_directory(scratch);
  if (auto refusal = run_program(wanted, scratch)) return refusal_.set(first, std::move(*refusal));
  for (Task* const task : wanted) {
    const PlacedFile& file = task->item->file;
    fs::path made = scratch / "file";
    if (wanted.size() > 1) made /= std::get<DvcObject>(file.place).listed_as;
    if (load_type(made) != fs::regular_file) return refuse_missing(*task, "'dvc get' has not brought it");
    const std::unique_ptr<PartialFile> partial = begin_file(*task, size_of(file.place));
    fs::rename(made, partial->path());
    if (!resume(*task, *partial)) end_file(*task, *partial);
  }
  fs::remove_all(scratch);
}

std::optional<Refusal> Delivery::run_program(const std::vector<Task*>& tasks, const fs::path& scratch) const {
  const Task& task = *tasks.front();
  const PlacedFile& file = task.item->file;
  const CloneOrigin& origin = *task.origin;
  Stores& stores = stores_of(task);
  const auto* const large = std::get_if<LfsObject>(&file.place);
  if (large == nullptr) {
    const bool is_directory = tasks.size() > 1;
    const std::string path = is_directory ? origin.tracked_directory(file) : origin.path_of(file);
    return get_by_dvc({stores.dvc_address(), origin.commit, path, is_directory}, scratch, settings_);
  }
  auto address = stores.lfs_address(stored(task));
  if (auto* const refusal = std::get_if<Refusal>(&address)) return std::move(*refusal);
  return smudge_object(large->pointer, origin.source->url.text(), std::get<std::string>(address), scratch, settings_);
}

/// Fetches what servers of Git LFS and DVC have. What was resumed and turns out wrong is fetched once more.
void Delivery::transfer() {
  std::vector<Task*> tasks;
  for (Task& task : tasks_) {
    if (!task.is_done) tasks.push_back(&task);
  }
  if (tasks.empty() || refusal_.is_set()) return;
  if (settings_.offline) return refusal_.set(tasks.front()->item->file, offline_refusal());
  for (int round = 0; !tasks.empty() && round < 2; ++round) tasks = transfer(tasks);
}

/// Returns what has to be fetched anew.
std::vector<Delivery::Task*> Delivery::transfer(const std::vector<Task*>& tasks) {
  std::vector<std::unique_ptr<PartialFile>> partials(tasks.size());
  std::vector<bool> was_resumed(tasks.size());
  std::vector<Task*> again;
  std::size_t next = 0;
  const auto give = [&]() -> std::optional<Transfer> {
    while (next < tasks.size() && !refusal_.is_set()) {
      if (next % lfs_batch_size == 0) ask(tasks, next);
      const std::size_t number = next++;
      Task& task = *tasks[number];
      auto& partial = partials[number] = begin_file(task, size_of(task.item->file.place));
      if (resume(task, *partial)) continue;
      auto made = stores_of(task).transfer(stored(task));
      if (auto* const refusal = std::get_if<Refusal>(&made)) {
        refusal_.set(task.item->file, std::move(*refusal));
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
    if (result.refusal && is_left_to_git_lfs(task, result.refusal->verdict)) {
      count_back(partial->size());
      left_.push_back(&task);
      return;
    }
    if (result.refusal) return refusal_.set(task.item->file, *result.refusal);
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
void Delivery::ask(const std::vector<Task*>& tasks, std::size_t first) {
  std::map<Stores*, std::vector<StoredFile>> pointers;
  for (std::size_t i = first; i < std::min(tasks.size(), first + lfs_batch_size); ++i) {
    if (std::holds_alternative<LfsObject>(tasks[i]->item->file.place)) {
      pointers[&stores_of(*tasks[i])].push_back(stored(*tasks[i]));
    }
  }
  for (const auto& [stores, files] : pointers) {
    if (files.size() > 1) stores->ask(files);
  }
}

}  // namespace mlem::artifact::detail
