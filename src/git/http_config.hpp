#pragma once

#include "base/environment.hpp"
#include "git/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mlem::git {

/// Returns what git's configuration says about requests to `url`: the settings `http.*` and, where they fit it,
/// `http.<url>.*`, as keys `http.<name>` in lower case (git-config(1)). `environment` is with_transport_config(), and
/// `directory` where git would run. Throws Error(unavailable) if git refuses.
Config http_config(std::string_view url, const Environment& environment, const std::string& directory);

/// Returns the headers that git adds to requests to `url`: the values of `http.extraHeader` and, where they fit it, of
/// `http.<url>.extraHeader`, which it collects, and forgets at an empty one. The rest is as in http_config().
std::vector<std::string> http_extra_headers(std::string_view url, const Environment& environment,
                                            const std::string& directory);

/// Returns the settings of a text in the syntax of git-config(1), without what it includes: a `.lfsconfig`, say.
/// Throws Error(invalid) if git cannot read it.
Config parse_config_file(std::string_view text, const Environment& environment);

/// Returns the settings of the repository `git_dir`, of the user and of the system, but not those of GIT_CONFIG_COUNT,
/// which are about another repository. Without a `git_dir`: only those of the user and the system.
/// Throws Error(unavailable) if git refuses.
Config repository_config(std::string_view git_dir, Environment environment);

}  // namespace mlem::git
