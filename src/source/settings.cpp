#include "source/settings.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/transport.hpp"
#include "source/own_config.hpp"

#include <boost/filesystem/operations.hpp>

#include <charconv>
#include <limits>

namespace mlem::source {
namespace {

constexpr std::int64_t most_jobs = 1000;
// A year: points of time are counted in nanoseconds, which sums of much longer times would not fit in.
constexpr std::int64_t longest_timeout = std::int64_t{365} * 24 * 60 * 60;
// A hundred years.
constexpr std::int64_t longest_age = 100 * longest_timeout;

std::int64_t bounded(const git::Config& config, const char* key, std::int64_t otherwise, std::int64_t least,
                     std::int64_t most) {
  const std::int64_t value = config.integer(key, otherwise);
  if (value < least || value > most) {
    throw Error(ErrorKind::invalid, std::string("bad config value for '") + key + "'",
                value < least ? "it must be " + std::to_string(least) + " or more"
                              : "it must be " + std::to_string(most) + " or less");
  }
  return value;
}

/// `~/` in a value of type path, as git-config(1) has it.
std::string expand_home(const char* key, const std::string& path, const Environment& environment) {
  if (!path.starts_with("~/")) return path;
  const auto home = environment.find("HOME");
  if (!home || home->empty()) {
    throw Error(ErrorKind::invalid, std::string("bad config value for '") + key + "'",
                "it begins with '~/', and HOME is not set");
  }
  return *home + path.substr(1);
}

/// `<n>(m|h|d|w)`, `0` for always or `never`, for which nothing is returned.
std::optional<std::chrono::seconds> parse_proof_age(const std::string& text) {
  if (text == "never") return std::nullopt;
  if (text == "0") return std::chrono::seconds(0);
  constexpr std::pair<char, std::int64_t> units[] = {{'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 604'800}};
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, count);
  for (const auto& [letter, seconds] : units) {
    if (failure == std::errc{} && count >= 0 && count <= longest_age / seconds && std::string_view(rest, end) == std::string_view(&letter, 1)) {
      return std::chrono::seconds(count * seconds);
    }
  }
  throw Error(ErrorKind::invalid, "bad config value for 'mlem.proofAge'",
              "it must be a number of minutes, hours, days or weeks such as 90m, 12h, 1d or 2w; 0; or 'never'");
}

}  // namespace

std::chrono::seconds seconds_of(const git::Config& config, const char* key, std::int64_t otherwise) {
  return std::chrono::seconds(bounded(config, key, otherwise, 0, longest_timeout));
}

Settings load_settings(const git::Registry& registry, Trust trust) {
  const bool is_server = trust == Trust::server;
  const git::Config& config = registry.config();
  const Environment& environment = registry.environment();
  Settings settings;
  if (registry.is_there()) settings.cache.directory = registry.common_dir() / "mlem" / "sources";
  if (const auto directory = config.find("mlem.cachedir")) {
    // An empty path would be the current directory.
    if (directory->empty()) {
      throw Error(ErrorKind::invalid, "bad config value for 'mlem.cacheDir'", "it must name a directory");
    }
    settings.cache.directory = fs::path(expand_home("mlem.cacheDir", *directory, environment));
  }
  if (const auto directory = environment.find("GIT_MLEM_CACHE_DIR"); !is_server && directory && !directory->empty()) {
    settings.cache.directory = fs::path(*directory);
  }
  // A relative one is to be ignored: the XDG Base Directory Specification.
  if (const auto directory = environment.find("XDG_CACHE_HOME"); directory && directory->starts_with('/')) {
    settings.cache.fallback = fs::path(*directory) / "git-mlem";
  } else if (const auto home = environment.find("HOME"); home && !home->empty()) {
    settings.cache.fallback = fs::path(*home) / ".cache" / "git-mlem";
  }
  if (settings.cache.directory.empty()) settings.cache.directory = settings.cache.fallback;
  if (settings.cache.directory.empty()) {
    throw Error(ErrorKind::not_found, "there is no place for the cache", "HOME is not set",
                "set mlem.cacheDir to a private directory");
  }
  settings.cache.directory = fs::absolute(settings.cache.directory, registry.directory());
  settings.access.config = config.entries();
  settings.access.directory = registry.root();
  if (is_server) {
    settings.access.url_policy.protocols = {"https", "ssh"};
    settings.access.url_policy.sources = config.all("mlem.allowsource");
    settings.access.url_policy.public_hosts = true;
  }
  settings.access.environment = git::with_transport_config(git::without_repository(environment), config,
                                                           is_server ? git::Redirects::never : git::Redirects::user);
  if (const auto protocols = config.find("mlem.allowprotocol")) {
    settings.access.url_policy.protocols.clear();
    for (const std::string_view name : split(*protocols, ',')) {
      if (!trim(name).empty()) settings.access.url_policy.protocols.push_back(to_lower_ascii(trim(name)));
    }
  }
  if (const auto age = config.find("mlem.proofage")) settings.proof_age = parse_proof_age(*age);
  rejects_undecided(config);  // a bad value is told by whatever command comes first
  settings.budget.jobs = static_cast<std::size_t>(bounded(config, "mlem.jobs", 8, 1, most_jobs));
  settings.budget.timeout = seconds_of(config, "mlem.timeout", 30);
  const std::int64_t max_fetch = std::int64_t{is_server ? 100 : 1024} << 20;
  settings.budget.max_fetch = static_cast<std::uint64_t>(
      bounded(config, "mlem.maxfetch", max_fetch, 1, std::numeric_limits<std::int64_t>::max()));
  return settings;
}

