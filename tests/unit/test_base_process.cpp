#include "base/coprocess.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "support/temp_dir.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace mlem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using End = RunResult::End;
using mlem::test::TempDir;

namespace {

Program shell(const std::string& script) {
  Program program{{"sh", "-c", script}, {}, {}};
  program.environment.set("PATH", "/usr/bin:/bin");
  return program;
}

RunResult run_limited(const std::string& script, const Limits& limits) {
  return run(shell(script), {}, Session::own, limits, nullptr);
}

/// How many children reap_all() has waited for.
volatile sig_atomic_t reaped = 0;

/// What some programs do whose children are not all their own.
void reap_all(int) {
  const int before = errno;
  while (waitpid(-1, nullptr, WNOHANG) > 0) reaped = reaped + 1;
  errno = before;
}

}  // namespace

TEST_CASE("run: streams and exit code are those of the program") {
  const RunResult result = run(shell("cat; echo talk >&2; exit 3"), "answer");
  CHECK(result.end == End::exited);
  CHECK(result.code == 3);
  CHECK(result.output == "answer");
  CHECK(result.errors == "talk\n");
  CHECK(run(shell("kill -9 $$")).code == 128 + SIGKILL);
}

TEST_CASE("run: input and output larger than any pipe pass") {
  const std::string input(std::size_t{8} << 20, 'x');
  CHECK(run(shell("cat"), input).output == input);
  // The last that a program writes is read however long that takes.
  CHECK(run(shell("cat; exec >&- 2>&-; sleep 0.5"), input).output == input);
}

TEST_CASE("run: a program that does not read its input raises no signal") {
  const std::string input(std::size_t{1} << 20, 'x');
  CHECK(run(shell("exit 5"), input).code == 5);
  CHECK(run(shell("exec <&-; sleep 0.2; exit 5"), input).code == 5);
}

TEST_CASE("run: what cannot be started is an error") {
  Program missing{{"no-such-program"}, {}, {}};
  missing.environment.set("PATH", "/usr/bin:/bin");
  CHECK_THROWS_WITH_AS(run(missing), "cannot run 'no-such-program': no such program in PATH", Error);
}

TEST_CASE("run: each limit ends the program and what it started") {
  struct Row {
    std::string name;
    std::string script;
    Limits limits;
    End end;
  };
  Limits idle;
  idle.idle = 200ms;
  Limits deadline;
  deadline.deadline = Clock::now() + 300ms;
  Limits output;
  output.output = 1000;
  Limits exceeded;
  exceeded.exceeded = [] { return true; };
  const std::vector<Row> rows = {{"idle", "sleep 90; true", idle, End::idle},
                                 {"deadline", "while :; do echo x; sleep 0.05; done", deadline, End::deadline},
                                 {"output", "yes", output, End::output},
                                 {"exceeded", "sleep 90; true", exceeded, End::exceeded}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto start = Clock::now();
    const RunResult result = run_limited(row.script, row.limits);
    CHECK(result.end == row.end);
    CHECK(result.code == 128 + SIGKILL);
    CHECK(result.output.size() <= row.limits.output);
    CHECK(Clock::now() - start < 30s);
  }
}

TEST_CASE("run: a program that keeps talking is not idle") {
  Limits limits;
  limits.idle = 2s;
  const RunResult result = run_limited("for i in 1 2 3 4 5 6 7 8; do echo $i >&2; sleep 0.3; done", limits);
  CHECK(result.end == End::exited);
  CHECK(result.code == 0);
}

TEST_CASE("run: what outlives the program in a session of its own does not hold us") {
  Limits limits;
  limits.idle = 300ms;
  auto start = Clock::now();
  const RunResult killed = run_limited("setsid sleep 60 & wait", limits);
  CHECK(killed.end == End::idle);
  CHECK(Clock::now() - start < 30s);

  start = Clock::now();
  const RunResult exited = run_limited("setsid sleep 60 & echo answer; exit 3", {});
  CHECK(exited.end == End::exited);
  CHECK(exited.code == 3);
  CHECK(exited.output == "answer\n");
  CHECK(Clock::now() - start < 30s);

  start = Clock::now();
  const RunResult flooded = run_limited("setsid timeout 60 yes >&2 & echo answer; exit 3", {});
  CHECK(flooded.code == 3);
  CHECK(flooded.output == "answer\n");
  CHECK(Clock::now() - start < 30s);
}

