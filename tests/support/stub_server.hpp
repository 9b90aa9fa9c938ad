#pragma once

#include "support/detail/loopback.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mlem::test {

/// Lets TCP connections be made on 127.0.0.1 and never says a word.
class SilentServer {
 public:
  std::uint16_t port() const noexcept { return listener_.port(); }
  /// Returns `http://127.0.0.1:<port>/<path>`.
  std::string url(std::string_view path) const;

 private:
  Listener listener_;  // the kernel completes connections that nobody accepts
};

/// Answers on 127.0.0.1 with a file of 1 GiB, of which it sends some bytes a second for as long as this lives.
class DripServer {
 public:
  DripServer();

  std::uint16_t port() const noexcept { return listener_.port(); }
  /// Returns `http://127.0.0.1:<port>/<path>`.
  std::string url(std::string_view path) const;

 private:
  Listener listener_;
  std::jthread thread_;  // last: it uses the other
};

/// Counts attempts to connect to 127.0.0.1, and ends each connection at once: it shows that none was made.
class CountingListener {
 public:
  CountingListener();

  std::uint16_t port() const noexcept { return listener_.port(); }
  /// Returns `http://127.0.0.1:<port>/<path>`.
  std::string url(std::string_view path) const;
  std::size_t attempts();

 private:
  void end_connections();

  Listener listener_;
  std::mutex mutex_;
  std::size_t attempts_ = 0;
  std::jthread thread_;  // last: it uses the others
};

/// Answers HTTP requests on 127.0.0.1, one connection each, with bytes that a test wrote.
class HttpStub {
 public:
  /// The first request gets the first response, and so on; further requests get the last.
  explicit HttpStub(std::vector<std::string> responses);

  /// Returns a whole response. `headers` are lines that end in `\r\n`.
  static std::string response(std::string_view status, std::string_view body, std::string_view headers = {});
  /// Returns a response that promises `promised` bytes of body and ends after `body`, as a cut connection does.
  static std::string cut_response(std::string_view body, std::size_t promised, std::string_view headers = {});

  std::uint16_t port() const noexcept { return listener_.port(); }
  /// Returns `http://127.0.0.1:<port>/<path>`.
  std::string url(std::string_view path) const;
  /// Returns the requests so far: the request line, headers and body of each.
  std::vector<std::string> requests();

 private:
  void serve(const std::stop_token& stop);

  Listener listener_;
  std::vector<std::string> responses_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace mlem::test
