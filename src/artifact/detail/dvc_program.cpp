#include "artifact/detail/dvc_program.hpp"

#include "base/find_program.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "model/repo_url.hpp"

#include <algorithm>
#include <string_view>

namespace mlem::artifact::detail {
namespace {

/// Returns the line that says what went wrong. Bars of progress are written over with `\r`.
std::string error_line(std::string_view text) {
  constexpr std::size_t longest = 300;
  std::string_view last;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (trim(line).empty() || (last.starts_with("ERROR:") && !line.starts_with("ERROR:"))) continue;
    last = trim(line);
  }
  return escape_for_terminal(redact(last.substr(0, longest)));
}

}  // namespace

bool has_dvc(const source::Settings& settings) { return find_program("dvc", settings.access.environment).has_value(); }

std::optional<source::Refusal> get_by_dvc(const DvcRequest& request, const fs::path& directory,
                                          const source::Settings& settings) {
  using End = RunResult::End;
  Program program{.arguments = {"dvc", "get", "--rev", request.commit.hex(), "-o", (directory / "file").string(), "--",
                                request.repo, request.path},
                  .environment = settings.access.environment,
                  // Where nothing of the source is: what it says may name files relative to where the program runs.
                  .directory = "/"};
  // Its bars of progress tell that it has not stopped; without a terminal they are shown with this only.
  program.environment.set("DVC_IGNORE_ISATTY", "true");
  program.environment.set("DVC_NO_ANALYTICS", "true");
  program.environment.set("GIT_TERMINAL_PROMPT", "0");
  const Limits limits{.idle = settings.budget.timeout, .deadline = settings.budget.deadline, .exceeded = {}};
  const RunResult ran = run(program, {}, Session::own, limits, settings.observer.interrupt);
  if (ran.end == End::idle) {
    return source::Refusal{
        Verdict::timeout,
        "'dvc get' has not said a word for " + std::to_string(settings.budget.timeout.count() / 1000) + " seconds",
        "mlem.timeout sets how long to wait"};
  }
  if (ran.end != End::exited) return source::Refusal{Verdict::timeout, "'dvc get' took too long", {}};
  if (ran.code != 0) {
    const std::string why = error_line(ran.errors);
    return source::Refusal{Verdict::unreachable, "'dvc get' failed" + (why.empty() ? "" : ": " + why), {}};
  }
  if (load_type(directory / "file") != fs::regular_file) {
    return source::Refusal{Verdict::unreachable, "'dvc get' has made no file of it", {}};
  }
  return std::nullopt;
}

}  // namespace mlem::artifact::detail
