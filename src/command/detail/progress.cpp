#include "command/detail/progress.hpp"

#include "base/text.hpp"
#include "command/detail/human_size.hpp"
#include "command/detail/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ostream>
#include <string_view>
#include <system_error>
#include <utility>

namespace mlem::command {
namespace {

/// As git(1) has GIT_PROGRESS_DELAY: seconds before progress is shown at all.
std::chrono::seconds progress_delay(const Environment& environment) {
  const std::string text = environment.find("GIT_PROGRESS_DELAY").value_or("2");
  int seconds = 2;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(seconds);
}

}  // namespace

Progress::Progress(const Format& format, Context& context)
    : context_(context),
      is_verbose_(format.verbose),
      shows_progress_(format.progress && !format.quiet && context.err_is_terminal),
      begin_(std::chrono::steady_clock::now() + progress_delay(context.environment)) {}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    clear_progress();
  }
  ended_.notify_all();
  if (timer_.joinable()) timer_.join();
}

source::Settings Progress::settings(const git::Registry& registry, source::Trust trust) {
  source::Settings settings = source::load_settings(registry, trust);
  settings.observer.interrupt = context_.interrupt;
  settings.access.interactive = context_.err_is_terminal && trust == source::Trust::user;
  const bool may_log_in =
      settings.access.interactive ||
      (trust == source::Trust::user && git::LoginCache::is_of_use_without_terminal(settings.access.environment));
  if (may_log_in) {
    settings.access.logins = std::make_shared<git::LoginCache>(settings.access.environment);
  }
  if (is_verbose_) settings.observer.notice = [this](const std::string& text) { say(text); };
  if (shows_progress_) {
    settings.observer.progress = [this](std::size_t done, std::size_t total, const std::string& source, bool is_read) {
      note_progress(done, total, source, is_read);
    };
    settings.observer.bytes = [this](const source::Bytes& bytes) { note_bytes(bytes); };
  }
  return settings;
}

void Progress::say(const std::string& text) {
  const std::lock_guard lock(mutex_);
  clear_progress();
  context_.err << escape_for_terminal(text) << '\n';
}

void Progress::note_progress(std::size_t done, std::size_t total, const std::string& source, bool is_read) {
  const std::lock_guard lock(mutex_);
  if (!is_read)
    waiting_.push_back(source);
  else if (const auto read = std::find(waiting_.begin(), waiting_.end(), source); read != waiting_.end())
    waiting_.erase(read);
  if (total == total_ && done < done_) return;  // another thread was faster
  done_ = done;
  total_ = total;
  if (!timer_.joinable()) start_timer();
  if (std::chrono::steady_clock::now() >= begin_ && (done == total || shown_.empty())) draw_progress();
}

void Progress::note_bytes(const source::Bytes& bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ = bytes;
  if (!timer_.joinable()) start_timer();
  const auto now = std::chrono::steady_clock::now();
  if (now >= begin_ && bytes.files == bytes.all_files) draw_bytes(now);
}

void Progress::start_timer() {
  // Signals are for the threads that wait for children.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    timer_ = std::thread([this] { draw_when_due(); });
  } catch (const std::system_error&) {
    // No thread is to be had: progress is drawn when a source has been read, and nothing depends on it.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// A source that hangs tells nothing, and is what people want to see.
void Progress::draw_when_due() {
  constexpr std::chrono::milliseconds step(100);
  std::unique_lock lock(mutex_);
  ended_.wait_until(lock, begin_, [this] { return has_ended_; });
  while (!has_ended_) {
    if (bytes_.files < bytes_.all_files)
      draw_bytes(std::chrono::steady_clock::now());
    else if (done_ < total_)
      draw_progress();
    ended_.wait_for(lock, step, [this] { return has_ended_; });
  }
}

void Progress::draw_progress() {
  const bool is_over = done_ == total_;
  std::string line = fmt::format("Reading sources: {:3}% ({}/{})", done_ * 100 / total_, done_, total_);
  if (!is_over && !waiting_.empty()) {
    // Whole lines of a terminal cannot be written over.
    constexpr std::string_view waits = ", waiting for ";
    const std::size_t width = terminal_width(context_.environment);
    if (const std::size_t used = line.size() + waits.size() + 1; used < width) {
      line.append(waits).append(cut_middle(escape_for_terminal(waiting_.front()), width - used));
    }
  }
  if (line == shown_ && !is_over) return;
  clear_progress();
  context_.err << '\r' << line << (is_over ? ", done.\n" : "") << std::flush;
  shown_ = is_over ? std::string() : std::move(line);
}

void Progress::draw_bytes(std::chrono::steady_clock::time_point now) {
  constexpr std::chrono::seconds remembered(5);
  samples_.emplace_back(now, bytes_.done);
  while (now - samples_.front().first > remembered) samples_.pop_front();
  const bool is_over = bytes_.files == bytes_.all_files;
  std::string line = "Fetching files: ";
  if (bytes_.total != 0) line += fmt::format("{:3}% ", std::min<std::uint64_t>(100, bytes_.done * 100 / bytes_.total));
  line += fmt::format("({}/{}), {}", bytes_.files, bytes_.all_files, human_size(bytes_.done));
  const std::chrono::duration<double> time = now - samples_.front().first;
  const auto gained = static_cast<double>(bytes_.done - std::min(bytes_.done, samples_.front().second));
  if (time.count() > 0 && gained > 0 && !is_over) {
    const double rate = gained / time.count();
    line += fmt::format(" | {}/s", human_size(static_cast<std::uint64_t>(rate)));
    if (bytes_.total > bytes_.done) {
      const auto left = static_cast<std::uint64_t>(static_cast<double>(bytes_.total - bytes_.done) / rate) + 1;
      line += left < 3600 ? fmt::format(", {}:{:02} left", left / 60, left % 60)
                          : fmt::format(", {}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
    }
  }
  clear_progress();
  context_.err << '\r' << line << (is_over ? ", done.\n" : "") << std::flush;
  shown_ = is_over ? std::string() : std::move(line);
}

void Progress::clear_progress() {
  if (!shown_.empty()) context_.err << '\r' << std::string(shown_.size(), ' ') << '\r' << std::flush;
  shown_.clear();
}

}  // namespace mlem::command
