#include "check/push.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/receiver.hpp"
#include "check/detail/signatures.hpp"
#include "git/refs.hpp"
#include "model/rev.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mlem::check {
namespace {

using detail::break_ref_rule;
using detail::Receiver;

std::optional<Oid> parse_id(std::string_view text) {
  if (!text.empty() && text.find_first_not_of('0') == std::string_view::npos) return std::nullopt;
  const auto oid = Oid::parse(text);
  if (!oid)
    throw Error(ErrorKind::invalid, "cannot read the list of refs", "'" + escape_for_terminal(text) + "' is no id");
  return oid;
}

/// Splits each line at blanks into `fields` words, from its end: a pusher's own name for what is pushed, which comes
/// first, may have blanks (`main@{5 minutes ago}`).
std::vector<std::vector<std::string_view>> parse_lines(std::string_view input, std::size_t fields) {
  std::vector<std::vector<std::string_view>> lines;
  for (std::string_view rest : split(input, '\n')) {
    if (rest.empty()) continue;
    const std::string_view line = rest;
    std::vector<std::string_view>& words = lines.emplace_back(fields);
    for (std::size_t i = fields; i-- > 1;) {
      const std::size_t blank = rest.rfind(' ');
      if (blank == std::string_view::npos) {
        throw Error(ErrorKind::invalid, "cannot read the list of refs",
                    "'" + escape_for_terminal(line) + "' has not " + std::to_string(fields) + " words",
                    "this hook is run by git, which writes the list to its stdin");
      }
      words[i] = rest.substr(blank + 1);
      rest = rest.substr(0, blank);
    }
    words[0] = rest;
  }
  return lines;
}

/// What differs between two trees, of what matters to links and policies.
std::vector<git::Change> changes_between(Receiver& receiver, const std::optional<Oid>& before, const Oid& after) {
  std::vector<git::Change> changes;
  std::size_t seen = 0;
  receiver.registry.objects().diff(before, after, [&](git::Change change) {
    if (++seen % 4096 == 0) receiver.require_time("cannot list what changes");
    if (!concerns_links(change) && !(change.after && git::is_link(*change.after))) return true;
    if (++receiver.changes > Receiver::most_changes) {
      throw Error(ErrorKind::unavailable, "cannot list what changes",
                  "there are more than " + std::to_string(Receiver::most_changes) + " changes of links in this push",
                  "push fewer refs at once, or fewer commits");
    }
    changes.push_back(std::move(change));
    return true;
  });
  return changes;
}

/// The commits that are on no known ref, and their parents.
using NewCommits = std::unordered_map<Oid, std::vector<Oid>>;

/// Asks once for all new refs: most of many tags are for commits that are known.
NewCommits list_new_commits(const Receiver& receiver, const std::vector<RefUpdate>& updates,
                            const git::RefSelection& known) {
  std::vector<Oid> tips;
  for (const RefUpdate& update : updates) {
    if (update.before || !update.after) continue;
    if (const auto tip = receiver.registry.objects().find_commit(*update.after)) tips.push_back(*tip);
  }
  NewCommits commits;
  for (git::Commit& commit : receiver.list_commits(tips, {}, known)) {
    commits.emplace(commit.oid, std::move(commit.parents));
  }
  return commits;
}

/// What differs at the tip of a new ref from every commit where its history leaves what is known.
void compare_with_known(Receiver& receiver, const Oid& tip, const NewCommits& new_commits, Scope& scope) {
  scope.changes.emplace();
  if (!new_commits.contains(tip)) {
    scope.before = tip;
    return;
  }
  std::set<Oid> bases;
  std::unordered_set<Oid> seen{tip};
  for (std::vector<Oid> waiting{tip}; !waiting.empty();) {
    const Oid commit = waiting.back();
    waiting.pop_back();
    for (const Oid& parent : new_commits.at(commit)) {
      if (!new_commits.contains(parent))
        bases.insert(parent);
      else if (seen.insert(parent).second)
        waiting.push_back(parent);
    }
  }
  // More than these are judged as new: that is more work and no mistake.
  constexpr std::size_t most_bases = 8;
  std::size_t count = 0;
  for (const Oid& base : bases) {
    if (++count > most_bases) break;
    std::vector<git::Change> changes = changes_between(receiver, base, tip);
    if (count == 1) {
      scope.before = base;
      scope.changes = std::move(changes);
      continue;
    }
    std::set<std::string> differs;
    for (git::Change& change : changes) differs.insert(std::move(change.name));
    std::erase_if(*scope.changes, [&](const git::Change& change) { return !differs.contains(change.name); });
  }
  if (bases.empty()) scope.changes = changes_between(receiver, std::nullopt, tip);
  // Where histories come together, an alias may be of one and what it led to of another.
  scope.touches_aliases = bases.size() > 1;
}

void require_approver(Scope& scope, const std::string& what_happened) {
  for (const Rules& rules : scope.rules) {
    if (rules.is_approved) continue;
    break_ref_rule(scope, "approver",
                   "policy '" + rules.policy.name + "' lets only its approvers have this ref " + what_happened,
                   rules.who_pushes);
  }
}

/// The name of a ref as those see it who are in its namespace: gitnamespaces(7).
std::string without_namespaces(std::string_view name) {
  constexpr std::string_view space = "refs/namespaces/";
  while (name.starts_with(space)) name.remove_prefix(std::min(name.find('/', space.size()), name.size() - 1) + 1);
  return std::string(name);
}

/// All names under which people know what a push to `ref` changes.
std::set<std::string> names_of(const git::Registry& registry, const std::string& ref, const Pusher& pusher) {
  const std::string pushed = git::namespace_prefix(registry.environment()) + ref;
  const std::string changed = registry.objects().final_ref(pushed);
  std::set<std::string> names{ref, pushed, changed};
  for (const std::string& symbolic : pusher.symbolic_refs) {
    if (registry.objects().final_ref(symbolic) == changed) names.insert(symbolic);
  }
  std::set<std::string> inside;
  for (const std::string& name : names) inside.insert(without_namespaces(name));
  names.merge(inside);
  return names;
}

/// The symbolic refs of the registry. Of those that lead nowhere yet, which git does not list, it is only known where
/// they are policed by their names.
std::set<std::string> symbolic_refs_of(const git::Registry& registry, const std::vector<Policy>& policies) {
  const std::vector<std::string> listed = git::list_symbolic_refs(registry);
  std::set<std::string> names(listed.begin(), listed.end());
  const std::string prefix = git::namespace_prefix(registry.environment());
  for (const Policy& policy : policies) {
    for (const std::string& ref : policy.refs) {
      if (is_ref_name(ref) && registry.objects().symbolic_target(prefix + ref)) names.insert(prefix + ref);
    }
  }
  return names;
}

Scope scope_of(Receiver& receiver, const RefUpdate& update, const Pusher& pusher, const NewCommits& new_commits) {
  const git::Registry& registry = receiver.registry;
  Scope scope;
  scope.kind = Scope::Kind::changes;
  scope.pushed_ref = update.ref;
  scope.changes.emplace();
  scope.rules = rules_for(registry, update.ref, pusher);
  if (!update.after) {
    require_approver(scope, "deleted");
    return scope;
  }
  const auto tree = registry.objects().find_tree_ish(*update.after);
  const auto tip = registry.objects().find_commit(*update.after);
  if (tree) scope.commit = tree;
  const auto before = update.before ? registry.objects().find_tree_ish(*update.before) : std::nullopt;
  if (!scope.rules.empty() && !before) {
    scope.all_policed = tree.has_value();
    require_approver(scope, update.before ? "replaced" : "created");
  } else if (before) {
    const bool can_want =
        std::any_of(scope.rules.begin(), scope.rules.end(), [](const Rules& rules) { return !rules.is_approved; });
    if (can_want && (!tip || !receiver.is_forward(*before, *tip))) require_approver(scope, "rewound or replaced");
  }
  if (!tree) return scope;
  if (before) {
    scope.before = before;
    scope.changes = changes_between(receiver, before, *tree);
  } else if (tip && !update.before) {
    compare_with_known(receiver, *tip, new_commits, scope);
  } else {
    scope.changes = changes_between(receiver, std::nullopt, *tree);
  }
  return scope;
}

}  // namespace

