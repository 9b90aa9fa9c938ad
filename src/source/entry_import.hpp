#pragma once

#include "base/file.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/cache.hpp"
#include "source/recording.hpp"
#include "source/settings.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace mlem::source {

/// Returns where the cache has files of a source's objects that are not in Git, which an import brought: objects of Git
/// LFS in `lfs`, as in `lfs/objects` of a repository, and of DVC in `dvc`, as in a cache of its. Nothing: none were
/// brought.
std::optional<fs::path> find_imported_files(const RepoUrl& url, const Settings& settings);

/// Returns whether the cache has an entry of a source.
bool is_in_cache(const RepoUrl& url, const Settings& settings);

/// Brings what is known of a source to the cache, from elsewhere than the source: its entry is locked meanwhile.
class EntryImport {
 public:
  /// Makes what is missing of the entry. `commits` are to come: those that are here already have their parents here as
  /// far as they were fetched. Throws Error(io), and git::TransportError if another process has the entry for too long.
  EntryImport(const RepoUrl& url, const Settings& settings, const std::string& object_format,
              const std::set<Oid>& commits);

  /// Where git::IncomingPack is to bring the objects.
  const fs::path& git_dir() const noexcept { return git_dir_; }
  /// Notes that the objects are here. `refs` were listed at `time` (seconds since 1970), and are kept unless the source
  /// was heard of later. Throws Error(io).
  void finish(const std::optional<ListedRefs>& refs, std::int64_t time);

 private:
  Cache cache_;
  std::string key_;
  Environment environment_;
  FileLock lock_;
  fs::path git_dir_;
  std::set<Oid> new_commits_;
};

/// Returns where import is to put files of a source's objects, made if needed: see find_imported_files(). Throws
/// Error(io).
fs::path imported_files(const RepoUrl& url, const Settings& settings);

}  // namespace mlem::source
