// Child processes on posix_spawn(3) and poll(2).
//
// Boost.Process 1.74 waits by changing SIGCHLD's mask, which no library may do in a program with threads.

#include "base/process.hpp"

#include "base/detail/child.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace mlem {
namespace {

using namespace detail;

using Clock = std::chrono::steady_clock;

/// How often it is looked whether a child has ended or is to be ended.
constexpr auto interval = std::chrono::milliseconds(250);
/// How long a child that has ended is read from: what it had started may hold its pipes for ever.
constexpr auto grace = std::chrono::seconds(1);
/// What a pipe may hold at most: pipe(7).
constexpr std::size_t pipe_limit = std::size_t{1} << 20;

/// Kills and reaps on every way out of a function that did not wait.
class Reaper {
 public:
  Reaper(pid_t pid, Session session) noexcept : pid_(pid), session_(session) {}
  ~Reaper() {
    if (pid_ <= 0) return;
    kill_now();
    reap(pid_);
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
    return errno == ECHILD;  // somebody else has waited for it
  }
  int wait() { return wait_for(std::exchange(pid_, -1)); }

 private:
  pid_t pid_;
  Session session_;
};

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

/// Starts a program for converse(). Where it has no input, its stdin is at its end.
pid_t start(const Program& program, Session session, bool has_input, Streams& streams) {
  const pid_t pid = spawn_piped(program, session, streams);
  if (has_input)
    fcntl(streams.in.get(), F_SETFL, O_NONBLOCK);
  else
    streams.in.reset();
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
