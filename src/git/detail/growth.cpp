#include "git/detail/growth.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <functional>
#include <sys/stat.h>
#include <vector>

namespace mlem::git::detail {
namespace {

/// Calls `visit` for every file below `directory`, at most `depth` directories deep. What vanishes meanwhile is passed
/// over: git renames what is finished.
void for_each_file(const fs::path& directory, int depth, const std::function<void(const fs::path&)>& visit) {
  boost::system::error_code failure;
  fs::recursive_directory_iterator file(directory, fs::directory_options::skip_permission_denied, failure);
  for (const fs::recursive_directory_iterator end; !failure && file != end; file.increment(failure)) {
    boost::system::error_code gone;
    const bool is_directory = file->symlink_status(gone).type() == fs::directory_file;
    if (!is_directory) visit(file->path());
    if (is_directory && file.depth() + 1 >= depth) file.disable_recursion_pending();
  }
}

// Every level that is walked takes a descriptor; refs have a few.
constexpr int deepest_ref = 64;
constexpr int deepest_object = 2;

}  // namespace

Growth::Growth(const fs::path& git_dir, std::uint64_t most) : git_dir_(git_dir), most_(most) {
  for_each_file(git_dir_ / "objects", deepest_object,
                [&](const fs::path& file) { objects_before_.insert(file.string()); });
  bytes_before_ = bytes();
}

bool Growth::is_too_much() const {
  const std::uint64_t now = bytes();
  return now > bytes_before_ && now - bytes_before_ > most_;
}

bool Growth::is_too_much_by_now() {
  const auto start = std::chrono::steady_clock::now();
  if (start < next_look_) return false;
  const bool is_too_much = this->is_too_much();
  const auto end = std::chrono::steady_clock::now();
  next_look_ = end + std::max<std::chrono::steady_clock::duration>(4 * (end - start), std::chrono::milliseconds(100));
  return is_too_much;
}

void Growth::undo() const {
  std::vector<fs::path> objects;
  for_each_file(git_dir_ / "objects", deepest_object, [&](const fs::path& file) {
    if (!objects_before_.contains(file.string())) objects.push_back(file);
  });
  boost::system::error_code failure;
  for (const fs::path& object : objects) fs::remove(object, failure);
}

std::uint64_t Growth::bytes() const {
  constexpr std::uint64_t per_file = 512;  // the least that a file system keeps of a file: an inode, a name
  std::uint64_t sum = 0;
  const auto add = [&](const fs::path& file) {
    struct stat status {};
    if (lstat(file.c_str(), &status) == 0) sum += static_cast<std::uint64_t>(status.st_size) + per_file;
  };
  for_each_file(git_dir_ / "objects", deepest_object, add);
  for_each_file(git_dir_ / "refs", deepest_ref, add);
  return sum;
}

void remove_leftovers(const fs::path& git_dir) {
  std::vector<fs::path> leftovers;
  // A ref's name cannot end so; see git-check-ref-format(1).
  const auto add_if_lock = [&](const fs::path& file) {
    if (file.extension() == ".lock") leftovers.push_back(file);
  };
  for_each_file(git_dir, 1, add_if_lock);
  for_each_file(git_dir / "refs", deepest_ref, add_if_lock);
  for_each_file(git_dir / "objects", deepest_object, [&](const fs::path& file) {
    // The last two are of the transport for servers of plain files.
    const bool is_unfinished =
        file.filename().string().starts_with("tmp_") || file.extension() == ".temp" || file.extension() == ".prev";
    if (is_unfinished) leftovers.push_back(file);
  });
  boost::system::error_code failure;
  for (const fs::path& path : leftovers) fs::remove(path, failure);
}

}  // namespace mlem::git::detail
