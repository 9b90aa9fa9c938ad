#pragma once

#include "model/repo_url.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem {

/// Which addresses may be used: the contract's section 8, judged on the address as written, before git rewrites it.
struct UrlPolicy {
  /// The schemes allowed, `mlem.allowProtocol`, in lower case.
  std::vector<std::string> protocols = {"https", "ssh", "http", "git", "file"};
};

/// Returns why `url` may not be used, nothing if it may. Whatever `policy` says: a remote helper (`ext::`, `fd::`, a
/// scheme that git does not speak itself), a user in http(s), a password anywhere.
std::optional<std::string> why_forbidden(const RepoUrl& url, const UrlPolicy& policy);

}  // namespace mlem
