#pragma once

#include "base/environment.hpp"
#include "base/interrupt.hpp"
#include "git/login_cache.hpp"
#include "git/registry.hpp"
#include "model/url_policy.hpp"
#include "source/cache.hpp"
#include "source/recording.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::source {

/// Where what is fetched is kept: see Cache.
struct CachePlace {
  fs::path directory;
  fs::path fallback;
};

/// What may be reached, and with which configuration.
struct Access {
  Environment environment;  ///< without this repository's variables, with its transport settings
  std::vector<std::pair<std::string, std::string>> config;  ///< for url.*.insteadOf
  std::string directory;                                    ///< where git would run: relative settings start there
  UrlPolicy url_policy;
  bool interactive = false;  ///< ask on the terminal where credentials are missing
  /// What was typed there, for all copies of these settings; null if nobody can be asked.
  std::shared_ptr<git::LoginCache> logins{};
};

/// What reading may take.
struct Budget {
  std::size_t jobs = 8;                                           ///< mlem.jobs: repositories read at once
  std::chrono::milliseconds timeout{30'000};                      ///< mlem.timeout: without progress; 0: none
  std::optional<std::chrono::steady_clock::time_point> deadline;  ///< mlem.hookTimeout
  std::uint64_t max_fetch = std::uint64_t{1} << 30;               ///< mlem.maxFetch: bytes

  bool has_time() const { return !deadline || std::chrono::steady_clock::now() < *deadline; }
};

/// How far the fetching of files is.
struct Bytes {
  std::uint64_t done = 0;     ///< bytes
  std::uint64_t total = 0;    ///< bytes; 0: not known yet
  std::size_t files = 0;      ///< that are whole
  std::size_t all_files = 0;  ///< that are wanted
};

/// Who is told meanwhile, and who may end it.
struct Observer {
  /// Told what is unusual about reading a source, for `-v`. Called by several threads at once.
  std::function<void(const std::string&)> notice;
  /// Told how many of the sources of one hop level have been read, when one of them begins or, `is_read`, ends. Called
  /// by several threads at once.
  std::function<void(std::size_t done, std::size_t total, const std::string& source, bool is_read)> progress;
  /// Told how many bytes of files are there, of how many that are wanted as far as that is known, and how many of the
  /// files. Called by several threads at once.
  std::function<void(const Bytes&)> bytes;
  /// Notes what is read of sources; null: nobody does.
  Recording* recording = nullptr;
  Interrupt* interrupt = nullptr;
};

/// How other repositories are read: git-mlem-check(1) and git-mlem(1) have the keys of the configuration.
struct Settings {
  CachePlace cache;
  Access access;
  Budget budget;
  Observer observer;
  bool offline = false;  ///< answer from the cache
  bool fresh = false;    ///< ask again for what the cache has
  /// mlem.proofAge: how long a source counts as seen, after it answered; nothing: for ever.
  std::optional<std::chrono::seconds> proof_age{std::chrono::hours(24)};
};

/// Whose credentials and network are used, and so what links may make us do with them.
enum class Trust {
  user,    ///< who runs the command wants the answer
  server,  ///< anybody who may push: fewer protocols, public hosts, no redirects, nothing from GIT_MLEM_* variables
};

/// Reads `mlem.*` from the registry's config. Throws Error(invalid) naming the key for a bad value.
Settings load_settings(const git::Registry& registry, Trust trust = Trust::user);

/// Returns a number of seconds of the configuration, a year at most, 0 for no limit. Throws Error(invalid) naming the
/// key for a bad value.
std::chrono::seconds seconds_of(const git::Config& config, const char* key, std::int64_t otherwise);

/// Registry::fetch_missing() within the limits of `settings`; nothing is fetched offline.
void fetch_missing(const git::Registry& registry, const std::vector<Oid>& blobs, const Settings& settings);

/// Calls `read`, which reads trees of the registry's commits. If it throws Error(unavailable) in a partial clone that
/// lacks parts of them, those are fetched, and it is called again. Throws Error(unavailable) if they cannot be had.
void read_trees(const git::Registry& registry, const std::vector<Oid>& commits, const Settings& settings,
                const std::function<void()>& read);

/// Registry::tree_files(), by read_trees().
std::deque<git::File> tree_files(const git::Registry& registry, const Oid& commit, const git::Suffixes& suffixes,
                                 const std::vector<std::string>& pathspecs, const Settings& settings);

/// Registry::changes() and Registry::match_all(), in the same way.
std::vector<git::Change> changes(const git::Registry& registry, const std::optional<Oid>& before,
                                 const std::optional<Oid>& after, const std::vector<std::string>& pathspecs,
                                 const Settings& settings);
std::optional<std::vector<std::string>> match_all(const git::Registry& registry,
                                                  const std::vector<std::string>& pathspecs,
                                                  const git::Registry::Listing& listing, const Settings& settings);

}  // namespace mlem::source
