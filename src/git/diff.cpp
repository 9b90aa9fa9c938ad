#include "git/diff.hpp"

namespace mlem::git {

std::string text_difference(const Registry& registry, const std::string& before, const std::string& after) {
  return registry.git({"diff", "--no-index", "--no-ext-diff", "--no-textconv", "--", before, after}).output;
}

}  // namespace mlem::git
