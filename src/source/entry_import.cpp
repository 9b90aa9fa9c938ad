#include "source/entry_import.hpp"

#include "base/error.hpp"
#include "git/repository.hpp"
#include "source/cache_entry.hpp"
#include "source/detail/entry_refs.hpp"
#include "source/place.hpp"

#include <boost/filesystem/operations.hpp>

#include <ctime>
#include <string_view>
#include <utility>

// An entry that was imported is like one that was fetched: a commit without its parents is a shallow one, and what a
// commit leads to and is not here was promised by the source.

namespace mlem::source {
namespace {

std::string key_of(const RepoUrl& url, const Settings& settings) {
  return Cache::key(url.normalized(), find_place(url, settings.access).rewritten);
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

std::optional<fs::path> find_imported_files(const RepoUrl& url, const Settings& settings) {
  try {
    const Cache cache(settings.cache.directory, settings.cache.fallback);
    fs::path files = cache.directory() / (key_of(url, settings) + Cache::files_suffix);
    boost::system::error_code ignored;
    return fs::is_directory(files, ignored) ? std::optional(std::move(files)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // whoever needs the cache will say what is wrong with it
  }
}

bool is_in_cache(const RepoUrl& url, const Settings& settings) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  return !cache.find(key_of(url, settings)).empty();
}

fs::path imported_files(const RepoUrl& url, const Settings& settings) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  return cache.note(key_of(url, settings) + Cache::files_suffix);
}

EntryImport::EntryImport(const RepoUrl& url, const Settings& settings, const std::string& object_format,
                         const std::set<Oid>& commits)
    : cache_(settings.cache.directory, settings.cache.fallback),
      key_(key_of(url, settings)),
      environment_(settings.access.environment),
      lock_(lock_entry(cache_, key_, url, settings)) {
  const std::string known = cache_.object_format(key_);
  if (!known.empty() && known != object_format) cache_.remove(key_);
  git_dir_ = cache_.open(key_, object_format);
  cache_.remove_leftovers(key_);
  const auto repository = git::open_repository(git_dir_, environment_, git::Reading::here);
  for (const Oid& commit : commits) {
    if (!repository->has(commit)) new_commits_.insert(commit);
  }
}

void EntryImport::finish(const std::optional<ListedRefs>& refs, std::int64_t time) {
  const auto repository = git::open_repository(git_dir_, environment_, git::Reading::here);
  std::erase_if(new_commits_, [&](const Oid& commit) { return !repository->has(commit); });
  add_shallow(git_dir_, new_commits_);
  if (!refs) return;
  const fs::path seen = detail::seen_file(git_dir_);
  boost::system::error_code failure;
  const std::time_t last_seen = fs::last_write_time(seen, failure);
  if (!failure && last_seen > time) return;
  for (const auto& [file, text] :
       {std::pair(detail::refs_file(git_dir_), detail::refs_text(*refs)), std::pair(seen, std::string())}) {
    AtomicFile(file, text).commit();
    fs::last_write_time(file, time, failure);
  }
}

}  // namespace mlem::source
