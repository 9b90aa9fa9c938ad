#include "support/run.hpp"

#include "support/detail/child.hpp"
#include "support/detail/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <ostream>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace mlem::test {

namespace {

using Clock = std::chrono::steady_clock;

/// Turns SIGPIPE of this thread into EPIPE: a child need not read its stdin.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec at_once{};
    while (::sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

enum class Direction { to_child, from_child };

Ends open_pipe(Direction direction) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
  Ends ends{UniqueFd(fds[0]), UniqueFd(fds[1])};
  if (direction == Direction::to_child) std::swap(ends.ours, ends.theirs);
  ::fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK);
  return ends;
}

Ends open_terminal() {
  const winsize size{24, 80, 0, 0};
  int ours = -1;
  int theirs = -1;
  if (::openpty(&ours, &theirs, nullptr, nullptr, &size) != 0) fail("cannot open a pseudo terminal");
  Ends ends{UniqueFd(ours), UniqueFd(theirs)};
  for (const int fd : {ours, theirs}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(ours, F_SETFL, O_NONBLOCK);
  return ends;
}

/// Appends what there is to read; closes the descriptor at its end (a terminal nobody holds open says EIO).
void read_some(UniqueFd& from, std::string& to) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
  if (count > 0)
    to.append(buffer.data(), static_cast<std::size_t>(count));
  else if (count == 0 || (errno != EAGAIN && errno != EINTR))
    from.reset();
}

/// Writes what fits and takes it from `text`; closes the descriptor when all is written or nobody reads.
void write_some(UniqueFd& to, std::string_view& text) {
  const ssize_t count = ::write(to.get(), text.data(), text.size());
  if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  if (text.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) to.reset();
}

/// Types the replies, each once its prompt is on the screen.
class Typist {
 public:
  explicit Typist(const std::vector<Reply>& replies) : next_(replies.begin()), end_(replies.end()) {}

  void look_at(const std::string& screen, const UniqueFd& keyboard) {
    for (; next_ != end_ && keyboard; ++next_) {
      const std::size_t at = screen.find(next_->prompt, seen_);
      if (at == std::string::npos) return;
      seen_ = at + next_->prompt.size();
      if (::write(keyboard.get(), next_->text.data(), next_->text.size()) < 0) fail("cannot type on the terminal");
    }
  }

 private:
  std::vector<Reply>::const_iterator next_;
  std::vector<Reply>::const_iterator end_;
  std::size_t seen_ = 0;
};

/// The three streams of a child; a terminal takes the place of one or of all pipes.
struct Streams {
  Ends input;
  Ends output;
  Ends errors;

  explicit Streams(Terminal terminal) {
    errors = terminal == Terminal::none ? open_pipe(Direction::from_child) : open_terminal();
    if (terminal == Terminal::all) return;
    input = open_pipe(Direction::to_child);
    output = open_pipe(Direction::from_child);
  }

  ChildStreams for_child() const {
    const int rest = errors.theirs.get();
    return {input.theirs ? input.theirs.get() : rest, output.theirs ? output.theirs.get() : rest, rest};
  }

  void close_theirs() {
    for (Ends* ends : {&input, &output, &errors}) ends->theirs.reset();
  }
};

/// Feeds and reads the child until it has closed its output. Returns false if the deadline came first.
bool exchange_all(Streams& streams, const RunOptions& options, Clock::time_point deadline, Outcome& outcome) {
  std::string_view unwritten = options.input;
  if (unwritten.empty()) streams.input.ours.reset();
  Typist typist(options.replies);
  std::string& screen = options.terminal == Terminal::all ? outcome.output : outcome.errors;
  while (streams.output.ours || streams.errors.ours) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 3> polled{{{streams.output.ours.get(), POLLIN, 0},
                                  {streams.errors.ours.get(), POLLIN, 0},
                                  {streams.input.ours.get(), POLLOUT, 0}}};
    if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) fail("cannot poll");
    if (polled[0].revents != 0) read_some(streams.output.ours, outcome.output);
    if (polled[1].revents != 0) read_some(streams.errors.ours, screen);
    if (polled[2].revents != 0) write_some(streams.input.ours, unwritten);
    typist.look_at(screen, streams.errors.ours);
  }
  return true;
}

std::optional<int> wait_for(Child& child, Clock::time_point deadline) {
  while (!child.status() && Clock::now() < deadline) std::this_thread::sleep_for(std::chrono::microseconds(300));
  return child.status();
}

}  // namespace

std::optional<fs::path> find_program(std::string_view name, std::string_view path) {
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    path.remove_prefix(directory.size() + (directory.size() < path.size() ? 1 : 0));
    const fs::path candidate = fs::path(std::string(directory)) / std::string(name);
    if (!directory.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << '$';
  for (const std::string& argument : outcome.command) {
    const bool plain = !argument.empty() && argument.find_first_of(" \t\n'\"\\$&|;<>*?#") == std::string::npos;
    out << ' ' << (plain ? argument : "'" + argument + "'");
  }
  out << '\n';
  if (outcome.timed_out)
    out << "killed, because it took too long";
  else if (outcome.signal != 0)
    out << "ended by signal " << outcome.signal;
  else
    out << "exit code " << outcome.code;
  return out << "\n--- stdout\n" << outcome.output << "--- stderr\n" << outcome.errors << "---";
}

Outcome run(const std::vector<std::string>& arguments, const Variables& environment, const RunOptions& options) {
  Variables variables = environment;
  for (const auto& [name, value] : options.environment) {
    variables.erase(name);
    if (value) variables[name] = *value;
  }
  const Clock::time_point deadline = Clock::now() + options.timeout;
  const WithoutSigpipe without_sigpipe;
  Streams streams(options.terminal);
  Child child(arguments, variables, options.directory.empty() ? fs::path(".") : options.directory, streams.for_child(),
              options.terminal == Terminal::none ? ControllingTerminal::none : ControllingTerminal::errors);
  streams.close_theirs();

  Outcome outcome;
  outcome.command = arguments;
  const bool finished = exchange_all(streams, options, deadline, outcome);
  const std::optional<int> status = finished ? wait_for(child, deadline) : std::nullopt;
  outcome.timed_out = !status;
  if (status && WIFEXITED(*status)) outcome.code = WEXITSTATUS(*status);
  if (status && WIFSIGNALED(*status)) outcome.signal = WTERMSIG(*status);
  return outcome;
}

}  // namespace mlem::test
