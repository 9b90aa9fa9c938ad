#include "git/local_config.hpp"

#include "git/detail/command.hpp"

#include <boost/filesystem/operations.hpp>

namespace mlem::git {

std::optional<std::string> find_local(const Registry& registry, const std::string& key) {
  RunResult result = registry.git({"config", "--local", "-z", "--get", key});
  if (result.code == 1) return std::nullopt;
  std::string value = detail::output_of(std::move(result), "cannot read '" + key + "'");
  if (!value.empty() && value.back() == '\0') value.pop_back();
  return value;
}

void set_local(const Registry& registry, const std::string& key, const std::string& value) {
  detail::output_of(registry.git({"config", "--local", "--replace-all", key, value}), "cannot set '" + key + "'");
}

void unset_local(const Registry& registry, const std::string& key) {
  if (!find_local(registry, key)) return;
  detail::output_of(registry.git({"config", "--local", "--unset-all", key}), "cannot unset '" + key + "'");
}

fs::path repository_file(const Registry& registry, const std::string& name) {
  std::string path = detail::output_of(registry.git({"rev-parse", "--git-path", name}),
                                       "cannot find '" + name + "' of the repository");
  if (!path.empty() && path.back() == '\n') path.pop_back();
  return fs::absolute(path, registry.directory());
}

}  // namespace mlem::git
