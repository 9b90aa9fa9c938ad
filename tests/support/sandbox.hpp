#pragma once

#include "support/run.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mlem::test {

/// A world of its own for one test: a directory, and the environment of the children that run in it. Nothing of the
/// machine's or the user's git is seen there, and author, committer and dates are fixed, so that equal content has
/// equal ids in every run.
class Sandbox {
 public:
  Sandbox();

  const fs::path& path() const noexcept { return directory_.path(); }
  fs::path operator/(const std::string& name) const { return path() / name; }
  fs::path home() const { return path() / "home"; }

  /// What children get; a test may change it.
  Variables& environment() noexcept { return environment_; }
  const Variables& environment() const noexcept { return environment_; }

  /// Adds a value to the user's git configuration of this sandbox.
  void add_config(std::string_view key, std::string_view value) const;

  /// Runs a program, by default in the sandbox's directory. Throws MissingProgram, and std::runtime_error with the
  /// printed Outcome if it took too long.
  Outcome run(const std::vector<std::string>& arguments, RunOptions options = {}) const;
  /// Runs `git` with these arguments.
  Outcome git(std::vector<std::string> arguments, RunOptions options = {}) const;
  /// Runs the built `git-mlem` with these arguments.
  Outcome mlem(std::vector<std::string> arguments, RunOptions options = {}) const;

  /// Runs `git` for its stdout, without the newline at its end. Throws std::runtime_error with the printed Outcome
  /// if it fails.
  std::string git_output(std::vector<std::string> arguments, RunOptions options = {}) const;

 private:
  TempDir directory_;
  Variables environment_;
};

/// The directory of the built `git-mlem`: what the variable GIT_MLEM_PROGRAM_DIR says, else where the build puts it;
/// empty if neither is known.
std::string program_directory();

}  // namespace mlem::test
