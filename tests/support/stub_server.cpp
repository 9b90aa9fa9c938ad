#include "support/stub_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace mlem::test {

namespace {

/// How often a waiting thread looks whether it shall stop.
constexpr int poll_milliseconds = 10;
/// How long a client may take for its next bytes.
constexpr auto client_patience = std::chrono::seconds(10);

std::string loopback_url(std::uint16_t port, std::string_view path) {
  return fmt::format("http://127.0.0.1:{}/{}", port, path);
}

bool wait_readable(int fd, const std::stop_token& stop) {
  pollfd polled{fd, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + client_patience;
  while (!stop.stop_requested() && std::chrono::steady_clock::now() < deadline)
    if (::poll(&polled, 1, poll_milliseconds) > 0) return true;
  return false;
}

/// Returns the bytes that follow the head of a request, by its Content-Length (0 without one).
std::size_t body_size(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view name = "\r\ncontent-length: ";
  const std::size_t at = head.find(name);
  std::size_t size = 0;
  if (at != std::string::npos) std::from_chars(head.data() + at + name.size(), head.data() + head.size(), size);
  return size;
}

bool is_whole(const std::string& request) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const std::size_t end = request.find(end_of_head);
  if (end == std::string::npos) return false;
  const std::size_t head = end + end_of_head.size();
  return request.size() - head >= body_size(request.substr(0, head));
}

/// Appends what comes next. Returns false at the end, or if nothing comes in time.
bool receive(int connection, std::string& text, const std::stop_token& stop) {
  std::array<char, 16384> buffer;
  if (!wait_readable(connection, stop)) return false;
  const ssize_t count = ::recv(connection, buffer.data(), buffer.size(), 0);
  if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

void send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string SilentServer::url(std::string_view path) const { return loopback_url(port(), path); }

DripServer::DripServer()
    : thread_([this](const std::stop_token& stop) {
        std::vector<UniqueFd> connections;
        while (!stop.stop_requested()) {
          if (UniqueFd connection = listener_.accept()) {
            send_all(connection.get(), "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
            connections.push_back(std::move(connection));
          }
          for (const UniqueFd& connection : connections) send_all(connection.get(), ".");
          std::this_thread::sleep_for(std::chrono::milliseconds(poll_milliseconds));
        }
      }) {}

std::string DripServer::url(std::string_view path) const { return loopback_url(port(), path); }

CountingListener::CountingListener()
    : thread_([this](const std::stop_token& stop) {
        pollfd polled{listener_.fd(), POLLIN, 0};
        while (!stop.stop_requested())
          if (::poll(&polled, 1, poll_milliseconds) > 0) end_connections();
      }) {}

std::string CountingListener::url(std::string_view path) const { return loopback_url(port(), path); }

std::size_t CountingListener::attempts() {
  end_connections();  // those that the thread has not seen yet
  const std::lock_guard lock(mutex_);
  return attempts_;
}

void CountingListener::end_connections() {
  const std::lock_guard lock(mutex_);
  while (listener_.accept()) ++attempts_;
}

HttpStub::HttpStub(std::vector<std::string> responses)
    : responses_(std::move(responses)), thread_([this](const std::stop_token& stop) { serve(stop); }) {}

std::string HttpStub::response(std::string_view status, std::string_view body, std::string_view headers) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(), headers,
                     body);
}

std::string HttpStub::cut_response(std::string_view body, std::size_t promised, std::string_view headers) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", promised, headers, body);
}

std::string HttpStub::url(std::string_view path) const { return loopback_url(port(), path); }

std::vector<std::string> HttpStub::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpStub::serve(const std::stop_token& stop) {
  for (std::size_t served = 0; !stop.stop_requested();) {
    if (!wait_readable(listener_.fd(), stop)) continue;
    const UniqueFd connection = listener_.accept();
    std::string request;
    while (!is_whole(request) && receive(connection.get(), request, stop)) {
    }
    if (!is_whole(request)) continue;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    send_all(connection.get(), responses_.at(std::min(served++, responses_.size() - 1)));
    // A socket closed with unread bytes takes the response back: read until the client has had it.
    ::shutdown(connection.get(), SHUT_WR);
    while (receive(connection.get(), request, stop)) {
    }
  }
}

}  // namespace mlem::test
