#pragma once

#include "support/detail/child.hpp"
#include "support/detail/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace mlem::test {

/// A TCP socket that listens on a free port of 127.0.0.1.
class Listener {
 public:
  Listener();

  std::uint16_t port() const noexcept { return port_; }
  int fd() const noexcept { return socket_.get(); }
  /// Returns a connection that waits; an empty one if none does.
  UniqueFd accept() const noexcept;

 private:
  UniqueFd socket_;
  std::uint16_t port_;
};

/// Returns a connection to that port of 127.0.0.1; an empty one if nobody listens there.
UniqueFd connect_to(std::uint16_t port);

/// Starts a server with a port that was free a moment ago, and waits until it answers there. As another process may
/// take the port in between, a server that ends at once gets another port, a few times.
/// Throws MissingProgram, and std::runtime_error with `log_file`'s content if it does not come up.
struct StartedServer {
  Child child;
  std::uint16_t port;
};
StartedServer start_server(const std::function<Child(std::uint16_t)>& start, const fs::path& log_file);

/// Opens a file to which a server writes what it has to say, for both of its output streams.
UniqueFd open_log(const fs::path& log_file);

/// Opens /dev/null for reading.
UniqueFd open_null();

/// Returns PATH with the directories of system programs, which a user's PATH may lack.
Variables server_environment(const Variables& environment);

}  // namespace mlem::test
