#include "check/detail/signatures.hpp"

#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/policed_file.hpp"
#include "git/history.hpp"
#include "git/signature.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mlem::check::detail {
namespace {

/// Whether a change is one of what a policy is about, whatever else is in the trees.
bool is_policed(const Policy& policy, const git::Change& change) {
  if (policy.covers_path(change.name) && change.name.ends_with(mlem_suffix)) return true;
  const auto is_policed_link = [&](const std::optional<git::Entry>& entry) {
    return entry && git::is_link(*entry) && (policy.covers_path(change.name) || policy.reaches_below(change.name));
  };
  return is_policed_link(change.before) || is_policed_link(change.after);
}

/// The new tip, and every new commit that differs from a parent in what is policed; nothing if there was no time to
/// tell.
std::optional<std::vector<Oid>> commits_to_verify(const Receiver& receiver, const std::optional<Oid>& before,
                                                  const Oid& tip, const Policy& policy,
                                                  const std::vector<std::string>& known_refs) {
  const bool is_of_folders = !before && policy.refs.empty();
  const git::RefSelection known_to_policy = is_of_folders ? git::refs_below(known_refs) : git::RefSelection();
  std::vector<Oid> known;
  if (before) known.push_back(*before);
  std::vector<Oid> commits{tip};
  for (const git::Commit& commit : receiver.list_commits({tip}, known, known_to_policy)) {
    if (!receiver.settings.budget.has_time()) return std::nullopt;
    if (commit.oid == tip) continue;
    const auto differs_from = [&](const std::optional<Oid>& parent) {
      return touches(receiver, policy, parent, commit.oid);
    };
    const bool is_policed = commit.parents.empty()
                                ? differs_from(std::nullopt)
                                : std::any_of(commit.parents.begin(), commit.parents.end(), differs_from);
    if (is_policed) commits.push_back(commit.oid);
  }
  return commits;
}

// So many are enough to refuse the push, whatever it brings.
constexpr std::size_t most_bad = 10;

/// Refuses the commits that are not signed, or those that are signed by nobody who is trusted: more than three of them
/// together, as links are that have their cause in common.
void tell_of(const std::vector<git::Signatures::Bad>& all, bool is_signed, const Policy& policy, Scope& scope) {
  constexpr std::size_t most_alone = 3;
  std::vector<std::string> ids;
  for (const git::Signatures::Bad& bad : all) {
    if (bad.is_signed == is_signed) ids.push_back(bad.commit.hex());
  }
  const std::string hint = is_signed ? "who runs the server says which keys it trusts"
                                     : "sign the tip by 'git commit --amend -S', all of a branch by 'git rebase -S'";
  if (ids.size() > most_alone) {
    break_ref_rule(scope, "signed",
                   policy_wants(policy, std::string("wants commits signed with a key it trusts, and ") +
                                            (is_signed ? "no key that the server trusts signed these: "
                                                       : "these are not signed: ") +
                                            quoted_list(ids) + (all.size() < most_bad ? "" : "; there may be more")),
                   hint);
    return;
  }
  for (const std::string& id : ids) {
    break_ref_rule(scope, "signed",
                   policy_wants(policy, "wants commit '" + id + "' signed with a key it trusts" +
                                            (is_signed ? ", and no key that the server trusts made its signature"
                                                       : ", and it is not signed")),
                   hint);
  }
}

void hold_commits(const Receiver& receiver, const std::optional<Oid>& before, const Oid& tip, const Policy& policy,
                  const std::vector<std::string>& known_refs, Scope& scope) {
  git::Signatures signatures{.bad = {}, .in_time = false};
  if (const auto commits = commits_to_verify(receiver, before, tip, policy, known_refs)) {
    signatures = git::verify_commits(receiver.registry, *commits, most_bad, receiver.limits(),
                                     receiver.settings.observer.interrupt);
  }
  for (const bool is_signed : {false, true}) tell_of(signatures.bad, is_signed, policy, scope);
  if (signatures.in_time || !signatures.bad.empty()) return;
  break_ref_rule(scope, "signed",
                 "policy '" + policy.name + "' wants signed commits, and there was no time left to verify them all",
                 hint_of_time);
}

}  // namespace

bool touches(const Receiver& receiver, const Policy& policy, const std::optional<Oid>& before, const Oid& after) {
  // The trees are looked into while they are compared, which one handle on them would not bear.
  std::vector<git::Change> markers;
  bool found = false;
  git::Repository& objects = receiver.registry.objects();
  std::vector<Oid> sides{after};
  if (before) sides.push_back(*before);
  source::read_trees(receiver.registry, sides, receiver.settings, [&] {
    markers.clear();
    objects.diff(before, after, [&](git::Change change) {
      found = is_policed(policy, change);
      if (!found && concerns_links(change)) markers.push_back(std::move(change));
      return !found;
    });
  });
  if (found || markers.empty()) return found;
  const auto old_view = before ? resolve::view_commit(objects, *before) : nullptr;
  const auto new_view = resolve::view_commit(objects, after);
  return std::any_of(markers.begin(), markers.end(), [&](const git::Change& change) {
    const auto project = moved_project(change, old_view.get(), new_view.get());
    // No link that is policed changed: those of the one tree are those of the other.
    return project && has_policed_link(policy, objects, after, *project);
  });
}

void require_signatures(const Receiver& receiver, const std::optional<Oid>& before, const Oid& after,
                        const std::vector<std::string>& known_refs, Scope& scope) {
  const auto tip = receiver.registry.objects().find_commit(after);
  for (const Rules& rules : scope.rules) {
    if (!rules.policy.require_signed) continue;
    if (tip)
      hold_commits(receiver, before, *tip, rules.policy, known_refs, scope);
    else
      break_ref_rule(scope, "signed", "policy '" + rules.policy.name + "' wants a signed commit, and this is none",
                     "push a commit, or a tag of one");
  }
}

}  // namespace mlem::check::detail
