#include "git/login_cache.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "git/detail/command.hpp"
#include "git/detail/transport_config.hpp"

#include <utility>

namespace mlem::git {
namespace {

fs::path parent_of_sockets(const Environment& environment) {
  const std::string runtime = environment.find("XDG_RUNTIME_DIR").value_or("");
  const std::string temporary = environment.find("TMPDIR").value_or("");
  return !runtime.empty() ? runtime : !temporary.empty() ? temporary : "/tmp";
}

/// Ends git-credential-cache--daemon(1), which forgets what it knows.
void end_daemon(const fs::path& directory, const Environment& environment) {
  try {
    run(detail::git_program({"credential-cache", "--socket", (directory / "socket").string(), "exit"}, environment,
                            {}));
  } catch (const Error&) {
    // Without git there is nothing that could be there; and it goes by itself after some minutes.
  }
}

/// Returns nothing if no directory can be made: then every command asks for itself.
std::unique_ptr<TemporaryDirectory> make_directory(const Environment& environment) {
  try {
    return std::make_unique<TemporaryDirectory>(parent_of_sockets(environment), "git-mlem-logins.",
                                                [&](const fs::path& abandoned) { end_daemon(abandoned, environment); });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    return nullptr;
  }
}

std::string socket_option(const fs::path& directory) {
  std::string quoted = "'";
  const fs::path socket = directory / "socket";
  for (const char c : socket.string()) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return "--socket " + quoted + "'";
}

}  // namespace

LoginCache::LoginCache(Environment environment) : environment_(std::move(environment)) {}

LoginCache::~LoginCache() {
  if (directory_) end_daemon(directory_->path(), environment_);
}

bool LoginCache::may_ask(const std::string& host) {
  const std::lock_guard lock(mutex_);
  if (hosts_.empty() && !directory_) directory_ = make_directory(environment_);
  return hosts_.insert(host).second;
}

bool LoginCache::is_of_use_without_terminal(const Environment& environment) { return detail::has_askpass(environment); }

void LoginCache::add_to(Environment& environment) {
  const std::lock_guard lock(mutex_);
  if (!directory_ && detail::has_askpass(environment_)) directory_ = make_directory(environment_);
  if (!directory_) return;
  detail::add_config(environment, "credential.helper", "cache " + socket_option(directory_->path()));
}

}  // namespace mlem::git
