#pragma once

#include "base/environment.hpp"

#include <string_view>

namespace mlem::git::detail {

/// Adds a setting as `git -c` would, but that `key` may have a `=`.
void add_config(Environment& environment, std::string_view key, std::string_view value);

/// Overrides what in the user's configuration could make a command about another repository run a hook, write
/// elsewhere, or fetch or prune more than was asked for; and whatever says so, a transport that runs a program is not
/// used.
void override_config(Environment& environment);

/// Whether the user has set up a program that is asked for logins: GIT_ASKPASS, core.askPass, or SSH_ASKPASS where
/// SSH_ASKPASS_REQUIRE is `force`.
bool has_askpass(const Environment& environment);

/// Lets git and ssh ask only through a program that the user has set up for it: has_askpass().
void ask_without_terminal(Environment& environment);

/// Tells the ssh that the user has not to ask. Another ssh than OpenSSH has no such option, and no terminal either.
void set_ssh_batch_mode(Environment& environment);

}  // namespace mlem::git::detail
