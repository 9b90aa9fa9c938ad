#include "support/run.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>

using namespace mlem::test;
using namespace std::chrono_literals;

namespace {

const Variables system_path = {{"PATH", "/usr/bin:/bin"}};

Outcome shell(const std::string& script, const RunOptions& options = {}) {
  return run({"sh", "-c", script}, system_path, options);
}

}  // namespace

TEST_CASE("run: both streams and the code are told apart") {
  const Outcome outcome = shell("echo out; echo err >&2; exit 3");
  CHECK(outcome.output == "out\n");
  CHECK(outcome.errors == "err\n");
  CHECK(outcome.code == 3);
  CHECK(outcome.signal == 0);
}

TEST_CASE("run: a child that a signal ends has no code") {
  const Outcome outcome = shell("kill -TERM $$");
  CHECK(outcome.signal == SIGTERM);
  CHECK(outcome.code == -1);
}

TEST_CASE("run: input larger than a pipe comes back whole") {
  RunOptions options;
  options.input.assign(1 << 20, 'x');
  CHECK(run({"cat"}, system_path, options).output == options.input);
}

TEST_CASE("run: a child that does not read its input does no harm") {
  RunOptions options;
  options.input.assign(1 << 20, 'x');
  const Outcome outcome = shell("exec <&-; echo done", options);
  CHECK(outcome.output == "done\n");
  CHECK(outcome.code == 0);
}

TEST_CASE("run: directory and environment are the ones asked for") {
  RunOptions options;
  options.directory = "/usr";
  options.environment = {{"ADDED", "a b"}, {"GONE", std::nullopt}};
  Variables environment = system_path;
  environment["GONE"] = "still here";
  const Outcome outcome = run({"sh", "-c", "pwd; echo \"$ADDED\"; echo \"${GONE-unset}\""}, environment, options);
  CHECK(outcome.output == "/usr\na b\nunset\n");
}

TEST_CASE("run: a child that takes too long is killed with its children") {
  RunOptions options;
  options.timeout = 1s;
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = shell("echo started; sleep 60 & wait", options);
  CHECK(outcome.timed_out);
  CHECK(outcome.output == "started\n");
  CHECK(std::chrono::steady_clock::now() - start < 30s);
}

TEST_CASE("run: a missing program is named") {
  CHECK_THROWS_WITH_AS(run({"no-such-program"}, system_path), "cannot run 'no-such-program': no such program on PATH",
                       MissingProgram);
}

TEST_CASE("run: an outcome is printed as command and code and streams") {
  std::ostringstream text;
  text << shell("echo out; echo err >&2; exit 3");
  CHECK(text.str() == "$ sh -c 'echo out; echo err >&2; exit 3'\nexit code 3\n--- stdout\nout\n--- stderr\nerr\n---");
}

TEST_CASE("run: a terminal is where it was asked for") {
  struct Row {
    Terminal terminal;
    std::string output;
  };
  const Row rows[] = {{Terminal::none, "pppx"}, {Terminal::errors, "pptc"}, {Terminal::all, "tttc"}};
  for (const Row& row : rows) {
    CAPTURE(row.output);
    RunOptions options;
    options.terminal = row.terminal;
    const Outcome outcome = shell(
        "for fd in 0 1 2; do if [ -t $fd ]; then printf t; else printf p; fi; done;"
        "if (: </dev/tty) 2>/dev/null; then printf c; else printf x; fi",
        options);
    CAPTURE(outcome);
    CHECK(outcome.output == row.output);
  }
}

TEST_CASE("run: replies are typed when their prompts appear") {
  RunOptions options;
  options.terminal = Terminal::errors;
  options.replies = {{"Name: ", "alice\n"}, {"Password: ", "secret\n"}};
  options.timeout = 5s;
  const Outcome outcome = shell(
      "printf 'Name: ' >/dev/tty; read name </dev/tty; stty -echo </dev/tty; printf 'Password: ' >/dev/tty;"
      "read password </dev/tty; echo $name:$password",
      options);
  CAPTURE(outcome);
  CHECK(outcome.output == "alice:secret\n");
  CHECK(outcome.errors.find("alice") != std::string::npos);
  CHECK(outcome.errors.find("secret") == std::string::npos);
}
