#pragma once

#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

namespace mlem::test {

/// Runs the program with a git that kills it where the index is to be written: the files are in their places then.
inline void run_killed_before_staging(const World& world, const std::vector<std::string>& arguments) {
  namespace fs = boost::filesystem;
  const std::string path = world.sandbox.environment().at("PATH");
  const auto real = find_program("git", path);
  REQUIRE(real);
  const fs::path git = world.sandbox / "killing/git";
  write_file(git, "#!/bin/sh\ncase \" $* \" in *' update-index '*) kill -KILL $PPID; exit 1 ;; esac\nexec " +
                      real->string() + " \"$@\"\n");
  fs::permissions(git, fs::owner_all);
  RunOptions options;
  options.directory = world.registry.path();
  options.environment["PATH"] = git.parent_path().string() + ":" + path;
  const Outcome outcome = world.sandbox.mlem(arguments, options);
  CAPTURE(outcome);
  REQUIRE(outcome.signal == SIGKILL);
}

}  // namespace mlem::test
