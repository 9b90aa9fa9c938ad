#include "base/file.hpp"

#include "base/error.hpp"

#include <boost/filesystem/operations.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

// Mostly plain system calls, for what the order and the flags of them promise: a file is opened without following a
// symbolic link and without waiting for a pipe; it is written beside its place and then renamed, so that a reader sees
// the old content or the new; a lock counts only if the file that is locked is still the one at the path. A temporary
// directory is locked while it is used, which is how the next process tells those that were abandoned, and removes
// them.

namespace mlem {
namespace {

Error cannot(const char* verb, const std::string& path, int error_number) {
  return Error(ErrorKind::io, std::string("cannot ") + verb + " '" + path + "'", std::strerror(error_number));
}

struct Closer {
  int descriptor;
  ~Closer() { close(descriptor); }
};

/// The permissions that open(2) with 0666 would give. umask(2) can only be read by setting it, which is no good with
/// threads; Linux tells it in /proc, and elsewhere the usual value is a fair guess.
mode_t default_permissions() {
  if (std::FILE* status = std::fopen("/proc/self/status", "re")) {
    char line[256];
    unsigned mask = 0;
    bool found = false;
    while (!found && std::fgets(line, sizeof line, status) != nullptr)
      found = std::sscanf(line, "Umask: %o", &mask) == 1;
    std::fclose(status);
    if (found) return 0666U & ~mask;
  }
  return 0644;
}

/// The same for one directory, in one that is there.
void make_directory(const fs::path& path) {
  struct stat above {};
  const fs::path parent = path.parent_path();
  if (stat(parent.empty() ? "." : parent.c_str(), &above) != 0) throw cannot("read", parent.string(), errno);
  if (mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return;
    throw cannot("create", path.string(), errno);
  }
  // Whoever owns the directory above may have put something else in its place.
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) throw cannot("open", path.string(), errno);
  const Closer closer{descriptor};
  if (fchown(descriptor, above.st_uid, above.st_gid) != 0 && geteuid() == 0) {
    throw cannot("give away", path.string(), errno);
  }
  const mode_t mode = (above.st_mode & S_IWOTH) != 0 ? 0755 : above.st_mode & 02777U;
  if (fchmod(descriptor, mode) != 0) throw cannot("change the mode of", path.string(), errno);
}

}  // namespace

void make_directories(const fs::path& path) {
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) == 0) return;
  make_directories(path.parent_path());
  make_directory(path);
}

std::optional<std::string> load_file(const fs::path& path, std::size_t limit) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    // ENXIO: a socket.
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) return std::nullopt;
    throw cannot("open", path.string(), errno);
  }
  const Closer closer{descriptor};
  struct stat status {};
  if (fstat(descriptor, &status) != 0) throw cannot("read", path.string(), errno);
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  std::string content;
  for (;;) {
    char block[65536];
    const ssize_t count = read(descriptor, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot("read", path.string(), errno);
    if (count == 0) return content;
    content.append(block, static_cast<std::size_t>(count));
    if (content.size() > limit) {
      throw Error(ErrorKind::invalid, "cannot read '" + path.string() + "'",
                  "larger than " + std::to_string(limit) + " bytes");
    }
  }
}

fs::file_type load_type(const fs::path& path) {
  boost::system::error_code failure;
  const fs::file_type type = fs::symlink_status(path, failure).type();
  if (type == fs::status_error) throw cannot("read", path.string(), failure.value());
  return type;
}

fs::path without_links(const fs::path& path) {
  // As fs::weakly_canonical(), which asks for the current directory.
  fs::path head = path;
  fs::path tail;
  boost::system::error_code failure;
  while (!head.empty() && fs::status(head, failure).type() == fs::file_not_found) {
    tail = tail.empty() ? head.filename() : head.filename() / tail;
    head = head.parent_path();
  }
  const auto real = find_real_path(head);
  if (!real) return path;
  // Boost 1.74 drops a slash at the end, 1.83 keeps it.
  std::string text = (tail.empty() ? *real : (*real / tail).lexically_normal()).string();
  while (text.size() > 1 && (text.ends_with('/') || text.ends_with("/."))) text.pop_back();
  return text;
}

std::optional<fs::path> find_real_path(const fs::path& path) {
  boost::system::error_code failure;
  fs::path found = fs::canonical(path, "/", failure);
  return failure ? std::nullopt : std::optional(std::move(found));
}

fs::path from_current_directory(const fs::path& path) {
  if (path.is_absolute()) return path;
  boost::system::error_code failure;
  const fs::path current = fs::current_path(failure);
  if (failure) throw Error(ErrorKind::io, "cannot read the current directory", failure.message());
  return fs::absolute(path, current);
}

