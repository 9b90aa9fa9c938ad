#include "artifact/lfs_endpoint.hpp"

#include "artifact/lfs_store.hpp"
#include "artifact/transfer.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/http_config.hpp"
#include "git/repository.hpp"
#include "git/rewrite_url.hpp"
#include "model/url_policy.hpp"
#include "source/local_repository.hpp"
#include "source/place.hpp"

#include <algorithm>
#include <utility>

// First it is settled which address counts, the one that is configured or that of the source itself; then its protocol
// makes an endpoint of it. A web address is taken as it is (that of a repository with the usual suffix), for ssh and
// git a web address is guessed, and a directory stands for the store in it. The user may name any place, the file of a
// source only what the rules for addresses allow. A source of this machine has its own store looked at too, unless the
// configuration names another one.

namespace mlem::artifact {
namespace {

using Found = std::variant<LfsEndpoint, source::Refusal>;

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string_view without_slash(std::string_view url) {
  if (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

/// Takes the user and password out of an address, as insteadOf puts a token into it.
void set_web_url(LfsEndpoint& endpoint, std::string_view url) {
  const std::size_t start = url.find("://") + 3;
  const std::size_t slash = std::min(url.find('/', start), url.size());
  const std::string_view authority = url.substr(start, slash - start);
  const std::size_t at = authority.rfind('@');
  const std::string_view login = at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
  const std::size_t colon = std::min(login.find(':'), login.size());
  endpoint.user = percent_decoded(login.substr(0, colon));
  if (colon < login.size()) endpoint.password = percent_decoded(login.substr(colon + 1));
  endpoint.url.assign(url.substr(0, start))
      .append(at == std::string_view::npos ? authority : authority.substr(at + 1))
      .append(without_slash(url.substr(slash)));
}

/// What is behind the address of a repository.
std::string with_suffix(std::string_view url) {
  url = without_slash(url);
  return std::string(url) + (url.ends_with(".git") ? "/info/lfs" : ".git/info/lfs");
}

/// The address that is guessed for a server that is reached in another way.
std::string guessed_url(const git::SshAddress& ssh) {
  const std::size_t at = ssh.user_and_host.rfind('@');
  const std::string host = ssh.user_and_host.substr(at == std::string::npos ? 0 : at + 1);
  const std::string literal = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return "https://" + literal + (ssh.path.starts_with('/') ? "" : "/") + ssh.path;
}

enum class Whole { yes, no };

/// Returns the endpoint that an address stands for, after insteadOf: `Whole::yes` as it is, else as that of a
/// repository.
std::optional<LfsEndpoint> endpoint_at(const std::string& url, Whole whole) {
  LfsEndpoint endpoint;
  const std::string scheme = to_lower_ascii(url.substr(0, std::min(url.find("://"), url.size())));
  const auto finished = [&](const std::string& address) {
    return whole == Whole::yes ? address : with_suffix(address);
  };
  if (scheme == "http" || scheme == "https") {
    set_web_url(endpoint, finished(url));
    return endpoint;
  }
  if (scheme == "git") {
    const std::size_t start = url.find("://") + 3;
    const std::size_t slash = std::min(url.find('/', start), url.size());
    const std::string authority = url.substr(start, slash - start);
    const bool has_port = authority.find(':') != std::string::npos && !authority.ends_with(']');
    set_web_url(endpoint,
                with_suffix("https://" + authority.substr(0, has_port ? authority.rfind(':') : authority.size()) +
                            url.substr(slash)));
    return endpoint;
  }
  endpoint.ssh = git::parse_ssh_address(without_slash(url));
  if (!endpoint.ssh) return std::nullopt;
  set_web_url(endpoint, with_suffix(guessed_url(*endpoint.ssh)));
  return endpoint;
}

/// Has the objects of a repository of this machine looked for in its store.
void set_store(LfsEndpoint& endpoint, const fs::path& git_dir, const source::Settings& settings) {
  endpoint.store = lfs_store(git_dir, settings.access.environment);
  endpoint.borrowed_stores = borrowed_lfs_stores(git_dir);
}

/// What a configuration says: an address, and whether it is the user's.
struct Configured {
  std::string url;
  bool is_users = false;
};

std::optional<std::string> remote_lfs_url(const RepoUrl& source,
                                          const std::vector<std::pair<std::string, std::string>>& entries) {
  constexpr std::string_view section = "remote.";
  constexpr std::string_view name = ".url";
  for (const auto& [key, value] : entries) {
    if (!key.starts_with(section) || !key.ends_with(name)) continue;
    try {
      if (!(RepoUrl::parse(value) == source)) continue;
    } catch (const Error&) {
      continue;
    }
    const std::string wanted = key.substr(0, key.size() - name.size()) + ".lfsurl";
    for (const auto& [other, url] : entries) {
      if (other == wanted) return url;
    }
  }
  return std::nullopt;
}

/// Looks at the configurations in git-lfs's order. `git_dir`: of a source of this machine.
std::optional<Configured> find_configured(const RepoUrl& source, const std::string& git_dir, std::string_view lfsconfig,
                                          const source::Settings& settings) {
  const Environment& environment = settings.access.environment;
  const git::Config own = git::repository_config(git_dir, environment);
  if (const auto url = own.find("lfs.url"); url && !url->empty()) return Configured{*url, true};
  if (const auto url = remote_lfs_url(source, settings.access.config)) return Configured{*url, true};
  if (lfsconfig.empty()) return std::nullopt;
  const auto url = git::parse_config_file(lfsconfig, environment).find("lfs.url");
  return url && !url->empty() ? std::optional(Configured{*url, false}) : std::nullopt;
}

source::Refusal refuse_configured(const Configured& configured, Verdict verdict, const std::string& why) {
  const std::string shown = "'" + shown_url(configured.url) + "'";
  return {verdict,
          configured.is_users ? "lfs.url " + shown + " cannot be used: " + why
                              : "'.lfsconfig' of the source names " + shown + ", which may not be used: " + why,
          configured.is_users ? "" : "'git config --global lfs.url <url>' takes its place"};
}

/// Judges what a configuration says, and makes an endpoint of it.
Found configured_endpoint(const Configured& configured, bool is_local, const source::Settings& settings) {
  const git::RewrittenUrl rewritten = git::rewrite_url(configured.url, settings.access.config);
  const bool is_trusted = configured.is_users || rewritten.matched != 0;
  const bool is_directory = rewritten.url.starts_with('/') || rewritten.url.starts_with("file://");
  try {
    const RepoUrl url = RepoUrl::parse(configured.url.starts_with('/') ? file_url(configured.url) : configured.url);
    if (!configured.is_users) {
      if (url.scheme() == "file" && !is_local) {
        return refuse_configured(configured, Verdict::forbidden, "the source itself is not on this machine");
      }
      if (const auto why = why_forbidden(url, settings.access.url_policy, rewritten.matched != 0)) {
        return refuse_configured(configured, Verdict::forbidden, *why);
      }
    }
    if (is_directory) {
      const std::string address = rewritten.url.starts_with('/') ? file_url(rewritten.url) : rewritten.url;
      const auto git_dir = git::find_addressed_git_dir(*RepoUrl::parse(address).local_path());
      if (!git_dir) return refuse_configured(configured, Verdict::artifact_missing, "there is no repository");
      LfsEndpoint endpoint;
      set_store(endpoint, *git_dir, settings);
      return endpoint;
    }
  } catch (const Error& error) {
    return refuse_configured(configured, configured.is_users ? Verdict::unreachable : Verdict::forbidden,
                             error.why().empty() ? error.what() : error.why());
  }
  auto endpoint = endpoint_at(rewritten.url, Whole::yes);
  if (!endpoint) return refuse_configured(configured, Verdict::forbidden, "git-mlem does not speak that protocol");
  endpoint->is_rewritten = is_trusted;
  return *endpoint;
}

}  // namespace

Found find_lfs_endpoint(const RepoUrl& source, std::string_view lfsconfig, const source::Settings& settings) {
  constexpr std::size_t largest_config = std::size_t{64} << 10;
  const std::string name = "'" + source.printable() + "'";
  if (lfsconfig.size() > largest_config) {
    return source::Refusal{Verdict::forbidden, "'.lfsconfig' of " + name + " is larger than 64 KiB", {}};
  }
  try {
    const source::Place place = source::find_place(source, settings.access);
    const bool is_local = place.local && !place.is_bundle;
    const auto local = is_local ? source::find_repository_above(*place.local, source::Spelling::address) : std::nullopt;
    const std::string git_dir = local ? local->git_dir.string() : std::string();
    const auto configured = find_configured(source, git_dir, lfsconfig, settings);
    LfsEndpoint endpoint;
    if (configured) {
      Found found = configured_endpoint(*configured, is_local, settings);
      if (std::holds_alternative<source::Refusal>(found)) return found;
      endpoint = std::get<LfsEndpoint>(std::move(found));
    } else if (!place.local) {
      auto own = endpoint_at(place.rewritten, Whole::no);
      if (!own) {
        return source::Refusal{Verdict::unreachable, "Git LFS has no way to the objects of " + name, {}};
      }
      endpoint = std::move(*own);
      endpoint.is_rewritten = place.is_rewritten;
    }
    // Its own objects are at hand, wherever others come from.
    if (local && !endpoint.store) set_store(endpoint, local->git_dir, settings);
    if (endpoint.store || !endpoint.url.empty()) return endpoint;
    return source::Refusal{Verdict::unreachable, "Git LFS has no way to the objects of " + name, {}};
  } catch (const Error& error) {
    return source::Refusal{Verdict::unreachable,
                           "cannot tell where Git LFS has the objects of " + name + ": " +
                               (error.why().empty() ? error.what() : error.why()),
                           error.hint()};
  }
}

}  // namespace mlem::artifact
