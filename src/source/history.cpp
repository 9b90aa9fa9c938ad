#include "source/history.hpp"

#include "git/transport.hpp"
#include "source/cache.hpp"
#include "source/cache_entry.hpp"
#include "source/visit.hpp"

#include <string>

namespace mlem::source {
namespace {

/// The object format of a source: as its other entry has it, which most sources have been asked for before.
std::string format_of(const Cache& cache, const std::string& key) {
  const std::string history = cache.object_format(key + Cache::history_suffix);
  const std::string known = history.empty() ? cache.object_format(key) : history;
  return known.empty() ? "sha1" : known;
}

/// A history without trees has an entry of its own: in that of the metafiles, history ends at each commit.
void fetch_history(const RepoUrl& url, const Place& place, const Settings& settings, const UseHistory& use) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string source = Cache::key(url.normalized(), place.rewritten);
  const std::string key = source + Cache::history_suffix;
  const git::Transport transport = transport_to(url, settings);
  use_entry(cache, key, url, settings, [&] {
    const fs::path entry = cache.open(key, format_of(cache, source));
    const git::Transport::Fetch history{.refspecs = {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
                                        .filter = {},
                                        .shallow = false,
                                        .prune = true};
    fetch_filtered(transport, entry, place.address, url, settings, history, {"tree:0", "blob:none", ""});
    use(entry, git::Reading::here);
  });
}

void use_known_history(const RepoUrl& url, const Place& place, const Settings& settings, const UseHistory& use) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string key = Cache::key(url.normalized(), place.rewritten) + Cache::history_suffix;
  const FileLock lock = lock_entry(cache, key, url, settings);
  const fs::path entry = cache.find(key);
  if (entry.empty()) {
    throw unreachable(url, "its history is not in the cache", "'git mlem check --reachable' fetches it");
  }
  use(entry, git::Reading::here);
}

}  // namespace

std::optional<Refusal> with_history(const RepoUrl& url, const Settings& settings, const UseHistory& use) {
  return visit_source(
      url, settings, [&](const LocalRepository& found) { use(found.git_dir, git::Reading::apart); },
      [&](const Place& place) { fetch_history(url, place, settings, use); });
}

std::optional<Refusal> with_known_history(const RepoUrl& url, const Settings& settings, const UseHistory& use) {
  return visit_source(
      url, settings, [&](const LocalRepository& found) { use(found.git_dir, git::Reading::apart); },
      [&](const Place& place) { use_known_history(url, place, settings, use); });
}

}  // namespace mlem::source
