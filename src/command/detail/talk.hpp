#pragma once

#include "command/context.hpp"
#include "command/output.hpp"
#include "source/settings.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace mlem::command {

/// What a command tells while it reads sources: git's way of showing progress, and with `-v` what is unusual.
class Talk {
 public:
  Talk(const Format& format, Context& context);
  ~Talk();
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  /// Returns the settings for reading sources, talking here; credentials are asked for on a terminal. Must not outlive
  /// this object.
  source::Settings settings(const git::Registry& registry, source::Trust trust = source::Trust::user);

 private:
  void say(const std::string& text);
  void note_progress(std::size_t done, std::size_t total);
  void start_timer();
  void draw_when_due();
  void draw_progress();
  void clear_progress();

  Context& context_;
  bool is_verbose_;
  bool shows_progress_;
  std::chrono::steady_clock::time_point begin_;  ///< when progress is shown at the earliest
  std::mutex mutex_;                             // sources are read by several threads
  std::size_t done_ = 0;
  std::size_t total_ = 0;
  std::string shown_;  ///< the progress line; empty: none
  std::condition_variable ended_;
  bool has_ended_ = false;
  std::thread timer_;
};

/// Returns how long ago something was, in its largest unit: `3 days`, `now`.
std::string age(std::int64_t seconds);

/// Says how old the refs are that `--offline` answered from; nothing for 0.
void print_proof_age(std::ostream& err, std::int64_t proof_time);

/// Returns git's pager, a shell command, if stdout is a terminal and `pager.mlem` does not say otherwise; else nothing.
std::string find_pager(const git::Registry& registry, const Context& context);

/// Prints to stdout, through a pager if there is one and it can be run.
void print_paged(const std::string& pager, const std::string& text, Context& context);

}  // namespace mlem::command
