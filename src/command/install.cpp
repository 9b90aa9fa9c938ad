#include "base/error.hpp"
#include "base/text.hpp"
#include "command/options.hpp"
#include "command/output.hpp"

#include <boost/filesystem/operations.hpp>

#include <ostream>
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
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

/// What the second line says behind the signature: `2: judges links; …`. Nothing for a hook that is not ours, even if
/// it mentions one of ours elsewhere.
std::optional<std::string_view> version_line(std::string_view text) {
  const std::size_t start = text.find('\n');
  if (start == std::string_view::npos || !text.substr(start + 1).starts_with(signature)) return std::nullopt;
  text.remove_prefix(start + 1 + signature.size());
  return text.substr(0, text.find('\n'));
}

/// The same hook for a program in any place.
std::string without_program(const std::string& text) {
  constexpr std::string_view label = "\nrecorded=";
  const std::size_t start = text.find(label);
  if (start == std::string::npos) return text;
  return std::string(text).erase(start, text.find('\n', start + 1) - start);
}

/// Whether somebody wrote into a hook of ours. Of other versions it is not known what they were.
bool was_changed(const std::string& hook, const std::string& text) {
  return version_line(hook) == version_line(text) && without_program(hook) != without_program(text);
}

/// What is to be said of a hook of ours that has lines of somebody else.
Error changed_hook(const char* verb, const fs::path& file, const std::string& remedy) {
  return Error(ErrorKind::invalid, std::string("cannot ") + verb + " '" + file.string() + "'",
               "it was changed after it had been installed",
               "move your own lines to '" + file.filename().string() + set_aside + "', which it runs first" + remedy);
}

/// Whether core.hooksPath leads to hooks of more than this repository.
bool shares_hooks(const git::Registry& registry) {
  const RunResult scope = registry.git({"config", "--show-scope", "--get", "core.hooksPath"});
  return scope.code == 0 && !scope.output.starts_with("local") && !scope.output.starts_with("worktree");
}

/// Where git looks for the repository's hooks.
fs::path hooks_directory(const git::Registry& registry) {
  const RunResult path = registry.git({"rev-parse", "--git-path", "hooks"});
  std::string text = path.output;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (path.code != 0 || text.empty()) throw Error(ErrorKind::unavailable, "cannot find the hooks directory");
  return without_links(fs::absolute(text, registry.directory()));
}

/// Where hooks of ours may be: in the usual place too, from before core.hooksPath was set.
std::set<fs::path> own_directories(const git::Registry& registry) {
  std::set<fs::path> directories{without_links(registry.common_dir() / "hooks")};
  if (!shares_hooks(registry)) directories.insert(hooks_directory(registry));
  return directories;
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
  for (const std::string& name : names) {
    context.out << "\n" << name << ":\n";
    if (name == "pre-push" || name == "pre-receive")
      context.out << "  # before anything that reads standard input: git gives the list of refs there, and once\n";
    context.out << "  git mlem hook " << name << " \"$@\" || exit\n";
  }
}

/// A hook that is about to be installed.
struct Place {
  fs::path file;
  bool is_current = false;  ///< nothing is to be done
  bool sets_aside = false;  ///< a hook of somebody else is there
};

/// Decides about all hooks before one is touched.
std::vector<Place> find_places(const fs::path& directory, const Names& names, const std::string& text, bool force) {
  std::vector<Place> places;
  for (const std::string& name : names) {
    Place& place = places.emplace_back(Place{.file = directory / name});
    const fs::file_type type = load_type(place.file);
    if (type == fs::file_not_found) continue;
    const auto current = load_file(place.file, max_hook_size);
    if (!current || !version_line(*current)) {
      place.sets_aside = true;
      const fs::path aside = place.file.string() + set_aside;
      if (load_type(aside) != fs::file_not_found && !force) {
        throw Error(ErrorKind::invalid, "cannot set '" + place.file.string() + "' aside",
                    "'" + aside.string() + "' exists", "'-f' replaces it");
      }
    } else if (!force && was_changed(*current, text)) {
      throw changed_hook("replace", place.file, "; '-f' overwrites them");
    }
    place.is_current = current == text && access(place.file.c_str(), X_OK) == 0;
  }
  return places;
}

