#pragma once

#include "command/context.hpp"
#include "command/output.hpp"
#include "source/settings.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mlem::command {

/// Shows how far the reading of sources and the fetching of files are, in git's way, and with `-v` what is unusual
/// about them.
class Progress {
 public:
  Progress(const Format& format, Context& context);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Returns the settings for reading sources, which report to this object; credentials are asked for on a terminal.
  /// Must not outlive this object.
  source::Settings settings(const git::Registry& registry, source::Trust trust = source::Trust::user);

 private:
  void say(const std::string& text);
  void note_progress(std::size_t done, std::size_t total, const std::string& source, bool is_read);
  void note_bytes(const source::Bytes& bytes);
  void start_timer();
  void draw_when_due();
  void draw_progress();
  void draw_bytes(std::chrono::steady_clock::time_point now);
  void clear_progress();

  Context& context_;
  bool is_verbose_;
  bool shows_progress_;
  std::chrono::steady_clock::time_point begin_;  ///< when progress is shown at the earliest
  std::mutex mutex_;                             // sources are read by several threads
  std::size_t done_ = 0;
  std::size_t total_ = 0;
  source::Bytes bytes_;  ///< `all_files` 0: no files are fetched
  /// How many bytes there were when, for the last few seconds.
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::uint64_t>> samples_;
  std::vector<std::string> waiting_;  ///< sources that are being read, the longest first
  std::string shown_;                 ///< the progress line; empty: none
  std::condition_variable ended_;
  bool has_ended_ = false;
  std::thread timer_;
};

}  // namespace mlem::command
