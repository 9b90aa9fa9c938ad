#include "check/push.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "check/changes.hpp"
#include "check/detail/baseline.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/receiver.hpp"
#include "check/detail/signatures.hpp"
#include "git/config_origin.hpp"
#include "git/refs.hpp"
#include "model/repo_path.hpp"
#include "model/rev.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <utility>

// Every ref of a push becomes a scope, which is then judged like any other. Refs that move are compared with what they
// were. New refs come after them, for each is compared with the nearest tip that is known, and that may be one of the
// same push. A policy counts for a ref under any name by which people may know it. Signatures are verified last, after
// all comparing: they may take the time that is left, and then it is for them alone that the push is refused.

namespace mlem::check {
namespace {

using detail::Baselines;
using detail::break_ref_rule;
using detail::Receiver;

std::optional<Oid> parse_id(std::string_view text) {
  if (!text.empty() && text.find_first_not_of('0') == std::string_view::npos) return std::nullopt;
  const auto oid = Oid::parse(text);
  if (!oid)
    throw Error(ErrorKind::invalid, "cannot read the list of refs", "'" + escape_for_terminal(text) + "' is not an id");
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

std::vector<git::Change> list_changes(Receiver& receiver, const std::optional<Oid>& before, const Oid& after) {
  std::vector<git::Change> changes;
  std::size_t seen = 0;
  std::string emptied;  // perhaps: of a directory's files that are gone, one is enough to ask about
  receiver.registry.objects().diff(before, after, [&](git::Change change) {
    if (++seen % 4096 == 0) receiver.require_time("cannot list what changes");
    if (!concerns_links(change) && !(change.after && git::is_link(*change.after))) {
      const std::string_view directory = parent_of(change.name);
      if (!may_empty_directory(change) || directory == emptied) return true;
      emptied = directory;
    }
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

/// What differs between two trees, of what matters to links and policies.
std::vector<git::Change> changes_between(Receiver& receiver, const std::optional<Oid>& before, const Oid& after) {
  std::vector<git::Change> changes;
  std::vector<Oid> sides{after};
  if (before) sides.push_back(*before);
  const std::size_t of_others = receiver.changes;
  source::read_trees(receiver.registry, sides, receiver.settings, [&] {
    receiver.changes = of_others;
    changes = list_changes(receiver, before, after);
  });
  return changes;
}

/// Compares the tip of a new ref with what is there. A policy that is about folders alone has nothing to say of a ref
/// on which what it is about is as on another one; where all is audited, nothing of who may change it.
void compare_with_known(Receiver& receiver, Baselines& baselines, const Oid& tip, Scope& scope) {
  const std::vector<Oid> candidates = baselines.candidates_for(tip);
  const auto is_elsewhere = [&](const Rules& rules) {
    return rules.policy.refs.empty() && std::any_of(candidates.begin(), candidates.end(), [&](const Oid& candidate) {
             receiver.require_time("cannot apply policies");
             return !detail::touches(receiver, rules.policy, candidate, tip);
           });
  };
  if (scope.all) {
    for (Rules& rules : scope.rules) rules.is_approved = rules.is_approved || is_elsewhere(rules);
  } else {
    std::erase_if(scope.rules, is_elsewhere);
  }
  scope.before = baselines.nearest_to(tip, candidates);
  scope.changes = changes_between(receiver, scope.before, tip);
}

/// Finds the commits of known refs that the merges among the commits of a push bring in: what is as they have it, the
/// pusher did not write. What the ref itself had before is not among them, for there a link may have been mended since.
std::vector<Oid> find_merged(const Receiver& receiver, const Oid& tip, const Oid& before,
                             const std::vector<std::string>& known_refs) {
  constexpr std::size_t most_merged = 8;
  std::unordered_set<Oid> pushed;
  std::vector<Oid> parents;
  for (const git::Commit& commit : receiver.list_commits({tip}, {before}, git::refs_below(known_refs))) {
    pushed.insert(commit.oid);
    if (commit.parents.size() > 1) parents.insert(parents.end(), commit.parents.begin(), commit.parents.end());
  }
  std::vector<Oid> merged;
  for (const Oid& parent : parents) {
    const bool is_taken = pushed.contains(parent) || std::find(merged.begin(), merged.end(), parent) != merged.end();
    if (is_taken || merged.size() == most_merged || receiver.is_forward(parent, before)) continue;
    merged.push_back(parent);
  }
  return merged;
}

void require_approver(Scope& scope, const std::string& what_happened) {
  for (const Rules& rules : scope.rules) {
    if (rules.is_approved || rules.policy.refs.empty()) continue;
    break_ref_rule(scope, "approver",
                   "policy '" + rules.policy.name + "' lets only its approvers have this ref " + what_happened,
                   what_happened == "created" ? rules.who_may_and_how() : rules.who_may);
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

/// A branch may be brought up to HEAD's by anybody: what a policy about folders alone is about is there already, as
/// somebody who may approve it has let it in.
void approve_what_head_has(const Receiver& receiver, const Pusher& pusher, const Oid& tip, Scope& scope) {
  git::Repository& objects = receiver.registry.objects();
  if (pusher.head.empty() || objects.final_ref(scope.pushed_ref) == objects.final_ref(pusher.head)) return;
  const auto head = objects.find_ref(pusher.head);
  const auto tree = head ? objects.find_tree_ish(*head) : std::nullopt;
  if (!tree) return;
  for (Rules& rules : scope.rules) {
    if (rules.is_approved || !rules.policy.refs.empty()) continue;
    receiver.require_time("cannot apply policies");
    rules.is_approved = !detail::touches(receiver, rules.policy, tree, tip);
  }
}

Scope scope_of(Receiver& receiver, const RefUpdate& update, const Pusher& pusher, Baselines& baselines) {
  const git::Registry& registry = receiver.registry;
  Scope scope;
  scope.kind = Scope::Kind::changes;
  scope.pushed_ref = update.ref;
  scope.all = update.is_audited;
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
    scope.all_policed = tree && std::any_of(scope.rules.begin(), scope.rules.end(),
                                            [](const Rules& rules) { return !rules.policy.refs.empty(); });
    require_approver(scope, update.before ? "replaced" : "created");
  } else if (before) {
    const bool can_want = std::any_of(scope.rules.begin(), scope.rules.end(), [](const Rules& rules) {
      return !rules.is_approved && !rules.policy.refs.empty();
    });
    if (can_want && (!tip || !receiver.is_forward(*before, *tip))) require_approver(scope, "rewound or replaced");
  }
  if (!tree) return scope;
  if (before) {
    approve_what_head_has(receiver, pusher, *tree, scope);
    scope.before = before;
    scope.changes = changes_between(receiver, before, *tree);
  } else if (!update.before) {
    compare_with_known(receiver, baselines, *tree, scope);
  } else {
    scope.changes = changes_between(receiver, std::nullopt, *tree);
  }
  const auto former_tip = scope.before ? registry.objects().find_commit(*scope.before) : std::nullopt;
  if (pusher.is_at_clone && tip && former_tip && !scope.changes->empty()) {
    scope.merged = find_merged(receiver, *tip, *former_tip, pusher.known_refs);
  }
  return scope;
}

using Signers = std::map<std::string, std::shared_ptr<const artifact::ModelSigner>>;

/// Reads who has to have signed objects, by the names of the policies: of all of them, for what cannot be read makes
/// every push fail.
Signers load_signers(const git::Registry& registry, const std::vector<Policy>& policies) {
  Signers signers;
  for (const Policy& policy : policies) {
    if (policy.artifact_signer.empty()) continue;
    signers.emplace(policy.name, std::make_shared<artifact::ModelSigner>(load_artifact_signer(registry, policy)));
  }
  return signers;
}

/// Names the approvers of a policy.
std::string approvers_of(const Policy& policy) {
  constexpr std::size_t most = 5;
  const std::vector<std::string>& all = policy.approvers;
  const std::vector<std::string> named(all.begin(),
                                       all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size())));
  std::string text = quoted_list(named);
  if (all.size() > most) text += " and " + std::to_string(all.size() - most) + " more";
  return text;
}

std::string how_to_ask(const Policy& policy) {
  return policy.covers_every_branch() ? "all branches are under this policy: send them a patch, or ask from a fork"
                                      : "push another branch for them to merge";
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
  if (const auto missing = git::missing_includes(registry); !missing.empty()) {
    throw Error(ErrorKind::invalid, "cannot read the configuration",
                "'include.path' is '" + escape_for_terminal(missing.front().string()) + "', where no file is",
                "put the file back, or take the key away: to git, there is nothing in such a file");
  }
  Pusher pusher;
  pusher.policies = parse_policies(registry.config());
  if (const auto variable = registry.config().find("mlem.pusher")) {
    pusher.name = registry.environment().find(*variable);
  }
  const std::string space = git::namespace_prefix(registry.environment());
  pusher.known_refs = {space + "refs/heads/", space + "refs/tags/"};
  pusher.head = space + "HEAD";
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
    rules.push_back({policy, approvers.empty() || is_approver, who_pushes + "; " + approvers_of(policy) + " may",
                     how_to_ask(policy)});
  }
  return rules;
}

std::vector<Scope> push_scopes(const git::Registry& registry, const source::Settings& settings,
                               const std::vector<RefUpdate>& updates, const Pusher& pusher) {
  const Signers signers = load_signers(registry, pusher.policies);
  Receiver receiver(registry, settings);
  Baselines baselines(receiver, pusher.known_refs, pusher.head);
  std::vector<Scope> scopes(updates.size());
  const auto judge = [&](std::size_t i) {
    scopes[i] = scope_of(receiver, updates[i], pusher, baselines);
    if (scopes[i].commit) baselines.add(*scopes[i].commit);
  };
  // New refs can be compared with those that move, and with one another: what belongs together is mostly pushed so.
  std::vector<std::size_t> new_refs;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (updates[i].before || !updates[i].after)
      judge(i);
    else
      new_refs.push_back(i);
  }
  for (const std::size_t i : new_refs) judge(i);
  // Last, for they may take all the time that is left, and then the push is refused for them alone.
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (!updates[i].after) continue;
    // An audit is about the commits of long ago too.
    const bool all = updates[i].is_audited;
    for (Rules& rules : scopes[i].rules) {
      const auto signer = signers.find(rules.policy.name);
      if (signer != signers.end()) rules.signer = signer->second;
    }
    detail::require_signatures(receiver, all ? std::nullopt : updates[i].before, *updates[i].after,
                               all ? std::vector<std::string>() : pusher.known_refs, scopes[i]);
  }
  return scopes;
}

}  // namespace mlem::check
