// The configuration that git gets for a transport, through GIT_CONFIG_COUNT.

#include "git/detail/transport_config.hpp"

#include "base/text.hpp"
#include "git/transport.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace mlem::git {
namespace {

/// How many settings GIT_CONFIG_COUNT announces.
std::size_t config_count(const Environment& environment) {
  const std::string text = environment.find("GIT_CONFIG_COUNT").value_or("");
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

std::optional<std::string> find_config(const Environment& environment, std::string_view key) {
  for (std::size_t i = config_count(environment); i-- > 0;) {
    const std::string number = std::to_string(i);
    const auto name = environment.find("GIT_CONFIG_KEY_" + number);
    if (name && to_lower_ascii(*name) == key) return environment.find("GIT_CONFIG_VALUE_" + number);
  }
  return std::nullopt;
}

/// Returns whether git takes `command` for OpenSSH by its name, as ssh.variant in git-config(1) tells.
bool is_open_ssh(std::string_view command, const std::optional<std::string>& variant) {
  if (variant && *variant != "auto") return *variant == "ssh";
  const std::string_view program = command.substr(0, command.find(' '));
  const std::string_view name = program.substr(program.rfind('/') + 1);
  return name == "ssh";
}

bool is_transport_setting(std::string_view key) {
  constexpr std::array<std::string_view, 4> sections{"url.", "http.", "credential.", "protocol."};
  constexpr std::array<std::string_view, 4> keys{"core.sshcommand", "core.askpass", "core.gitproxy", "ssh.variant"};
  return std::any_of(sections.begin(), sections.end(), [&](std::string_view name) { return key.starts_with(name); }) ||
         std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

namespace detail {

void add_config(Environment& environment, std::string_view key, std::string_view value) {
  const std::size_t count = config_count(environment);
  environment.set("GIT_CONFIG_KEY_" + std::to_string(count), key);
  environment.set("GIT_CONFIG_VALUE_" + std::to_string(count), value);
  environment.set("GIT_CONFIG_COUNT", std::to_string(count + 1));
}

void set_ssh_batch_mode(Environment& environment) {
  auto command = environment.find("GIT_SSH_COMMAND");
  if (!command) command = find_config(environment, "core.sshcommand");
  if (!command && environment.find("GIT_SSH")) return;
  auto variant = environment.find("GIT_SSH_VARIANT");
  if (!variant) variant = find_config(environment, "ssh.variant");
  const std::string ssh = command.value_or("ssh");
  if (is_open_ssh(ssh, variant)) environment.set("GIT_SSH_COMMAND", ssh + " -o BatchMode=yes");
}

}  // namespace detail

Environment with_transport_config(Environment environment,
                                  const std::vector<std::pair<std::string, std::string>>& config) {
  environment.unset("GIT_CONFIG_COUNT");
  for (const auto& [key, value] : config) {
    if (is_transport_setting(key)) detail::add_config(environment, key, value);
  }
  return environment;
}

}  // namespace mlem::git
