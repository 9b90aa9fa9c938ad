#pragma once

#include "git/registry.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mlem::check {

/// How many files of the work tree are not as the index has them.
struct UnstagedLinks {
  std::size_t count = 0;
  bool are_links = true;  ///< or there were too many to look whether they are: all that are called so were counted
};

/// Counts the links of the work tree that the index has otherwise or not at all, and those that it has alone; what is
/// to be a link and cannot be read as one counts. With pathspecs, of those that match one.
UnstagedLinks count_unstaged_links(const git::Registry& registry, const std::vector<std::string>& pathspecs);

}  // namespace mlem::check
