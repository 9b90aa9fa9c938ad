#pragma once

#include "base/environment.hpp"
#include "base/interrupt.hpp"
#include "git/registry.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace mlem::command {

/// What a command gets from the outside.
struct Context {
  Environment environment;
  std::istream& in;
  std::ostream& out;  ///< the answer
  std::ostream& err;  ///< all the talk
  Interrupt* interrupt = nullptr;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::string program;  ///< absolute path of this program
};

using Args = std::vector<std::string>;

/// A subcommand: `run` returns the exit code.
struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Args& args, Context& context);
};

int run_bundle(const Args& args, Context& context);
int run_check(const Args& args, Context& context);
int run_clone(const Args& args, Context& context);
int run_complete(const Args& args, Context& context);
int run_diff(const Args& args, Context& context);
int run_env(const Args& args, Context& context);
int run_export(const Args& args, Context& context);
int run_fetch(const Args& args, Context& context);
int run_hold(const Args& args, Context& context);
int run_hook(const Args& args, Context& context);
int run_init(const Args& args, Context& context);
int run_install(const Args& args, Context& context);
int run_link(const Args& args, Context& context);
int run_log(const Args& args, Context& context);
int run_ls(const Args& args, Context& context);
int run_merge_file(const Args& args, Context& context);
int run_migrate(const Args& args, Context& context);
int run_pin(const Args& args, Context& context);
int run_policy(const Args& args, Context& context);
int run_pprint(const Args& args, Context& context);
int run_promote(const Args& args, Context& context);
int run_resolve(const Args& args, Context& context);
int run_rollback(const Args& args, Context& context);
int run_show(const Args& args, Context& context);
int run_site(const Args& args, Context& context);
int run_status(const Args& args, Context& context);
int run_unhold(const Args& args, Context& context);
int run_uninstall(const Args& args, Context& context);
int run_unpin(const Args& args, Context& context);
int run_update(const Args& args, Context& context);
int run_version(const Args& args, Context& context);
int run_who(const Args& args, Context& context);

/// Exit codes of every command.
inline constexpr int exit_yes = 0;
inline constexpr int exit_no = 1;
inline constexpr int exit_undecided = 2;
inline constexpr int exit_fatal = 128;
inline constexpr int exit_usage = 129;

/// Returns the current directory. Throws Error(io) if it is gone.
fs::path current_directory();

/// Returns the registry around the current directory.
git::Registry open_registry(const Context& context);
/// The same for a command that an address is enough for: see git::Registry::discover_if_any().
git::Registry open_registry_if_any(const Context& context);

}  // namespace mlem::command
