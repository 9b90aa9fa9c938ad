#include "edit/transaction.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

// New files are written into a directory of ours in the git directory, where nobody looks for files to add, and are
// then renamed to their places. The files that were there go to the same directory for as long as they may have to come
// back. A lock on it tells the leftovers of a killed process from the work of a living one.
//
// Where the work tree is on another file system, rename(2) cannot do that: there the temporary files are beside their
// targets, and a list in our directory says where.

namespace mlem::edit {
namespace {

constexpr const char* directory_name = "git-mlem-edit";
constexpr const char* list_name = "elsewhere";
constexpr std::string_view temporary_prefix = ".git-mlem-";
constexpr auto patience = std::chrono::seconds(60);

Error cannot(const std::string& verb, std::string_view name, int error_number) {
  return {ErrorKind::io, "cannot " + verb + " '" + std::string(name) + "'", std::strerror(error_number)};
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  operator int() const noexcept { return number_; }

 private:
  int number_;
};

Descriptor open_directory(int at, const std::string& name) {
  return Descriptor(openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Returns what only the directories share that rename(2) moves files between: the device, and where it is mounted.
std::pair<std::uint64_t, std::uint64_t> mount_of(int directory) {
  struct statx status {};
  if (statx(directory, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &status) != 0) return {};
  return {std::uint64_t{status.stx_dev_major} << 32U | status.stx_dev_minor, status.stx_mnt_id};
}

/// Writes a new file. Returns the error number, 0 for none.
int write_new(int directory, const std::string& name, std::string_view content, mode_t mode) {
  const Descriptor file(openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file < 0) return errno;
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// Our directory in the git directory, locked.
class StagingArea {
 public:
  explicit StagingArea(const git::Registry& registry) : path_((registry.git_dir() / directory_name).string()) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!lock()) {
      if (std::chrono::steady_clock::now() >= deadline) {
        throw Error(ErrorKind::unavailable, "cannot lock '" + path_ + "'", "another process holds it");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    sweep(registry.work_tree().string());
  }
  ~StagingArea() {
    unlinkat(directory_, list_name, 0);
    rmdir(path_.c_str());
  }
  StagingArea(const StagingArea&) = delete;
  StagingArea& operator=(const StagingArea&) = delete;

  int directory() const noexcept { return directory_; }

  /// Writes down that there will be a temporary file in the work tree.
  void add_elsewhere(const std::string& name) {
    const Descriptor list(openat(directory_, list_name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666));
    const std::string record = name + '\0';
    if (list < 0 || write(list, record.data(), record.size()) != static_cast<ssize_t>(record.size())) {
      throw cannot("write", path_ + "/" + list_name, errno);
    }
  }

 private:
  /// Returns whether the lock was free.
  bool lock() {
    if (mkdir(path_.c_str(), 0777) != 0 && errno != EEXIST) throw cannot("create", path_, errno);
    directory_ = open_directory(AT_FDCWD, path_);
    if (directory_ < 0) {
      if (errno == ENOENT) return false;
      throw cannot("open", path_, errno);
    }
    if (flock(directory_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return false;
      throw cannot("lock", path_, errno);
    }
    // Who held it before has removed the directory: a lock on that would keep nobody out.
    struct stat held {};
    struct stat there {};
    return fstat(directory_, &held) == 0 && lstat(path_.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
           held.st_dev == there.st_dev;
  }

  /// Removes what a killed process has left.
  void sweep(const std::string& work_tree) const {
    if (const auto list = load_file(fs::path(path_) / list_name, yaml::max_object_size)) {
      for (const std::string_view name : split(*list, '\0')) remove_elsewhere(work_tree, std::string(name));
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(dup(directory_)), &closedir);
    if (!entries) return;
    while (const dirent* const entry = readdir(entries.get())) unlinkat(directory_, entry->d_name, 0);
  }

  static void remove_elsewhere(const std::string& work_tree, const std::string& name) {
    const std::string_view base = std::string_view(name).substr(name.rfind('/') + 1);
    if (!base.starts_with(temporary_prefix)) return;
    Descriptor at = open_directory(AT_FDCWD, work_tree);
    for (const std::string_view component : split(parent_of(name), '/')) {
      if (!component.empty()) at = open_directory(at, std::string(component));
      if (at < 0) return;
    }
    unlinkat(at, std::string(base).c_str(), 0);
  }

  std::string path_;
  Descriptor directory_{-1};
};

/// The directories of the work tree, entered one step at a time from its root. Only the last one stays open: a
/// transaction may be about more directories than a process may have open.
class Directories {
 public:
  explicit Directories(std::string root) : root_(std::move(root)) {}

  /// Opens the directory that the file `name` is in, and makes it if it is not there. The descriptor is good until the
  /// next call.
  int make(const std::string& name) { return enter(name, true); }
  int open(const std::string& name) { return enter(name, false); }
  /// Removes the directory that the file `name` was in, and those above, as long as they are empty.
  void remove_empty(const std::string& name) noexcept {
    try {
      for (std::string at(parent_of(name)); !at.empty(); at = parent_of(at)) {
        if (unlinkat(open(at), base_of(at).c_str(), AT_REMOVEDIR) != 0) return;
        last_ = Descriptor(-1);
      }
    } catch (const Error&) {  // it is gone
    }
  }
  /// Removes what make() has made and is empty.
  void remove_made() noexcept {
    for (; !made_.empty(); made_.pop_back()) {
      try {
        const std::string& made = made_.back();
        unlinkat(open(made), base_of(made).c_str(), AT_REMOVEDIR);
      } catch (const Error&) {  // somebody has been here: it is theirs now
      }
    }
  }

  static std::string base_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }  // npos + 1 is 0

 private:
  int enter(const std::string& name, bool makes) {
    const std::string directory(parent_of(name));
    if (last_ >= 0 && directory == last_name_) return last_;
    Descriptor at = open_directory(AT_FDCWD, root_);
    if (at < 0) throw cannot("open", root_, errno);
    std::string reached;
    for (const std::string_view component : split(directory, '/')) {
      if (component.empty()) continue;
      const std::string step(component);
      reached = join(reached, step);
      if (makes && mkdirat(at, step.c_str(), 0777) == 0) {
        made_.push_back(reached);
      } else if (makes && errno != EEXIST) {
        throw cannot("create", reached, errno);
      }
      Descriptor next = open_directory(at, step);
      if (next < 0) {
        if (errno != ELOOP && errno != ENOTDIR) throw cannot("open", reached, errno);
        throw Error(ErrorKind::invalid, "cannot write '" + name + "'", "'" + reached + "' is not a directory");
      }
      at = std::move(next);
    }
    last_ = std::move(at);
    last_name_ = directory;
    return last_;
  }

  std::string root_;
  std::string last_name_;
  Descriptor last_{-1};
  std::vector<std::string> made_;  ///< the outermost first
};

/// One file on its way to its place.
class Replacement {
 public:
  /// Writes the new file, not yet in its place.
  Replacement(Directories& directories, StagingArea& area, const FileChange& change, std::size_t number)
      : directories_(directories), area_(area.directory()), name_(change.name), base_(Directories::base_of(name_)) {
    const int directory = directories_.make(name_);
    struct stat there {};
    exists_ = fstatat(directory, base_.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists_ && !S_ISREG(there.st_mode)) {
      throw Error(ErrorKind::invalid, "cannot write '" + name_ + "'", "it is not a regular file");
    }
    choose_place(area, directory, number);
    if (change.is_removed) {
      is_removal_ = true;
      return;
    }
    const bool executable = ((exists_ ? there.st_mode : change.mode) & S_IXUSR) != 0;
    const int place = place_in(directory);
    const int error_number = write_new(place, new_name_, *change.text, executable ? 0777 : 0666);
    if (error_number != 0) {
      unlinkat(place, new_name_.c_str(), 0);
      throw cannot("write", name_, error_number);
    }
    is_written_ = true;
  }
  ~Replacement() {
    if (is_written_) in_directory([&](int directory) { unlinkat(place_in(directory), new_name_.c_str(), 0); });
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  /// Puts the new file in its place and keeps the old one.
  void commit() {
    const int directory = directories_.open(name_);
    const int place = place_in(directory);
    if (exists_) {
      // A second name, so that there is no moment without the file, where the file system has such and the user may.
      if (linkat(directory, base_.c_str(), place, old_name_.c_str(), 0) != 0 &&
          renameat(directory, base_.c_str(), place, old_name_.c_str()) != 0) {
        throw cannot("write", name_, errno);
      }
      is_kept_ = true;
    }
    if (is_removal_) {
      // Of a file with a second name the first is left.
      if (unlinkat(directory, base_.c_str(), 0) != 0 && errno != ENOENT) throw cannot("remove", name_, errno);
      return;
    }
    if (renameat(place, new_name_.c_str(), directory, base_.c_str()) != 0) throw cannot("write", name_, errno);
    is_placed_ = true;
    is_written_ = false;
  }
  /// Puts the old file back, or removes the new one.
  void undo() noexcept {
    in_directory([&](int directory) {
      if (is_kept_) {
        renameat(place_in(directory), old_name_.c_str(), directory, base_.c_str());
      } else if (is_placed_) {
        unlinkat(directory, base_.c_str(), 0);
      }
    });
    finish();  // of two names of one file, rename(2) leaves both
  }
  /// Lets go of the old file.
  void finish() noexcept {
    if (is_kept_) in_directory([&](int directory) { unlinkat(place_in(directory), old_name_.c_str(), 0); });
  }
  /// Removes the directory of a file that was removed, if it is empty.
  void tidy() noexcept {
    if (is_removal_) directories_.remove_empty(name_);
  }

 private:
  int place_in(int directory) const noexcept { return is_elsewhere_ ? directory : area_; }

  /// Does what can be done: there is nobody to tell of an error.
  template <typename Work>
  void in_directory(const Work& work) noexcept {
    try {
      work(directories_.open(name_));
    } catch (const Error&) {  // the directory is gone, and its files with it
    }
  }

  void choose_place(StagingArea& area, int directory, std::size_t number) {
    is_elsewhere_ = mount_of(directory) != mount_of(area.directory());
    const std::string prefix = is_elsewhere_ ? std::string(temporary_prefix) + std::to_string(getpid()) + "-" : "";
    new_name_ = prefix + std::to_string(number) + "-new";
    old_name_ = prefix + std::to_string(number) + "-old";
    if (!is_elsewhere_) return;
    const std::string_view parent = parent_of(name_);
    for (const std::string& each : {new_name_, old_name_}) area.add_elsewhere(join(parent, each));
  }

  Directories& directories_;
  int area_;
  std::string name_;
  std::string base_;
  std::string new_name_;
  std::string old_name_;
  bool is_elsewhere_ = false;  ///< the temporary files are beside the file
  bool is_removal_ = false;
  bool exists_ = false;
  bool is_written_ = false;
  bool is_kept_ = false;
  bool is_placed_ = false;
};

/// The replacements of one transaction, undone unless it comes to its end.
class Replacements {
 public:
  Replacements(const git::Registry& registry, StagingArea& area)
      : directories_(registry.work_tree().string()), area_(area) {}
  ~Replacements() {
    if (is_finished_) return;
    for (auto each = all_.rbegin(); each != all_.rend(); ++each) each->undo();
    all_.clear();
    directories_.remove_made();
  }
  Replacements(const Replacements&) = delete;
  Replacements& operator=(const Replacements&) = delete;

  void add(const FileChange& change) { all_.emplace_back(directories_, area_, change, all_.size()); }
  void commit() {
    for (Replacement& each : all_) each.commit();
  }
  void finish() noexcept {
    is_finished_ = true;
    for (Replacement& each : all_) each.finish();
    for (Replacement& each : all_) each.tidy();
  }

 private:
  Directories directories_;
  StagingArea& area_;
  std::deque<Replacement> all_;
  bool is_finished_ = false;
};

void stage_all(const git::Registry& registry, const std::vector<FileChange>& changes) {
  std::vector<git::File> files;
  std::vector<std::string> removed;
  for (const FileChange& change : changes) {
    if (change.is_removed) {
      removed.push_back(change.name);
      continue;
    }
    if (change.wants_checkout && registry.is_outside_checkout(change.name)) {
      throw Error(ErrorKind::invalid, "cannot write '" + change.name + "'", "it is outside of the sparse checkout",
                  "'-f' adds it all the same");
    }
    git::Entry entry{change.mode, {}};
    if (change.is_flagged) {
      const auto text =
          change.text ? change.text : load_file(registry.work_tree() / change.name, yaml::max_object_size);
      entry.oid = registry.write_blob(change.name, text.value_or(""));
    }
    files.push_back({change.name, entry});
  }
  registry.stage_files(files, removed);
}

}  // namespace

void save_files(const git::Registry& registry, const std::vector<FileChange>& changes, Stage stage) {
  StagingArea area(registry);
  const HeldSignals held;  // between the files and the index
  Replacements replacements(registry, area);
  for (const FileChange& change : changes) {
    if (change.text || change.is_removed) replacements.add(change);
  }
  replacements.commit();
  if (stage == Stage::yes) stage_all(registry, changes);
  replacements.finish();
}

}  // namespace mlem::edit
