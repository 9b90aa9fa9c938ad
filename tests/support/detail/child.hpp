#pragma once

#include "support/run.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace mlem::test {

/// The descriptors that a child gets as its streams; they stay the caller's.
struct ChildStreams {
  int input;
  int output;
  int errors;
};

/// Whether the child's stderr, which then is a terminal, becomes the one that `/dev/tty` names.
enum class ControllingTerminal { none, errors };

/// A child in a session of its own. It dies with this object, together with its process group, and also if this
/// process is killed.
class Child {
 public:
  /// Throws MissingProgram if the environment's PATH does not have the program.
  Child(const std::vector<std::string>& arguments, const Variables& environment, const fs::path& directory,
        const ChildStreams& streams, ControllingTerminal terminal = ControllingTerminal::none);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  /// Returns how the child ended, as waitpid(2) says it; nothing while it runs.
  std::optional<int> status();
  /// Kills the process group.
  void kill() noexcept;

 private:
  pid_t pid_;
  std::optional<int> status_;
};

}  // namespace mlem::test
