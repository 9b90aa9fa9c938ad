#include "base/error.hpp"
#include "base/text.hpp"
#include "command/detail/hook_script.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/drivers.hpp"
#include "edit/hook_standing.hpp"
#include "edit/hooks.hpp"
#include "git/hooks.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <ostream>
#include <set>
#include <vector>

namespace mlem::command {
namespace {

void print_manual(std::ostream& out, const std::vector<std::string>& names) {
  out << "Add these lines to your hooks of these names:\n";
  for (const std::string& name : names) {
    out << "\n" << name << ":\n";
    if (name == "pre-push" || name == "pre-receive")
      out << "  # before anything that reads standard input: git gives the list of refs there, and once\n";
    out << "  git mlem hook " << name << " \"$@\" || exit\n";
  }
}

void print_files(std::ostream& out, const char* what, const std::vector<fs::path>& files) {
  for (const fs::path& file : files) out << "  " << what << " '" << escape_for_terminal(file.string()) << "'\n";
}

/// Refuses to replace hooks that would not work, or not last, and prints what makes their manager run ours.
int print_refusal(std::ostream& err, const fs::path& directory, const edit::ManagedHooks& managed) {
  const std::string manager(edit::name_of(managed.manager));
  print_error(err, "fatal",
              "cannot install hooks in '" + directory.string() + "': those of " + manager +
                  " are there, and have to keep their places");
  for (const edit::HookRecipe& recipe : edit::hook_recipes(managed.manager, managed.untold, directory)) {
    print_hint(err, "have " + manager + " run ours, by lines in '" + recipe.file + "':");
    for (const std::string& line : recipe.lines) print_hint(err, "    " + line);
  }
  return exit_fatal;
}

/// Says which hooks were left to their manager.
void print_managed(Context& context, const fs::path& directory, const edit::ManagedHooks& managed, bool quiet) {
  const std::string manager(edit::name_of(managed.manager));
  for (const std::string& hook : managed.deaf) {
    print_error(context.err, "warning",
                "'" + (directory / hook).string() + "' is of " + manager +
                    ", which cannot be told to run 'git mlem hook " + hook + "'");
  }
  if (quiet) return;
  for (const std::string& hook : managed.kept) {
    if (std::ranges::find(managed.deaf, hook) == managed.deaf.end())
      context.out << "The hook " << hook << " is run by " << manager << '\n';
  }
}

/// Who is to run the hooks.
enum class Side { client, server };

/// Where the hooks of this repository alone are.
fs::path require_own_directory(const git::Registry& registry, Side side) {
  if (side == Side::client && !registry.has_work_tree()) {
    throw Error(ErrorKind::invalid, "this repository is bare, and nobody commits to it", "",
                "'git mlem install --server' installs the hook for pushes");
  }
  if (git::shares_hooks(registry)) {
    throw Error(ErrorKind::invalid, "core.hooksPath is set for more than this repository",
                "a hook there would run everywhere", "'git mlem install --manual' prints what to add to your hooks");
  }
  return without_links(git::hooks_directory(registry));
}

void print_installed(Context& context, const Format& format, const fs::path& directory,
                     const std::vector<fs::path>& written) {
  if (!format.quiet) context.out << "Installed hooks in '" << escape_for_terminal(directory.string()) << "'\n";
  if (format.verbose) print_files(context.out, "wrote", written);
}

/// Sets up what git calls to merge links.
void install_drivers(const git::Registry& registry, bool force, const Format& format, Context& context) {
  registry.require_work_tree();  // whoever pushes does not merge here
  const auto replace = force ? edit::ReplaceDrivers::yes : edit::ReplaceDrivers::no;
  const bool is_new = edit::install_drivers(registry, replace);
  if (format.quiet) return;
  const std::string file = escape_for_terminal(edit::attributes_file(registry).string());
  context.out << (is_new ? "Set up the drivers of links in '" : "The drivers of links are set up in '") << file
              << "'\n";
}

int install_in_repository(const git::Registry& registry, Side side, const std::string& script,
                          edit::ReplaceHooks replace, const Format& format, Context& context) {
  const fs::path directory = require_own_directory(registry, side);
  std::vector<std::string> names = side == Side::server ? edit::server_hooks() : edit::client_hooks();
  const edit::ManagedHooks managed = edit::find_managed_hooks(registry, directory, names);
  if (managed.is_silent) return print_refusal(context.err, directory, managed);
  std::erase_if(names,
                [&](const std::string& name) { return std::ranges::find(managed.kept, name) != managed.kept.end(); });
  if (!names.empty()) {
    print_installed(context, format, directory, edit::install_hooks(directory, names, script, replace));
  }
  print_managed(context, directory, managed, format.quiet);
  if (!edit::owner_may_run_hooks(directory, registry.common_dir())) {
    print_error(context.err, "warning",
                "the owner of the repository may not run hooks in '" + directory.string() + "'");
    print_hint(context.err, "'chmod a+x " + directory.string() + "' lets it");
  }
  return exit_yes;
}

}  // namespace

int run_install(const Args& args, Context& context) {
  Options options({"install [<options>] [--local [--drivers] | --server | --template <dir>]", "install --manual [--server]"});
  Format format;
  bool local = false;
  bool server = false;
  bool manual = false;
  bool drivers = false;
  bool force = false;
  std::optional<std::string> template_directory;
  options.flag("local", "install the hooks for who commits to this repository (default)", local)
      .flag("drivers", "have git merge links by what they say, too", drivers)
      .flag("server", "install the hook for who pushes to this repository", server)
      .value("template", "dir", "install all hooks into a template directory of 'git init'", template_directory)
      .flag("manual", "print what to add to hooks by hand", manual)
      .flag("force,f", "replace what was set aside before, changed hooks and other drivers", force);
  options.exclusive({"local", "server", "template"}).exclusive({"manual", "template"});
  options.exclusive({"drivers", "server", "template"}).exclusive({"drivers", "manual"});
  add_common_options(options, format, {"quiet", "verbose"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  if (template_directory && template_directory->empty()) throw options.wrong("'--template' takes a directory");
  if (manual) {
    print_manual(context.out, server ? edit::server_hooks() : edit::client_hooks());
    return exit_yes;
  }
  const std::string script = hook_script(context);
  const edit::ReplaceHooks replace = force ? edit::ReplaceHooks::yes : edit::ReplaceHooks::no;
  if (template_directory) {
    const fs::path directory = without_links(fs::absolute(*template_directory, current_directory()) / "hooks");
    print_installed(context, format, directory, edit::install_hooks(directory, edit::all_hooks(), script, replace));
    return exit_yes;
  }
  const git::Registry registry = open_registry(context);
  if (!format.quiet) warn_of_unknown_keys(context.err, registry.config());
  // First, for hooks may be refused: those of others do not matter to a merge.
  if (drivers) install_drivers(registry, force, format, context);
  return install_in_repository(registry, server ? Side::server : Side::client, script, replace, format, context);
}

int run_uninstall(const Args& args, Context& context) {
  Options options({"uninstall [<options>]"});
  Format format;
  add_common_options(options, format, {"quiet", "verbose"});
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  const git::Registry registry = open_registry(context);
  const std::set<fs::path> directories = edit::hook_directories(registry);
  const std::vector<fs::path> removed = edit::uninstall_hooks(directories, hook_script(context));
  std::set<fs::path> emptied;
  for (const fs::path& file : removed) emptied.insert(file.parent_path());
  for (const fs::path& directory : removed.empty() ? directories : emptied) {
    if (format.quiet) break;
    context.out << (removed.empty() ? "No hooks of git-mlem in '" : "Removed hooks from '")
                << escape_for_terminal(directory.string()) << "'\n";
  }
  if (format.verbose) print_files(context.out, "removed", removed);
  if (edit::uninstall_drivers(registry) && !format.quiet) {
    context.out << "Removed the drivers of links from '"
                << escape_for_terminal(edit::attributes_file(registry).string()) << "'\n";
  }
  return exit_yes;
}

}  // namespace mlem::command