std::vector<RefUpdate> parse_pre_receive(std::string_view input) {
  std::vector<RefUpdate> updates;
  for (const auto& words : parse_lines(input, 3)) {
    updates.push_back({std::string(words[2]), parse_id(words[0]), parse_id(words[1])});
  }
  return updates;
}

std::vector<RefUpdate> parse_pre_push(std::string_view input) {
  std::vector<RefUpdate> updates;
  for (const auto& words : parse_lines(input, 4)) {
    updates.push_back({std::string(words[2]), parse_id(words[3]), parse_id(words[1])});
  }
  return updates;
}

source::PushedRefs pushed_refs(const std::vector<RefUpdate>& updates) {
  source::PushedRefs refs;
  for (const RefUpdate& update : updates) refs[update.ref] = update.after;
  return refs;
}

Pusher load_pusher(const git::Registry& registry) {
  Pusher pusher;
  pusher.policies = parse_policies(registry.config());
  if (const auto variable = registry.config().find("mlem.pusher")) {
    pusher.name = registry.environment().find(*variable);
  }
  pusher.known_refs = git::branches_and_tags(git::namespace_prefix(registry.environment()));
  const bool names_refs = std::any_of(pusher.policies.begin(), pusher.policies.end(),
                                      [](const Policy& policy) { return !policy.refs.empty(); });
  if (names_refs) pusher.symbolic_refs = symbolic_refs_of(registry, pusher.policies);
  return pusher;
}

std::vector<Rules> rules_for(const git::Registry& registry, const std::string& ref, const Pusher& pusher) {
  std::vector<Rules> rules;
  if (pusher.policies.empty()) return rules;
  const std::set<std::string> names = names_of(registry, ref, pusher);
  const std::string who_pushes = pusher.name && !pusher.name->empty()
                                     ? "the server takes you for '" + *pusher.name + "'"
                                     : "the server does not know who pushes: what 'mlem.pusher' names is not set";
  for (const Policy& policy : pusher.policies) {
    const auto covers = [&](const std::string& name) { return policy.covers_ref(name); };
    if (std::none_of(names.begin(), names.end(), covers)) continue;
    const std::vector<std::string>& approvers = policy.approvers;
    const bool is_approver = pusher.name && !pusher.name->empty() &&
                             std::find(approvers.begin(), approvers.end(), *pusher.name) != approvers.end();
    rules.push_back({policy, approvers.empty() || is_approver, who_pushes});
  }
  return rules;
}

std::vector<Scope> push_scopes(const git::Registry& registry, const source::Settings& settings,
                               const std::vector<RefUpdate>& updates, const Pusher& pusher) {
  Receiver receiver(registry, settings);
  const NewCommits new_commits = list_new_commits(receiver, updates, pusher.known_refs);
  std::vector<Scope> scopes;
  scopes.reserve(updates.size());
  for (const RefUpdate& update : updates) scopes.push_back(scope_of(receiver, update, pusher, new_commits));
  // Last, for they may take all the time that is left, and then the push is refused for them alone.
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (updates[i].after) detail::require_signatures(receiver, updates[i].before, *updates[i].after, scopes[i]);
  }
  return scopes;
}

}  // namespace mlem::check
