#include "check/detail/signatures.hpp"

#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/detail/broken_rules.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mlem::check::detail {
namespace {

bool touches(const git::Registry& registry, const Policy& policy, const std::optional<Oid>& before, const Oid& after) {
  // The trees are looked into while they are compared, which one handle on them would not bear.
  std::vector<git::Change> markers;
  bool found = false;
  registry.objects().diff(before, after, [&](git::Change change) {
    found = policy.covers_path(change.name) && change.name.ends_with(mlem_suffix);
    if (!found && concerns_links(change) && !(change.before && change.after)) markers.push_back(std::move(change));
    return !found;
  });
  if (found || markers.empty()) return found;
  const auto old_view = before ? resolve::view_commit(registry.objects(), *before) : nullptr;
  const auto new_view = resolve::view_commit(registry.objects(), after);
  return std::any_of(markers.begin(), markers.end(), [&](const git::Change& change) {
    const auto project = moved_project(change, old_view.get(), new_view.get());
    return project && policy.reaches_below(*project);
  });
}

/// The new tip, and every new commit that differs from a parent in what is policed; nothing if there was no time to
/// tell.
std::optional<std::vector<Oid>> commits_to_verify(const Receiver& receiver, const std::optional<Oid>& before,
                                                  const Oid& tip, const Policy& policy) {
  std::vector<std::string> arguments = {"--parents", tip.hex()};
  if (before) arguments.push_back("^" + before->hex());
  std::vector<Oid> commits{tip};
  for (const std::string& line : receiver.list_commits(std::move(arguments))) {
    if (!receiver.settings.budget.has_time()) return std::nullopt;
    const std::vector<std::string_view> ids = split(line, ' ');
    const Oid commit = Oid::parse(ids.front()).value();
    if (commit == tip) continue;
    bool is_policed = ids.size() == 1 && touches(receiver.registry, policy, std::nullopt, commit);
    for (std::size_t i = 1; i < ids.size() && !is_policed; ++i) {
      is_policed = touches(receiver.registry, policy, Oid::parse(ids[i]), commit);
    }
    if (is_policed) commits.push_back(commit);
  }
  return commits;
}

enum class Signatures { good, bad, untold };

/// `git verify-commit`, which says only whether all of them are signed.
Signatures verify(const Receiver& receiver, std::span<const Oid> commits) {
  std::vector<std::string> arguments{"verify-commit"};
  for (const Oid& commit : commits) arguments.push_back(commit.hex());
  const RunResult result = receiver.git(std::move(arguments));
  if (result.end == RunResult::End::deadline) return Signatures::untold;
  return result.code == 0 ? Signatures::good : Signatures::bad;
}

void hold_commits(const Receiver& receiver, const std::optional<Oid>& before, const Oid& tip, const Policy& policy,
                  Scope& scope) {
  // As many ids as fit into an argument vector anywhere.
  constexpr std::size_t most_at_once = 500;
  // So many are enough to refuse the push, whatever it brings.
  constexpr int most_unsigned = 10;
  const auto commits = commits_to_verify(receiver, before, tip, policy);
  const std::span<const Oid> all = commits ? std::span(*commits) : std::span<const Oid>();
  Signatures signatures = commits ? Signatures::good : Signatures::untold;
  int count = 0;
  for (std::size_t start = 0; start < all.size() && count < most_unsigned; start += most_at_once) {
    const auto some = all.subspan(start, std::min(most_at_once, all.size() - start));
    signatures = verify(receiver, some);
    // Which of them it is, only one at a time can tell.
    for (std::size_t i = 0; signatures == Signatures::bad && i < some.size() && count < most_unsigned; ++i) {
      const Signatures one = verify(receiver, some.subspan(i, 1));
      if (one == Signatures::untold) signatures = one;
      if (one != Signatures::bad) continue;
      ++count;
      break_ref_rule(scope, "signed",
                     "policy '" + policy.name + "' wants commit '" + some[i].hex() + "' signed with a key it trusts",
                     "sign the tip by 'git commit --amend -S', all of a branch by 'git rebase -S'");
    }
    if (signatures == Signatures::untold) break;
  }
  if (signatures != Signatures::untold || count > 0) return;
  break_ref_rule(scope, "signed",
                 "policy '" + policy.name + "' wants signed commits, and there was no time left to verify them all",
                 hint_of_time);
}

}  // namespace

void require_signatures(const Receiver& receiver, const std::optional<Oid>& before, const Oid& after, Scope& scope) {
  const auto tip = receiver.registry.objects().find_commit(after);
  for (const Rules& rules : scope.rules) {
    if (!rules.policy.require_signed) continue;
    if (tip)
      hold_commits(receiver, before, *tip, rules.policy, scope);
    else
      break_ref_rule(scope, "signed", "policy '" + rules.policy.name + "' wants a signed commit, and this is none");
  }
}

}  // namespace mlem::check::detail
