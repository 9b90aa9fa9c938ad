#pragma once

#include "command/context.hpp"

#include <string>

namespace mlem::command {

/// Returns git's pager, a shell command, if stdout is a terminal and `pager.mlem` does not say otherwise; else nothing.
std::string find_pager(const git::Registry& registry, const Context& context);

/// Prints to stdout, through a pager if there is one and it can be run.
void print_paged(const std::string& pager, const std::string& text, Context& context);

}  // namespace mlem::command
