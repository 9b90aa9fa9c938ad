// git-mlem: picks the command and turns an Error into text and an exit code.

#include "base/error.hpp"
#include "command/context.hpp"
#include "command/output.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <new>
#include <signal.h>
#include <unistd.h>

namespace {

using namespace mlem::command;  // NOLINT(google-build-using-namespace): main is the edge of that room

constexpr std::array commands{
    Command{"check", "Report links that do not resolve", run_check},
    Command{"env", "Print facts for a bug report", run_env},
    Command{"fetch", "Fill or tidy the cache of sources", run_fetch},
    Command{"hook", "Run a hook: for the installed scripts", run_hook},
    Command{"init", "Make a directory a MLEM project", run_init},
    Command{"install", "Install the hooks", run_install},
    Command{"link", "Create a link to an object and stage it", run_link},
    Command{"ls", "List the links of the registry", run_ls},
    Command{"policy", "Print the policies in force and where they come from", run_policy},
    Command{"pprint", "The same as show", run_pprint},
    Command{"resolve", "Print the commit, blob and type of objects", run_resolve},
    Command{"show", "Print the metadata of an object", run_show},
    Command{"uninstall", "Remove the hooks", run_uninstall},
    Command{"version", "Print the version", run_version},
};

mlem::Interrupt* interrupt = nullptr;

extern "C" void on_signal(int number) {
  // Nobody waits for a child of its own session: nothing to end but ourselves.
  if (interrupt->request()) return;
  signal(number, SIG_DFL);
  raise(number);
}

void print_commands(std::ostream& out) {
  out << "usage: git mlem <command> [<args>]\n\n";
  for (const Command& command : commands) {
    out << "   " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << '\n';
  }
  out << "\n'git mlem --help' has the manual; 'git mlem <command> -h' shows a command's options.\n";
}

std::string program_path(const char* called_as) {
  boost::system::error_code failure;
  const auto path = boost::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? std::string(called_as) : path.string();
}

/// Opens a command's page in git's way: by `help.format`, `man.viewer` and the pager.
int show_page(const std::string& command, const Context& context) {
  mlem::Environment environment = context.environment;
  const auto pages = boost::filesystem::path(context.program).parent_path() / ".." / "share" / "man";
  // The empty entry at the end stands for man's own list.
  environment.set("MANPATH", pages.string() + ":" + environment.find("MANPATH").value_or(""));
  return mlem::run_attached({{"git", "help", "git-mlem-" + command}, environment, {}});
}

int run(const std::vector<std::string>& arguments, Context& context) {
  if (arguments.empty()) {
    print_commands(context.out);
    return exit_no;
  }
  std::string name = arguments.front();
  if (name == "-h") {
    print_commands(context.out);
    return exit_usage;
  }
  if (name == "--version") name = "version";
  const auto command =
      std::find_if(commands.begin(), commands.end(), [&](const Command& candidate) { return candidate.name == name; });
  if (command == commands.end()) {
    throw mlem::Error(mlem::ErrorKind::usage, "'" + name + "' is not a git mlem command", "", "'git mlem' lists them");
  }
  const auto options_end = std::find(arguments.begin(), arguments.end(), "--");
  if (std::find(arguments.begin() + 1, options_end, "--help") != options_end) return show_page(name, context);
  return command->run({arguments.begin() + 1, arguments.end()}, context);
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    mlem::Interrupt ending;
    interrupt = &ending;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    Context context{.environment = mlem::Environment::of_this_process(),
                    .in = std::cin,
                    .out = std::cout,
                    .err = std::cerr,
                    .interrupt = &ending,
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
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
    return exit_fatal;
  } catch (const std::bad_alloc&) {
    print_error(std::cerr, "fatal", "out of memory");
    return exit_fatal;
  }
}
