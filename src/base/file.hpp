#pragma once

#include "base/interrupt.hpp"

#include <boost/filesystem/file_status.hpp>
#include <boost/filesystem/path.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mlem {

namespace fs = boost::filesystem;

/// Returns the content of a regular file; nothing if there is none (a symbolic link is not followed and counts as
/// none). Throws Error(io) if it cannot be read, Error(invalid) if it is larger than `limit` bytes.
std::optional<std::string> load_file(const fs::path& path, std::size_t limit);

/// Returns what is at `path`, where a symbolic link is just that: `fs::file_not_found` for nothing. Throws Error(io) if
/// it cannot be told, as for a name that is too long.
fs::file_type load_type(const fs::path& path);

/// Returns the absolute `path` without symbolic links in what exists of it, and without `.`, `..` and a slash at the
/// end. What cannot be looked at stays as it is.
fs::path without_links(const fs::path& path);

/// Returns where the absolute `path` leads, without symbolic links, `.` and `..`; nothing if there is nothing. Unlike
/// fs::canonical(), it does not ask for the current directory, which may have been removed.
std::optional<fs::path> find_real_path(const fs::path& path);

/// Returns `path`, from this process's current directory if it is relative. Throws Error(io) if that cannot be told.
/// Unlike fs::absolute(), it asks for that directory only then.
fs::path from_current_directory(const fs::path& path);

/// Makes a directory, and those above it that are missing, each with the mode and the owner of the one it is in: for
/// who uses those, and not only for who makes it. In a directory where anybody may write, the mode is 0755. Throws
/// Error(io).
void make_directories(const fs::path& path);

/// Who may do what with a new file.
enum class Permissions {
  usual,       ///< what umask(2) leaves of 0666
  executable,  ///< 0755
};

/// A file that is written whole or not at all: into a temporary file beside it, `.git-mlem-` and six characters however
/// long its own name is, then renamed over it.
class AtomicFile {
 public:
  static constexpr std::string_view temporary_prefix = ".git-mlem-";

  /// Writes `content` beside `path`; `path` itself is untouched. Throws Error(io).
  AtomicFile(const fs::path& path, std::string_view content, Permissions permissions = Permissions::usual);
  /// Makes the file beside `path`, for write(). Throws Error(io).
  explicit AtomicFile(const fs::path& path, Permissions permissions = Permissions::usual);
  /// Removes the temporary file unless it was committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Adds bytes at the end. Throws Error(io), as when the disk is full.
  void write(std::string_view bytes);
  /// Puts the file in its place. Throws Error(io), and then has changed nothing.
  void commit();

 private:
  void end();
  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

/// A file that is read from its beginning to its end.
class InputFile {
 public:
  /// Throws Error(io) if the file cannot be opened.
  explicit InputFile(const fs::path& path);
  /// Reads this program's stdin; `interrupt`, which may be null, ends waiting for it.
  explicit InputFile(Interrupt* interrupt);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Returns how many bytes it has put into `buffer`, `size` at most; 0 at the end. Throws Error(io), Interrupted.
  std::size_t read(char* buffer, std::size_t size);

 private:
  std::string name_;
  int descriptor_ = -1;
  Interrupt* interrupt_ = nullptr;
};

/// An exclusive lock between processes, on a file that stays or that its holder removes. Released by the kernel when
/// its holder ends, however.
class FileLock {
 public:
  /// Waits until the lock is free, at most until `deadline`. Throws Error(unavailable) if it was not, Error(io).
  FileLock(const fs::path& path, std::chrono::steady_clock::time_point deadline);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// A directory that only this user may enter, with a name that nobody could foresee; gone, with all in it, when this
/// is.
class TemporaryDirectory {
 public:
  /// Makes `<parent>/<prefix>` and six characters. First removes those of this user and prefix whose makers were
  /// killed, each after a call of `abandoned`. Throws Error(io).
  TemporaryDirectory(const fs::path& parent, std::string_view prefix,
                     const std::function<void(const fs::path&)>& abandoned = {});
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
  int descriptor_ = -1;  ///< of the directory, with a lock that ends with this process
};

}  // namespace mlem
