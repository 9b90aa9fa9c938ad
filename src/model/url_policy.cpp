#include "model/url_policy.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace mlem {

std::optional<std::string> why_forbidden(const RepoUrl& url, const UrlPolicy& policy) {
  // For any other scheme git runs the program `git-remote-<scheme>`.
  constexpr std::array<std::string_view, 5> spoken_by_git = {"https", "ssh", "http", "git", "file"};
  const std::string& scheme = url.scheme();
  if (url.is_helper() || std::find(spoken_by_git.begin(), spoken_by_git.end(), scheme) == spoken_by_git.end())
    return "remote helpers such as '" + scheme + "' are never used";
  if (std::find(policy.protocols.begin(), policy.protocols.end(), scheme) == policy.protocols.end())
    return "the protocol '" + scheme + "' is not in mlem.allowProtocol";

  if (url.has_password()) return "it has a password";
  // The user may be a token; ssh needs one (`git@`), and asks for the secret itself.
  if (url.has_user() && scheme != "ssh") return "it has a user, which only ssh addresses may have";
  return std::nullopt;
}

}  // namespace mlem
