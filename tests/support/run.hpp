#pragma once

#include "support/temp_dir.hpp"

#include <chrono>
#include <iosfwd>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::test {

/// A whole environment: names and values.
using Variables = std::map<std::string, std::string>;

/// A program that this machine does not have: what the test wants to show cannot be shown here.
class MissingProgram : public std::runtime_error {
 public:
  explicit MissingProgram(const std::string& name)
      : std::runtime_error("cannot run '" + name + "': no such program on PATH") {}
};

/// Returns where `path` (a list of directories with `:` between them) has the program.
std::optional<fs::path> find_program(std::string_view name, std::string_view path);

/// Which streams of a child are a pseudo terminal (80x24), that is also its `/dev/tty`.
enum class Terminal {
  none,    ///< three pipes
  errors,  ///< stderr alone, as in `program | less`
  all,     ///< the three; what the child writes is all in Outcome::output
};

/// What is typed on the terminal once the child has written `prompt` there.
struct Reply {
  std::string prompt;
  std::string text;  ///< with its newline
};

/// How a program is run.
struct RunOptions {
  fs::path directory{};                                             ///< empty: where the caller's default is
  std::map<std::string, std::optional<std::string>> environment{};  ///< set, or without a value unset, for this run
  std::string input{};                                              ///< stdin, where it is a pipe
  std::chrono::milliseconds timeout{600'000};                       ///< then its process group is killed
  Terminal terminal = Terminal::none;
  std::vector<Reply> replies{};  ///< in this order; for a terminal
};

/// How a program ended and what it said. Printed whole by `<<`: `CAPTURE(outcome)` explains a failing CHECK.
struct Outcome {
  std::vector<std::string> command;
  std::string output;  ///< stdout
  std::string errors;  ///< stderr
  int code = -1;       ///< the exit code; -1 if a signal ended it
  int signal = 0;      ///< what ended it; 0 if it exited
  bool timed_out = false;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

/// Runs a program to its end, in a session of its own. The program is found by the given environment's PATH.
/// Throws MissingProgram.
Outcome run(const std::vector<std::string>& arguments, const Variables& environment, const RunOptions& options = {});

}  // namespace mlem::test
