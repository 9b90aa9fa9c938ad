#include "git/detail/least_version.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <string>

namespace mlem::git::detail {

void require_least_version(std::string_view answer, const Environment& environment) {
  if (!answer.starts_with(std::string(least_version.option) + "\n")) return;
  const std::string version(trim(run(git_program({"--version"}, environment, {})).output));
  throw Error(ErrorKind::unavailable, "'" + escape_for_terminal(version) + "' is too old",
              std::string(least_version.number) + " is the oldest that git-mlem works with");
}

}  // namespace mlem::git::detail
