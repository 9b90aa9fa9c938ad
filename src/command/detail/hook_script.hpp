#pragma once

#include "command/context.hpp"

#include <string>

namespace mlem::command {

/// Returns the script of all hooks, as edit::load_hook_script() does: beside the program, wherever it was installed to.
std::string hook_script(const Context& context);

}  // namespace mlem::command
