#pragma once

#include "model/repo_url.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem {

/// Which addresses may be used: judged on the address as written, before git rewrites it.
struct UrlPolicy {
  /// The schemes allowed, `mlem.allowProtocol`, in lower case.
  std::vector<std::string> protocols = {"https", "ssh", "http", "git", "file"};
  /// Globs of normalised addresses, `mlem.allowSource`; empty: all may be used.
  std::vector<std::string> sources{};
  /// Whether a host must have a public name where `sources` is empty: no address literal, `localhost`, name of a single
  /// label or under `.local`, `.internal`, `.localhost`.
  bool public_hosts = false;
};

/// Returns why `url` may not be used, nothing if it may. `is_rewritten`: git's configuration says where it leads, so
/// that its host is not asked. Whatever `policy` says: a remote helper (`ext::`, `fd::`, a
/// scheme that git does not speak itself), a user in http(s), a password anywhere.
std::optional<std::string> why_forbidden(const RepoUrl& url, const UrlPolicy& policy, bool is_rewritten = false);

}  // namespace mlem
