#include "base/error.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"
#include "edit/hooks.hpp"
#include "git/hooks.hpp"

#include <boost/filesystem/operations.hpp>

#include <ostream>
#include <set>
#include <vector>

namespace mlem::command {
namespace {

/// The script of all hooks: beside the program, wherever it was installed to.
std::string hook_script(const Context& context) {
  const fs::path data = (fs::path(context.program).parent_path() / GIT_MLEM_DATA_DIR).lexically_normal();
  return edit::load_hook_script(data / "hooks" / "hook", context.program);
}

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

}  // namespace

int run_install(const Args& args, Context& context) {
  Options options({"install [<options>] [--local | --server | --template <dir>]", "install --manual [--server]"});
  Format format;
  bool local = false;
  bool server = false;
  bool manual = false;
  bool force = false;
  std::optional<std::string> template_directory;
  options.flag("local", "install the hooks for who commits to this repository (default)", local)
      .flag("server", "install the hook for who pushes to this repository", server)
      .value("template", "dir", "install all hooks into a template directory of 'git init'", template_directory)
      .flag("manual", "print what to add to hooks by hand", manual)
      .flag("force,f", "replace what was set aside before, and changed hooks", force);
  options.exclusive({"local", "server", "template"}).exclusive({"manual", "template"});
  add_common_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  if (template_directory && template_directory->empty()) throw options.wrong("'--template' takes a directory");
  const std::vector<std::string>& names = server ? edit::server_hooks() : edit::client_hooks();
  if (manual) {
    print_manual(context.out, names);
    return exit_yes;
  }
  fs::path directory;
  std::vector<fs::path> written;
  const std::string script = hook_script(context);
  const edit::ReplaceHooks replace = force ? edit::ReplaceHooks::yes : edit::ReplaceHooks::no;
  if (template_directory) {
    directory = without_links(fs::absolute(*template_directory, current_directory()) / "hooks");
    written = edit::install_hooks(directory, edit::all_hooks(), script, replace);
  } else {
    const git::Registry registry = open_registry(context);
    directory = require_own_directory(registry, server ? Side::server : Side::client);
    written = edit::install_hooks(directory, names, script, replace);
    if (!edit::owner_may_run_hooks(directory, registry.common_dir())) {
      print_error(context.err, "warning",
                  "the owner of the repository may not run hooks in '" + directory.string() + "'");
      print_hint(context.err, "'chmod a+x " + directory.string() + "' lets it");
    }
  }
  if (!format.quiet) context.out << "Installed hooks in '" << escape_for_terminal(directory.string()) << "'\n";
  if (format.verbose) print_files(context.out, "wrote", written);
  return exit_yes;
}

int run_uninstall(const Args& args, Context& context) {
  Options options({"uninstall [<options>]"});
  Format format;
  add_common_options(options, format);
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
  return exit_yes;
}

}  // namespace mlem::command
