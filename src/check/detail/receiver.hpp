#pragma once

#include "git/registry.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::check::detail {

/// Said where a push takes longer than it may.
inline constexpr const char* hint_of_time = "push less at once, or have 'mlem.hookTimeout' raised";

/// The registry that is pushed to, with the time that is left for it.
struct Receiver {
  /// A push of more is no work of people, and the list would take more memory than a server has.
  static constexpr std::size_t most_changes = 1'000'000;

  const git::Registry& registry;
  const source::Settings& settings;
  std::size_t changes = 0;  ///< of links, that were listed for all refs so far

  /// Throws Error(unavailable) with `what_failed` if there is no time left.
  void require_time(const char* what_failed) const;
  /// Runs git; ends it when the time is over, and then says so in the result.
  RunResult git(std::vector<std::string> arguments, std::string_view input = {}) const;
  /// Returns what `git rev-list` prints, by lines. Throws Error(unavailable) if it fails or there is no time left.
  std::vector<std::string> list_commits(std::vector<std::string> arguments, std::string_view input = {}) const;
};

}  // namespace mlem::check::detail
