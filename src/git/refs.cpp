#include "git/refs.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <string_view>

namespace mlem::git {

std::vector<std::string> list_symbolic_refs(const Registry& registry) {
  const RunResult listed = registry.git({"for-each-ref", "--format=%(if)%(symref)%(then)%(refname)%(end)"});
  if (listed.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list refs", escape_for_terminal(trim(listed.errors)));
  }
  std::vector<std::string> names;
  for (const std::string_view name : split(listed.output, '\n')) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace mlem::git
