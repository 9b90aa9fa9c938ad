#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// Returns `url` after the longest matching url.<base>.insteadOf of `config`, whose keys and values are those of
/// Config::entries(), as git rewrites it.
std::string rewrite_url(std::string_view url, const std::vector<std::pair<std::string, std::string>>& config);

}  // namespace mlem::git
