#pragma once

#include "git/repository.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <functional>
#include <map>
#include <optional>

namespace mlem::artifact::detail {

/// Fetches blobs, each given with a commit that leads to it, to where they stay no longer than `use` runs: the cache
/// keeps no file of an object. `use` is given where they are read, and those that cannot be had, and why; it may be
/// called again. Returns why it was not called or what was thrown, as source::converse() does.
std::optional<source::Refusal> with_fetched_blobs(
    const RepoUrl& url, const source::Settings& settings, const std::map<Oid, Oid>& commits_by_blob,
    const std::function<void(git::Repository& repository, const std::map<Oid, source::Refusal>& lacks)>& use);

}  // namespace mlem::artifact::detail
