#pragma once

#include "artifact/clone_plan.hpp"
#include "artifact/detail/clone_files.hpp"
#include "artifact/detail/first_refusal.hpp"
#include "artifact/detail/lfs_program.hpp"
#include "artifact/partial_file.hpp"
#include "artifact/stores.hpp"
#include "artifact/transfer.hpp"
#include "base/file.hpp"
#include "git/repository.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mlem::artifact::detail {

/// Brings the files of a clone to a directory, each proved: from where they are.
class Delivery {
 public:
  /// `directory` gets the files below `files/`, and may have what a former run left there. Why a file is not to be had
  /// is told to `refusal`, and ends the rest. All must outlive this.
  Delivery(const source::Settings& settings, TransferEngine& engine, FirstRefusal& refusal, fs::path directory);

  /// Adds a file that has to come, and where it is. Both must outlive this.
  void add(CloneItem& item, const CloneOrigin& origin);
  /// Returns how many bytes have to come, as far as that is known.
  std::uint64_t missing_bytes() const;

  /// Copies what Git has on this machine of the files of one source; after that it is not needed any more. Throws
  /// Error(io).
  void begin(source::Conversation& source, const CloneSource& of);
  /// Brings the rest: from stores of this machine, from Git's server, from servers of Git LFS and DVC. Throws
  /// Error(io).
  void finish();

 private:
  /// A file that has to come.
  struct Task {
    CloneItem* item = nullptr;
    const CloneOrigin* origin = nullptr;
    std::optional<fs::path> here{};  ///< the file of this machine that has its bytes
    bool is_done = false;
  };
  static StoredFile stored(const Task& task) { return {&task.item->file, task.origin->commit}; }
  static Stores& stores_of(const Task& task) { return *task.origin->source->stores; }

  void count(std::uint64_t bytes, std::size_t files);
  void count_back(std::uint64_t bytes);
  void end_if_asked() const;

  std::unique_ptr<PartialFile> begin_file(const Task& task, std::optional<std::uint64_t> size) const;
  void end_file(Task& task, PartialFile& partial);
  void refuse_missing(Task& task, const std::string& why);
  bool resume(Task& task, PartialFile& partial);
  void restart(PartialFile& partial);
  void copy_blob(git::Repository& repository, Task& task, std::uint64_t size);
  void copy_file(Task& task);

  void fetch_own(source::Conversation& source, const CloneSource& of);
  std::vector<Task*> unfetched();
  std::vector<Task*> unfetched_of(const CloneSource& of);
  void take_sizes(git::Repository& repository, const std::vector<Task*>& tasks);
  void copy_here();
  void fetch_blobs();
  void fetch_blobs(const RepoUrl& url, const std::vector<Task*>& tasks);
  bool is_for_program(const Task& task) const;
  bool is_left_to_git_lfs(const Task& task, Verdict refused) const;
  static std::vector<std::vector<Task*>> program_runs(const std::vector<Task*>& tasks);
  void fetch_by_programs(const std::vector<Task*>& tasks);
  void fetch_by_program(const std::vector<Task*>& tasks, const fs::path& scratch);
  std::optional<source::Refusal> run_program(const std::vector<Task*>& tasks, const fs::path& scratch) const;
  void transfer();
  std::vector<Task*> transfer(const std::vector<Task*>& tasks);
  void ask(const std::vector<Task*>& tasks, std::size_t first);

  const source::Settings& settings_;
  TransferEngine& engine_;
  FirstRefusal& refusal_;
  fs::path directory_;
  LfsAgent agent_ = LfsAgent::none;
  std::vector<Task> tasks_;
  std::vector<Task*> left_;  ///< what a server of Git LFS has refused, and git-lfs may get
  std::mutex mutex_;         ///< of the next
  source::Bytes count_;
};

}  // namespace mlem::artifact::detail
