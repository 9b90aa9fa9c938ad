#pragma once

#include "support/detail/loopback.hpp"
#include "support/sandbox.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::test {

/// Serves bare repositories by nginx, fcgiwrap and `git http-backend`, on 127.0.0.1 and as the current user, for as
/// long as this lives. What may be fetched is up to the configuration of each repository; pushed is only with a
/// password.
class HttpServer {
 public:
  /// A line of the access log.
  struct Request {
    std::string method;
    int status = 0;
    std::size_t bytes_sent = 0;  ///< with headers
    std::string protocol;        ///< the header Git-Protocol: `version=2`, or `-`
    std::string connection;      ///< its number
    std::string target;          ///< path and query, as sent
  };

  static constexpr const char* user = "alice";
  static constexpr const char* password = "open sesame";

  /// Throws MissingProgram if there is no nginx or fcgiwrap here.
  explicit HttpServer(const Sandbox& sandbox);

  /// The served directory; what is below its `private/` is for `user` with `password` only.
  fs::path root() const { return directory_ / "root"; }

  /// The directory of plain files that are served below `files/`, ranges of them too.
  fs::path files() const { return directory_ / "static/files"; }

  /// Returns `http://127.0.0.1:<port>/<path>`, the path taken from the served directory.
  std::string url(std::string_view path) const;
  /// Returns a URL below which everything is answered with this status: 401, 403, 404, 429 or 500.
  std::string status_url(int status, std::string_view path) const;
  /// Returns a URL that is redirected for good to `url(path)`, and so is what is below it.
  std::string redirect_url(std::string_view path) const;

  /// Returns the requests that were answered so far, in order.
  std::vector<Request> requests() const;
  /// Returns over how many connections these came.
  std::size_t connections() const;
  /// Returns the sum of the bytes sent so far.
  std::size_t bytes_sent() const;

 private:
  fs::path directory_;
  std::vector<Child> cgi_;
  StartedServer server_;
};

std::ostream& operator<<(std::ostream& out, const HttpServer::Request& request);

}  // namespace mlem::test
