#pragma once

#include "base/process.hpp"

#include <spawn.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace mlem::detail {

/// Of what a child writes to its stderr, at least so many last bytes are kept.
inline constexpr std::size_t errors_kept = std::size_t{64} * 1024;

/// A file descriptor, closed at the end.
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

/// Throws Error(io).
Pipe make_pipe();

/// What is done in the child before the program starts: it goes to its directory, and gets its streams.
class FileActions {
 public:
  explicit FileActions(const Program& program);
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void duplicate(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Starts a program. Throws Error(io), also where this process has the system forget how its children end.
pid_t spawn(const Program& program, Session session, const FileActions& actions);

/// The ends of a child's streams that are ours.
struct Streams {
  Descriptor in;
  Descriptor out;
  Descriptor err;
};

/// Starts a program with a pipe at each of its streams. Throws Error(io).
pid_t spawn_piped(const Program& program, Session session, Streams& streams);

/// Waits for a child's end. Returns its exit code, as RunResult has it. Throws Error(io) if somebody else has waited
/// for it, so that the code is lost.
int wait_for(pid_t pid);
/// The same for who does not want to know the code.
void reap(pid_t pid) noexcept;

/// A write to a child that has gone must be an error, not a SIGPIPE for the whole program. Blocked only for the writing
/// thread, and a signal that we caused is taken back before the mask is restored.
ssize_t write_without_signal(int descriptor, const char* data, std::size_t size);

}  // namespace mlem::detail