TEST_CASE("run: a program that closes its streams and stays is held to the limits") {
  const std::string script = "exec <&- >&- 2>&-; sleep 20";
  Limits idle;
  idle.idle = 200ms;
  Limits deadline;
  deadline.deadline = Clock::now() + 300ms;
  auto start = Clock::now();
  CHECK(run_limited(script, idle).end == End::idle);
  CHECK(run_limited(script, deadline).end == End::deadline);
  Interrupt interrupt;
  std::thread other([&] {
    std::this_thread::sleep_for(200ms);
    interrupt.request();
  });
  CHECK_THROWS_AS(run(shell(script), {}, Session::own, {}, &interrupt), Interrupted);
  other.join();
  CHECK(Clock::now() - start < 10s);
  deadline.deadline = Clock::now() + 60s;
  start = Clock::now();
  const RunResult result = run_limited("exec <&- >&- 2>&-; sleep 0.3; exit 7", deadline);
  CHECK(result.end == End::exited);
  CHECK(result.code == 7);
}

TEST_CASE("run: nothing is started where nobody can tell how it ends") {
  const TempDir scratch;
  const fs::path started = scratch.path() / "started";
  const std::string what =
      "cannot run 'sh': this process ignores SIGCHLD, so that nobody can tell how a child of it ends";
  struct sigaction forgetting {};
  forgetting.sa_handler = SIG_DFL;
  forgetting.sa_flags = SA_NOCLDWAIT;
  const auto forget = [&] { sigaction(SIGCHLD, &forgetting, nullptr); };
  const auto ignore = [] { signal(SIGCHLD, SIG_IGN); };
  for (const std::function<void()>& set : {std::function<void()>(forget), std::function<void()>(ignore)}) {
    set();
    CHECK_THROWS_WITH_AS(run(shell(": > '" + started.string() + "'")), what.c_str(), Error);
    CHECK_THROWS_WITH_AS(run_attached(shell(": > '" + started.string() + "'")), what.c_str(), Error);
    CHECK_THROWS_WITH_AS(Coprocess(shell(": > '" + started.string() + "'")), what.c_str(), Error);
    signal(SIGCHLD, SIG_DFL);
  }
  CHECK(!fs::exists(started));
}

TEST_CASE("run: where somebody else waits for the program it is an error that its end is not known") {
  reaped = 0;
  signal(SIGCHLD, reap_all);
  const char* const what = "cannot tell how a program has ended: No child processes";
  Limits limits;
  limits.idle = 60s;
  CHECK_THROWS_WITH_AS(run_limited("exit 0", limits), what, Error);
  CHECK(reaped == 1);
  {
    Coprocess process(shell("exit 0"));
    while (reaped < 2) std::this_thread::sleep_for(1ms);
    CHECK_THROWS_WITH_AS(process.wait(), what, Error);
    CHECK(process.wait() == 128);
  }
  signal(SIGCHLD, SIG_DFL);
}

TEST_CASE("run: a program may wait for its children and starts where there is a directory") {
  const RunResult result = run(shell("perl -e 'print $SIG{CHLD} eq \"IGNORE\" ? \"ignored\" : \"default\"'"));
  CHECK(result.output == "default");
  const TempDir scratch;
  std::ofstream((scratch.path() / "file").string()) << "x";
  Program program = shell("pwd");
  program.directory = (scratch.path() / "none").string();
  CHECK_THROWS_WITH_AS(run(program),
                       ("cannot change to '" + program.directory + "': No such file or directory").c_str(), Error);
  program.directory = (scratch.path() / "file").string();
  CHECK_THROWS_WITH_AS(run(program), ("cannot change to '" + program.directory + "': Not a directory").c_str(), Error);

  const fs::path before = fs::current_path();
  const fs::path gone = scratch.path() / "gone";
  fs::create_directory(gone);
  fs::current_path(gone);
  fs::remove(gone);
  const RunResult away = run(shell("pwd"));
  fs::current_path(before);
  CHECK(away.output == "/\n");
}

