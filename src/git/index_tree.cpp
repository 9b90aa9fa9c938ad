#include "git/index_tree.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <string>

namespace mlem::git {

Oid write_index_tree(const Registry& registry) {
  const std::string what = "cannot look for the files that aliases lead to";
  const RunResult result = registry.git({"write-tree"});
  if (result.code != 0 && !registry.git({"ls-files", "--unmerged"}).output.empty()) {
    throw Error(ErrorKind::unavailable, what, "the index has conflicts", "resolve them and 'git add' the files");
  }
  const std::string output = detail::output_of(result, what);
  return Oid::parse(std::string_view(output).substr(0, output.find('\n'))).value();
}

}  // namespace mlem::git
