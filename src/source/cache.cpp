#include "source/cache.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

// An entry is a bare repository whose name is a digest of the addresses of its source, as written and as rewritten. It
// is made by writing its few files, which saves a process. Git obeys the configuration of an entry, so that only a
// directory is used that nobody else but root can change, which is judged at every step on the way to it, and a
// configuration with any other text is written anew. Entries that are not used any more are removed one by one, each
// under its lock.

namespace mlem::source {
namespace {

/// Whether nobody but this user and root can change what `directory`, an absolute path, leads to: judged at each step
/// that the system takes, for whoever owns a symbolic link can let it lead elsewhere.
bool is_private(const fs::path& directory) {
  constexpr int most_links = 40;  // as Linux has it
  std::deque<fs::path> rest(directory.begin(), directory.end());
  fs::path at;
  for (int links = 0; !rest.empty();) {
    const fs::path step = rest.front();
    rest.pop_front();
    if (step == ".") continue;
    fs::path next = step.is_absolute() ? step : step == ".." ? at.parent_path() : at / step;
    if (next.empty()) next = "/";
    struct stat status {};
    if (lstat(next.c_str(), &status) != 0) return errno == ENOENT;  // then nothing is below either
    if (status.st_uid != geteuid() && status.st_uid != 0) return false;
    if (S_ISLNK(status.st_mode)) {
      boost::system::error_code failure;
      const fs::path target = fs::read_symlink(next, failure);
      if (failure || ++links > most_links) return false;
      rest.insert(rest.begin(), target.begin(), target.end());
      continue;
    }
    if (!S_ISDIR(status.st_mode)) return false;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0) return false;
    at = next;
  }
  return true;
}

/// Whether this user may write in `directory`, or make it.
bool is_writable(const fs::path& directory) {
  for (fs::path at = directory; !at.empty(); at = at.parent_path()) {
    if (faccessat(AT_FDCWD, at.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return true;
    if (errno != ENOENT) return false;
  }
  return false;
}

constexpr std::string_view lock_suffix = ".lock";
constexpr std::string_view aside_suffix = "-aside";
constexpr std::size_t max_config_size = std::size_t{64} << 10;

/// Whether Cache::key() could have given this name.
bool is_key(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Makes what is missing of `directory` for this user alone. What is there belongs to whoever made it.
void make_private_directories(const fs::path& directory) {
  if (mkdir(directory.c_str(), S_IRWXU) == 0) return;
  if (errno == ENOENT && directory.has_parent_path()) {
    make_private_directories(directory.parent_path());
    if (mkdir(directory.c_str(), S_IRWXU) == 0) return;
  }
  // Another process may have been faster.
  const int error_number = errno;
  struct stat status {};
  if (error_number == EEXIST && stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return;
  throw Error(ErrorKind::io, "cannot create '" + directory.string() + "'", std::strerror(error_number));
}

/// Removes the files of a directory, not of those below, whose names `is_leftover`.
template <typename IsLeftover>
void remove_files(const fs::path& directory, const IsLeftover& is_leftover) {
  std::vector<fs::path> found;
  boost::system::error_code failure;
  for (fs::directory_iterator item(directory, failure); !failure && item != fs::directory_iterator();
       item.increment(failure)) {
    if (is_leftover(item->path().filename().string())) found.push_back(item->path());
  }
  for (const fs::path& file : found) fs::remove(file, failure);
}

/// git reads an entry's config before it talks to anyone, so nothing there may come from elsewhere.
std::string config_text(std::string_view object_format) {
  const bool is_sha256 = object_format == "sha256";
  std::string text = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n";
  text += "[extensions]\n\tpartialClone = source\n";
  if (is_sha256) text += "\tobjectFormat = sha256\n";
  text += "[remote \"source\"]\n\tpromisor = true\n";
  text += "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[transfer]\n\tfsckObjects = false\n";
  return text;
}

}  // namespace

Cache::Cache(fs::path directory, const fs::path& fallback) : directory_(std::move(directory)) {
  if (!fallback.empty() && !(is_private(directory_) && is_writable(directory_))) {
    directory_ = fallback;
    is_fallback_ = true;
  }
  if (!is_private(directory_)) {
    throw Error(ErrorKind::io, "cannot use the cache '" + directory_.string() + "'",
                "it or a directory above it belongs to another user or is writable by others",
                "set mlem.cacheDir to a private directory");
  }
}

std::string Cache::key(std::string_view normalized_url, std::string_view rewritten_url) {
  std::string both(normalized_url);
  both += '\0';
  both += rewritten_url;
  return sha256_hex(both);
}

fs::path Cache::note(std::string_view name) const {
  make_private_directories(directory_);
  return directory_ / std::string(name);
}

fs::path Cache::lock_file(std::string_view key) const { return note(std::string(key) + std::string(lock_suffix)); }

FileLock Cache::lock(std::string_view key, std::chrono::steady_clock::time_point deadline) const {
  return FileLock(lock_file(key), deadline);
}

fs::path Cache::open(std::string_view key, std::string_view object_format) const {
  const fs::path entry = directory_ / std::string(key);
  // The shape of a repository is documented in gitrepository-layout(5); making it here saves a process per source.
  for (const char* part : {"objects/pack", "objects/info", "refs/heads"}) make_private_directories(entry / part);
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"config", config_text(object_format)},
                                   {"HEAD", "ref: refs/heads/main\n"}}) {
    if (load_file(entry / name, max_config_size) == text) continue;
    AtomicFile(entry / name, text).commit();
  }
  return entry;
}

std::string Cache::object_format(std::string_view key) const {
  const auto config = load_file(directory_ / std::string(key) / "config", max_config_size);
  for (const char* format : {"sha1", "sha256"}) {
    if (config == config_text(format)) return format;
  }
  return {};
}

fs::path Cache::find(std::string_view key) const {
  const fs::path entry = directory_ / std::string(key);
  boost::system::error_code failure;
  return fs::is_directory(entry / "objects", failure) ? entry : fs::path();
}

void Cache::remove(std::string_view key) const {
  boost::system::error_code failure;
  fs::remove_all(directory_ / std::string(key), failure);
  remove_aside(key);
}

fs::path Cache::aside(std::string_view key) const {
  return directory_ / (std::string(key) + std::string(aside_suffix));
}

void Cache::set_aside(std::string_view key) const {
  remove_aside(key);
  boost::system::error_code failure;
  fs::rename(directory_ / std::string(key), aside(key), failure);
  if (failure) remove(key);
}

void Cache::put_back(std::string_view key) const {
  boost::system::error_code failure;
  if (!fs::is_directory(aside(key), failure)) return;
  fs::remove_all(directory_ / std::string(key), failure);
  fs::rename(aside(key), directory_ / std::string(key), failure);
}

void Cache::remove_aside(std::string_view key) const {
  boost::system::error_code failure;
  fs::remove_all(aside(key), failure);
}

void Cache::remove_leftovers(std::string_view key) const {
  const fs::path entry = directory_ / std::string(key);
  remove_files(entry, [](const std::string& name) {
    return name.ends_with(".lock") || name.starts_with(AtomicFile::temporary_prefix);
  });
  // As git-gc(1) takes them for leftovers.
  remove_files(entry / "objects/pack",
               [](const std::string& name) { return name.starts_with("tmp_") || name.starts_with(".tmp-"); });
}

std::set<std::string> Cache::imports_of(const std::string& key) const {
  constexpr std::size_t max_imports = std::size_t{64} << 20;
  const std::string text = load_file(directory_ / key / entry_imports_name, max_imports).value_or("");
  std::set<std::string> ids;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) ids.emplace(line);
  }
  return ids;
}

