#include "source/entry_import.hpp"

#include "base/error.hpp"
#include "git/repository.hpp"
#include "source/cache_entry.hpp"
#include "source/detail/entry_refs.hpp"
#include "source/place.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

// An entry that was imported is like one that was fetched: a commit without its parents is a shallow one, and what a
// commit leads to and is not here was promised by the source.

namespace mlem::source {
namespace {

constexpr std::size_t max_imports = std::size_t{64} << 20;

std::string key_of(const RepoUrl& url, const Settings& settings) {
  return Cache::key(url.normalized(), find_place(url, settings.access).rewritten);
}

/// The registry itself has one key, wherever it is moved to.
std::string key_of(const RepoUrl* url, const Settings& settings) {
  return url != nullptr ? key_of(*url, settings) : Cache::own_key();
}

/// Has git take these commits for ones without parents (gitrepository-layout(5), `shallow`).
void add_shallow(const fs::path& git_dir, const std::set<Oid>& commits) {
  if (commits.empty()) return;
  constexpr std::size_t max_shallow = std::size_t{1} << 30;
  std::string text = load_file(git_dir / "shallow", max_shallow).value_or("");
  for (const Oid& commit : commits) {
    if (text.find(commit.hex()) == std::string::npos) text += commit.hex() + "\n";
  }
  AtomicFile(git_dir / "shallow", text).commit();
}

}  // namespace

std::optional<fs::path> find_imported_files(const RepoUrl* url, const Settings& settings) {
  try {
    const Cache cache(settings.cache.directory, settings.cache.fallback);
    fs::path files = cache.directory() / (key_of(url, settings) + Cache::files_suffix);
    boost::system::error_code ignored;
    return fs::is_directory(files, ignored) ? std::optional(std::move(files)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // whoever needs the cache will say what is wrong with it
  }
}

fs::path imported_files(const RepoUrl* url, const Settings& settings) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  return cache.note(key_of(url, settings) + Cache::files_suffix);
}

void note_import(const std::string& id, const Settings& settings) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const fs::path file = cache.note(Cache::imports_name);
  const std::string known = load_file(file, max_imports).value_or("");
  if (known.find(id) == std::string::npos) AtomicFile(file, known + id + "\n").commit();
}

bool is_imported(const std::string& id, const Settings& settings) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  return load_file(cache.note(Cache::imports_name), max_imports).value_or("").find(id) != std::string::npos;
}

bool is_in_cache(const RepoUrl& url, const Settings& settings) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  return !cache.find(key_of(url, settings)).empty();
}

EntryImport::EntryImport(const RepoUrl& url, const Settings& settings, const std::string& object_format,
                         const std::set<Oid>& commits)
    : cache_(settings.cache.directory, settings.cache.fallback),
      key_(key_of(url, settings)),
      environment_(settings.access.environment),
      lock_(lock_entry(cache_, key_, url, settings)) {
  const std::string known = cache_.object_format(key_);
  if (!known.empty() && known != object_format) {
    throw Error(ErrorKind::invalid, "cannot import what is of '" + url.printable() + "'",
                "it has ids of " + object_format + ", and the cache has such of " + known);
  }
  git_dir_ = cache_.open(key_, object_format);
  cache_.remove_leftovers(key_);
  const auto repository = git::open_repository(git_dir_, environment_, git::Reading::here);
  for (const Oid& commit : commits) {
    if (!repository->has(commit)) new_commits_.insert(commit);
  }
}

void EntryImport::finish(const std::optional<ListedRefs>& refs, std::int64_t time, const std::string& id) {
  const auto repository = git::open_repository(git_dir_, environment_, git::Reading::here);
  std::erase_if(new_commits_, [&](const Oid& commit) { return !repository->has(commit); });
  add_shallow(git_dir_, new_commits_);
  const fs::path imports = git_dir_ / Cache::entry_imports_name;
  const fs::path seen = detail::seen_file(git_dir_);
  boost::system::error_code failure;
  const std::time_t last_import = fs::last_write_time(imports, failure);
  const bool was_imported = !failure;
  const std::time_t last_seen = fs::last_write_time(seen, failure);
  const bool was_seen = !failure;
  std::string ids = load_file(imports, max_imports).value_or("");
  if (ids.find(id) == std::string::npos) ids += id + "\n";
  AtomicFile(imports, ids).commit();
  // The list of bundles has the time of the refs that the last of them brought: another one was heard of the source.
  time = std::min<std::int64_t>(time, std::time(nullptr));
  const bool was_heard = was_seen && !(was_imported && last_import == last_seen);
  const bool takes_refs = refs && !(was_heard && last_seen > time);
  if (takes_refs) {
    AtomicFile(detail::refs_file(git_dir_), detail::refs_text(*refs)).commit();
    AtomicFile(seen, {}).commit();
    for (const fs::path& file : {detail::refs_file(git_dir_), seen}) fs::last_write_time(file, time, failure);
  }
  fs::last_write_time(imports, takes_refs ? time : last_import, failure);
}

}  // namespace mlem::source
