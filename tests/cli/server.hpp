#pragma once

#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <string>
#include <vector>

namespace mlem::test {

/// A bare registry with the hook, and a clone that pushes to it.
struct Server {
  World world;
  fs::path bare = world.sandbox / "registry.git";

  Server() {
    git_in(world.sandbox.path(), {"init", "-q", "--bare", bare.string()});
    world.registry.git({"remote", "add", "origin", bare.string()});
    RunOptions options;
    options.directory = bare;
    const Outcome installed = world.sandbox.mlem({"install", "--server"}, options);
    CAPTURE(installed);
    REQUIRE(installed.code == 0);
  }

  Outcome git_in(const fs::path& directory, const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.directory = directory;
    return world.sandbox.git(arguments, options);
  }
  void config(const std::string& key, const std::string& value) const {
    REQUIRE(git_in(bare, {"config", "--add", key, value}).code == 0);
  }
  std::string link(const std::string& rev, const std::string& path = "models/rf.mlem") const {
    return link_text({.path = path, .repo = example_url + "/", .rev = rev});
  }
  Outcome push(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"push", "-q"});
    return world.git(arguments);
  }
  std::string tip(const std::string& ref) const { return git_in(bare, {"rev-parse", "-q", "--verify", ref}).output; }
};

}  // namespace mlem::test
