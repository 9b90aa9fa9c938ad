#pragma once

#include "base/error.hpp"
#include "git/transport.hpp"
#include "model/repo_url.hpp"
#include "model/verdict.hpp"

#include "source/local_repository.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace mlem::source {

/// Why nothing can be asked of a source at all.
struct Refusal {
  Verdict verdict = Verdict::ok;
  std::string message;
  std::string hint;
};

/// Calls `local`, if git maps `url` to a directory, else `remote` with the address after insteadOf. Returns why neither
/// was called or what was thrown, if it is an answer about the source; nothing if all went well. Interrupted, and
/// Error(io) if the cache must not be used, are thrown.
std::optional<Refusal> visit_source(const RepoUrl& url, const Settings& settings,
                                    const std::function<void(const LocalRepository&)>& local,
                                    const std::function<void(const std::string& rewritten)>& remote);

/// Returns the directory that `rewritten`, an address after insteadOf, names; nothing if it is none.
std::optional<std::string> directory_of(const std::string& rewritten);

/// Whether git's configuration leads `url` to a directory of this machine.
bool is_in_place(const RepoUrl& url, const Settings& settings);

}  // namespace mlem::source
