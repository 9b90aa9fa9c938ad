#include "base/detail/child.hpp"

#include "base/error.hpp"
#include "base/find_program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <signal.h>
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

}  // namespace

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error(ErrorKind::io, "cannot make a pipe", std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

pid_t spawn(const Program& program, Session session, const FileActions& actions) {
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
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