AtomicFile::AtomicFile(const fs::path& path, Permissions permissions)
    : path_(path.string()), temporary_((path.parent_path() / (std::string(temporary_prefix) + "XXXXXX")).string()) {
  descriptor_ = mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ < 0) throw cannot("create", path_, errno);
  const mode_t mode = permissions == Permissions::executable ? 0755 : default_permissions();
  if (fchmod(descriptor_, mode) == 0) return;
  const int error_number = errno;
  close(descriptor_);
  unlink(temporary_.c_str());
  throw cannot("write", path_, error_number);
}

AtomicFile::AtomicFile(const fs::path& path, std::string_view content, Permissions permissions)
    : AtomicFile(path, permissions) {
  write(content);
  end();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw cannot("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::end() {
  if (descriptor_ >= 0 && close(std::exchange(descriptor_, -1)) != 0) throw cannot("write", path_, errno);
}

void AtomicFile::commit() {
  end();
  if (rename(temporary_.c_str(), path_.c_str()) != 0) throw cannot("write", path_, errno);
  temporary_.clear();
}

InputFile::InputFile(const fs::path& path) : name_(path.string()) {
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw cannot("open", name_, errno);
}

InputFile::InputFile(Interrupt* interrupt)
    : name_("standard input"), descriptor_(STDIN_FILENO), interrupt_(interrupt) {}

InputFile::~InputFile() {
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

std::size_t InputFile::read(char* buffer, std::size_t size) {
  for (;;) {
    if (interrupt_ != nullptr) {
      std::array<pollfd, 2> polled{{{descriptor_, POLLIN, 0}, {interrupt_->descriptor(), POLLIN, 0}}};
      poll(polled.data(), polled.size(), -1);
      if (interrupt_->requested()) throw Interrupted{};
    }
    const ssize_t count = ::read(descriptor_, buffer, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw cannot("read", name_, errno);
  }
}

FileLock::FileLock(const fs::path& path, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor_ < 0) throw cannot("open", path.string(), errno);
    // flock(2) has no time limit of its own, and an alarm is not a library's to set.
    while (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int error_number = errno;
      if (error_number != EWOULDBLOCK && error_number != EINTR) {
        close(descriptor_);
        throw cannot("lock", path.string(), error_number);
      }
      if (std::chrono::steady_clock::now() >= deadline) {
        close(descriptor_);
        throw Error(ErrorKind::unavailable, "cannot lock '" + path.string() + "'", "another process holds it");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    // Who held it before may have removed the file: a lock on that would keep nobody out.
    struct stat held {};
    struct stat there {};
    if (fstat(descriptor_, &held) == 0 && stat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
        held.st_dev == there.st_dev) {
      return;
    }
    close(descriptor_);
  }
}

FileLock::~FileLock() { close(descriptor_); }

namespace {

/// Returns a descriptor of a directory that is locked, or a negative number if it is not there or in use.
int lock_directory(const fs::path& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat held {};
  if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &held) == 0 &&
      held.st_uid == geteuid() && held.st_nlink > 0) {
    return descriptor;
  }
  if (descriptor >= 0) close(descriptor);
  return -1;
}

void remove_abandoned(const fs::path& parent, std::string_view prefix,
                      const std::function<void(const fs::path&)>& abandoned) {
  constexpr std::size_t random_size = 6;
  std::vector<fs::path> found;
  boost::system::error_code failure;
  for (fs::directory_iterator item(parent, failure); !failure && item != fs::directory_iterator();
       item.increment(failure)) {
    const std::string name = item->path().filename().string();
    if (name.size() == prefix.size() + random_size && name.starts_with(prefix)) found.push_back(item->path());
  }
  for (const fs::path& directory : found) {
    const int descriptor = lock_directory(directory);
    if (descriptor < 0) continue;
    if (abandoned) abandoned(directory);
    boost::system::error_code ignored;
    fs::remove_all(directory, ignored);
    close(descriptor);
  }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory(const fs::path& parent, std::string_view prefix,
                                       const std::function<void(const fs::path&)>& abandoned) {
  remove_abandoned(parent, prefix, abandoned);
  // Before it has its lock, another process may take it for abandoned.
  while (descriptor_ < 0) {
    std::string name = (parent / std::string(prefix)).string() + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw cannot("create", name, errno);
    path_ = name;
    descriptor_ = lock_directory(path_);
  }
}

TemporaryDirectory::~TemporaryDirectory() {
  boost::system::error_code ignored;
  fs::remove_all(path_, ignored);
  close(descriptor_);
}

}  // namespace mlem
