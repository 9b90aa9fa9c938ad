#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// An address after url.<base>.insteadOf.
struct RewrittenUrl {
  std::string url;
  std::size_t matched = 0;  ///< how many bytes at the beginning another base has taken the place of; 0: it is as it was
};

/// Returns `url` after the longest matching url.<base>.insteadOf of `config`, whose keys and values are those of
/// Config::entries(), as git rewrites it.
RewrittenUrl rewrite_url(std::string_view url, const std::vector<std::pair<std::string, std::string>>& config);

}  // namespace mlem::git
