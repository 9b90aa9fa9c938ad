#pragma once

#include "base/process.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace mlem {

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
  /// Starts a program that is asked nothing but `input`, which is written whole before anything is read: it has to fit
  /// into a pipe, or the program has to read it before it writes. It may be silent for as long as it wants.
  static std::unique_ptr<Coprocess> start_reading(const Program& program, std::string_view input = {});
  /// Starts a program that is given bytes by write() and says what came of them in the end, a line or two, for which it
  /// may take as long as it wants.
  static std::unique_ptr<Coprocess> start_writing(const Program& program);
  ~Coprocess();
  Coprocess(const Coprocess&) = delete;
  Coprocess& operator=(const Coprocess&) = delete;

  /// Returns how many bytes write() takes without waiting for the program, if it has read all that came before.
  std::size_t capacity() const noexcept { return capacity_; }
  /// Returns whether it gets requests: it has not been silent.
  bool takes_requests() const noexcept { return to_child_ >= 0; }
  /// Waits for the program's end and returns its exit code, as RunResult has it. Who has not read its output to the end
  /// gets the code of a program that nobody reads from. Throws Error(io) if somebody else has waited for it.
  int wait();
  /// Returns whether it was killed, because it was stuck or silent for too long.
  bool is_killed() const noexcept { return is_killed_; }
  /// Throws Error(io) if the program is gone or has been silent.
  void write(std::string_view request);
  /// Tells the program that no more bytes come.
  void end_input();
  /// Returns the next line without its newline; nothing at the end of the output. A view of what these functions return
  /// is good until the next call of any.
  std::optional<std::string_view> read_line() { return read_record('\n'); }
  /// The same for records that end in another byte.
  std::optional<std::string_view> read_record(char terminator);
  /// Returns the next `count` bytes; fewer only at the end of the output.
  std::string_view read(std::size_t count);
  /// Calls `take` with the next `count` bytes, in pieces as they come. Returns whether there were so many.
  bool read_pieces(std::uint64_t count, const std::function<void(std::string_view piece)>& take);
  /// Returns what it has written to its stderr so far, of much the last 64 KiB: what it says before a reply is here
  /// with the reply.
  const std::string& errors();

 private:
  static constexpr std::size_t block_size = std::size_t{1} << 16;

  bool fill();
  /// Waits for output. Returns what of `block` it fills; nothing at the end of the output.
  std::string_view read_block(char* block, std::size_t size);
  void read_errors();
  void close_streams();
  void end_silence();
  std::function<bool()> is_stuck_;
  bool is_killed_ = false;
  bool is_patient_ = false;  ///< silence is not an end
  pid_t pid_ = -1;
  int code_ = 128;  ///< until it is known
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

}  // namespace mlem
