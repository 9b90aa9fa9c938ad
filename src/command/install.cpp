#include "base/error.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/report.hpp"

#include <boost/filesystem/operations.hpp>

#include <array>
#include <ostream>
#include <sys/stat.h>

namespace mlem::command {
namespace {

constexpr std::array<const char*, 3> hook_names{"pre-commit", "pre-merge-commit", "pre-applypatch"};
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

std::string hook_text(const Context& context, const std::string& name) {
  const fs::path file = data_directory(context) / "hooks" / name;
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

void print_manual(const Context& context) {
  context.out << "Add these lines to your hooks of these names:\n";
  for (const char* name : hook_names)
    context.out << "\n" << name << ":\n  git mlem hook " << name << " \"$@\" || exit\n";
}

}  // namespace

int run_install(const Args& args, Context& context) {
  Options options({"install [<options>] [--local | --manual]"});
  Format format;
  bool local = false;
  bool manual = false;
  bool force = false;
  options.flag("local", "install the hooks of this repository (default)", local)
      .flag("manual", "print what to add to hooks by hand", manual)
      .flag("force,f", "replace what was set aside before", force);
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  if (!rest->words.empty() || !rest->paths.empty() || (local && manual)) throw options.wrong("too many arguments");
  if (manual) {
    print_manual(context);
    return exit_yes;
  }
  const git::Registry registry = open_registry(context);
  const fs::path directory = hooks_directory(registry);
  boost::system::error_code failure;
  fs::create_directories(directory, failure);
  if (failure) throw Error(ErrorKind::io, "cannot create '" + directory.string() + "'", failure.message());
  for (const char* name : hook_names) {
    const fs::path file = directory / name;
    const fs::path aside = file.string() + set_aside;
    const std::string text = hook_text(context, name);
    const bool exists = fs::exists(fs::symlink_status(file));
    const auto current = exists ? load_file(file, max_hook_size) : std::nullopt;
    if (exists && !(current && is_ours(*current))) {
      if (fs::exists(fs::symlink_status(aside)) && !force) {
        throw Error(ErrorKind::invalid, "cannot set '" + file.string() + "' aside", "'" + aside.string() + "' exists",
                    "'-f' replaces it");
      }
      move(file, aside);
    }
    if (current != text) {
      AtomicFile hook(file, text);
      hook.commit();
    }
    if (chmod(file.c_str(), 0755) != 0) throw Error(ErrorKind::io, "cannot make '" + file.string() + "' executable");
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
  for (const char* name : hook_names) {
    const fs::path file = directory / name;
    const fs::path aside = file.string() + set_aside;
    const auto current = load_file(file, max_hook_size);
    if (!current || !is_ours(*current)) continue;
    fs::remove(file);
    if (fs::exists(fs::symlink_status(aside))) move(aside, file);
  }
  if (!format.quiet) context.out << "Removed hooks from '" << escape_for_terminal(directory.string()) << "'\n";
  return exit_yes;
}

}  // namespace mlem::command
