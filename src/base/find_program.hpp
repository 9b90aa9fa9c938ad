#pragma once

#include "base/environment.hpp"

#include <optional>
#include <string>

namespace mlem {

/// Returns where a child with this environment would find a program: by its PATH, or as it is if `name` has a `/`.
/// Nothing: there is none that may be run.
std::optional<std::string> find_program(const std::string& name, const Environment& environment);

}  // namespace mlem
