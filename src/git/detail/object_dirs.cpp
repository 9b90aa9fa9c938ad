#include "git/detail/object_dirs.hpp"

#include "base/error.hpp"
#include "git/detail/command.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <string>

namespace mlem::git::detail {
namespace {

/// `depth` alternates lead here; git follows as many.
void add_object_dirs(std::vector<fs::path>& all, const fs::path& object_dir, int depth) {
  constexpr int deepest = 5;
  constexpr std::size_t max_alternates = std::size_t{1} << 20;
  boost::system::error_code failure;
  const auto directory = find_real_path(object_dir);
  if (!directory || !fs::is_directory(*directory, failure)) return;
  if (std::find(all.begin(), all.end(), *directory) != all.end()) return;
  all.push_back(*directory);
  if (depth > deepest) return;
  const auto file = find_real_path(*directory / "info" / "alternates");
  if (!file) return;
  const std::string list = load_file(*file, max_alternates).value_or("");
  for (const fs::path& alternate : split_alternates(list, '\n')) {
    add_object_dirs(all, fs::absolute(alternate, *directory), depth + 1);
  }
}

}  // namespace

void add_object_dirs(std::vector<fs::path>& all, const fs::path& object_dir) {
  try {
    add_object_dirs(all, object_dir, 0);
  } catch (const Error& error) {
    throw Error(ErrorKind::unavailable, "cannot read the objects in '" + object_dir.string() + "'", error.what());
  }
}

}  // namespace mlem::git::detail
