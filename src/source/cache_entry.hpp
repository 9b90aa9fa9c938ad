#pragma once

#include "base/file.hpp"
#include "git/transport.hpp"
#include "model/repo_url.hpp"
#include "source/cache.hpp"
#include "source/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mlem::source {

/// Thrown when an entry of the cache cannot be used as it is.
struct BrokenEntry {
  std::string why;
};

/// Thrown when a fetch into an entry failed for a reason that is not known: it may be the entry's.
struct SuspectEntry {
  git::TransportError error;
};

/// Waits for the lock of the entry `key` of `url`. Throws git::TransportError if another process holds it for too long.
FileLock lock_entry(const Cache& cache, const std::string& key, const RepoUrl& url, const Settings& settings);

/// Calls `use` with the lock of the entry `key` of `url` held. If that throws BrokenEntry, or an error that is not
/// about the source, or SuspectEntry where something was there before, `use` is called once more with an entry that is
/// made anew. Only if that succeeds is the old one thrown away: it may be the source that failed.
///
/// Throws what concerns the source: git::TransportError, also if another process holds the lock for too long or the
/// cache cannot be written, and Error(invalid).
void use_entry(const Cache& cache, const std::string& key, const RepoUrl& url, const Settings& settings,
               const std::function<void()>& use);

/// Returns how `url` is asked, within the limits of `settings`; both have to outlive it.
git::Transport transport_to(const RepoUrl& url, const Settings& settings);

/// Fetches into `entry` from `address`, which is Place::address of `url`. Throws git::TransportError, SuspectEntry.
void fetch(const git::Transport& transport, const fs::path& entry, const std::string& address, const RepoUrl& url,
           const git::Transport::Fetch& what);

/// Fetches with the first of `filters` (empty: none) that the server does not refuse. Throws git::TransportError,
/// SuspectEntry.
void fetch_filtered(const git::Transport& transport, const fs::path& entry, const std::string& address,
                    const RepoUrl& url, const Settings& settings, git::Transport::Fetch what,
                    const std::vector<std::string>& filters);

/// Returns the error for a source that gave no answer.
git::TransportError unreachable(const RepoUrl& url, const std::string& why, const std::string& hint = {});

/// Tells what is unusual about reading a source.
void notice(const Settings& settings, const RepoUrl& url, const std::string& text);

}  // namespace mlem::source
