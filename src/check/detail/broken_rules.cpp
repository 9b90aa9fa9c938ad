#include "check/detail/broken_rules.hpp"

#include "base/text.hpp"
#include "model/glob.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace mlem::check::detail {

std::string policy_wants(const Policy& policy, const std::string& what) {
  return "policy '" + policy.name + "' " + what;
}

namespace {

/// Appends a sentence to others, unless they have it.
void append(std::string& text, const std::string& more) {
  if (more.empty() || text.find(more) != std::string::npos) return;
  text += (text.empty() ? "" : "; ") + more;
}

/// Names the sources that a policy allows. A glob that has what is below a repository looks as if it had that too.
std::string allowed_sources(const Policy& policy, const std::string& repo) {
  constexpr std::string_view below = "/**";
  std::string text = "it allows " + quoted_list(policy.sources);
  if (policy.sources.size() == 1 && policy.sources.front().ends_with(below) &&
      glob_matches(policy.sources.front(), repo + "/x")) {
    text += ", which is what is below '" + redact(repo) + "'";
  }
  return text;
}

}  // namespace

void break_rule(Finding& finding, const char* rule, const std::string& message, const std::string& hint) {
  leave_unproved(finding, rule);
  const bool is_broken = decision(finding.verdict) == Decision::no;
  if (is_broken && finding.verdict != Verdict::forbidden) {
    Demand demand{rule, message, hint};
    auto& demands = finding.demands;
    if (std::find(demands.begin(), demands.end(), demand) == demands.end()) demands.push_back(std::move(demand));
    return;
  }
  if (!is_broken) {
    finding.verdict = Verdict::forbidden;
    finding.message.clear();
    finding.hint.clear();
  }
  append(finding.message, message);
  append(finding.hint, hint);
}

void break_ref_rule(Scope& scope, const char* rule, std::string message, std::string hint) {
  Finding finding;
  finding.verdict = Verdict::forbidden;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  finding.rules = {rule};
  scope.findings.push_back(std::move(finding));
}

void leave_unproved(Finding& finding, const char* rule) {
  if (std::find(finding.rules.begin(), finding.rules.end(), rule) == finding.rules.end()) {
    finding.rules.emplace_back(rule);
  }
}

void hold_to(const Policy& policy, Finding& finding, const std::vector<resolve::Answer>& chain) {
  for (const resolve::Answer& answer : chain) {
    const Source& source = answer.source;
    if (source.is_alias()) {
      if (answer.failed()) continue;
      if (!policy.covers_path(answer.path)) {
        break_rule(finding, "link-only",
                   policy_wants(policy, "is not about '" + answer.path + "', which this alias leads to"),
                   "an alias may lead to links under the same policy");
      } else if (!answer.link && !policy.allow_objects) {
        break_rule(finding, "link-only", policy_wants(policy, "allows only links, and this alias ends at an object"),
                   "'git mlem link --absolute' makes a link that names the repository");
      }
      continue;
    }
    if (source.plain && !policy.allow_plain) {
      break_rule(finding, "plain", policy_wants(policy, "allows no plain links, which lead to what has no metafile"),
                 "link to an object, or ask for 'allowPlain' in the policy");
    }
    const std::string repo = source.repo ? source.repo->normalized() : std::string();
    if (!policy.covers_source(repo)) {
      const std::string name = source.repo ? source.repo->printable() : std::string("this repository");
      break_rule(finding, "source", policy_wants(policy, "does not allow the source '" + name + "'"),
                 allowed_sources(policy, repo));
    }
    if (policy.require_pinned && (!source.rev || source.rev->kind() != Rev::Kind::oid)) {
      break_rule(finding, "pinned", policy_wants(policy, "wants a full commit id as rev"),
                 "'git mlem pin' writes the commit's id into the link");
    }
  }
  // Of hops that could not be read nothing is known.
  if (decision(finding.verdict) == Decision::undecided) {
    if (!policy.sources.empty()) leave_unproved(finding, "source");
    if (policy.require_pinned) leave_unproved(finding, "pinned");
    if (policy.require_reachable) leave_unproved(finding, "reachable");
  }
}

}  // namespace mlem::check::detail
