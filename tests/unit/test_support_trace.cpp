#include "support/sandbox.hpp"
#include "support/text_file.hpp"
#include "support/trace.hpp"

#include <doctest/doctest.h>

using namespace mlem::test;

TEST_CASE("trace: git processes are listed with what started them") {
  const Sandbox box;
  RunOptions traced;
  traced.environment["GIT_TRACE2_EVENT"] = (box / "trace").string();
  box.git({"-c", "alias.inner=!git version; git --exec-path", "inner"}, traced);
  const std::vector<GitCommand> commands = git_commands(box / "trace");
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].depth == 0);
  CHECK(commands[1].arguments == std::vector<std::string>{"git", "version"});
  CHECK(commands[1].depth == 1);
  CHECK(commands[2].arguments == std::vector<std::string>{"git", "--exec-path"});
}

TEST_CASE("trace: no file means that no git ran") {
  const Sandbox box;
  CHECK(git_commands(box / "trace").empty());
}
