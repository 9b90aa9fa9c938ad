#include "source/visit.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "git/transport.hpp"
#include "model/url_policy.hpp"
#include "source/entry_import.hpp"

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
    case git::TransportFailure::redirected:
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

/// Returns the repository that `directory` is in and that `url` may be used for. On a server it is the address as
/// written that is allowed, and not any repository above it.
std::optional<LocalRepository> find_upward(const fs::path& directory, const UrlPolicy& policy) {
  auto found = find_repository_above(directory, Spelling::address);
  const bool is_server = policy.public_hosts;
  if (!found || found->inner.empty() || !is_server) return found;
  const RepoUrl root = RepoUrl::parse(file_url(found->root.string()));
  return why_forbidden(root, policy) ? std::nullopt : found;
}

/// Returns why git would refuse an address without asking anybody: a protocol is in lower case.
std::optional<Refusal> refuse_spelling(const RepoUrl& url, const Place& place) {
  const std::string scheme = place.rewritten.substr(0, place.rewritten.find("://"));
  if (place.local || scheme.size() == place.rewritten.size() || scheme == to_lower_ascii(scheme)) return std::nullopt;
  const auto corrected = corrected_address(url.text());
  return Refusal{Verdict::invalid_link,
                 "cannot read '" + url.printable() + "': git knows no protocol '" + escape_for_terminal(scheme) + "'",
                 corrected ? "write '" + escape_for_terminal(*corrected) + "'" : std::string()};
}

}  // namespace

std::optional<Refusal> refuse_parents(const RepoUrl& url) {
  if (url.scheme() != "file" || url.is_helper()) return std::nullopt;
  const std::string name = "'" + url.printable() + "'";
  const std::string& text = url.text();
  const std::size_t root = text.find("://") + 3;
  for (std::size_t up = text.find("/../"); up != std::string::npos; up = text.find("/../", up + 1)) {
    if (up == root) continue;  // above the root is the root
    const fs::path directory = *RepoUrl::parse(text.substr(0, up)).local_path();
    const std::string shown = "'" + escape_for_terminal(directory.string()) + "'";
    const fs::file_type type = load_type(directory);
    if (type == fs::symlink_file) {
      return Refusal{Verdict::invalid_link, name + " goes up from " + shown + ", which is a symbolic link",
                     "write the address without '..'"};
    }
    if (type != fs::directory_file) {
      return Refusal{Verdict::missing_repo, "no repository at " + name + ": " + shown + " is not a directory",
                     "write the address without '..'"};
    }
  }
  return std::nullopt;
}

namespace {

/// Calls `remote`, once more where a server says that the repository is elsewhere: GitLab wants `.git` behind it.
void visit_remote(Place place, const std::function<void(const Place&)>& remote) {
  constexpr std::string_view suffix = ".git";
  try {
    remote(place);
  } catch (const git::TransportError& error) {
    if (error.failure() != git::TransportFailure::redirected || place.address.ends_with(suffix)) throw;
    if (place.address.ends_with('/')) place.address.pop_back();
    place.address += suffix;
    remote(place);
  }
}

}  // namespace

bool is_in_place(const RepoUrl& url, const Settings& settings) {
  const Place place = find_place(url, settings.access);
  return place.local && !place.is_bundle;
}

std::optional<Refusal> visit_source(const RepoUrl& url, const Settings& settings,
                                    const std::function<void(const LocalRepository&)>& local,
                                    const std::function<void(const Place&)>& remote) {
  const Place place = find_place(url, settings.access);
  const std::string name = "'" + url.printable() + "'";
  if (const auto why = why_forbidden(url, settings.access.url_policy, place.is_rewritten)) {
    const auto corrected = corrected_address(url.text());
    return Refusal{Verdict::forbidden, name + " may not be used: " + *why,
                   corrected ? "write '" + escape_for_terminal(*corrected) + "'" : std::string()};
  }
  if (auto refusal = refuse_spelling(url, place)) return refusal;
  if (!settings.budget.has_time()) {
    return Refusal{Verdict::timeout, "cannot read " + name + ": there was no time left", {}};
  }
  const bool is_in_place = place.local && !place.is_bundle;
  try {
    if (auto refusal = place.is_rewritten ? std::nullopt : refuse_parents(url)) return refusal;
    if (!is_in_place) {
      visit_remote(place, remote);
      return std::nullopt;
    }
    // What insteadOf leads to a directory is a whole repository, as its own address says.
    const bool is_upward = url.scheme() == "file" && !place.is_rewritten;
    const auto found =
        is_upward ? find_upward(*place.local, settings.access.url_policy) : find_whole_repository(*place.local);
    if (git::is_closed(found ? found->git_dir : *place.local)) {
      return Refusal{Verdict::auth_required, "this account may not read " + name, {}};
    }
    if (!found && settings.offline && is_in_cache(url, settings)) {
      remote(place);  // what an import brought
      return std::nullopt;
    }
    if (!found) return Refusal{Verdict::missing_repo, "no repository at " + name, "or this account may not see it"};
    const fs::path& git_dir = found->git_dir;
    if (const auto obstacle = git::find_obstacle(git_dir)) {
      return Refusal{
          Verdict::unreachable, "cannot read " + name + ": '" + obstacle->string() + "' is not a regular file", {}};
    }
    if (git::is_foreign(git_dir, settings.access.environment)) {
      return Refusal{
          Verdict::auth_required, name + " belongs to another user",
          "'git config --global --add safe.directory " + git::guarded_directory(git_dir).string() + "' allows it"};
    }
    local(*found);
  } catch (const git::TransportError& error) {
    return Refusal{verdict_of(error.failure()), error.what(), error.hint()};
  } catch (const git::OutOfTime&) {
    return Refusal{Verdict::timeout, "cannot read " + name + ": there was no time left", {}};
  } catch (const Error& error) {
    // Whatever is wrong with a repository is an answer about its links; a cache that must not be used is not.
    if (!is_in_place && error.kind() == ErrorKind::io) throw;
    return Refusal{Verdict::unreachable, error.what(), error.hint()};
  }
  return std::nullopt;
}

}  // namespace mlem::source
