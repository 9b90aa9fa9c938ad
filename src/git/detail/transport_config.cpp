// The configuration that git gets for a transport, through GIT_CONFIG_COUNT.

#include "git/detail/transport_config.hpp"

#include "base/text.hpp"
#include "git/transport.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
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

/// Of whom a key is.
std::string_view section_of(std::string_view key) { return key.substr(0, key.find('.')); }

/// The sections of git-config(1) and of git's own programs; in another one a credential helper has its keys.
bool is_section_of_git(std::string_view section) {
  constexpr std::string_view sections[] = {
      "add",         "advice",     "am",          "apply",         "attr",        "author",    "blame",
      "branch",      "browser",    "bundle",      "checkout",      "clean",       "clone",     "color",
      "column",      "commit",     "commitgraph", "committer",     "completion",  "core",      "diff",
      "difftool",    "extensions", "fastimport",  "feature",       "fetch",       "filter",    "format",
      "fsck",        "fsmonitor",  "gc",          "gitcvs",        "gitweb",      "gpg",       "grep",
      "gui",         "guitool",    "help",        "hook",          "i18n",        "imap",      "include",
      "includeif",   "index",      "init",        "instaweb",      "interactive", "log",       "lsrefs",
      "mailinfo",    "mailmap",    "maintenance", "man",           "merge",       "mergetool", "mlem",
      "mlem-policy", "notes",      "pack",        "pager",         "pretty",      "promisor",  "pull",
      "push",        "rebase",     "receive",     "reftable",      "remote",      "remotes",   "repack",
      "rerere",      "revert",     "safe",        "sendemail",     "sendpack",    "sequence",  "showbranch",
      "sparse",      "splitindex", "stash",       "status",        "submodule",   "tag",       "tar",
      "trace2",      "trailer",    "transfer",    "uploadarchive", "uploadpack",  "user",      "versionsort",
      "web",         "worktree"};
  return std::find(std::begin(sections), std::end(sections), section) != std::end(sections);
}

/// Whether a setting of one repository is for its transports: git's, or that of a program which git runs for them.
bool is_transport_setting(std::string_view key) {
  constexpr std::string_view keys[] = {"core.sshcommand", "core.askpass", "core.gitproxy", "ssh.variant"};
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys) || !is_section_of_git(section_of(key));
}

/// Whether what reads a setting looks at us for its value.
bool is_looked_up(std::string_view key) {
  return key == "core.sshcommand" || key == "core.askpass" || key == "ssh.variant";
}

bool is_include(std::string_view key) { return section_of(key) == "include" || section_of(key) == "includeif"; }

/// Lets git see no file of the user and the system any more. Whether a file is included may depend on the repository,
/// and git is run on another one.
void hide_files(Environment& environment) {
  environment.set("GIT_CONFIG_NOSYSTEM", "1");
  environment.set("GIT_CONFIG_GLOBAL", "/dev/null");
}

}  // namespace

namespace detail {

void add_config(Environment& environment, std::string_view key, std::string_view value) {
  const std::size_t count = config_count(environment);
  environment.set("GIT_CONFIG_KEY_" + std::to_string(count), key);
  environment.set("GIT_CONFIG_VALUE_" + std::to_string(count), value);
  environment.set("GIT_CONFIG_COUNT", std::to_string(count + 1));
}

void override_config(Environment& environment) {
  // Hooks and files of a user's own are for repositories that he works in, and what is to be fetched is said in full.
  for (const auto& [key, value] :
       {std::pair("core.hooksPath", "/dev/null"), std::pair("core.logAllRefUpdates", "false"),
        std::pair("core.fsmonitor", "false"), std::pair("fetch.prune", "false"), std::pair("fetch.pruneTags", "false"),
        std::pair("fetch.writeCommitGraph", "false"), std::pair("transfer.bundleURI", "false"),
        std::pair("gc.auto", "0"), std::pair("maintenance.auto", "false"), std::pair("protocol.ext.allow", "never"),
        std::pair("protocol.fd.allow", "never")}) {
    add_config(environment, key, value);
  }
}

namespace {

bool is_ssh_askpass_forced(const Environment& environment) {
  return environment.find("SSH_ASKPASS_REQUIRE") == "force" && !environment.find("SSH_ASKPASS").value_or("").empty();
}

}  // namespace

bool has_askpass(const Environment& environment) {
  auto program = environment.find("GIT_ASKPASS");
  if (!program) program = find_config(environment, "core.askpass");
  return program ? !program->empty() : is_ssh_askpass_forced(environment);
}

void ask_without_terminal(Environment& environment) {
  environment.set("GIT_TERMINAL_PROMPT", "0");
  const bool is_ssh_forced = is_ssh_askpass_forced(environment);
  // In git's order (gitcredentials(7)). SSH_ASKPASS alone is set by every desktop, for the programs that have no
  // terminal.
  if (!environment.find("GIT_ASKPASS") && !find_config(environment, "core.askpass") && !is_ssh_forced) {
    environment.set("GIT_ASKPASS", "");
  }
  if (is_ssh_forced) return;
  environment.set("SSH_ASKPASS_REQUIRE", "never");
  set_ssh_batch_mode(environment);
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

Environment with_transport_config(Environment environment, const Config& config, Redirects redirects) {
  environment.unset("GIT_CONFIG_COUNT");
  const auto& entries = config.entries();
  const bool has_conditions = std::any_of(entries.begin(), entries.end(),
                                          [](const auto& entry) { return section_of(entry.first) == "includeif"; });
  if (has_conditions) hide_files(environment);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    const bool is_seen = config.is_shared(i) && !has_conditions;
    const bool is_wanted = config.is_shared(i) ? !is_include(key) : is_transport_setting(key);
    // What git collects, such as http.extraHeader, would count twice.
    if (is_seen ? is_looked_up(key) : is_wanted) detail::add_config(environment, key, value);
    // It is for a clone of one's own.
    if (key == "fetch.bundleuri") detail::add_config(environment, key, "");
  }
  if (redirects == Redirects::user) return environment;
  detail::add_config(environment, "http.followredirects", "false");
  for (const auto& entry : entries) {
    const std::string& key = entry.first;
    if (key.starts_with("http.") && key.ends_with(".followredirects")) detail::add_config(environment, key, "false");
  }
  return environment;
}

}  // namespace mlem::git
