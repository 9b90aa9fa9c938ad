#include "artifact/detail/symlink_target.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

namespace mlem::artifact::detail {

std::string why_target_forbidden(std::string_view path, std::string_view target) {
  if (target.empty()) return "a symbolic link to nothing";
  if (target.starts_with('/')) return "a symbolic link to an absolute path";
  if (target.find('\\') != std::string_view::npos) return "a symbolic link with a backslash";
  std::string_view directory = parent_of(path);
  bool is_below_name = false;
  for (const std::string_view component : split(target, '/')) {
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      is_below_name = true;
      continue;
    }
    if (is_below_name) return "a symbolic link with '..' behind a name";
    if (directory.empty()) return "a symbolic link that leads out of the object";
    directory = parent_of(directory);
  }
  if (!is_below_name) return {};
  try {
    RepoPath::parse(target, parent_of(path));
    return {};
  } catch (const Error& error) {
    return "a symbolic link whose target is not valid: " + error.why();
  }
}

}  // namespace mlem::artifact::detail
