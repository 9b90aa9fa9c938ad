// Child processes on posix_spawn(3) and poll(2).
//
// Boost.Process 1.74 waits by changing SIGCHLD's mask, which no library may do in a program with threads.

#include "base/process.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace mlem {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t errors_kept = std::size_t{64} * 1024;

/// How often it is looked whether a child has ended or is to be ended.
constexpr auto interval = std::chrono::milliseconds(250);
/// How long a child that has ended is read from: what it had started may hold its pipes for ever.
constexpr auto grace = std::chrono::seconds(1);
/// What a pipe may hold at most: pipe(7).
constexpr std::size_t pipe_limit = std::size_t{1} << 20;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const noexcept { return value_; }
  int release() noexcept { return std::exchange(value_, -1); }
  void reset() noexcept {
    if (value_ >= 0) close(value_);
    value_ = -1;
  }
  explicit operator bool() const noexcept { return value_ >= 0; }

 private:
  int value_ = -1;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error(ErrorKind::io, "cannot make a pipe", std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

class FileActions {
 public:
  explicit FileActions(const Program& program) {
    posix_spawn_file_actions_init(&actions_);
    if (program.directory.empty()) return;
    posix_spawn_file_actions_addchdir_np(&actions_, program.directory.c_str());
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void duplicate(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// posix_spawnp() searches our own PATH; the child's is meant.
std::string find_program(const Program& program) {
  const std::string& name = program.arguments.front();
  if (name.find('/') != std::string::npos) return name;
  const std::string path = program.environment.find("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string directory = path.substr(start, end - start);
    std::string candidate = (directory.empty() ? "." : directory) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  throw Error(ErrorKind::io, "cannot run '" + name + "'", "no such program in PATH");
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

  const std::string path = find_program(program);
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

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Kills and reaps on every way out of a function that did not wait.
class Reaper {
 public:
  Reaper(pid_t pid, Session session) noexcept : pid_(pid), session_(session) {}
  ~Reaper() {
    if (pid_ <= 0) return;
    kill_now();
    wait_for(pid_);
  }
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  // setsid() makes the child the leader of a group of its own, which its own children (git-remote-http, ssh) share.
  void kill_now() const noexcept { kill(session_ == Session::own ? -pid_ : pid_, SIGKILL); }
  bool has_ended() const noexcept {
    siginfo_t information{};
    if (waitid(P_PID, static_cast<id_t>(pid_), &information, WEXITED | WNOHANG | WNOWAIT) == 0) {
      return information.si_pid == pid_;
    }
    return errno == ECHILD;  // nothing is left of it where SIGCHLD is ignored
  }
  int wait() { return wait_for(std::exchange(pid_, -1)); }

 private:
  pid_t pid_;
  Session session_;
};

/// A write to a child that has gone must be an error, not a SIGPIPE for the whole program. Blocked only for the writing
/// thread, and a signal that we caused is taken back before the mask is restored.
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

/// Appends what can be read; closes the descriptor at the end of the stream. Returns the number of bytes.
std::size_t drain(Descriptor& from, std::string& to) {
  std::array<char, 65536> block;
  const ssize_t count = read(from.get(), block.data(), block.size());
  if (count > 0) {
    to.append(block.data(), static_cast<std::size_t>(count));
    return static_cast<std::size_t>(count);
  }
  if (count == 0 || (errno != EINTR && errno != EAGAIN)) from.reset();
  return 0;
}

/// The same for stderr, of which only the end is kept.
std::size_t drain_errors(Descriptor& from, std::string& to) {
  const std::size_t received = drain(from, to);
  if (to.size() > 2 * errors_kept) to.erase(0, to.size() - errors_kept);
  return received;
}

/// poll(2) on the streams of a program, which a signal may end early.
void wait_for_any(std::array<pollfd, 4>& polled, int timeout, const Program& program) {
  if (poll(polled.data(), polled.size(), timeout) < 0 && errno != EINTR) {
    throw Error(ErrorKind::io, "cannot wait for '" + program.arguments.front() + "'", std::strerror(errno));
  }
}

int milliseconds_left(Clock::time_point now, Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

/// Writes as much of `input` as goes into a pipe at once, and takes it off. Closes the pipe at the end, and where
/// nobody reads any more.
void feed(Descriptor& pipe, std::string_view& input) {
  const ssize_t written = write_without_signal(pipe.get(), input.data(), input.size());
  if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
  if (input.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) pipe.reset();
}

/// Which limit a child has passed that still runs; that on its output aside, which is on one that has ended too.
std::optional<RunResult::End> passed_limit(const Limits& limits, Clock::time_point now, Clock::time_point last_output) {
  if (limits.deadline && now >= *limits.deadline) return RunResult::End::deadline;
  if (limits.idle.count() > 0 && now - last_output >= limits.idle) return RunResult::End::idle;
  if (limits.exceeded && limits.exceeded()) return RunResult::End::exceeded;
  return std::nullopt;
}

/// When a limit in time is passed if nothing happens until then, but no later than `otherwise`.
Clock::time_point next_limit(const Limits& limits, Clock::time_point last_output, Clock::time_point otherwise) {
  if (limits.idle.count() > 0) otherwise = std::min(otherwise, last_output + limits.idle);
  return limits.deadline ? std::min(otherwise, *limits.deadline) : otherwise;
}

/// The ends of a child's streams that are ours.
struct Streams {
  Descriptor in;
  Descriptor out;
  Descriptor err;
};

/// Starts a program for converse(). Where it has no input, its stdin is at its end.
pid_t start(const Program& program, Session session, bool has_input, Streams& streams) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  FileActions actions(program);
  actions.duplicate(in.read_end.get(), STDIN_FILENO);
  actions.duplicate(out.write_end.get(), STDOUT_FILENO);
  actions.duplicate(err.write_end.get(), STDERR_FILENO);
  const pid_t pid = spawn(program, session, actions);
  streams.out = std::move(out.read_end);
  streams.err = std::move(err.read_end);
  if (!has_input) return pid;
  streams.in = std::move(in.write_end);
  fcntl(streams.in.get(), F_SETFL, O_NONBLOCK);
  return pid;
}

RunResult converse(const Program& program, std::string_view input, Session session, const Limits& limits,
                   Interrupt* interrupt) {
  const Interrupt::Wait counted(interrupt);
  if (interrupt != nullptr && interrupt->requested()) throw Interrupted{};
  Streams streams;
  Reaper child(start(program, session, !input.empty(), streams), session);

  RunResult result;
  std::optional<Clock::time_point> ended;  // when that was noticed, or when the child was killed
  std::size_t received_since = 0;
  const auto stop = [&](RunResult::End end) {
    result.end = end;
    ended = Clock::now();
    child.kill_now();
  };
  Clock::time_point last_output = Clock::now();
  Clock::time_point last_look = last_output;
  // A child that has closed its streams may stay, and nothing tells when it ends but looking.
  const bool may_end_it =
      interrupt != nullptr || limits.idle.count() > 0 || limits.deadline.has_value() || limits.exceeded != nullptr;
  int patience = 1;
  while (streams.out || streams.err || (may_end_it && !child.has_ended())) {
    std::array<pollfd, 4> polled{{{streams.in.get(), POLLOUT, 0},
                                  {streams.out.get(), POLLIN, 0},
                                  {streams.err.get(), POLLIN, 0},
                                  {interrupt != nullptr ? interrupt->descriptor() : -1, POLLIN, 0}}};
    int timeout =
        milliseconds_left(Clock::now(), ended ? *ended + grace : next_limit(limits, last_output, last_look + interval));
    if (!streams.out && !streams.err) timeout = std::min(timeout, std::exchange(patience, std::min(2 * patience, 100)));
    wait_for_any(polled, timeout, program);
    if (polled[3].revents != 0) throw Interrupted{};
    if (polled[0].revents != 0) feed(streams.in, input);
    std::size_t received = 0;
    if (polled[1].revents != 0) received += drain(streams.out, result.output);
    if (polled[2].revents != 0) received += drain_errors(streams.err, result.errors);
    const Clock::time_point now = Clock::now();
    if (ended) {
      // All that the child wrote itself is in the pipes by now, and comes before what others write.
      received_since += received;
      if (now >= *ended + grace && (received == 0 || received_since > 2 * pipe_limit)) break;
    }
    if (result.end != RunResult::End::exited) {
      result.output.resize(std::min(result.output.size(), limits.output));
      continue;
    }
    if (received > 0) last_output = now;
    if (!ended && now >= last_look + interval) {
      last_look = now;
      if (child.has_ended()) ended = now;
    }
    const auto passed = ended ? std::nullopt : passed_limit(limits, now, last_output);
    if (result.output.size() > limits.output)
      stop(RunResult::End::output);
    else if (passed)
      stop(*passed);
  }
  streams.in.reset();
  result.code = child.wait();
  return result;
}

}  // namespace

RunResult run(const Program& program, std::string_view input, Session session, const Limits& limits,
              Interrupt* interrupt) {
  return converse(program, input, session, limits, interrupt);
}

RunResult run(const Program& program, std::string_view input) {
  return converse(program, input, Session::shared, {}, nullptr);
}

Coprocess::Coprocess(const Program& program, std::size_t reply_pipe, std::function<bool()> is_stuck)
    : is_stuck_(std::move(is_stuck)) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  FileActions actions(program);
  actions.duplicate(in.read_end.get(), STDIN_FILENO);
  actions.duplicate(out.write_end.get(), STDOUT_FILENO);
  actions.duplicate(err.write_end.get(), STDERR_FILENO);
  if (reply_pipe > 0) fcntl(out.read_end.get(), F_SETPIPE_SZ, static_cast<int>(reply_pipe));
  // Less than all of it: what is left of a page that was read in part is lost.
  capacity_ = static_cast<std::size_t>(std::max(fcntl(in.write_end.get(), F_GETPIPE_SZ), 4096)) / 4 * 3;
  pid_ = spawn(program, Session::shared, actions);
  to_child_ = in.write_end.release();
  from_child_ = out.read_end.release();
  errors_from_child_ = err.read_end.release();
  fcntl(from_child_, F_SETFL, O_NONBLOCK);
  fcntl(errors_from_child_, F_SETFL, O_NONBLOCK);
}

Coprocess::~Coprocess() {
  if (takes_requests()) close(to_child_);
  close(from_child_);
  if (errors_from_child_ >= 0) close(errors_from_child_);
  wait_for(pid_);
}

const std::string& Coprocess::errors() {
  read_errors();
  return errors_;
}

void Coprocess::read_errors() {
  std::array<char, 4096> block;
  while (errors_from_child_ >= 0) {
    const ssize_t count = ::read(errors_from_child_, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      close(std::exchange(errors_from_child_, -1));
      return;
    }
    errors_.append(block.data(), static_cast<std::size_t>(count));
    if (errors_.size() > 2 * errors_kept) errors_.erase(0, errors_.size() - errors_kept);
  }
}

void Coprocess::write(std::string_view request) {
  while (!request.empty()) {
    const ssize_t written = write_without_signal(to_child_, request.data(), request.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw Error(ErrorKind::io, "cannot write to a child process", std::strerror(errno));
    request.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool Coprocess::fill() {
  buffer_.erase(0, std::exchange(consumed_, 0));
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t count = ::read(from_child_, block.data(), block.size());
    if (count < 0 && errno == EAGAIN) {
      constexpr int patience = 3000;
      constexpr int last_patience = 60'000;
      std::array<pollfd, 2> polled{{{from_child_, POLLIN, 0}, {errors_from_child_, POLLIN, 0}}};
      const int ready = poll(polled.data(), polled.size(), takes_requests() ? patience : last_patience);
      if (ready == 0)
        end_silence();
      else if (polled[1].revents != 0)
        read_errors();
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    buffer_.append(block.data(), static_cast<std::size_t>(count));
    return true;
  }
}

void Coprocess::end_silence() {
  const bool is_first = takes_requests();
  if (is_first) close(std::exchange(to_child_, -1));
  if (is_first && !(is_stuck_ && is_stuck_())) return;
  kill(pid_, SIGKILL);
  is_killed_ = true;
}

std::optional<std::string_view> Coprocess::read_line() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', consumed_);
    if (end != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(consumed_, end - consumed_);
      consumed_ = end + 1;
      return line;
    }
    if (!fill()) return std::nullopt;
  }
}

std::string_view Coprocess::read(std::size_t count) {
  while (buffer_.size() - consumed_ < count && fill()) continue;
  const std::string_view bytes = std::string_view(buffer_).substr(consumed_, count);
  consumed_ += bytes.size();
  return bytes;
}

// Without a pid the calls are about this thread alone: sched_setscheduler(2). Elsewhere than on Linux nothing is done.
BatchScheduling::BatchScheduling() noexcept {
#ifdef SCHED_BATCH
  const sched_param no_priority{};
  is_set_ = sched_getscheduler(0) == SCHED_OTHER && sched_setscheduler(0, SCHED_BATCH, &no_priority) == 0;
#endif
}

BatchScheduling::~BatchScheduling() {
  const sched_param no_priority{};
  if (is_set_) sched_setscheduler(0, SCHED_OTHER, &no_priority);
}

int run_attached(const Program& program) { return wait_for(spawn(program, Session::shared, FileActions(program))); }

int run_attached(const Program& program, std::string_view input) {
  Pipe in = make_pipe();
  FileActions actions(program);
  actions.duplicate(in.read_end.get(), STDIN_FILENO);
  const HeldSignals held;
  const pid_t pid = spawn(program, Session::shared, actions);
  in.read_end.reset();
  while (!input.empty()) {
    const ssize_t written = write_without_signal(in.write_end.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;  // it has read what it wanted
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  in.write_end.reset();
  return wait_for(pid);
}

}  // namespace mlem
