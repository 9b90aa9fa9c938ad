#include "support/detail/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mlem::test {

namespace {

std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string program_path(const std::string& name, const Variables& environment) {
  if (name.find('/') != std::string::npos) return name;
  const auto path = environment.find("PATH");
  const auto found = find_program(name, path == environment.end() ? "" : path->second);
  if (!found) throw MissingProgram(name);
  return found->string();
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, const Variables& environment, const fs::path& directory,
             const ChildStreams& streams, ControllingTerminal terminal) {
  // Everything that allocates comes before the fork: other threads may hold the allocator's locks.
  const std::string program = program_path(arguments.at(0), environment);
  std::vector<std::string> argument_copies = arguments;
  std::vector<std::string> assignments;
  for (const auto& [name, value] : environment) assignments.push_back(name + "=" + value);
  const std::vector<char*> argv = c_strings(argument_copies);
  const std::vector<char*> envp = c_strings(assignments);
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  if (pid_ > 0) return;

  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t no_signals;
  ::sigemptyset(&no_signals);
  ::sigprocmask(SIG_SETMASK, &no_signals, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  const std::array<int, 3> sources = {streams.input, streams.output, streams.errors};
  bool ready = ::getppid() == parent;  // else the parent died before it could be watched
  for (int target = 0; target < 3; ++target)
    ready = ready && ::dup2(sources[static_cast<std::size_t>(target)], target) >= 0;
  if (terminal == ControllingTerminal::errors) ready = ready && ::ioctl(STDERR_FILENO, TIOCSCTTY, 0) == 0;
  ready = ready && ::chdir(directory.c_str()) == 0;
  if (ready) ::execve(program.c_str(), argv.data(), envp.data());
  ::_exit(127);
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

Child::~Child() {
  if (pid_ <= 0) return;
  kill();
  if (!status_) ::waitpid(pid_, nullptr, 0);
}

std::optional<int> Child::status() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

void Child::kill() noexcept { ::kill(-pid_, SIGKILL); }

}  // namespace mlem::test
