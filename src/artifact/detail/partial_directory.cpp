#include "artifact/detail/partial_directory.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <boost/filesystem/operations.hpp>

#include <chrono>
#include <cstddef>

namespace mlem::artifact::detail {

PartialDirectory::PartialDirectory(const fs::path& parent, const std::string& name) {
  make_directories(parent.empty() ? fs::path(".") : parent);
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
  boost::system::error_code failure;
  fs::create_directories(files(), failure);
  if (failure) {
    throw Error(ErrorKind::io, "cannot create '" + escape_for_terminal(files().string()) + "'", failure.message());
  }
}

PartialDirectory::~PartialDirectory() {
  boost::system::error_code ignored;
  if (!has_files()) fs::remove_all(directory_, ignored);
  fs::remove(lock_file_, ignored);
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
