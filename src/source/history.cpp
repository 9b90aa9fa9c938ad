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

/// Returns an entry as the cache has it. Throws git::TransportError if it does not.
fs::path known_entry(const Cache& cache, const std::string& key, const RepoUrl& url) {
  fs::path entry = cache.find(key);
  if (entry.empty()) throw unreachable(url, "its history is not in the cache", "run the command without --offline");
  return entry;
}

/// A history without trees has an entry of its own: in that of the metafiles, history ends at each commit.
void fetch_history(const RepoUrl& url, const Place& place, const Settings& settings, const UseHistory& use) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string source = Cache::key(url.normalized(), place.rewritten);
  const std::string key = source + Cache::history_suffix;
  const git::Transport transport = transport_to(url, settings);
  use_entry(cache, key, url, settings, [&] {
    if (settings.offline) return use(known_entry(cache, key, url), git::Reading::here);
    const fs::path entry = cache.open(key, format_of(cache, source));
    const git::Transport::Fetch history{.refspecs = {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
                                        .filter = {},
                                        .shallow = false,
                                        .prune = true};
    fetch_filtered(transport, entry, place.address, url, settings, history, {"tree:0", "blob:none", ""});
    use(entry, git::Reading::here);
  });
}

void try_known_histories(const RepoUrl& url, const Place& place, const Settings& settings, const TryHistory& use) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string source = Cache::key(url.normalized(), place.rewritten);
  bool is_there = false;
  for (const char* suffix : {Cache::history_suffix, Cache::trees_suffix, Cache::all_trees_suffix}) {
    const std::string key = source + suffix;
    const FileLock lock = lock_entry(cache, key, url, settings);
    const fs::path entry = cache.find(key);
    if (entry.empty()) continue;
    is_there = true;
    if (use(entry, git::Reading::here)) return;
  }
  if (is_there) return;
  throw unreachable(url, "its history is not in the cache", "'git mlem check --reachable' fetches it");
}

/// Which trees an entry has: those on the way to paths of so many names. Few of such entries are made of one source.
constexpr std::size_t shallow_trees = 4;

/// The filter for the trees on the way to paths of `depth` names.
std::string filter_for(std::size_t depth) {
  if (depth > shallow_trees) return "blob:none";
  return "combine:tree:" + std::to_string(shallow_trees) + "+blob:none";
}

/// git takes what it has a commit of for whole: trees that are deeper are in an entry of their own.
std::string trees_key(const std::string& source, std::size_t depth) {
  return source + (depth > shallow_trees ? Cache::all_trees_suffix : Cache::trees_suffix);
}

void fetch_trees(const RepoUrl& url, const Place& place, const Settings& settings, const HistoryWithTrees& wanted,
                 const UseHistory& use) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string source = Cache::key(url.normalized(), place.rewritten);
  const std::string key = trees_key(source, wanted.depth);
  const git::Transport transport = transport_to(url, settings);
  use_entry(cache, key, url, settings, [&] {
    if (settings.offline) return use(known_entry(cache, key, url), git::Reading::here);
    const fs::path entry = cache.open(key, format_of(cache, source));
    git::Transport::Fetch history{.refspecs = {}, .filter = {}, .shallow = false};
    // Below a name of their own, for any ref may be wanted, and each run wants others.
    for (const std::string& ref : wanted.refs) history.refspecs.push_back("+" + ref + ":refs/source/" + ref);
    fetch_filtered(transport, entry, place.address, url, settings, history, {filter_for(wanted.depth), "blob:none", ""});
    use(entry, git::Reading::here);
  });
}

}  // namespace

std::optional<Refusal> with_history_and_trees(const RepoUrl& url, const Settings& settings,
                                              const HistoryWithTrees& wanted, const UseHistory& use) {
  return visit_source(
      url, settings, [&](const LocalRepository& found) { use(found.git_dir, git::Reading::apart); },
      [&](const Place& place) { fetch_trees(url, place, settings, wanted, use); });
}

std::optional<Refusal> with_history(const RepoUrl& url, const Settings& settings, const UseHistory& use) {
  return visit_source(
      url, settings, [&](const LocalRepository& found) { use(found.git_dir, git::Reading::apart); },
      [&](const Place& place) { fetch_history(url, place, settings, use); });
}

std::optional<Refusal> with_known_history(const RepoUrl& url, const Settings& settings, const TryHistory& use) {
  return visit_source(
      url, settings, [&](const LocalRepository& found) { use(found.git_dir, git::Reading::apart); },
      [&](const Place& place) { try_known_histories(url, place, settings, use); });
}

}  // namespace mlem::source
