#include "check/detail/receiver.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <utility>

namespace mlem::check::detail {

void Receiver::require_time(const char* what_failed) const {
  if (!settings.budget.has_time())
    throw Error(ErrorKind::unavailable, what_failed, "there was no time left for it", hint_of_time);
}

RunResult Receiver::git(std::vector<std::string> arguments, std::string_view input) const {
  Limits limits;
  limits.deadline = settings.budget.deadline;
  return registry.git(std::move(arguments), input, limits, settings.observer.interrupt);
}

std::vector<std::string> Receiver::list_commits(std::vector<std::string> arguments, std::string_view input) const {
  arguments.insert(arguments.begin(), "rev-list");
  const RunResult result = git(std::move(arguments), input);
  if (result.end == RunResult::End::deadline) require_time("cannot list commits");
  if (result.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list commits", escape_for_terminal(trim(result.errors)));
  }
  std::vector<std::string> lines;
  for (const std::string_view line : split(result.output, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

}  // namespace mlem::check::detail
