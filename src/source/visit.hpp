#pragma once

#include "model/repo_url.hpp"
#include "source/local_repository.hpp"
#include "source/place.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace mlem::source {

/// Calls `local`, if git maps `url` to a directory, else `remote`; that once more, with `.git` behind the address,
/// where a server redirects and git may not follow. Returns why neither was called or what was thrown, if it is an
/// answer about the source; nothing if all went well. Interrupted, and Error(io) if the cache must not be used, are
/// thrown.
std::optional<Refusal> visit_source(const RepoUrl& url, const Settings& settings,
                                    const std::function<void(const LocalRepository&)>& local,
                                    const std::function<void(const Place&)>& remote);

/// Returns why `url` does not lead where its text says: a `..` in a `file:` URL goes up from a symbolic link, or from
/// what is not there. Nothing for an address that has one reading.
std::optional<Refusal> refuse_parents(const RepoUrl& url);

/// Whether git's configuration leads `url` to a directory of this machine.
bool is_in_place(const RepoUrl& url, const Settings& settings);

}  // namespace mlem::source
