#include "support/detail/loopback.hpp"

#include "support/text_file.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace mlem::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// bind, connect and getsockname take the address of any family by a pointer to their common head.
sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Listener::Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket_.get(), generic(address), size) != 0 || ::listen(socket_.get(), SOMAXCONN) != 0 ||
      ::getsockname(socket_.get(), generic(address), &size) != 0)
    fail("cannot listen on 127.0.0.1");
  port_ = ntohs(address.sin_port);
}

UniqueFd Listener::accept() const noexcept {
  return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(port);
  if (::connect(socket.get(), generic(address), sizeof address) != 0) socket.reset();
  return socket;
}

StartedServer start_server(const std::function<Child(std::uint16_t)>& start, const fs::path& log_file) {
  constexpr int ports = 3;
  constexpr auto patience = std::chrono::seconds(30);
  for (int i = 0; i < ports; ++i) {
    const std::uint16_t port = Listener().port();
    Child child = start(port);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!child.status() && std::chrono::steady_clock::now() < deadline) {
      if (connect_to(port) && !child.status()) return {std::move(child), port};
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  throw std::runtime_error("a server does not start; it says:\n" + read_file(log_file));
}

UniqueFd open_log(const fs::path& log_file) {
  UniqueFd log(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) fail("cannot open a server's log");
  return log;
}

UniqueFd open_null() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

Variables server_environment(const Variables& environment) {
  Variables variables = environment;
  variables["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin";
  return variables;
}

}  // namespace mlem::test
