#include "check/push.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace mlem::check {
namespace {

std::optional<Oid> parse_id(std::string_view text) {
  if (!text.empty() && text.find_first_not_of('0') == std::string_view::npos) return std::nullopt;
  const auto oid = Oid::parse(text);
  if (!oid)
    throw Error(ErrorKind::invalid, "cannot read the list of refs", "'" + escape_for_terminal(text) + "' is no id");
  return oid;
}

std::vector<std::vector<std::string_view>> parse_lines(std::string_view input, std::size_t fields) {
  std::vector<std::vector<std::string_view>> lines;
  for (const std::string_view line : split(input, '\n')) {
    if (line.empty()) continue;
    lines.push_back(split(line, ' '));
    if (lines.back().size() != fields) {
      throw Error(ErrorKind::invalid, "cannot read the list of refs",
                  "'" + escape_for_terminal(line) + "' has not " + std::to_string(fields) + " words",
                  "this hook is run by git, which writes the list to its stdin");
    }
  }
  return lines;
}

/// The registry that is pushed to, with the time that is left for it.
struct Receiver {
  const git::Registry& registry;
  const resolve::Settings& settings;

  RunResult git(std::vector<std::string> arguments) const {
    Limits limits;
    limits.deadline = settings.deadline;
    return registry.git(std::move(arguments), limits, settings.interrupt);
  }
  bool has_time() const { return !settings.deadline || std::chrono::steady_clock::now() < *settings.deadline; }
};

constexpr const char* hint_of_time = "push fewer commits at once, or have 'mlem.hookTimeout' raised";

/// What git prints for a list of commits, a line each. Throws Error(unavailable) if it fails.
std::vector<std::string> list_commits(const Receiver& receiver, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "rev-list");
  const RunResult result = receiver.git(std::move(arguments));
  if (result.end == RunResult::End::deadline) {
    throw Error(ErrorKind::unavailable, "cannot list commits", "there was no time left for it", hint_of_time);
  }
  if (result.code != 0) {
    throw Error(ErrorKind::unavailable, "cannot list commits", escape_for_terminal(trim(result.errors)));
  }
  std::vector<std::string> lines;
  for (const std::string_view line : split(result.output, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::vector<git::Change> changes_between(const git::Registry& registry, const std::optional<Oid>& before,
                                         const Oid& after) {
  std::vector<git::Change> changes;
  registry.objects().diff(before, after, [&](git::Change change) { changes.push_back(std::move(change)); });
  return changes;
}

/// What differs at the tip of a new ref from every commit where its history leaves what is known.
void compare_with_known(const Receiver& receiver, const Oid& tip, const std::vector<std::string>& known, Scope& scope) {
  std::vector<std::string> arguments = {"--boundary", tip.hex(), "--not"};
  arguments.insert(arguments.end(), known.begin(), known.end());
  std::vector<Oid> bases;
  bool has_new_commits = false;
  for (const std::string& line : list_commits(receiver, std::move(arguments))) {
    const auto boundary = line.starts_with('-') ? Oid::parse(line.substr(1)) : std::nullopt;
    if (boundary)
      bases.push_back(*boundary);
    else
      has_new_commits = true;
  }
  if (!has_new_commits) {
    scope.before = tip;
    scope.changes.emplace();
    return;
  }
  // More than these are judged as new: that is more work and no mistake.
  constexpr std::size_t most_bases = 8;
  if (bases.size() > most_bases) bases.resize(most_bases);
  scope.before = bases.empty() ? std::nullopt : std::optional(bases.front());
  scope.changes = changes_between(receiver.registry, scope.before, tip);
  for (std::size_t i = 1; i < bases.size(); ++i) {
    std::set<std::string> differs;
    for (const git::Change& change : changes_between(receiver.registry, bases[i], tip)) differs.insert(change.name);
    std::erase_if(*scope.changes, [&](const git::Change& change) { return !differs.contains(change.name); });
  }
}

void break_ref_rule(Scope& scope, const char* rule, std::string message, std::string hint = {}) {
  Finding finding;
  finding.verdict = Verdict::forbidden;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  finding.rules = {rule};
  scope.findings.push_back(std::move(finding));
}

void want_approver(Scope& scope, const std::string& what_happened) {
  for (const Rules& rules : scope.rules) {
    if (rules.is_approved) continue;
    break_ref_rule(scope, "approver",
                   "policy '" + rules.policy.name + "' lets only its approvers have this ref " + what_happened);
  }
}

bool touches(const git::Registry& registry, const Policy& policy, const std::optional<Oid>& before, const Oid& after) {
  bool found = false;
  registry.objects().diff(before, after, [&](const git::Change& change) {
    found = found || (change.name.ends_with(mlem_suffix) && policy.covers_path(change.name));
  });
  return found;
}

/// The new tip, and every new commit that differs from a parent in what is policed; nothing if there was no time to
/// tell.
std::optional<std::vector<Oid>> commits_to_verify(const Receiver& receiver, const RefUpdate& update, const Oid& tip,
                                                  const Policy& policy) {
  std::vector<std::string> arguments = {"--parents", tip.hex()};
  if (update.before) arguments.push_back("^" + update.before->hex());
  std::vector<Oid> commits{tip};
  for (const std::string& line : list_commits(receiver, std::move(arguments))) {
    if (!receiver.has_time()) return std::nullopt;
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
Signatures verify(const Receiver& receiver, const std::vector<Oid>& commits) {
  // As many ids as fit into an argument vector anywhere.
  constexpr std::size_t most_at_once = 500;
  for (std::size_t start = 0; start < commits.size(); start += most_at_once) {
    std::vector<std::string> arguments{"verify-commit"};
    for (std::size_t i = start; i < std::min(start + most_at_once, commits.size()); ++i) {
      arguments.push_back(commits[i].hex());
    }
    const RunResult result = receiver.git(std::move(arguments));
    if (result.end == RunResult::End::deadline) return Signatures::untold;
    if (result.code != 0) return Signatures::bad;
  }
  return Signatures::good;
}

/// Holds the commits of one ref to a policy that wants signatures. What cannot be verified in time is as good as
/// unsigned: else a long push would get around the policy.
void want_signatures(const Receiver& receiver, const RefUpdate& update, const Oid& tip, const Policy& policy,
                     Scope& scope) {
  const auto commits = commits_to_verify(receiver, update, tip, policy);
  Signatures signatures = commits ? verify(receiver, *commits) : Signatures::untold;
  if (signatures == Signatures::good) return;
  // Ten are enough to refuse the push, whatever it brings.
  constexpr int most_unsigned = 10;
  int count = 0;
  for (std::size_t i = 0; signatures != Signatures::untold && i < commits->size() && count < most_unsigned; ++i) {
    signatures = verify(receiver, {(*commits)[i]});
    if (signatures != Signatures::bad) continue;
    ++count;
    break_ref_rule(
        scope, "signed",
        "policy '" + policy.name + "' wants commit '" + (*commits)[i].hex() + "' signed with a key it trusts",
        "sign it with 'git commit --amend -S' or 'git rebase --exec'");
  }
  if (count > 0) return;
  break_ref_rule(scope, "signed",
                 "policy '" + policy.name + "' wants signed commits, and there was no time left to verify them all",
                 hint_of_time);
}

void want_signatures(const Receiver& receiver, const RefUpdate& update, Scope& scope) {
  if (!update.after) return;
  const auto tip = receiver.registry.objects().find_commit(*update.after);
  for (const Rules& rules : scope.rules) {
    if (!rules.policy.require_signed) continue;
    if (tip)
      want_signatures(receiver, update, *tip, rules.policy, scope);
    else
      break_ref_rule(scope, "signed", "policy '" + rules.policy.name + "' wants a signed commit, and this is none");
  }
}

/// Where a ref of the registry leads through symbolic refs.
std::string final_ref(const git::Registry& registry, const std::string& ref) {
  const std::string prefix = git::namespace_prefix(registry.environment());
  std::string name = prefix + ref;
  constexpr int most_links = 5;  // as git: SYMREF_MAXDEPTH
  for (int i = 0; i < most_links; ++i) {
    const auto target = registry.objects().symbolic_target(name);
    if (!target) break;
    name = *target;
  }
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

Scope scope_of(const Receiver& receiver, const RefUpdate& update, const Pusher& pusher) {
  const git::Registry& registry = receiver.registry;
  Scope scope;
  scope.kind = Scope::Kind::changes;
  scope.pushed_ref = update.ref;
  scope.changes.emplace();
  scope.rules = rules_for(registry, update.ref, pusher);
  if (!update.after) {
    want_approver(scope, "deleted");
    return scope;
  }
  const auto tree = registry.objects().find_tree_ish(*update.after);
  const auto tip = registry.objects().find_commit(*update.after);
  if (tree) scope.commit = tree;
  const auto before = update.before ? registry.objects().find_tree_ish(*update.before) : std::nullopt;
  if (!scope.rules.empty() && !before) {
    scope.all_policed = tree.has_value();
    want_approver(scope, "created");
  } else if (!scope.rules.empty() && tip && before) {
    const bool can_want =
        std::any_of(scope.rules.begin(), scope.rules.end(), [](const Rules& rules) { return !rules.is_approved; });
    if (can_want && receiver.git({"merge-base", "--is-ancestor", before->hex(), tip->hex()}).code != 0) {
      want_approver(scope, "rewound");
    }
  }
  if (!tree) return scope;
  if (before) {
    scope.before = before;
    scope.changes = changes_between(registry, before, *tree);
  } else if (tip) {
    compare_with_known(receiver, *tip, pusher.known_refs, scope);
  } else {
    scope.changes = changes_between(registry, std::nullopt, *tree);
  }
  return scope;
}

/// Names a link's own fields instead of what was found at the end of it.
std::string concealed_message(const Finding& finding) {
  const Hop first = finding.hops.empty() ? Hop{finding.repo, finding.rev, {}, finding.path} : finding.hops.front();
  const std::string source = first.repo.empty() ? "this repository" : "'" + first.repo + "'";
  switch (finding.verdict) {
    case Verdict::missing_repo:
    case Verdict::auth_required:
      return source + " is not there, or this server may not read it";
    case Verdict::missing_rev:
      return "no branch, tag or commit of that name in " + source;
    case Verdict::ambiguous_rev:
      return "a branch and a tag of that name differ in " + source;
    case Verdict::missing_path:
      return "nothing at that path in " + source;
    case Verdict::not_an_object:
      return "no MLEM object at that path in " + source;
    case Verdict::wrong_type:
      return "the object in " + source + " is not of that type";
    case Verdict::cycle:
      return "following the links from " + source + " does not end";
    case Verdict::too_deep:
      return "following the links from " + source + " takes too many steps";
    case Verdict::unreachable_commit:
      return "the commit is on no branch or tag of " + source;
    case Verdict::timeout:
      return source + " took too long to read";
    case Verdict::too_large:
      return "there is too much to read in " + source;
    case Verdict::invalid_link:
      return "a link in " + source + " is not valid";
    default:
      return source + " could not be read";
  }
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

Pusher load_pusher(const git::Registry& registry) {
  Pusher pusher;
  pusher.policies = parse_policies(registry.config());
  if (const auto variable = registry.config().find("mlem.pusher")) {
    pusher.name = registry.environment().find(*variable);
  }
  return pusher;
}

std::vector<Rules> rules_for(const git::Registry& registry, const std::string& ref, const Pusher& pusher) {
  std::vector<Rules> rules;
  if (pusher.policies.empty()) return rules;
  const std::string target = final_ref(registry, ref);
  for (const Policy& policy : pusher.policies) {
    if (!policy.covers_ref(ref) && !policy.covers_ref(target)) continue;
    const std::vector<std::string>& approvers = policy.approvers;
    const bool is_approver = pusher.name && !pusher.name->empty() &&
                             std::find(approvers.begin(), approvers.end(), *pusher.name) != approvers.end();
    rules.push_back({policy, approvers.empty() || is_approver});
  }
  return rules;
}

std::vector<Scope> push_scopes(const git::Registry& registry, const resolve::Settings& settings,
                               const std::vector<RefUpdate>& updates, const Pusher& pusher) {
  const Receiver receiver{registry, settings};
  std::vector<Scope> scopes;
  scopes.reserve(updates.size());
  for (const RefUpdate& update : updates) scopes.push_back(scope_of(receiver, update, pusher));
  // Last, for they may take all the time that is left, and then the push is refused for them alone.
  for (std::size_t i = 0; i < updates.size(); ++i) want_signatures(receiver, updates[i], scopes[i]);
  return scopes;
}

Finding conceal(Finding finding) {
  const bool is_own = finding.verdict == Verdict::ok || finding.verdict == Verdict::forbidden ||
                      (finding.verdict == Verdict::invalid_link && finding.hops.empty() && !finding.commit);
  if (!is_own) {
    finding.message = concealed_message(finding);
    finding.hint.clear();
  }
  if (finding.verdict == Verdict::missing_repo) finding.verdict = Verdict::auth_required;
  if (!finding.hops.empty()) {
    finding.repo = finding.hops.front().repo;
    finding.rev = finding.hops.front().rev;
    finding.hops.clear();
  }
  finding.path.clear();
  finding.object_type.clear();
  finding.ref.clear();
  finding.commit.reset();
  finding.blob.reset();
  return finding;
}

}  // namespace mlem::check
