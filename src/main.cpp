// git-mlem: picks the command and turns an Error into text and an exit code.

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/context.hpp"
#include "command/output.hpp"
#include "git/program.hpp"
#include "model/repo_url.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <signal.h>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace mlem::command;  // NOLINT(google-build-using-namespace): main is the edge of that room

constexpr Command to_start[] = {
    {"init", "Make a directory a MLEM project", run_init},
    {"link", "Create a link to an object and stage it", run_link},
    {"migrate", "Bring links and files of former MLEM versions up to date", run_migrate},
};
constexpr Command to_see[] = {
    {"diff", "Compare the links of two states, and their objects", run_diff},
    {"export", "Print a bill of materials of what links lead to", run_export},
    {"log", "Tell what links have named, since when and by whom", run_log},
    {"ls", "List the links of the registry", run_ls},
    {"pprint", "The same as show", run_pprint},
    {"resolve", "Print the commit, blob and type of objects", run_resolve},
    {"show", "Print the metadata of an object", run_show},
    {"site", "Write a catalogue of the registry as web pages", run_site},
    {"status", "Compare pinned links with what they follow", run_status},
    {"who", "Tell which links lead to a repository or an object", run_who},
};
constexpr Command to_change[] = {
    {"hold", "Have links stay as they are, and say why", run_hold},
    {"pin", "Have links name the commits that they lead to", run_pin},
    {"promote", "Copy pinned links to another environment", run_promote},
    {"rollback", "Have links name again what they named before", run_rollback},
    {"unhold", "Lift the holds of links", run_unhold},
    {"unpin", "Have pinned links name what they follow", run_unpin},
    {"update", "Have pinned links go to what they follow", run_update},
};
constexpr Command to_guard[] = {
    {"check", "Report links that do not resolve", run_check},
    {"install", "Install the hooks", run_install},
    {"policy", "Print the policies in force and where they come from", run_policy},
    {"uninstall", "Remove the hooks", run_uninstall},
};
constexpr Command to_carry[] = {
    {"bundle", "Carry a registry and its objects to where no network is", run_bundle},
    {"clone", "Copy an object with its files, and verify them", run_clone},
    {"fetch", "Fill or tidy the cache of sources", run_fetch},
};
constexpr Command to_serve[] = {
    {"complete", "List revs or paths of a source: for completions", run_complete},
    {"env", "Print facts for a bug report", run_env},
    {"hook", "Run a hook: for the installed scripts", run_hook},
    {"merge-file", "Merge a link: for git, as a merge driver", run_merge_file},
    {"version", "Print the version", run_version},
};

/// Commands of one use, as `git mlem` lists them.
struct CommandGroup {
  std::string_view use;
  std::span<const Command> commands;
};

constexpr CommandGroup command_groups[] = {
    {"start a registry", to_start},        {"see what is there, and what was", to_see},
    {"change what links name", to_change}, {"judge links and guard them", to_guard},
    {"get what links lead to", to_carry},  {"serve hooks, scripts and bug reports", to_serve},
};

mlem::Interrupt* interrupt = nullptr;
volatile sig_atomic_t ended_by = 0;

void end_by(int number) {
  signal(number, SIG_DFL);
  raise(number);
}

extern "C" void on_signal(int number) {
  ended_by = number;
  // Nobody waits for a child of its own session: nothing to end but ourselves.
  if (interrupt == nullptr || !interrupt->request()) end_by(number);
}

/// Has what ends this program end the children of their own sessions first.
class SignalHandlers {
 public:
  SignalHandlers() {
    interrupt = &interrupt_;
    for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
      struct sigaction action {};
      // What nohup(1) or a shell's background job ignores stays ignored.
      if (sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
      action = {};
      action.sa_handler = on_signal;
      action.sa_flags = SA_RESTART;
      sigaction(number, &action, nullptr);
    }
  }
  ~SignalHandlers() { interrupt = nullptr; }
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;
  mlem::Interrupt* get() noexcept { return &interrupt_; }

 private:
  mlem::Interrupt interrupt_;
};

void print_commands(std::ostream& out) {
  out << "usage: git mlem [-q | -v] <command> [<args>]\n";
  for (const CommandGroup& group : command_groups) {
    out << '\n' << group.use << '\n';
    for (const Command& command : group.commands) {
      out << "   " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << '\n';
    }
  }
  out << "\n'git mlem help [<command> | server | compatibility | migration | mlem-link]' opens the manual; 'git mlem "
         "<command> -h' shows a command's options.\n";
}

std::string program_path(const char* called_as) {
  boost::system::error_code failure;
  const auto path = boost::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? std::string(called_as) : path.string();
}

/// Opens a manual page in git's way: by `help.format`, `man.viewer` and the pager.
int show_page(const std::string& page, const Context& context) {
  mlem::Environment environment = context.environment;
  const auto pages = boost::filesystem::path(context.program).parent_path() / ".." / "share" / "man";
  // The empty entry at the end stands for man's own list.
  environment.set("MANPATH", pages.string() + ":" + environment.find("MANPATH").value_or(""));
  return mlem::git::show_manual(page, environment);
}

