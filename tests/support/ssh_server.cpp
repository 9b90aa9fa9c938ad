#include "support/ssh_server.hpp"

#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <pwd.h>
#include <stdexcept>
#include <unistd.h>

namespace mlem::test {

namespace {

// PAM and modes are the machine's affair: a directory below /tmp would never be strict enough. What the session sees of
// git's settings is the sandbox's.
constexpr std::string_view config = R"(ListenAddress 127.0.0.1
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups 100
AcceptEnv GIT_PROTOCOL
SetEnv PATH={path} HOME={home} GIT_CONFIG_GLOBAL={global} GIT_CONFIG_NOSYSTEM=1
)";

std::string user_name() {
  const passwd* const user = ::getpwuid(::geteuid());
  if (user == nullptr) throw std::runtime_error("the current user has no name");
  return user->pw_name;
}

fs::path prepare(const Sandbox& sandbox) {
  if (!find_program("ssh", sandbox.environment().at("PATH"))) throw MissingProgram("ssh");
  // Root's sshd separates privileges and insists on this directory, which only the service's start would make.
  if (::geteuid() == 0) fs::create_directories("/run/sshd");
  const fs::path directory = sandbox / "sshd";
  fs::create_directory(directory);
  for (const char* const key : {"host_key", "user_key", "other_key"}) {
    const Outcome made =
        sandbox.run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", (directory / key).string()});
    if (made.code != 0) throw std::runtime_error("cannot make an ssh key: " + made.errors);
  }
  write_file(directory / "authorized_keys", read_file(directory / "user_key.pub"));
  write_file(directory / "sshd_config",
             fmt::format(config, fmt::arg("directory", directory.string()),
                         fmt::arg("path", sandbox.environment().at("PATH")), fmt::arg("home", sandbox.home().string()),
                         fmt::arg("global", sandbox.environment().at("GIT_CONFIG_GLOBAL"))));
  return directory;
}

StartedServer start(const Sandbox& sandbox, const fs::path& directory) {
  const Variables environment = server_environment(sandbox.environment());
  // sshd starts itself again for each connection and so wants to be called by its absolute path.
  const auto program = find_program("sshd", environment.at("PATH"));
  if (!program) throw MissingProgram("sshd");
  const fs::path log_file = directory / "log";
  StartedServer server = start_server(
      [&](std::uint16_t port) {
        const UniqueFd log = open_log(log_file);
        const UniqueFd null = open_null();
        return Child(
            {program->string(), "-D", "-e", "-f", (directory / "sshd_config").string(), "-p", std::to_string(port)},
            environment, directory, {null.get(), log.get(), log.get()});
      },
      log_file);
  write_file(directory / "known_hosts",
             fmt::format("[127.0.0.1]:{} {}", server.port, read_file(directory / "host_key.pub")));
  return server;
}

}  // namespace

SshServer::SshServer(const Sandbox& sandbox) : directory_(prepare(sandbox)), server_(start(sandbox, directory_)) {}

std::string SshServer::url(const fs::path& repository) const {
  return fmt::format("ssh://{}@127.0.0.1:{}{}", user_name(), server_.port, repository.string());
}

void SshServer::force_command(const std::string& command) const {
  std::string quoted;
  for (const char c : command) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  write_file(directory_ / "authorized_keys",
             fmt::format("command=\"{}\",restrict {}", quoted, read_file(directory_ / "user_key.pub")));
}

std::string SshServer::client(const std::string& key, const std::string& known_hosts) const {
  return fmt::format(
      "ssh -F none -i {0}/{1} -o IdentitiesOnly=yes -o IdentityAgent=none -o GlobalKnownHostsFile=/dev/null "
      "-o UserKnownHostsFile={0}/{2} -o StrictHostKeyChecking=yes -o LogLevel=ERROR",
      directory_.string(), key, known_hosts);
}

}  // namespace mlem::test
