#include "artifact/detail/partial_directory.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <boost/filesystem/operations.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mlem::artifact::detail {

PartialDirectory::PartialDirectory(const fs::path& parent, const std::string& name) {
  boost::system::error_code failure;
  const fs::path place = parent.empty() ? fs::path(".") : parent;
  // Boost makes no directory of the name `..`, even if it is there.
  if (!fs::is_directory(place, failure)) fs::create_directories(place, failure);
  if (failure) {
    throw Error(ErrorKind::io, "cannot create '" + escape_for_terminal(parent.string()) + "'", failure.message());
  }
  constexpr std::size_t longest = 200;  // of a file's name, with what is put before it and behind it
  directory_ = parent / (std::string(AtomicFile::temporary_prefix) + "clone-" +
                         (name.size() > longest ? sha256_hex(name) : name));
  lock_file_ = directory_.string() + ".lock";
  try {
    lock_.emplace(lock_file_, std::chrono::steady_clock::now());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    throw Error(ErrorKind::unavailable, "cannot clone to '" + escape_for_terminal((parent / name).string()) + "'",
                "another process is cloning to it");
  }
  require_own(directory_);
  require_own(files());
}

void PartialDirectory::require_own(const fs::path& directory) {
  // Others may have put something there: what a symbolic link leads to is not to be written or tidied up.
  const bool is_made = mkdir(directory.c_str(), 0777) == 0;
  const int error_number = errno;
  struct stat status {};
  if (!is_made && error_number != EEXIST) {
    throw Error(ErrorKind::io, "cannot create '" + escape_for_terminal(directory.string()) + "'",
                std::strerror(error_number));
  }
  if (lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid()) return;
  throw Error(ErrorKind::invalid, "cannot use '" + escape_for_terminal(directory.string()) + "'",
              "it is not a directory of this user's", "remove it, if nobody needs it");
}

PartialDirectory::~PartialDirectory() {
  boost::system::error_code ignored;
  if (!has_files()) fs::remove_all(directory_, ignored);
  fs::remove(lock_file_, ignored);
}

void PartialDirectory::keep_only(const std::set<std::string>& paths) const {
  boost::system::error_code failure;
  const std::size_t root_size = files().string().size() + 1;
  std::vector<fs::path> others;
  fs::recursive_directory_iterator entry(files(), failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    const bool is_file = entry->symlink_status().type() == fs::regular_file;
    if (!is_file || !paths.contains(entry->path().string().substr(root_size))) others.push_back(entry->path());
  }
  // What is in a directory comes behind it in the list; a directory that has a file to keep is not empty, and stays.
  for (auto other = others.rbegin(); other != others.rend(); ++other) fs::remove(*other, failure);
}

bool PartialDirectory::has_files() const {
  if (is_done_) return false;
  boost::system::error_code failure;
  fs::recursive_directory_iterator entry(files(), failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    boost::system::error_code unknown;
    if (entry->symlink_status().type() == fs::regular_file && fs::file_size(entry->path(), unknown) > 0) return true;
  }
  return false;
}

}  // namespace mlem::artifact::detail
