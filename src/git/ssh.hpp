#pragma once

#include "base/environment.hpp"
#include "base/process.hpp"
#include "git/transport.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::git {

/// Where ssh goes.
struct SshAddress {
  std::string user_and_host;  ///< `[user@]host`
  std::string port{};         ///< empty: ssh's own
  std::string path{};         ///< there: absolute, or from where one arrives

  friend bool operator==(const SshAddress&, const SshAddress&) = default;
};

/// Reads `ssh://[user@]host[:port]/path` and `[user@]host:path`. Returns nothing for another address, and for one whose
/// host ssh would take for an option.
std::optional<SshAddress> parse_ssh_address(std::string_view address);

/// Runs a command on that host with the ssh that git would use: GIT_SSH_COMMAND, core.sshCommand, GIT_SSH
/// (git-config(1)). The words of `command` are quoted for the shell there where they must be. `environment` is as for
/// Transport. Throws Interrupted, and Error(io) if there is no ssh.
RunResult run_ssh(const SshAddress& address, const std::vector<std::string>& command, const Environment& environment,
                  const TransportOptions& options);

}  // namespace mlem::git
