#include "git/ssh.hpp"

#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/transport_config.hpp"

#include <algorithm>

namespace mlem::git {
namespace {

constexpr std::size_t max_ssh_output = std::size_t{1} << 20;

/// Servers that have commands of their own instead of a shell do not all take quotes away: only what a shell would not
/// take as it is gets some.
std::string quoted_for_ssh(const std::string& word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+@:,%=").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin() + (word.front() == '~' ? 1 : 0), word.end(), is_plain)) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'' || c == '!')
      quoted.append("'\\").append(1, c).append("'");
    else
      quoted += c;
  }
  return quoted + "'";
}

std::optional<std::string> find_setting(const Environment& environment, const std::string& directory, const char* key) {
  const RunResult result =
      run(detail::git_program({"--git-dir=/dev/null", "config", "--get", key}, environment, directory));
  if (result.code != 0) return std::nullopt;
  return std::string(trim(result.output));
}

/// What the option for a port is called.
const char* port_option(std::string_view program, const std::optional<std::string>& variant) {
  std::string name = to_lower_ascii(program.substr(program.rfind('/') + 1));
  if (name.ends_with(".exe")) name.resize(name.size() - 4);
  if (variant && *variant != "auto") name = to_lower_ascii(*variant);
  return name == "plink" || name == "putty" || name == "tortoiseplink" ? "-P" : "-p";
}

}  // namespace

std::optional<SshAddress> parse_ssh_address(std::string_view address) {
  SshAddress parsed;
  std::string_view rest = address;
  constexpr std::string_view scheme = "ssh://";
  if (rest.starts_with(scheme)) {
    rest.remove_prefix(scheme.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    parsed.path = std::string(rest.substr(slash));
    // As git has it, for the home directory: url_is_local_not_ssh() and parse_connect_url() of its connect.c.
    if (parsed.path.starts_with("/~")) parsed.path.erase(0, 1);
    rest = rest.substr(0, slash);
  } else {
    const std::size_t bracket =
        rest.starts_with('[') || rest.find("@[") != std::string_view::npos ? rest.find("]:") : 0;
    const std::size_t colon = rest.find(':', bracket);
    if (colon == std::string_view::npos || address.find("://") != std::string_view::npos) return std::nullopt;
    parsed.path = std::string(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
  }
  const std::size_t at = rest.rfind('@');
  const std::string user(at == std::string_view::npos ? std::string_view() : rest.substr(0, at + 1));
  std::string_view host = rest.substr(user.size());
  // `[host]:port`, `[::1]:port`, and git's `[host:port]`.
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view behind = host.substr(end + 1);
    if (behind.starts_with(':')) parsed.port = std::string(behind.substr(1));
    host = host.substr(1, end - 1);
    const std::size_t only_colon = host.find(':');
    if (only_colon != std::string_view::npos && only_colon == host.rfind(':')) {
      parsed.port = std::string(host.substr(only_colon + 1));
      host = host.substr(0, only_colon);
    }
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    parsed.port = std::string(host.substr(colon + 1));
    host = host.substr(0, colon);
  }
  const bool is_number =
      std::all_of(parsed.port.begin(), parsed.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  parsed.user_and_host = user + std::string(host);
  if (host.empty() || parsed.path.empty() || !is_number || host.starts_with('-') ||
      parsed.user_and_host.starts_with('-') || has_control_character(address))
    return std::nullopt;
  return parsed;
}

RunResult run_ssh(const SshAddress& address, const std::vector<std::string>& command, const Environment& environment,
                  const TransportOptions& options) {
  Environment own = environment;
  if (!options.interactive) detail::ask_without_terminal(own);
  auto shell_command = own.find("GIT_SSH_COMMAND");
  if (!shell_command) shell_command = find_setting(own, options.directory, "core.sshCommand");
  const std::string program = own.find("GIT_SSH").value_or("ssh");
  auto variant = own.find("GIT_SSH_VARIANT");
  if (!variant) variant = find_setting(own, options.directory, "ssh.variant");

  std::vector<std::string> arguments;
  std::string first = program;
  if (shell_command) {
    // As git runs it: the user's own line for the shell, with the arguments behind it.
    first = shell_command->substr(0, shell_command->find(' '));
    arguments = {"sh", "-c", *shell_command + " \"$@\"", *shell_command};
  } else {
    arguments = {program};
  }
  if (!address.port.empty()) arguments.insert(arguments.end(), {port_option(first, variant), address.port});
  arguments.push_back(address.user_and_host);
  std::string line;
  for (const std::string& word : command) line.append(line.empty() ? "" : " ").append(quoted_for_ssh(word));
  arguments.push_back(line);

  Limits limits;
  limits.output = max_ssh_output;
  if (!options.interactive) limits.idle = options.idle;
  limits.deadline = options.deadline;
  return run({std::move(arguments), own, options.directory}, {}, options.interactive ? Session::shared : Session::own,
             limits, options.interrupt);
}

}  // namespace mlem::git
