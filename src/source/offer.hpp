#pragma once

#include "model/repo_url.hpp"
#include "source/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

// What may be typed where a rev or a path of a source is wanted. Nobody who types waits for a network: a repository of
// this machine is read, and of others what the cache has of them.

namespace mlem::source {

/// Returns the short names of a source's branches and tags; none if they are not known here.
std::vector<std::string> known_revs(const RepoUrl& url, Settings settings);

/// Returns the paths of what a directory (empty: the root) has itself at a branch, tag or full id (empty: the default
/// branch), those of directories with a `/` at their end; none if they are not known here.
std::vector<std::string> known_paths(const RepoUrl& url, Settings settings, const std::string& rev,
                                     std::string_view directory);

}  // namespace mlem::source
