#include "check/detail/commits_on_refs.hpp"

#include "check/detail/broken_rules.hpp"

namespace mlem::check::detail {

void CommitsOnRefs::want(Finding& finding, const std::vector<resolve::Answer>& chain, const std::string& policy) {
  for (const resolve::Answer& answer : chain) {
    if (!answer.commit) continue;
    Wanted& each = wanted_.emplace_back();
    each.question.repo = answer.source.repo;
    each.question.commit = *answer.commit;
    each.finding = &finding;
    each.policy = policy;
  }
}

void CommitsOnRefs::settle(const git::Registry& registry, const source::Settings& settings,
                           const source::PushedRefs& pushed_refs) {
  std::vector<source::Reachability*> asked;
  for (Wanted& each : wanted_) asked.push_back(&each.question);
  source::find_reachability(registry, settings, pushed_refs, asked);
  for (const Wanted& each : wanted_) {
    const source::Reachability& question = each.question;
    if (question.verdict == Verdict::ok) continue;
    if (question.verdict == Verdict::off_branch && !each.policy.empty()) {
      break_rule(*each.finding, "reachable", "policy '" + each.policy + "': " + question.message, question.hint);
      continue;
    }
    if (each.finding->verdict == Verdict::ok) {
      each.finding->verdict = question.verdict;
      each.finding->message = question.message;
      each.finding->hint = question.hint;
    }
    if (!each.policy.empty()) leave_unproved(*each.finding, "reachable");
  }
}

}  // namespace mlem::check::detail
