#include "git/detail/special_file.hpp"

#include <boost/filesystem/operations.hpp>

namespace mlem::git::detail {

std::optional<fs::path> find_special_file(const fs::path& directory, Below below) {
  boost::system::error_code failure;
  fs::recursive_directory_iterator file(directory, failure);
  for (const fs::recursive_directory_iterator end; !failure && file != end; file.increment(failure)) {
    boost::system::error_code ignored;
    const fs::file_type type = file->status(ignored).type();
    if (type == fs::fifo_file || type == fs::character_file || type == fs::block_file) return file->path();
    if (below == Below::no) file.disable_recursion_pending();
  }
  return std::nullopt;
}

}  // namespace mlem::git::detail
