#include "resolve/cache.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"

#include <boost/filesystem/operations.hpp>

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mlem::resolve {
namespace {

/// Whether nobody but this user and root can change what `directory` leads to.
bool is_private(const fs::path& directory) {
  for (fs::path path = directory; !path.empty(); path = path.parent_path()) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT) continue;
      return false;
    }
    if (!S_ISDIR(status.st_mode)) return false;
    if (status.st_uid != geteuid() && status.st_uid != 0) return false;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0) return false;
  }
  return true;
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
  if (!is_private(directory_) && !fallback.empty()) {
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

fs::path Cache::lock_file(std::string_view key) const {
  boost::system::error_code failure;
  fs::create_directories(directory_, failure);
  if (failure) throw Error(ErrorKind::io, "cannot create '" + directory_.string() + "'", failure.message());
  chmod(directory_.c_str(), S_IRWXU);
  return directory_ / (std::string(key) + ".lock");
}

fs::path Cache::open(std::string_view key, std::string_view object_format) const {
  const fs::path entry = directory_ / std::string(key);
  boost::system::error_code failure;
  // The shape of a repository is documented in gitrepository-layout(5); making it here saves a process per source.
  for (const char* part : {"objects/pack", "objects/info", "refs/heads"}) {
    fs::create_directories(entry / part, failure);
    if (failure) throw Error(ErrorKind::io, "cannot create '" + entry.string() + "'", failure.message());
  }
  chmod(entry.c_str(), S_IRWXU);
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"config", config_text(object_format)},
                                   {"HEAD", "ref: refs/heads/main\n"}}) {
    if (load_file(entry / name, 65536) == text) continue;
    AtomicFile(entry / name, text).commit();
  }
  return entry;
}

fs::path Cache::find(std::string_view key) const {
  const fs::path entry = directory_ / std::string(key);
  boost::system::error_code failure;
  return fs::is_directory(entry / "objects", failure) ? entry : fs::path();
}

void Cache::remove(std::string_view key) const {
  boost::system::error_code failure;
  fs::remove_all(directory_ / std::string(key), failure);
}

}  // namespace mlem::resolve
