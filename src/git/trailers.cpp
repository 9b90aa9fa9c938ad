#include "git/trailers.hpp"

#include "git/detail/command.hpp"

#include <utility>
#include <vector>

namespace mlem::git {
namespace {

/// Returns what git prints of the trailers of some commits: their values and white space, nothing if there are none.
std::string print_trailers(const Registry& registry, const std::string& key, std::vector<std::string> which,
                           const Limits& limits, Interrupt* interrupt) {
  Environment environment = registry.environment();
  environment.set("GIT_LITERAL_PATHSPECS", "1");
  std::vector<std::string> arguments{"log", "--no-show-signature", "--no-color",
                                     "--format=%(trailers:key=" + key + ",valueonly,unfold)"};
  arguments.insert(arguments.end(), which.begin(), which.end());
  RunResult result =
      run(detail::git_program(std::move(arguments), environment, registry.root()), {}, Session::own, limits, interrupt);
  if (result.end == RunResult::End::deadline) return {};
  return detail::output_of(std::move(result), "cannot read messages of commits");
}

}  // namespace

bool has_trailer(const Registry& registry, const TrailerQuery& query, const Limits& limits, Interrupt* interrupt) {
  const auto has_value = [&](std::vector<std::string> which) {
    const std::string printed = print_trailers(registry, query.key, std::move(which), limits, interrupt);
    return printed.find_first_not_of(" \t\r\n") != std::string::npos;
  };
  if (has_value({"--no-walk", query.tip.hex()})) return true;
  // Without simplification of history: what a merge took from one side was changed there.
  return query.known && has_value({"--full-history", query.tip.hex(), "^" + query.known->hex(), "--", query.name});
}

}  // namespace mlem::git
