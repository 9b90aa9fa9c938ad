#include "base/coprocess.hpp"

#include "base/detail/child.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include <utility>

namespace mlem {

using namespace detail;

Coprocess::Coprocess(const Program& program, std::size_t reply_pipe, std::function<bool()> is_stuck)
    : is_stuck_(std::move(is_stuck)) {
  Streams streams;
  pid_ = spawn_piped(program, Session::shared, streams);
  if (reply_pipe > 0) fcntl(streams.out.get(), F_SETPIPE_SZ, static_cast<int>(reply_pipe));
  // Less than all of it: what is left of a page that was read in part is lost.
  capacity_ = static_cast<std::size_t>(std::max(fcntl(streams.in.get(), F_GETPIPE_SZ), 4096)) / 4 * 3;
  to_child_ = streams.in.release();
  from_child_ = streams.out.release();
  errors_from_child_ = streams.err.release();
  fcntl(from_child_, F_SETFL, O_NONBLOCK);
  fcntl(errors_from_child_, F_SETFL, O_NONBLOCK);
}

std::unique_ptr<Coprocess> Coprocess::start_reading(const Program& program, std::string_view input) {
  constexpr std::size_t large_pipe = std::size_t{1} << 20;
  auto process = std::make_unique<Coprocess>(program, large_pipe);
  process->is_patient_ = true;
  process->write(input);
  process->end_input();
  return process;
}

std::unique_ptr<Coprocess> Coprocess::start_writing(const Program& program) {
  auto process = std::make_unique<Coprocess>(program);
  process->is_patient_ = true;
  return process;
}

Coprocess::~Coprocess() {
  if (pid_ < 0) return;
  close_streams();
  reap(pid_);
}

int Coprocess::wait() {
  if (pid_ < 0) return code_;
  close_streams();
  code_ = wait_for(std::exchange(pid_, -1));
  return code_;
}

void Coprocess::close_streams() {
  end_input();
  close(std::exchange(from_child_, -1));
  read_errors();
  if (errors_from_child_ >= 0) close(std::exchange(errors_from_child_, -1));
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
  std::array<char, block_size> block;
  const std::string_view bytes = read_block(block.data(), block.size());
  buffer_.append(bytes);
  return !bytes.empty();
}

std::string_view Coprocess::read_block(char* block, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(from_child_, block, size);
    if (count < 0 && errno == EAGAIN) {
      constexpr int patience = 3000;
      constexpr int last_patience = 60'000;
      std::array<pollfd, 2> polled{{{from_child_, POLLIN, 0}, {errors_from_child_, POLLIN, 0}}};
      const int limit = takes_requests() ? patience : last_patience;
      const int ready = poll(polled.data(), polled.size(), is_patient_ ? -1 : limit);
      if (ready == 0)
        end_silence();
      else if (polled[1].revents != 0)
        read_errors();
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    return {block, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }
}

void Coprocess::end_silence() {
  const bool is_first = takes_requests();
  if (is_first) close(std::exchange(to_child_, -1));
  if (is_first && !(is_stuck_ && is_stuck_())) return;
  kill(pid_, SIGKILL);
  is_killed_ = true;
}

void Coprocess::end_input() {
  if (takes_requests()) close(std::exchange(to_child_, -1));
}

std::optional<std::string_view> Coprocess::read_record(char terminator) {
  for (;;) {
    const std::size_t end = buffer_.find(terminator, consumed_);
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

bool Coprocess::read_pieces(std::uint64_t count, const std::function<void(std::string_view piece)>& take) {
  const std::string_view here = read(std::min<std::uint64_t>(count, buffer_.size() - consumed_));
  if (!here.empty()) take(here);
  count -= here.size();
  std::array<char, block_size> block;
  while (count > 0) {
    const std::string_view piece = read_block(block.data(), std::min<std::uint64_t>(count, block.size()));
    if (piece.empty()) return false;
    take(piece);
    count -= piece.size();
  }
  return true;
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

}  // namespace mlem
