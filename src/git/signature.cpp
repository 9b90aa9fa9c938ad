#include "git/signature.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mlem::git {
namespace {

/// Whether all commits are signed well: git says no more. Nothing if there was no time left to tell.
std::optional<bool> are_good(const Registry& registry, std::span<const Oid> commits, const Limits& limits,
                             Interrupt* interrupt) {
  std::vector<std::string> arguments{"verify-commit"};
  for (const Oid& commit : commits) arguments.push_back(commit.hex());
  const RunResult result = registry.git(std::move(arguments), {}, limits, interrupt);
  if (result.end == RunResult::End::deadline) return std::nullopt;
  return result.code == 0;
}

/// Whether a commit has a signature, good or not.
bool is_signed(const Registry& registry, const Oid& commit, const Limits& limits, Interrupt* interrupt) {
  const RunResult result = registry.git({"cat-file", "commit", commit.hex()}, {}, limits, interrupt);
  const std::string_view header = std::string_view(result.output).substr(0, result.output.find("\n\n"));
  return header.find("\ngpgsig") != std::string_view::npos;  // `gpgsig-sha256`, too
}

}  // namespace

Signatures verify_commits(const Registry& registry, const std::vector<Oid>& commits, std::size_t most_bad,
                          const Limits& limits, Interrupt* interrupt) {
  // As many ids as fit into an argument vector anywhere.
  constexpr std::size_t most_at_once = 500;
  Signatures found;
  const std::span<const Oid> all = commits;
  for (std::size_t start = 0; start < all.size() && found.bad.size() < most_bad; start += most_at_once) {
    const auto some = all.subspan(start, std::min(most_at_once, all.size() - start));
    const auto good = are_good(registry, some, limits, interrupt);
    if (good == true) continue;
    found.in_time = good.has_value();
    // Which of them it is, only one at a time can tell.
    for (std::size_t i = 0; found.in_time && i < some.size() && found.bad.size() < most_bad; ++i) {
      const auto is_good = are_good(registry, some.subspan(i, 1), limits, interrupt);
      if (is_good == false) found.bad.push_back({some[i], is_signed(registry, some[i], limits, interrupt)});
      found.in_time = is_good.has_value();
    }
    if (!found.in_time) break;
  }
  return found;
}

}  // namespace mlem::git
