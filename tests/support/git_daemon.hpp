#pragma once

#include "support/detail/loopback.hpp"
#include "support/sandbox.hpp"

#include <string>
#include <string_view>

namespace mlem::test {

/// Serves the repositories of a directory by `git daemon`, on 127.0.0.1, for as long as this lives.
class GitDaemon {
 public:
  /// Throws MissingProgram if git has no daemon here.
  GitDaemon(const Sandbox& sandbox, const fs::path& directory);

  /// Returns `git://127.0.0.1:<port>/<path>`, the path taken from the served directory.
  std::string url(std::string_view path) const;

 private:
  StartedServer server_;
};

}  // namespace mlem::test