TEST_CASE("run: an interrupt ends the program") {
  const TempDir scratch;
  const fs::path started = scratch.path() / "started";
  Interrupt interrupt;
  std::thread other([&] {
    for (const auto give_up = Clock::now() + 60s; !fs::exists(started) && Clock::now() < give_up;)
      std::this_thread::sleep_for(1ms);
    CHECK(interrupt.request());
  });
  CHECK_THROWS_AS(run(shell(": > '" + started.string() + "'; sleep 90"), {}, Session::own, {}, &interrupt),
                  Interrupted);
  other.join();
  CHECK_THROWS_AS(run(shell("sleep 20"), {}, Session::own, {}, &interrupt), Interrupted);
  CHECK(!interrupt.request());
}

TEST_CASE("run_attached: the input is what the program reads and more than it wants is no error") {
  const std::string input = "line\n" + std::string(std::size_t{1} << 20, 'x');
  CHECK(run_attached(shell("read -r line; test \"$line\" = line || exit 9; exit 4"), input) == 4);
}

TEST_CASE("run_attached: the program runs in its directory") {
  const TempDir scratch;
  Program program = shell("test \"$(pwd -P)\" = \"$WANTED\"");
  program.environment.set("WANTED", fs::canonical(scratch.path()).string());
  CHECK(run_attached(program) == 1);
  program.directory = scratch.path().string();
  CHECK(run_attached(program) == 0);
  CHECK(run_attached(program, "input") == 0);
}

TEST_CASE("Coprocess: one that promises more than it sends is told that there is no more") {
  Coprocess promising(shell("while read -r line; do printf 'half'; done"));
  promising.write("1\n");
  CHECK(promising.takes_requests());
  CHECK(promising.read(8) == "half");
  CHECK(!promising.takes_requests());
  CHECK_THROWS_AS(promising.write("2\n"), Error);
}

TEST_CASE("Coprocess: what it complains of is there with the reply after it") {
  Coprocess complaining(
      shell("while read -r line; do echo \"no $line\" >&2; echo done; done; head -c 200000 /dev/zero >&2"));
  complaining.write("1\n");
  CHECK(complaining.read_line() == "done");
  CHECK(complaining.errors() == "no 1\n");
  complaining.write("2\n");
  CHECK(complaining.read_line() == "done");
  CHECK(complaining.errors() == "no 1\nno 2\n");
  CHECK(!complaining.read_line());  // more than a pipe takes holds nobody
  CHECK(complaining.errors().size() <= 128 * 1024);
}

TEST_CASE("Coprocess: requests are answered until it ends") {
  Coprocess cat(shell("cat"));
  cat.write("one\ntwo\nthree");
  CHECK(cat.read_line() == "one");
  CHECK(cat.read(4) == "two\n");
  CHECK(cat.read(5) == "three");

  Coprocess gone(shell("echo last; echo -n rest"));
  CHECK(gone.read_line() == "last");
  CHECK(!gone.read_line());
  CHECK(gone.read(10) == "rest");
  const std::string request(std::size_t{1} << 20, 'x');
  CHECK_THROWS_WITH_AS(gone.write(request), "cannot write to a child process: Broken pipe", Error);
}

TEST_CASE("HeldSignals: a signal waits until what must be whole is whole") {
  sigset_t pending;
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  REQUIRE(sigismember(&before, SIGTERM) == 0);
  struct sigaction old {};
  struct sigaction counted {};
  static volatile sig_atomic_t count = 0;
  counted.sa_handler = [](int) { count = count + 1; };
  sigaction(SIGTERM, &counted, &old);
  {
    const HeldSignals held;
    raise(SIGTERM);
    CHECK(count == 0);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGTERM) == 1);
  }
  CHECK(count == 1);
  sigaction(SIGTERM, &old, nullptr);
}
