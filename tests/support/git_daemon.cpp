#include "support/git_daemon.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace mlem::test {

namespace {

StartedServer start(const Sandbox& sandbox, const fs::path& directory) {
  // Not "git daemon": that is a parent which does not take the daemon with it when it is killed.
  const fs::path program = sandbox.git_output({"--exec-path"}) + "/git-daemon";
  if (::access(program.c_str(), X_OK) != 0) throw MissingProgram(program.string());
  const fs::path log_file = sandbox / "git-daemon.log";
  return start_server(
      [&](std::uint16_t port) {
        const UniqueFd log = open_log(log_file);
        const UniqueFd null = open_null();
        return Child(
            {program.string(), "--export-all", "--reuseaddr", "--listen=127.0.0.1", fmt::format("--port={}", port),
             "--base-path=" + directory.string(), "--log-destination=stderr", directory.string()},
            sandbox.environment(), sandbox.path(), {null.get(), log.get(), log.get()});
      },
      log_file);
}

}  // namespace

GitDaemon::GitDaemon(const Sandbox& sandbox, const fs::path& directory) : server_(start(sandbox, directory)) {}

std::string GitDaemon::url(std::string_view path) const {
  return fmt::format("git://127.0.0.1:{}/{}", server_.port, path);
}

}  // namespace mlem::test
