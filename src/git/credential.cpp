#include "git/credential.hpp"

#include "base/process.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/transport_config.hpp"

namespace mlem::git {
namespace {

constexpr std::size_t max_description = std::size_t{1} << 20;

RunResult run_credential(const char* action, std::string_view input, Environment environment,
                         const TransportOptions& options) {
  if (options.logins != nullptr) options.logins->add_to(environment);
  if (!options.interactive) detail::ask_without_terminal(environment);
  Limits limits;
  limits.output = max_description;
  // A user who is asked may take any time.
  if (!options.interactive) limits.idle = options.idle;
  limits.deadline = options.deadline;
  // Without a repository: that of the current directory has settings too.
  return run(detail::git_program({"--git-dir=/dev/null", "credential", action}, environment, options.directory), input,
             options.interactive ? Session::shared : Session::own, limits, options.interrupt);
}

}  // namespace

std::optional<Credential> fill_credential(std::string_view url, const Environment& environment,
                                          const TransportOptions& options) {
  if (has_control_character(url)) return std::nullopt;
  const RunResult result = run_credential("fill", "url=" + std::string(url) + "\n\n", environment, options);
  if (result.end != RunResult::End::exited || result.code != 0) return std::nullopt;
  Credential credential{.username = {}, .password = {}, .description = result.output};
  bool has_password = false;
  for (const std::string_view line : split(result.output, '\n')) {
    constexpr std::string_view username = "username=";
    constexpr std::string_view password = "password=";
    if (line.starts_with(username)) credential.username = std::string(line.substr(username.size()));
    if (line.starts_with(password)) {
      credential.password = std::string(line.substr(password.size()));
      has_password = true;
    }
  }
  return has_password ? std::optional(credential) : std::nullopt;
}

void approve_credential(const Credential& credential, const Environment& environment, const TransportOptions& options) {
  run_credential("approve", credential.description + "\n", environment, options);
}

void reject_credential(const Credential& credential, const Environment& environment, const TransportOptions& options) {
  run_credential("reject", credential.description + "\n", environment, options);
}

}  // namespace mlem::git
