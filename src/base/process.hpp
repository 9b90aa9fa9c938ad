#pragma once

#include "base/environment.hpp"
#include "base/interrupt.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace mlem {

/// A program to run: an argument vector, never a shell line.
struct Program {
  std::vector<std::string> arguments;  ///< the program first, looked up in the environment's PATH
  Environment environment;
  std::string directory;  ///< where it runs; empty: where this process is
};

/// Bounds of a run. What exceeds one is ended by killing its process group.
struct Limits {
  std::chrono::milliseconds idle{0};  ///< without output on either stream; 0: none
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::size_t output = std::size_t{1} << 30;  ///< bytes of stdout
  /// Asked often, at least four times a second; `true` ends the run.
  std::function<bool()> exceeded;
};

/// How a run ended.
struct RunResult {
  enum class End { exited, idle, deadline, output, exceeded };
  End end = End::exited;
  int code = 0;        ///< the exit code; 128 + n if signal n ended it
  std::string output;  ///< stdout, whole
  std::string errors;  ///< the last 64 KiB of stderr
};

/// Who gets signals from the terminal.
enum class Session {
  shared,  ///< the child is in our process group and may use the terminal
  own,     ///< the child has no terminal; it and its children can be killed as one
};

/// Runs a program to its end with `input` on its stdin; both output streams are read while it runs.
/// A run in its own session ends early, by SIGKILL of its group, when a limit is passed or `interrupt` (may be null)
/// is requested.
/// Throws Error(io) if the program cannot be started, Interrupted if `interrupt` ended it.
RunResult run(const Program& program, std::string_view input, Session session, const Limits& limits,
              Interrupt* interrupt);

/// The same for a short local program, in a shared session, without limits.
RunResult run(const Program& program, std::string_view input = {});

/// A program that answers requests on its stdin with replies on its stdout, for as long as this lives.
/// Not for use by several threads at once.
///
/// A program that says nothing for three seconds while it is read from gets no more requests: one that has answered
/// less than it announced waits for the next as we wait for the rest, and ends when there can be none. One that does
/// not end then, for a minute, is killed, and at once if it is known to be stuck.
class Coprocess {
 public:
  /// Starts the program. `reply_pipe` is how many bytes of replies may wait to be read, if the system allows so many;
  /// 0: as many as usual. `is_stuck` is asked when it has been silent. Throws Error(io) if it cannot be started.
  explicit Coprocess(const Program& program, std::size_t reply_pipe = 0, std::function<bool()> is_stuck = {});
  ~Coprocess();
  Coprocess(const Coprocess&) = delete;
  Coprocess& operator=(const Coprocess&) = delete;

  /// Returns how many bytes write() takes without waiting for the program, if it has read all that came before.
  std::size_t capacity() const noexcept { return capacity_; }
  /// Returns whether it gets requests: it has not been silent.
  bool takes_requests() const noexcept { return to_child_ >= 0; }
  /// Returns whether it was killed, because it was stuck or silent for too long.
  bool is_killed() const noexcept { return is_killed_; }
  /// Throws Error(io) if the program is gone or has been silent.
  void write(std::string_view request);
  /// Returns the next line without its newline; nothing at the end of the output. A view of what read() and
  /// read_line() return is good until the next call of either.
  std::optional<std::string_view> read_line();
  /// Returns the next `count` bytes; fewer only at the end of the output.
  std::string_view read(std::size_t count);
  /// Returns what it has written to its stderr so far, of much the last 64 KiB: what it says before a reply is here
  /// with the reply.
  const std::string& errors();

 private:
  bool fill();
  void read_errors();
  void end_silence();
  std::function<bool()> is_stuck_;
  bool is_killed_ = false;
  pid_t pid_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
  int errors_from_child_ = -1;
  std::size_t capacity_ = 0;
  std::string buffer_;
  std::size_t consumed_ = 0;
  std::string errors_;
};

/// While it lives, this thread and the children that it starts leave a processor to whoever runs there when a message
/// wakes them: a reader and a writer of one pipe on few processors would change places at every message.
class BatchScheduling {
 public:
  BatchScheduling() noexcept;
  ~BatchScheduling();
  BatchScheduling(const BatchScheduling&) = delete;
  BatchScheduling& operator=(const BatchScheduling&) = delete;

 private:
  bool is_set_ = false;
};

/// Runs a program to its end on our own stdin, stdout and stderr. Returns its exit code, as RunResult has it.
int run_attached(const Program& program);

/// The same with `input` on its stdin. SIGHUP, SIGINT and SIGTERM are held back until it has ended: they are for it
/// first, as git has it for its pager.
int run_attached(const Program& program, std::string_view input);

}  // namespace mlem
