#include "support/sandbox.hpp"

#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>

#include <cstdlib>
#include <initializer_list>
#include <sstream>
#include <stdexcept>

namespace mlem::test {

namespace {

// The program's directory is the build's to know; without the target there is none.
#ifndef GIT_MLEM_PROGRAM_DIR
#define GIT_MLEM_PROGRAM_DIR ""
#endif

constexpr std::string_view git_config = R"([init]
	defaultBranch = main
[commit]
	gpgSign = false
[tag]
	gpgSign = false
[gc]
	auto = 0
[maintenance]
	auto = false
[core]
	fsync = none
[protocol "file"]
	allow = always
)";

Variables hermetic_environment(const fs::path& root) {
  const char* const path = std::getenv("PATH");
  const std::string system_path = path != nullptr ? path : "/usr/bin:/bin";
  const std::string programs = program_directory();
  Variables variables = {
      {"GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"},
      {"GIT_AUTHOR_EMAIL", "author@example.com"},
      {"GIT_AUTHOR_NAME", "A. Author"},
      {"GIT_CEILING_DIRECTORIES", root.string()},
      {"GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z"},
      {"GIT_COMMITTER_EMAIL", "committer@example.com"},
      {"GIT_COMMITTER_NAME", "C. Committer"},
      {"GIT_CONFIG_GLOBAL", (root / "gitconfig").string()},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"GIT_TERMINAL_PROMPT", "0"},
      {"HOME", (root / "home").string()},
      {"LC_ALL", "C.UTF-8"},
      {"PATH", programs.empty() ? system_path : programs + ":" + system_path},
      {"TERM", "xterm"},
      {"TMPDIR", (root / "tmp").string()},
      {"TZ", "UTC"},
  };
  // Instrumented programs must find their settings and write their profiles where the build expects them.
  for (const char* const name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"})
    if (const char* const value = std::getenv(name)) variables[name] = value;
  return variables;
}

std::runtime_error failure(const Outcome& outcome) {
  std::ostringstream text;
  text << outcome;
  return std::runtime_error(text.str());
}

}  // namespace

std::string program_directory() {
  const char* const told = std::getenv("GIT_MLEM_PROGRAM_DIR");
  return told != nullptr ? told : GIT_MLEM_PROGRAM_DIR;
}

Sandbox::Sandbox() : environment_(hermetic_environment(directory_.path())) {
  fs::create_directory(path() / "home");
  fs::create_directory(path() / "tmp");
  write_file(path() / "gitconfig", git_config);
}

void Sandbox::add_config(std::string_view key, std::string_view value) const {
  git_output({"config", "--global", "--add", std::string(key), std::string(value)});
}

Outcome Sandbox::run(const std::vector<std::string>& arguments, RunOptions options) const {
  if (options.directory.empty()) options.directory = path();
  Outcome outcome = test::run(arguments, environment_, options);
  if (outcome.timed_out) throw failure(outcome);
  return outcome;
}

Outcome Sandbox::git(std::vector<std::string> arguments, RunOptions options) const {
  arguments.insert(arguments.begin(), "git");
  return run(arguments, std::move(options));
}

Outcome Sandbox::mlem(std::vector<std::string> arguments, RunOptions options) const {
  arguments.insert(arguments.begin(), "git-mlem");
  return run(arguments, std::move(options));
}

std::string Sandbox::git_output(std::vector<std::string> arguments, RunOptions options) const {
  Outcome outcome = git(std::move(arguments), std::move(options));
  if (outcome.code != 0) throw failure(outcome);
  if (!outcome.output.empty() && outcome.output.back() == '\n') outcome.output.pop_back();
  return outcome.output;
}

}  // namespace mlem::test
