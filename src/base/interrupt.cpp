#include "base/interrupt.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace mlem {

Interrupt::Interrupt() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw Error(ErrorKind::io, "cannot make a pipe", std::strerror(errno));
  read_end_ = ends[0];
  write_end_ = ends[1];
}

Interrupt::~Interrupt() {
  close(read_end_);
  close(write_end_);
}

bool Interrupt::request() noexcept {
  requested_ = true;
  const int saved_errno = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(write_end_, &byte, 1);
  errno = saved_errno;
  return waits_ > 0;
}

Interrupt::Wait::Wait(Interrupt* interrupt) noexcept : interrupt_(interrupt) {
  if (interrupt_ != nullptr) ++interrupt_->waits_;
}

Interrupt::Wait::~Wait() {
  if (interrupt_ != nullptr) --interrupt_->waits_;
}

HeldSignals::HeldSignals() noexcept {
  sigset_t held;
  sigemptyset(&held);
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&held, number);
  pthread_sigmask(SIG_BLOCK, &held, &before_);
}

HeldSignals::~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace mlem
