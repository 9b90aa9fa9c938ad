#include "source/cache_entry.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <chrono>

namespace mlem::source {
namespace {

std::chrono::steady_clock::time_point lock_deadline(const Settings& settings) {
  const auto now = std::chrono::steady_clock::now();
  // Whoever holds the lock runs a few bounded commands; without a time limit an hour is as good as for ever.
  const auto patience = settings.budget.timeout.count() > 0 ? 4 * settings.budget.timeout : std::chrono::hours(1);
  return settings.budget.deadline ? std::min(*settings.budget.deadline, now + patience) : now + patience;
}

/// A new entry in the place of an old one, which comes back unless the new one is kept.
class Replacement {
 public:
  Replacement(const Cache& cache, const std::string& key) : cache_(cache), key_(key) { cache_.set_aside(key_); }
  ~Replacement() { cache_.put_back(key_); }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void keep() const { cache_.remove_aside(key_); }

 private:
  const Cache& cache_;
  const std::string& key_;
};

void use_once(const std::function<void()>& use) {
  try {
    use();
  } catch (const git::TransportError& error) {
    if (error.failure() == git::TransportFailure::broken_repository) throw BrokenEntry{error.why()};
    throw;
  } catch (const git::OutOfTime&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::not_found) throw;
    throw BrokenEntry{error.what()};
  }
}

}  // namespace

FileLock lock_entry(const Cache& cache, const std::string& key, const RepoUrl& url, const Settings& settings) {
  try {
    return cache.lock(key, lock_deadline(settings));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    throw git::TransportError(git::TransportFailure::timeout, "cannot read '" + url.printable() + "'",
                              "another process reads it, and took too long", {});
  }
}

git::TransportError unreachable(const RepoUrl& url, const std::string& why, const std::string& hint) {
  return {git::TransportFailure::unreachable, "cannot read '" + url.printable() + "'", why, hint};
}

void notice(const Settings& settings, const RepoUrl& url, const std::string& text) {
  if (settings.observer.notice) settings.observer.notice("'" + url.printable() + "': " + text);
}

git::Transport transport_to(const RepoUrl& url, const Settings& settings) {
  return git::Transport(settings.access.environment,
                        {.idle = settings.budget.timeout,
                         .deadline = settings.budget.deadline,
                         .max_growth = settings.budget.max_fetch,
                         .interactive = settings.access.interactive,
                         .directory = settings.access.directory,
                         .logins = settings.access.logins.get(),
                         .interrupt = settings.observer.interrupt,
                         .notice = [&](const std::string& text) { notice(settings, url, text); }});
}

void fetch(const git::Transport& transport, const fs::path& entry, const std::string& address, const RepoUrl& url,
           const git::Transport::Fetch& what) {
  try {
    transport.fetch(entry, address, url.printable(), what);
  } catch (const git::TransportError& error) {
    if (error.explained() == git::Explained::no) throw SuspectEntry{error};
    throw;
  }
}

void fetch_filtered(const git::Transport& transport, const fs::path& entry, const std::string& address,
                    const RepoUrl& url, const Settings& settings, git::Transport::Fetch what,
                    const std::vector<std::string>& filters) {
  for (const std::string& filter : filters) {
    what.filter = filter;
    try {
      fetch(transport, entry, address, url, what);
      return;
    } catch (const git::TransportError& error) {
      if (error.failure() != git::TransportFailure::refused_filter || &filter == &filters.back()) throw;
      notice(settings, url, "it refuses the filter '" + filter + "'");
    }
  }
}

void use_entry(const Cache& cache, const std::string& key, const RepoUrl& url, const Settings& settings,
               const std::function<void()>& use) {
  try {
    const FileLock lock = lock_entry(cache, key, url, settings);
    const bool is_new = cache.find(key).empty();
    // What has no objects is not a repository, whatever else is there.
    if (!settings.offline && is_new) cache.remove(key);
    // A run that died while it made the entry anew may have left the old one.
    cache.remove_aside(key);
    cache.remove_leftovers(key);
    std::string why;
    try {
      use_once(use);
      return;
    } catch (const BrokenEntry& broken) {
      if (settings.offline) throw unreachable(url, broken.why);
      why = broken.why;
    } catch (const SuspectEntry& suspect) {
      if (is_new) throw suspect.error;
      why = suspect.error.why();
    }
    notice(settings, url, "making its entry in the cache anew: " + why);
    const Replacement replacement(cache, key);
    use_once(use);
    replacement.keep();
  } catch (const BrokenEntry& again) {
    // Then it is what the server sends.
    throw unreachable(url, again.why);
  } catch (const SuspectEntry& again) {
    throw again.error;
  } catch (const Error& error) {
    // A full disk leaves other sources readable, those that are in place at least.
    if (error.kind() != ErrorKind::io) throw;
    throw unreachable(url, error.what());
  }
}

}  // namespace mlem::source
