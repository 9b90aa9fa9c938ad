#include "base/error.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <boost/filesystem/operations.hpp>

#include <ostream>
#include <sys/stat.h>
#include <vector>

namespace mlem::command {
namespace {

using Names = std::vector<std::string>;
const Names client_hooks{"pre-commit", "pre-merge-commit", "pre-applypatch", "pre-push"};
const Names server_hooks{"pre-receive"};
constexpr std::string_view signature = "# git-mlem hook ";
constexpr const char* set_aside = ".before-mlem";
constexpr std::size_t max_hook_size = std::size_t{1} << 20;

/// Where the hook scripts are: beside the program, wherever it was installed to.
fs::path data_directory(const Context& context) {
  return (fs::path(context.program).parent_path() / GIT_MLEM_DATA_DIR).lexically_normal();
}

/// In single quotes, for sh.
std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

/// The one script of all hooks, which goes by its own name.
std::string hook_text(const Context& context) {
  const fs::path file = data_directory(context) / "hooks" / "hook";
  auto text = load_file(file, max_hook_size);
  if (!text) throw Error(ErrorKind::io, "cannot read '" + file.string() + "'", "the installation is incomplete");
  constexpr std::string_view placeholder = "@PROGRAM@";
  const std::size_t place = text->find(placeholder);
  if (place != std::string::npos) text->replace(place, placeholder.size(), shell_quoted(context.program));
  return *text;
}

bool is_ours(const std::string& text) { return text.find(signature) != std::string::npos; }

/// The repository's hook directory; core.hooksPath counts if it is this repository's own.
fs::path hooks_directory(const git::Registry& registry) {
  const RunResult scope = registry.git({"config", "--show-scope", "--get", "core.hooksPath"});
  if (scope.code == 0 && !scope.output.starts_with("local") && !scope.output.starts_with("worktree")) {
    throw Error(ErrorKind::invalid, "core.hooksPath is set for more than this repository",
                "a hook there would run everywhere", "'git mlem install --manual' prints what to add to your hooks");
  }
  const RunResult path = registry.git({"rev-parse", "--git-path", "hooks"});
  std::string text = path.output;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (path.code != 0 || text.empty()) throw Error(ErrorKind::unavailable, "cannot find the hooks directory");
  return fs::absolute(text, registry.directory());
}

void move(const fs::path& from, const fs::path& to) {
  boost::system::error_code failure;
  fs::rename(from, to, failure);
  if (failure) throw Error(ErrorKind::io, "cannot rename '" + from.string() + "'", failure.message());
}

void remove_file(const fs::path& file) {
  boost::system::error_code failure;
  fs::remove(file, failure);
  if (failure) throw Error(ErrorKind::io, "cannot remove '" + file.string() + "'", failure.message());
}

void print_manual(const Context& context, const Names& names) {
  context.out << "Add these lines to your hooks of these names:\n";
  for (const std::string& name : names)
    context.out << "\n" << name << ":\n  git mlem hook " << name << " \"$@\" || exit\n";
}

/// Puts the hooks into `directory`; what is there is set aside and run first by ours.
void install_into(const fs::path& directory, const Names& names, const std::string& text, bool force) {
  boost::system::error_code failure;
  fs::create_directories(directory, failure);
  if (failure) throw Error(ErrorKind::io, "cannot create '" + directory.string() + "'", failure.message());
  for (const std::string& name : names) {
    const fs::path file = directory / name;
    const fs::path aside = file.string() + set_aside;
    const bool exists = load_type(file) != fs::file_not_found;
    const auto current = exists ? load_file(file, max_hook_size) : std::nullopt;
    if (exists && !(current && is_ours(*current))) {
      if (load_type(aside) != fs::file_not_found && !force) {
        throw Error(ErrorKind::invalid, "cannot set '" + file.string() + "' aside", "'" + aside.string() + "' exists",
                    "'-f' replaces it");
      }
      move(file, aside);
    }
    if (current != text) AtomicFile(file, text).commit();
    if (chmod(file.c_str(), 0755) != 0) throw Error(ErrorKind::io, "cannot make '" + file.string() + "' executable");
  }
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
      .flag("force,f", "replace what was set aside before", force);
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (!rest->words.empty() || !rest->paths.empty()) throw options.wrong("no arguments are taken");
  if (local + server + static_cast<int>(template_directory.has_value()) > 1) {
    throw options.wrong("'--local', '--server' and '--template' exclude each other");
  }
  const Names& names = server ? server_hooks : client_hooks;
  if (manual) {
    print_manual(context, names);
    return exit_yes;
  }
  fs::path directory;
  const std::string text = hook_text(context);
  if (template_directory) {
    directory = fs::absolute(*template_directory, current_directory()) / "hooks";
    install_into(directory, client_hooks, text, force);
    install_into(directory, server_hooks, text, force);
  } else {
    const git::Registry registry = open_registry(context);
    if (!server && !registry.has_work_tree()) {
      throw Error(ErrorKind::invalid, "this repository is bare, and nobody commits to it", "",
                  "'git mlem install --server' installs the hook for pushes");
    }
    directory = hooks_directory(registry);
    install_into(directory, names, text, force);
  }
  if (!format.quiet) context.out << "Installed hooks in '" << escape_for_terminal(directory.string()) << "'\n";
  return exit_yes;
}

int run_uninstall(const Args& args, Context& context) {
  Options options({"uninstall [<options>]"});
  Format format;
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (!rest->words.empty() || !rest->paths.empty()) throw options.wrong("no arguments are taken");
  const git::Registry registry = open_registry(context);
  const fs::path directory = hooks_directory(registry);
  for (const Names& names : {client_hooks, server_hooks}) {
    for (const std::string& name : names) {
      const fs::path file = directory / name;
      const fs::path aside = file.string() + set_aside;
      const auto current = load_file(file, max_hook_size);
      if (!current || !is_ours(*current)) continue;
      remove_file(file);
      if (load_type(aside) != fs::file_not_found) move(aside, file);
    }
  }
  if (!format.quiet) context.out << "Removed hooks from '" << escape_for_terminal(directory.string()) << "'\n";
  return exit_yes;
}

}  // namespace mlem::command
