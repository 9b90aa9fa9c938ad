#include "source/visit.hpp"

#include "base/error.hpp"
#include "git/rewrite_url.hpp"
#include "git/transport.hpp"

namespace mlem::source {
namespace {

Verdict verdict_of(git::TransportFailure failure) {
  switch (failure) {
    case git::TransportFailure::missing_repo:
      return Verdict::missing_repo;
    case git::TransportFailure::missing_ref:
    case git::TransportFailure::missing_object:
      return Verdict::missing_rev;
    case git::TransportFailure::auth_required:
      return Verdict::auth_required;
    case git::TransportFailure::timeout:
      return Verdict::timeout;
    case git::TransportFailure::too_large:
      return Verdict::too_large;
    case git::TransportFailure::refused_filter:
    case git::TransportFailure::not_allowed:
    case git::TransportFailure::broken_repository:
    case git::TransportFailure::unreachable:
      break;
  }
  return Verdict::unreachable;
}

/// Returns the repository that an address names, and nothing else.
std::optional<LocalRepository> find_whole_repository(const fs::path& directory) {
  const auto git_dir = git::find_addressed_git_dir(directory);
  return git_dir ? std::optional(LocalRepository{*git_dir, directory, {}}) : std::nullopt;
}

/// Returns the directory that `rewritten`, an address after insteadOf, names; nothing if it names none.
std::optional<std::string> directory_of(const std::string& rewritten) {
  if (rewritten.starts_with("/")) return rewritten;
  if (!rewritten.starts_with("file://")) return std::nullopt;
  try {
    return RepoUrl::parse(rewritten).local_path();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> find_directory(const RepoUrl& url,
                                          const std::vector<std::pair<std::string, std::string>>& config) {
  return directory_of(git::rewrite_url(url.fetch_text(), config));
}

bool is_in_place(const RepoUrl& url, const Settings& settings) {
  return find_directory(url, settings.access.config).has_value();
}

std::optional<Refusal> visit_source(const RepoUrl& url, const Settings& settings,
                                    const std::function<void(const LocalRepository&)>& local,
                                    const std::function<void(const std::string& rewritten)>& remote) {
  const std::string rewritten = git::rewrite_url(url.fetch_text(), settings.access.config);
  const std::string name = "'" + url.printable() + "'";
  if (const auto why = why_forbidden(url, settings.access.url_policy, rewritten != url.fetch_text())) {
    return Refusal{Verdict::forbidden, name + " may not be used: " + *why, {}};
  }
  if (!settings.budget.has_time()) {
    return Refusal{Verdict::timeout, "cannot read " + name + ": there was no time left", {}};
  }
  const auto directory = directory_of(rewritten);
  try {
    if (!directory) {
      remote(rewritten);
      return std::nullopt;
    }
    // What insteadOf leads to a directory is a whole repository, as its own address says. On a server it is the address
    // as written that is allowed, and not a repository above it.
    const bool is_server = settings.access.url_policy.public_hosts;
    const bool is_upward = !is_server && url.scheme() == "file" && rewritten == url.fetch_text();
    const auto found =
        is_upward ? find_repository_above(*directory, Spelling::address) : find_whole_repository(*directory);
    if (git::is_closed(found ? found->git_dir : fs::path(*directory))) {
      return Refusal{Verdict::auth_required, "this account may not read " + name, {}};
    }
    if (!found) return Refusal{Verdict::missing_repo, "no repository at " + name, "or this account may not see it"};
    const fs::path& git_dir = found->git_dir;
    if (git::is_foreign(git_dir, settings.access.environment)) {
      return Refusal{
          Verdict::auth_required, name + " belongs to another user",
          "'git config --global --add safe.directory " + git::guarded_directory(git_dir).string() + "' allows it"};
    }
    local(*found);
  } catch (const git::TransportError& error) {
    return Refusal{verdict_of(error.failure()), error.what(), error.hint()};
  } catch (const Error& error) {
    // Whatever is wrong with a repository is an answer about its links; a cache that must not be used is not.
    if (!directory && error.kind() == ErrorKind::io) throw;
    return Refusal{Verdict::unreachable, error.what(), error.hint()};
  }
  return std::nullopt;
}

}  // namespace mlem::source
