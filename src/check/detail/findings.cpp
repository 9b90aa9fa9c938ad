#include "check/detail/findings.hpp"

#include "base/error.hpp"
#include "check/detail/broken_rules.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace mlem::check::detail {
namespace {

/// A finding about a whole ref.
void report_of_ref(const JudgedScope& judged, Finding finding, Summary& summary,
                   const std::function<void(const Finding&)>& report) {
  finding.pushed_ref = judged.scope.pushed_ref;
  summary.count(finding);
  report(finding);
}

/// Says where the object of the alias `name` is now, if the change itself has moved it: that is surer than what is like
/// its name.
void hint_at_rename(JudgedScope& judged, const std::string& name, Finding& finding) {
  if (finding.verdict != Verdict::missing_path || !finding.repo.empty()) return;
  judged.pair_staged_names();
  const auto is_lost = [&](const std::string& former) {
    return former == finding.path || former == finding.path + std::string(mlem_suffix);
  };
  for (const auto& [now, former] : judged.former_names) {
    if (now != former && now != name && is_lost(former)) finding.hint = "it is now '" + now + "'";
  }
}

/// Returns the remote of a registry that an address is that of; nothing if it is none of them.
std::optional<std::string> find_remote(const git::Config& config, const std::string& address) {
  constexpr std::string_view section = "remote.";
  const auto normalized = [](const std::string& url) -> std::optional<std::string> {
    try {
      return RepoUrl::parse(url).normalized();
    } catch (const Error&) {
      return std::nullopt;  // a path, perhaps
    }
  };
  const auto wanted = normalized(address);
  for (const auto& [key, value] : config.entries()) {
    const std::size_t dot = key.rfind('.');
    if (!key.starts_with(section) || !key.ends_with(".url") || dot < section.size()) continue;
    if (wanted && normalized(value) == wanted) return key.substr(section.size(), dot - section.size());
  }
  return std::nullopt;
}

/// Says that what a link into its own registry names is here, and only has not been pushed yet.
void hint_at_unpushed(const JudgedScope& judged, Finding& finding) {
  if (finding.verdict != Verdict::missing_rev || finding.repo.empty() || !finding.hops.empty()) return;
  const auto remote = find_remote(judged.registry.config(), finding.repo);
  if (!remote) return;
  for (const char* const prefix : {"", "refs/tags/", "refs/heads/"}) {
    const std::string ref = prefix + finding.rev;
    if (!ref.starts_with("refs/") || !judged.registry.objects().find_ref(ref)) continue;
    finding.hint = "'" + ref + "' is here and was not pushed: 'git push " + *remote + " " + ref + "' comes first";
    return;
  }
}

}  // namespace

void take_answer(JudgedFile& file) {
  if (!file.number) return;
  const std::size_t number = *std::exchange(file.number, std::nullopt);
  const std::unique_ptr<Finding> before = std::exchange(file.finding, std::make_unique<Finding>());
  Finding& finding = *file.finding;
  finding = file.resolver->finding(number, *file.link_type);
  if (before) {
    finding.warnings.insert(finding.warnings.begin(), before->warnings.begin(), before->warnings.end());
    if (!before->rules.empty()) break_rule(finding, "approver", before->message, before->hint);
  }
  const auto repo = file.resolver->repo(number);
  if (auto warning = repo ? local_path_warning(*repo) : std::nullopt) finding.warnings.push_back(std::move(*warning));
  if (!file.followed) return;
  auto moved = find_move(file.followed->ref, finding.commit, file.resolver->chain(file.followed->number).answers);
  if (moved) finding.warnings.push_back(std::move(*moved));
}

void settle(JudgedScope& judged, CommitsOnRefs& commits) {
  const Scope& scope = judged.scope;
  for (auto& [name, file] : judged.files) {
    if (!file.number) continue;
    const std::size_t number = *file.number;
    take_answer(file);
    if (scope.rules.empty() && !scope.reachable) continue;
    Finding& finding = *file.finding;
    const std::vector<resolve::Answer> chain = file.resolver->chain(number).answers;
    for (const Rules* rules : rules_for(scope, name)) {
      hold_to(rules->policy, finding, chain);
      if (rules->policy.require_reachable) commits.want(finding, chain, rules->policy.name);
    }
    if (scope.reachable && finding.verdict == Verdict::ok) commits.want(finding, chain, {});
  }
}

void report_findings(JudgedScope& judged, Summary& summary, const std::function<void(const Finding&)>& report) {
  for (const Finding& finding : judged.scope.findings) report_of_ref(judged, finding, summary, report);
  if (judged.has_unread_aliases) {
    Finding finding;
    finding.verdict = Verdict::timeout;
    finding.message = "there was no time left to judge what unchanged aliases lead to";
    report_of_ref(judged, std::move(finding), summary, report);
  }
  const std::string at = judged.view->at();
  for (auto& [name, file] : judged.files) {
    take_answer(file);
    hint_at_rename(judged, name, *file.finding);
    hint_at_unpushed(judged, *file.finding);
    file.finding->link = name;
    file.finding->at = at;
    file.finding->pushed_ref = judged.scope.pushed_ref;
    summary.count(*file.finding);
    report(*file.finding);
    file.finding.reset();
  }
}

std::optional<Warning> find_move(const std::string& ref, const std::optional<Oid>& commit,
                                 const std::vector<resolve::Answer>& chain) {
  if (chain.empty() || !commit) return std::nullopt;
  const resolve::Answer& answer = chain.front();
  if (answer.commit == commit) return std::nullopt;
  // A source that was not reached has been told of already.
  if (!answer.commit && answer.verdict != Verdict::missing_rev) return std::nullopt;
  return Warning{"moved",
                 "'" + ref + "' " + (answer.commit ? "now names commit '" + answer.commit->hex() + "'" : "is gone")};
}

}  // namespace mlem::check::detail
