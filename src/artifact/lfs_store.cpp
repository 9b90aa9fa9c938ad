#include "artifact/lfs_store.hpp"

#include "base/text.hpp"
#include "git/http_config.hpp"
#include "git/repository.hpp"

#include <boost/filesystem/operations.hpp>

#include <utility>

namespace mlem::artifact {
namespace {

/// gitrepository-layout(5), `commondir`: a linked work tree shares the store of its repository.
fs::path common_directory(const fs::path& git_dir) {
  constexpr std::size_t longest = 4096 + 1;
  const auto common = load_file(git_dir / "commondir", longest);
  if (!common) return git_dir;
  return fs::absolute(fs::path(std::string(trim(*common))), git_dir).lexically_normal();
}

}  // namespace

fs::path lfs_store(const fs::path& git_dir, const Environment& environment) {
  const fs::path common = common_directory(git_dir);
  const std::string storage = git::repository_config(git_dir.string(), environment).find("lfs.storage").value_or("");
  return fs::absolute(fs::path(storage.empty() ? "lfs" : storage), common) / "objects";
}

std::vector<fs::path> borrowed_lfs_stores(const fs::path& git_dir) {
  const fs::path objects = common_directory(git_dir) / "objects";
  std::vector<fs::path> stores;
  boost::system::error_code ignored;
  for (const fs::path& directory : git::find_object_dirs(objects)) {
    fs::path store = directory.parent_path() / "lfs" / "objects";
    if (!fs::equivalent(directory, objects, ignored) && fs::is_directory(store, ignored))
      stores.push_back(std::move(store));
  }
  return stores;
}

fs::path lfs_object_path(const fs::path& store, std::string_view oid) {
  return store / std::string(oid.substr(0, 2)) / std::string(oid.substr(2, 2)) / std::string(oid);
}

ObjectAnswer ask_lfs_store(const fs::path& store, const LfsPointer& pointer) {
  // Nobody keeps the empty file.
  if (pointer.size == 0) return ObjectAnswer::exists(0);
  const fs::path path = lfs_object_path(store, pointer.oid);
  if (load_type(path) != fs::regular_file) {
    return ObjectAnswer::of(
        {Verdict::artifact_missing,
         "the store of Git LFS in '" + escape_for_terminal(store.string()) + "' lacks object " + pointer.oid,
         "'git lfs fetch' there gets it"});
  }
  boost::system::error_code failure;
  const std::uintmax_t size = fs::file_size(path, failure);
  return ObjectAnswer::exists(failure ? std::optional<std::uint64_t>() : std::optional<std::uint64_t>(size));
}

}  // namespace mlem::artifact
