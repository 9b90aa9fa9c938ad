#pragma once

#include "base/environment.hpp"
#include "base/interrupt.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
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

/// Runs a program to its end on our own stdin, stdout and stderr. Returns its exit code, as RunResult has it.
int run_attached(const Program& program);

/// The same with `input` on its stdin. SIGHUP, SIGINT and SIGTERM are held back until it has ended: they are for it
/// first, as git has it for its pager.
int run_attached(const Program& program, std::string_view input);

}  // namespace mlem
