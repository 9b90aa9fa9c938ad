#pragma once

#include "model/repo_url.hpp"

#include "source/local_repository.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace mlem::source {

/// Calls `local`, if git maps `url` to a directory, else `remote` with the address after insteadOf. Returns why neither
/// was called or what was thrown, if it is an answer about the source; nothing if all went well. Interrupted, and
/// Error(io) if the cache must not be used, are thrown.
std::optional<Refusal> visit_source(const RepoUrl& url, const Settings& settings,
                                    const std::function<void(const LocalRepository&)>& local,
                                    const std::function<void(const std::string& rewritten)>& remote);

/// Returns the directory of this machine that `config`, git's, leads `url` to; nothing for what is elsewhere.
std::optional<std::string> find_directory(const RepoUrl& url,
                                          const std::vector<std::pair<std::string, std::string>>& config);

/// Whether git's configuration leads `url` to a directory of this machine.
bool is_in_place(const RepoUrl& url, const Settings& settings);

}  // namespace mlem::source
