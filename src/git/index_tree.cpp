#include "git/index_tree.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "model/repo_path.hpp"

#include <string>
#include <string_view>

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

std::set<std::string> find_intended(const Registry& registry, const std::set<std::string>& names) {
  std::set<std::string> found;
  const std::string output = registry.git({"ls-files", "-z", "--full-name", "--", ":/"}).output;
  for (std::string_view path : detail::records(output)) {
    for (; !path.empty(); path = parent_of(path)) {
      const auto name = names.find(std::string(path));
      if (name != names.end()) found.insert(*name);
    }
  }
  return found;
}

}  // namespace mlem::git
