#include "check/push.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <set>

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

/// What git prints for a list of commits, a line each. Throws Error(unavailable) if it fails.
std::vector<std::string> list_commits(const git::Registry& registry, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "rev-list");
  const RunResult result = registry.git(arguments);
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
void compare_with_known(const git::Registry& registry, const Oid& tip, const std::vector<std::string>& known,
                        Scope& scope) {
  std::vector<std::string> arguments = {"--boundary", tip.hex(), "--not"};
  arguments.insert(arguments.end(), known.begin(), known.end());
  std::vector<Oid> bases;
  bool has_new_commits = false;
  for (const std::string& line : list_commits(registry, arguments)) {
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
  scope.changes = changes_between(registry, scope.before, tip);
  for (std::size_t i = 1; i < bases.size(); ++i) {
    std::set<std::string> differs;
    for (const git::Change& change : changes_between(registry, bases[i], tip)) differs.insert(change.name);
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

/// `git verify-commit` on the new tip, and on every new commit that differs from a parent in what is policed.
void want_signatures(const git::Registry& registry, const RefUpdate& update, const std::optional<Oid>& tip,
                     const Policy& policy, Scope& scope) {
  if (!tip) {
    break_ref_rule(scope, "signed", "policy '" + policy.name + "' wants a signed commit, and this is none");
    return;
  }
  std::vector<std::string> arguments = {"--parents", tip->hex()};
  if (update.before) arguments.push_back("^" + update.before->hex());
  std::set<Oid> commits{*tip};
  for (const std::string& line : list_commits(registry, arguments)) {
    const std::vector<std::string_view> ids = split(line, ' ');
    const Oid commit = Oid::parse(ids.front()).value();
    bool is_policed = ids.size() == 1 && touches(registry, policy, std::nullopt, commit);
    for (std::size_t i = 1; i < ids.size() && !is_policed; ++i) {
      is_policed = touches(registry, policy, Oid::parse(ids[i]), commit);
    }
    if (is_policed) commits.insert(commit);
  }
  // Ten are enough to refuse the push, whatever it brings.
  constexpr int most_unsigned = 10;
  int count = 0;
  for (const Oid& commit : commits) {
    if (registry.git({"verify-commit", commit.hex()}).code == 0) continue;
    if (++count > most_unsigned) break;
    break_ref_rule(scope, "signed",
                   "policy '" + policy.name + "' wants commit '" + commit.hex() + "' signed with a key it trusts",
                   "sign it with 'git commit --amend -S' or 'git rebase --exec'");
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

Scope scope_of(const git::Registry& registry, const RefUpdate& update, const Pusher& pusher) {
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
    if (can_want && registry.git({"merge-base", "--is-ancestor", before->hex(), tip->hex()}).code != 0) {
      want_approver(scope, "rewound");
    }
  }
  for (const Rules& rules : scope.rules) {
    if (rules.policy.require_signed) want_signatures(registry, update, tip, rules.policy, scope);
  }
  if (!tree) return scope;
  if (before) {
    scope.before = before;
    scope.changes = changes_between(registry, before, *tree);
  } else if (tip) {
    compare_with_known(registry, *tip, pusher.known_refs, scope);
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

std::vector<Scope> push_scopes(const git::Registry& registry, const std::vector<RefUpdate>& updates,
                               const Pusher& pusher) {
  std::vector<Scope> scopes;
  scopes.reserve(updates.size());
  for (const RefUpdate& update : updates) scopes.push_back(scope_of(registry, update, pusher));
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
