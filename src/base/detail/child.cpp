#include "base/detail/child.hpp"

#include "base/error.hpp"
#include "base/find_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace mlem::detail {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// posix_spawnp() searches our own PATH; the child's is meant.
std::string require_program(const Program& program) {
  const std::string& name = program.arguments.front();
  auto path = find_program(name, program.environment);
  if (!path) throw Error(ErrorKind::io, "cannot run '" + name + "'", "no such program in PATH");
  return *std::move(path);
}

/// Throws Error(io) where the system forgets how children end: waitpid(2), "NOTES". That of a git that did its work and
/// of one that failed would look alike.
void require_ends_of_children(const std::string& name) {
  struct sigaction action {};
  if (sigaction(SIGCHLD, nullptr, &action) != 0) return;
  const bool is_ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  if (!is_ignored && (action.sa_flags & SA_NOCLDWAIT) == 0) return;
  throw Error(ErrorKind::io, "cannot run '" + name + "'",
              "this process ignores SIGCHLD, so that nobody can tell how a child of it ends",
              "'signal(SIGCHLD, SIG_DFL)' undoes that");
}

/// Whether this process is in a directory that has been removed.
bool is_nowhere() {
  std::array<char, PATH_MAX> path;
  return getcwd(path.data(), path.size()) == nullptr && errno == ENOENT;
}

/// Returns why a program cannot start in `directory`, as errno has it; 0 if it can.
int failure_to_enter(const std::string& directory) {
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) return errno;
  if (!S_ISDIR(status.st_mode)) return ENOTDIR;
  return access(directory.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

FileActions::FileActions(const Program& program) {
  posix_spawn_file_actions_init(&actions_);
  // git does not even start in a directory that has been removed.
  if (!program.directory.empty())
    posix_spawn_file_actions_addchdir_np(&actions_, program.directory.c_str());
  else if (is_nowhere())
    posix_spawn_file_actions_addchdir_np(&actions_, "/");
}

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error(ErrorKind::io, "cannot make a pipe", std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

pid_t spawn(const Program& program, Session session, const FileActions& actions) {
  require_ends_of_children(program.arguments.front());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A child must not inherit what a caller blocks or ignores: git relies on SIGPIPE, and waits for children of its own.
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGCHLD}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (session == Session::own) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));

  const std::string path = require_program(program);
  std::vector<std::string> arguments = program.arguments;
  std::vector<std::string> variables = program.environment.entries();
  pid_t pid = -1;
  const int failure = posix_spawn(&pid, path.c_str(), actions.get(), &attributes, pointers(arguments).data(),
                                  pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) {
    const int at_directory = program.directory.empty() ? 0 : failure_to_enter(program.directory);
    if (at_directory != 0)
      throw Error(ErrorKind::io, "cannot change to '" + program.directory + "'", std::strerror(at_directory));
    throw Error(ErrorKind::io, "cannot run '" + program.arguments.front() + "'", std::strerror(failure));
  }
  return pid;
}

pid_t spawn_piped(const Program& program, Session session, Streams& streams) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  FileActions actions(program);
  actions.duplicate(in.read_end.get(), STDIN_FILENO);
  actions.duplicate(out.write_end.get(), STDOUT_FILENO);
  actions.duplicate(err.write_end.get(), STDERR_FILENO);
  const pid_t pid = spawn(program, session, actions);
  streams = {std::move(in.write_end), std::move(out.read_end), std::move(err.read_end)};
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno == EINTR) continue;
    throw Error(ErrorKind::io, "cannot tell how a program has ended", std::strerror(errno),
                "no other part of this process may wait for children that it has not started, nor ignore SIGCHLD");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void reap(pid_t pid) noexcept {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

ssize_t write_without_signal(int descriptor, const char* data, std::size_t size) {
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(descriptor, data, size);
  const int saved_errno = errno;
  // Linux sends it also where a part had been written before the reader went away.
  if (sigismember(&before, SIGPIPE) == 0) {
    const timespec at_once{};
    while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = saved_errno;
  return written;
}

}  // namespace mlem::detail
