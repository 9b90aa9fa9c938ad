#include "git/hooks.hpp"

#include "base/error.hpp"

#include <boost/filesystem/operations.hpp>

namespace mlem::git {

fs::path hooks_directory(const Registry& registry) {
  const RunResult path = registry.git({"rev-parse", "--git-path", "hooks"});
  std::string text = path.output;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (path.code != 0 || text.empty()) throw Error(ErrorKind::unavailable, "cannot find the hooks directory");
  return fs::absolute(text, registry.directory());
}

bool shares_hooks(const Registry& registry) {
  const RunResult scope = registry.git({"config", "--show-scope", "--get", "core.hooksPath"});
  return scope.code == 0 && !scope.output.starts_with("local") && !scope.output.starts_with("worktree");
}

}  // namespace mlem::git
