#pragma once

#include "base/environment.hpp"

#include <string_view>

namespace mlem::git::detail {

/// Adds a setting as `git -c` would, but that `key` may have a `=`.
void add_config(Environment& environment, std::string_view key, std::string_view value);

/// Tells the ssh that the user has not to ask. Another ssh than OpenSSH has no such option, and no terminal either.
void set_ssh_batch_mode(Environment& environment);

}  // namespace mlem::git::detail
