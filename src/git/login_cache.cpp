#include "git/login_cache.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "git/detail/command.hpp"
#include "git/detail/transport_config.hpp"

#include <boost/filesystem/operations.hpp>

#include <cstdlib>
#include <utility>

namespace mlem::git {
namespace {

/// Makes a directory that only this user may enter; an empty path if that fails: then every command asks for itself.
fs::path make_private_directory(const Environment& environment) {
  const std::string runtime = environment.find("XDG_RUNTIME_DIR").value_or("");
  const std::string temporary = environment.find("TMPDIR").value_or("");
  const std::string base = !runtime.empty() ? runtime : !temporary.empty() ? temporary : "/tmp";
  std::string name = base + "/git-mlem-logins.XXXXXX";
  return mkdtemp(name.data()) != nullptr ? fs::path(name) : fs::path();
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
  if (directory_.empty()) return;
  try {
    run(detail::git_program({"credential-cache", "--socket", (directory_ / "socket").string(), "exit"}, environment_,
                            {}));
  } catch (const Error&) {
    // Without git there is nothing that could be there; and it goes by itself after some minutes.
  }
  boost::system::error_code ignored;
  fs::remove_all(directory_, ignored);
}

bool LoginCache::may_ask(const std::string& host) {
  const std::lock_guard lock(mutex_);
  if (hosts_.empty()) directory_ = make_private_directory(environment_);
  return hosts_.insert(host).second;
}

void LoginCache::add_to(Environment& environment) const {
  const std::lock_guard lock(mutex_);
  if (!directory_.empty()) detail::add_config(environment, "credential.helper", "cache " + socket_option(directory_));
}

}  // namespace mlem::git