std::size_t Cache::prune(const std::set<std::string>& used) const {
  std::set<std::string> imports;
  for (const std::string& key : used) imports.merge(imports_of(key));
  const auto is_imported_too = [&](const std::string& key) {
    const std::set<std::string> ids = imports_of(key);
    return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) { return imports.contains(id); });
  };
  // Collected first: what readdir(3) tells of a directory that changes meanwhile is not specified.
  std::map<std::string, std::string> unused;  // an entry, and the source that it is of
  boost::system::error_code failure;
  fs::directory_iterator item(directory_, failure);
  for (; !failure && item != fs::directory_iterator(); item.increment(failure)) {
    const std::string name = item->path().filename().string();
    std::string_view entry = name;
    if (entry.ends_with(lock_suffix)) entry.remove_suffix(lock_suffix.size());
    if (entry.ends_with(aside_suffix)) entry.remove_suffix(aside_suffix.size());
    std::string_view key = entry;
    for (const std::string_view suffix : {history_suffix, all_trees_suffix, trees_suffix, files_suffix}) {
      if (key.ends_with(suffix)) key.remove_suffix(suffix.size());
    }
    if (!is_key(key) || used.contains(std::string(key))) continue;
    if (imports.empty() || !is_imported_too(std::string(key))) unused.emplace(entry, key);
  }
  if (failure && failure != boost::system::errc::no_such_file_or_directory) {
    throw Error(ErrorKind::io, "cannot read '" + directory_.string() + "'", failure.message());
  }
  std::set<std::string> removed;
  for (const auto& [entry, key] : unused) {
    const FileLock held = lock(entry, std::chrono::steady_clock::now() + std::chrono::seconds(30));
    remove_aside(entry);
    const std::uintmax_t count = fs::remove_all(directory_ / entry, failure);
    if (failure) {
      throw Error(ErrorKind::io, "cannot remove '" + (directory_ / entry).string() + "'", failure.message());
    }
    fs::remove(directory_ / (entry + std::string(lock_suffix)), failure);
    if (count > 0) removed.insert(key);
  }
  return removed.size();
}

}  // namespace mlem::source
