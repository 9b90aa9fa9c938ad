#include "command/detail/hook_script.hpp"

#include "edit/hooks.hpp"

namespace mlem::command {

std::string hook_script(const Context& context) {
  const fs::path data = (fs::path(context.program).parent_path() / GIT_MLEM_DATA_DIR).lexically_normal();
  return edit::load_hook_script(data / "hooks" / "hook", context.program);
}

}  // namespace mlem::command