void fetch_missing(const git::Registry& registry, const std::vector<Oid>& blobs, const Settings& settings) {
  if (settings.offline) return;
  Limits limits;
  limits.idle = settings.budget.timeout;
  limits.deadline = settings.budget.deadline;
  registry.fetch_missing(blobs, limits, settings.observer.interrupt);
}

void read_trees(const git::Registry& registry, const std::vector<Oid>& commits, const Settings& settings,
                const std::function<void()>& read) {
  const auto find_missing = [&] {
    std::vector<Oid> missing;
    for (const Oid& commit : commits) {
      const std::vector<Oid> trees = registry.missing_trees(commit);
      missing.insert(missing.end(), trees.begin(), trees.end());
    }
    return missing;
  };
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable || !registry.is_partial()) throw;
    std::vector<Oid> missing = find_missing();
    if (missing.empty()) throw;
    // A tree is fetched with all that is below it.
    fetch_missing(registry, missing, settings);
    missing = find_missing();
    if (!missing.empty()) {
      throw Error(ErrorKind::unavailable, error.what_failed(), "tree " + missing.front().hex() + " is missing",
                  "this is a partial clone; 'git fetch --refetch --filter=blob:none' brings all trees");
    }
  }
  read();
}

std::deque<git::File> tree_files(const git::Registry& registry, const Oid& commit, const git::Suffixes& suffixes,
                                 const std::vector<std::string>& pathspecs, const Settings& settings) {
  std::deque<git::File> files;
  read_trees(registry, {commit}, settings, [&] { files = registry.tree_files(commit, suffixes, pathspecs); });
  return files;
}

std::vector<git::Change> changes(const git::Registry& registry, const std::optional<Oid>& before,
                                 const std::optional<Oid>& after, const std::vector<std::string>& pathspecs,
                                 const Settings& settings) {
  std::vector<Oid> commits;
  for (const std::optional<Oid>& side : {before, after}) {
    if (side) commits.push_back(*side);
  }
  std::vector<git::Change> changes;
  read_trees(registry, commits, settings, [&] { changes = registry.changes(before, after, pathspecs); });
  return changes;
}

std::optional<std::vector<std::string>> match_all(const git::Registry& registry,
                                                  const std::vector<std::string>& pathspecs,
                                                  const git::Registry::Listing& listing, const Settings& settings) {
  std::vector<Oid> commits;
  if (listing.tree) commits.push_back(*listing.tree);
  std::optional<std::vector<std::string>> files;
  read_trees(registry, commits, settings, [&] { files = registry.match_all(pathspecs, listing); });
  return files;
}

}  // namespace mlem::source
