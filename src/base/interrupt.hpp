#pragma once

#include <atomic>
#include <signal.h>

namespace mlem {

/// A way for a signal handler to end the children that this process waits for.
///
/// A library installs no handler. A program that does calls `request()` from it; every wait for a child of its own
/// session then kills that child's process group and throws Interrupted.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Async-signal-safe. Returns whether anybody waits, and so will notice.
  bool request() noexcept;
  bool requested() const noexcept { return requested_; }
  /// A descriptor that is readable for ever once `request()` was called.
  int descriptor() const noexcept { return read_end_; }

  /// Counts one wait for as long as it lives.
  class Wait {
   public:
    explicit Wait(Interrupt* interrupt) noexcept;
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    Interrupt* interrupt_;
  };

 private:
  int read_end_ = -1;
  int write_end_ = -1;
  std::atomic<int> waits_ = 0;
  std::atomic<bool> requested_ = false;
};

/// While it lives, SIGHUP, SIGINT and SIGTERM wait for this thread to finish what must not be done by halves. Children
/// that it starts get them all the same.
class HeldSignals {
 public:
  HeldSignals() noexcept;
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  sigset_t before_{};
};

/// Thrown out of a wait that Interrupt::request() ended. No Error: nothing failed, and nobody should handle it but
/// main.
struct Interrupted {};

}  // namespace mlem
