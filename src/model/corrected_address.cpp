#include "base/error.hpp"
#include "base/text.hpp"
#include "model/detail/url_text.hpp"
#include "model/repo_url.hpp"
#include "model/url_policy.hpp"

#include <algorithm>
#include <string>

// What people paste: the address bar of a browser, a "Clone" button, the requirements of another tool, the code of
// MLEM's users.

namespace mlem {
namespace {

/// Removes what pip and Nix put around the name of a protocol; `ssh+git` is git's own. Returns whether it was there.
bool take_git_off(std::string& scheme) {
  constexpr std::string_view before = "git+";
  constexpr std::string_view behind = "+git";
  if (scheme.starts_with(before)) {
    scheme.erase(0, before.size());
    return true;
  }
  if (!scheme.ends_with(behind)) return false;
  scheme.erase(scheme.size() - behind.size());
  return true;
}

/// Returns `[user@]host[:port]` with no more of the user than an address of the protocol may have.
std::string allowed_authority(std::string_view authority, std::string_view scheme) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(authority);
  const std::string_view host = authority.substr(at + 1);
  if (scheme != "ssh") return std::string(host);
  const std::string_view user = authority.substr(0, at);
  return std::string(user.substr(0, user.find(':'))).append("@").append(host);
}

/// Returns what `github://<org>:<repo>[@<rev>][/<path>]` means, the form of fsspec that MLEM takes; nothing if it is
/// an address with a password.
std::optional<std::string> translate_fsspec(std::string_view rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::size_t at = std::min(authority.find('@'), authority.size());
  if (at <= colon + 1) return std::nullopt;
  const std::string_view rev = authority.substr(std::min(at + 1, authority.size()));
  if (to_lower_ascii(rev).find("github") != std::string::npos) return std::nullopt;
  const std::string_view path = rest.substr(slash);
  std::string address = "https://github.com/";
  address.append(authority.substr(0, colon)).append("/").append(authority.substr(colon + 1, at - colon - 1));
  if (!rev.empty()) address.append("/tree/").append(rev);
  return path == "/" ? address : address.append(path);
}

}  // namespace

std::optional<std::string> corrected_address(std::string_view text) {
  const std::size_t length = detail::scheme_length(text, "://");
  if (length == 0) return std::nullopt;
  if (to_lower_ascii(text.substr(0, length)) == "github") return translate_fsspec(text.substr(length + 3));
  std::string scheme = to_lower_ascii(text.substr(0, length));
  const bool is_of_pip = take_git_off(scheme);
  std::string_view rest = text.substr(length + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view path = rest.substr(slash);
  if (const std::size_t at = path.rfind('@'); is_of_pip && at != std::string_view::npos) path = path.substr(0, at);
  std::string address = scheme + "://" + allowed_authority(rest.substr(0, slash), scheme) + std::string(path);
  if (address == text) return std::nullopt;
  try {
    const RepoUrl url = RepoUrl::parse(split_url(address).repo);
    if (why_forbidden(url, UrlPolicy())) return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
  // A password with a `/` in it ends the user too early: what may be left of it is not printed.
  if (redact(address) != address) return std::nullopt;
  return address;
}

}  // namespace mlem
