#pragma once

#include "base/environment.hpp"
#include "git/transport.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mlem::git {

/// What a user logs in to a server with.
struct Credential {
  std::string username;
  std::string password;     ///< never to be shown
  std::string description;  ///< all that git-credential(1) said of it, which it is told again afterwards
};

/// Asks git-credential(1), and so the helpers that the user has set up, for a login at `url`. Without
/// `options.interactive` nobody is asked but a program that is set up for it. Returns nothing if there is no login.
/// `environment` is as for Transport. Throws Interrupted, and Error(io) if git cannot be started.
std::optional<Credential> fill_credential(std::string_view url, const Environment& environment,
                                          const TransportOptions& options);

/// Tells the helpers that a server has taken a login: they may keep it.
void approve_credential(const Credential& credential, const Environment& environment, const TransportOptions& options);
/// Tells the helpers that a server has refused a login: they forget it.
void reject_credential(const Credential& credential, const Environment& environment, const TransportOptions& options);

}  // namespace mlem::git
