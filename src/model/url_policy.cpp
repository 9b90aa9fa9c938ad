#include "model/url_policy.hpp"

#include "model/glob.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <string>
#include <string_view>

namespace mlem {

namespace {

/// Whether the C library takes `host` for an address: 127.0.0.1 has many spellings (`127.1`, `0x7f000001`,
/// `017700000001`).
bool is_address(const std::string& host) {
  in_addr address{};
  return host.find(':') != std::string::npos || inet_aton(host.c_str(), &address) == 1;
}

bool is_public_name(const std::string& host) {
  // A name in another script may be mapped to an address (`１２７.1`), so its ASCII form has to be written.
  if (std::any_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return false;
  if (is_address(host) || host.find('.') == std::string::npos) return false;
  constexpr std::array<std::string_view, 3> private_domains = {".local", ".internal", ".localhost"};
  return std::none_of(private_domains.begin(), private_domains.end(),
                      [&](std::string_view domain) { return host.ends_with(domain); });
}

}  // namespace

std::optional<std::string> why_forbidden(const RepoUrl& url, const UrlPolicy& policy, bool is_rewritten) {
  // For any other scheme git runs the program `git-remote-<scheme>`.
  constexpr std::array<std::string_view, 5> spoken_by_git = {"https", "ssh", "http", "git", "file"};
  const std::string& scheme = url.scheme();
  if (scheme == "git+ssh" || scheme == "ssh+git") return "'" + scheme + "' is an old name of the protocol 'ssh'";
  if (scheme.starts_with("git+")) return "git knows no protocol '" + scheme + "'";
  if (url.is_helper() || std::find(spoken_by_git.begin(), spoken_by_git.end(), scheme) == spoken_by_git.end())
    return "remote helpers such as '" + scheme + "' are never used";
  if (std::find(policy.protocols.begin(), policy.protocols.end(), scheme) == policy.protocols.end())
    return "the protocol '" + scheme + "' is not in mlem.allowProtocol";

  if (url.has_password()) return "it has a password";
  // The user may be a token; ssh needs one (`git@`), and asks for the secret itself.
  if (url.has_user() && scheme != "ssh") return "it has a user, which only ssh addresses may have";
  if (!policy.sources.empty()) {
    const bool is_allowed = std::any_of(policy.sources.begin(), policy.sources.end(), [&](const std::string& pattern) {
      return glob_matches(pattern, url.normalized());
    });
    if (!is_allowed) return "it is not in mlem.allowSource";
  } else if (policy.public_hosts && !is_rewritten && scheme != "file" && !is_public_name(url.host())) {
    return "its host '" + url.host() + "' has no public name";
  }
  return std::nullopt;
}

}  // namespace mlem