/// Puts the hooks into `directory`; what is there is set aside and run first by ours. Returns the files it wrote.
std::vector<fs::path> install_into(const fs::path& directory, const Names& names, const std::string& text, bool force) {
  std::vector<fs::path> written;
  make_directories(directory);
  for (const Place& place : find_places(directory, names, text, force)) {
    if (place.is_current) continue;
    // Written whole before the old hook goes, so that a full disk leaves that.
    AtomicFile hook(place.file, text, Permissions::executable);
    const fs::path aside = place.file.string() + set_aside;
    if (place.sets_aside) move(place.file, aside);
    try {
      hook.commit();
    } catch (const Error&) {
      if (place.sets_aside) move(aside, place.file);
      throw;
    }
    written.push_back(place.file);
  }
  return written;
}

/// git runs no hook that it may not execute, and nobody is told but who pushes.
void warn_of_closed(std::ostream& err, const fs::path& directory, const fs::path& git_dir) {
  struct stat hooks {};
  struct stat repository {};
  if (stat(directory.c_str(), &hooks) != 0 || stat(git_dir.c_str(), &repository) != 0) return;
  const bool is_own = hooks.st_uid == repository.st_uid;
  const bool is_in_group = hooks.st_gid == repository.st_gid;
  const mode_t needed = is_own ? S_IXUSR : is_in_group ? S_IXGRP : S_IXOTH;
  if (repository.st_uid == 0 || (hooks.st_mode & needed) != 0) return;
  print_error(err, "warning", "the owner of the repository may not run hooks in '" + directory.string() + "'");
  print_hint(err, "'chmod a+x " + directory.string() + "' lets it");
}

void print_files(std::ostream& out, const char* what, const std::vector<fs::path>& files) {
  for (const fs::path& file : files) out << "  " << what << " '" << escape_for_terminal(file.string()) << "'\n";
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
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  if (template_directory && template_directory->empty()) throw options.wrong("'--template' takes a directory");
  const Names& names = server ? server_hooks : client_hooks;
  if (manual) {
    print_manual(context, names);
    return exit_yes;
  }
  fs::path directory;
  std::vector<fs::path> written;
  const std::string text = hook_text(context);
  if (template_directory) {
    directory = without_links(fs::absolute(*template_directory, current_directory()) / "hooks");
    Names all = client_hooks;
    all.insert(all.end(), server_hooks.begin(), server_hooks.end());
    written = install_into(directory, all, text, force);
  } else {
    const git::Registry registry = open_registry(context);
    if (!server && !registry.has_work_tree()) {
      throw Error(ErrorKind::invalid, "this repository is bare, and nobody commits to it", "",
                  "'git mlem install --server' installs the hook for pushes");
    }
    if (shares_hooks(registry)) {
      throw Error(ErrorKind::invalid, "core.hooksPath is set for more than this repository",
                  "a hook there would run everywhere", "'git mlem install --manual' prints what to add to your hooks");
    }
    directory = hooks_directory(registry);
    written = install_into(directory, names, text, force);
    warn_of_closed(context.err, directory, registry.common_dir());
  }
  if (!format.quiet) context.out << "Installed hooks in '" << escape_for_terminal(directory.string()) << "'\n";
  if (format.verbose) print_files(context.out, "wrote", written);
  return exit_yes;
}

int run_uninstall(const Args& args, Context& context) {
  Options options({"uninstall [<options>]"});
  Format format;
  add_talk_options(options, format);
  const auto rest = options.parse(args, context.out);
  if (!rest) return exit_usage;
  options.refuse_arguments(*rest);
  const git::Registry registry = open_registry(context);
  const std::set<fs::path> directories = own_directories(registry);
  const std::string text = hook_text(context);
  Names names = client_hooks;
  names.insert(names.end(), server_hooks.begin(), server_hooks.end());
  std::vector<fs::path> ours;
  for (const fs::path& directory : directories) {
    for (const std::string& name : names) {
      const auto current = load_file(directory / name, max_hook_size);
      if (!current || !version_line(*current)) continue;
      if (was_changed(*current, text)) throw changed_hook("remove", directory / name, ", or remove the hook yourself");
      ours.push_back(directory / name);
    }
  }
  for (const fs::path& file : ours) {
    const fs::path aside = file.string() + set_aside;
    // Renaming replaces ours, so that there is no moment without a hook.
    if (load_type(aside) != fs::file_not_found)
      move(aside, file);
    else
      remove_file(file);
  }
  std::set<fs::path> emptied;
  for (const fs::path& file : ours) emptied.insert(file.parent_path());
  for (const fs::path& directory : ours.empty() ? directories : emptied) {
    if (format.quiet) break;
    context.out << (ours.empty() ? "No hooks of git-mlem in '" : "Removed hooks from '")
                << escape_for_terminal(directory.string()) << "'\n";
  }
  if (format.verbose) print_files(context.out, "removed", ours);
  return exit_yes;
}

}  // namespace mlem::command
