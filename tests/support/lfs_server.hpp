#pragma once

#include "support/detail/loopback.hpp"
#include "support/sandbox.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mlem::test {

/// Serves Git LFS objects and plain files on 127.0.0.1 by `lfs_server.py`, for as long as this lives.
class LfsServer {
 public:
  enum class Tls { no, yes };

  /// A request, as the server saw it.
  struct Request {
    std::string method;
    std::string path;
    std::string authorization;
    std::string accept;
    std::string content_type;
    std::string ticket;       ///< the header that it told with the address
    std::size_t objects = 0;  ///< how many a batch names
    std::string body;         ///< of a batch, as JSON
  };

  /// Throws MissingProgram if there is no Python of the system here.
  explicit LfsServer(const Sandbox& sandbox, Tls tls = Tls::no);

  /// Returns `http://127.0.0.1:<port>/<path>`, or the same of https.
  std::string url(std::string_view path) const;
  /// Adds an object. Returns its id.
  std::string add(std::string_view content) const;
  /// Adds a file that is served at its path: `files/<…>`, and `private/files/<…>` with a password.
  void add_file(const std::string& path, std::string_view content) const;
  /// Sets what the server does from now on: JSON, as `lfs_server.py` describes it.
  void set_options(std::string_view json) const;
  /// The certificate that clients may trust.
  fs::path certificate() const { return directory_ / "certificate"; }
  /// The directory of objects, by their ids.
  fs::path objects() const { return directory_ / "objects"; }

  /// Returns the requests so far.
  std::vector<Request> requests() const;

 private:
  bool is_tls_;
  fs::path directory_;
  StartedServer server_;
};

}  // namespace mlem::test
