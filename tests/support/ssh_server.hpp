#pragma once

#include "support/detail/loopback.hpp"
#include "support/sandbox.hpp"

#include <string>

namespace mlem::test {

/// An OpenSSH server on 127.0.0.1 with keys of its own, for as long as this lives. It lets the current user in, by one
/// key, to everything that user may read. The user needs a login shell.
class SshServer {
 public:
  /// Throws MissingProgram if there is no sshd or ssh here.
  explicit SshServer(const Sandbox& sandbox);

  /// Returns `ssh://<user>@127.0.0.1:<port>/<absolute path>`.
  std::string url(const fs::path& repository) const;

  /// From now on the key runs this and nothing else, as `command=` of authorized_keys has it.
  void force_command(const std::string& command) const;

  /// Returns the ssh that gets in, for GIT_SSH_COMMAND or core.sshCommand.
  std::string command() const { return client("user_key", "known_hosts"); }
  /// The same with a key that the server refuses.
  std::string command_with_refused_key() const { return client("other_key", "known_hosts"); }
  /// The same without the server's host key among the known ones.
  std::string command_with_unknown_host() const { return client("user_key", "no_known_hosts"); }

 private:
  std::string client(const std::string& key, const std::string& known_hosts) const;

  fs::path directory_;
  StartedServer server_;
};

}  // namespace mlem::test