/// Returns how many words at the front are `-q` or `-v`: as in MLEM, they may come before the command.
std::ptrdiff_t count_leading_options(const std::vector<std::string>& arguments) {
  const auto is_other = [](const std::string& word) {
    return word != "-q" && word != "--quiet" && word != "-v" && word != "--verbose";
  };
  return std::find_if(arguments.begin(), arguments.end(), is_other) - arguments.begin();
}

/// Throws Error(usage), with a command of a like name as its hint.
const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const CommandGroup& group : command_groups) {
    for (const Command& command : group.commands) {
      if (command.name == name) return command;
      names.emplace_back(command.name);
    }
  }
  const std::vector<std::string> alike = mlem::nearest(name, names, 1);
  throw mlem::Error(mlem::ErrorKind::usage, "'" + mlem::redact(name) + "' is not a git mlem command", "",
                    alike.empty() ? "'git mlem' lists them" : "the most similar command is '" + alike.front() + "'");
}

/// Returns the page that a word of `git mlem help` means: a command's, or one of those that are not about a command.
/// Throws as find_command().
std::string page_of(const std::string& word) {
  constexpr std::string_view git_prefix = "git-mlem-";
  if (word == "mlem-link") return word;  // mlem-link(5), and not the page of the command
  std::string name = word;
  for (const std::string_view prefix : {git_prefix, git_prefix.substr(4)}) {
    if (word.starts_with(prefix)) {
      name = word.substr(prefix.size());
      break;
    }
  }
  if (word == "git-mlem" || word == "mlem") return "git-mlem";
  if (name == "server" || name == "compatibility" || name == "migration") return std::string(git_prefix) + name;
  return std::string(git_prefix) + std::string(find_command(name).name);
}

int run(const std::vector<std::string>& given, Context& context) {
  // Alone it asks for the version, as `git -v` does.
  if (given.size() == 1 && given.front() == "-v") return run_version({}, context);
  const std::ptrdiff_t leading = count_leading_options(given);
  const std::vector<std::string> arguments(given.begin() + leading, given.end());
  if (arguments.empty()) {
    print_commands(context.out);
    return exit_no;
  }
  std::string name = arguments.front();
  if (name == "-h" || (name == "help" && arguments.back() == "-h")) {
    print_commands(context.out);
    return exit_usage;
  }
  // Through git '--help' never arrives: 'git mlem --help' is git's own.
  if (name == "--help" || name == "help") {
    if (arguments.size() > 2) {
      throw mlem::Error(mlem::ErrorKind::usage, "one page at most", "",
                        "usage: git mlem help [<command> | server | compatibility | migration | mlem-link]");
    }
    return show_page(arguments.size() == 1 ? "git-mlem" : page_of(arguments[1]), context);
  }
  if (name == "--version") name = "version";
  const Command& command = find_command(name);
  const auto options_end = std::find(arguments.begin(), arguments.end(), "--");
  if (std::find(arguments.begin() + 1, options_end, "--help") != options_end)
    return show_page("git-mlem-" + name, context);
  std::vector<std::string> options_and_words(given.begin(), given.begin() + leading);
  options_and_words.insert(options_and_words.end(), arguments.begin() + 1, arguments.end());
  return command.run(options_and_words, context);
}

}  // namespace

int main(int argc, char** argv) {
  for (const int number : {SIGCHLD, SIGPIPE}) signal(number, SIG_DFL);  // a parent may have ignored them
  std::ios::sync_with_stdio(false);
  std::optional<SignalHandlers> signal_handlers;  // for the handlers of exceptions too
  try {
    signal_handlers.emplace();
    Context context{.environment = mlem::Environment::of_this_process(),
                    .in = std::cin,
                    .out = std::cout,
                    .err = std::cerr,
                    .interrupt = signal_handlers->get(),
                    .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                    .err_is_terminal = isatty(STDERR_FILENO) == 1,
                    .program = program_path(argv[0])};
    const int code = run({argv + 1, argv + argc}, context);
    std::cout.flush();
    if (!std::cout) throw mlem::Error(mlem::ErrorKind::io, "cannot write to standard output");
    return code;
  } catch (const mlem::Error& error) {
    std::cout.flush();
    const bool is_usage = error.kind() == mlem::ErrorKind::usage;
    print_error(std::cerr, is_usage ? "error" : "fatal", error.what());
    print_hint(std::cerr, error.hint());
    return is_usage ? exit_usage : exit_fatal;
  } catch (const mlem::Interrupted&) {
    end_by(ended_by);
    return exit_fatal;
  } catch (const std::bad_alloc&) {
    print_error(std::cerr, "fatal", "out of memory");
    return exit_fatal;
  } catch (const std::exception& error) {
    print_error(std::cerr, "fatal", error.what());
    return exit_fatal;
  }
}
