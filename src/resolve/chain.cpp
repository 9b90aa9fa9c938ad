#include "resolve/chain.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "resolve/take_answer.hpp"

#include <algorithm>
#include <utility>

namespace mlem::resolve {
namespace {

/// Takes over what one answer says.
void take(Finding& finding, const Answer& answer) {
  take_answer(answer, finding);
  finding.object_type = answer.object_type;
  finding.plain = answer.plain;
  const source::Proof& proof = answer.proof;
  if (proof.time != 0) {
    finding.proof_time = finding.proof_time == 0 ? proof.time : std::min(finding.proof_time, proof.time);
  }
  const Warning doubt{"stale-proof", proof.doubt};
  const bool is_told = std::find(finding.warnings.begin(), finding.warnings.end(), doubt) != finding.warnings.end();
  if (!proof.doubt.empty() && !is_told) finding.warnings.push_back(doubt);
}

/// Whether an answer is what the link to it is pinned to. A work tree's files have no id to compare.
bool is_pinned_to_other(const Answer& answer, const std::optional<Oid>& pin) {
  return pin && !answer.failed() && answer.blob && *answer.blob != *pin;
}

/// Follows the chain. Returns whether it ends at an object that is what all links want of it.
bool follow(const Chain& chain, std::string& wanted_type, Finding& finding) {
  std::optional<Oid> pin = chain.pin;
  for (std::size_t i = 0; i < chain.answers.size(); ++i) {
    const Answer& answer = chain.answers[i];
    take(finding, answer);
    // A file that the user named is what check says of it; where a link leads, all that matters is that no object is.
    if (i == 0 && chain.is_named && !answer.flaw.empty()) {
      finding.verdict = Verdict::invalid_link;
      finding.message = answer.flaw;
    }
    // Each link of the chain is held to its own pin.
    if (is_pinned_to_other(answer, pin)) {
      finding.verdict = Verdict::changed;
      finding.message = "'" + answer.path + "' is " + std::string(answer.git_type()) + " " + answer.blob->hex() +
                        ", not " + pin->hex();
      // A link of another repository is not this one's to change.
      const bool is_ours = i == 0 ? !chain.is_named : !chain.answers[i - 1].source.repo;
      finding.hint = is_ours ? "if that is what is wanted, 'git mlem pin --refresh <link>' records it"
                             : "if that is what is wanted, write '" + std::string(answer.plain ? "object" : "blob") +
                                   ": " + answer.blob->hex() + "'";
      return false;
    }
    if (wanted_type.empty() && answer.link) finding.link_type = wanted_type = answer.link->link_type;
    const bool is_last = i + 1 == chain.answers.size();
    if (is_last && (chain.end == Chain::End::reached || chain.end == Chain::End::not_followed)) break;
    pin = pin_of(*answer.link);
    // The link that the user named is not on the way from itself.
    if (i > 0 || !chain.is_named) finding.hops.push_back({finding.repo, finding.rev, finding.commit, finding.path});
  }
  return finding.verdict == Verdict::ok;
}

/// The warnings about a link that was named instead of read.
std::vector<Warning> warnings_of(const Chain& chain) {
  std::vector<Warning> warnings = chain.answers.front().warnings;
  const auto repo = chain.answers.size() > 1 ? chain.answers[1].source.repo : std::nullopt;
  if (auto warning = repo ? local_path_warning(*repo) : std::nullopt) warnings.push_back(std::move(*warning));
  return warnings;
}

}  // namespace

std::optional<Oid> pin_of(const Link& link) {
  if (!link.pinned_blob) return std::nullopt;
  auto pin = Oid::parse(*link.pinned_blob);
  if (!pin) {
    const char* const key = link.plain ? "object" : "blob";
    throw Error(ErrorKind::invalid,
                "invalid params.git-mlem." + std::string(key) + " '" + escape_for_terminal(*link.pinned_blob) + "'",
                "it is not a full object id");
  }
  return pin;
}

Chain first_of(Chain chain) {
  if (chain.answers.size() < 2) return chain;
  chain.answers.resize(1);
  chain.end = Chain::End::not_followed;
  return chain;
}

Finding finding_of(const Chain& chain, const std::string& link_type) {
  Finding finding;
  finding.link_type = link_type;
  if (chain.malformed) {
    take(finding, *chain.malformed);
    return finding;
  }
  std::string wanted_type = link_type;
  const bool is_ok = follow(chain, wanted_type, finding);
  if (chain.is_named) {
    std::vector<Warning> warnings = warnings_of(chain);
    finding.warnings.insert(finding.warnings.begin(), warnings.begin(), warnings.end());
  }
  if (!is_ok) return finding;
  switch (chain.end) {
    case Chain::End::cycle:
      finding.verdict = Verdict::cycle;
      finding.message = "following links comes back to '" + chain.answers[chain.back_to].path + "'";
      break;
    case Chain::End::too_deep:
      finding.verdict = Verdict::too_deep;
      finding.message = "more than " + std::to_string(most_hops) + " links lead to one another";
      break;
    case Chain::End::not_followed:
      finding.object_type = "link";
      break;
    case Chain::End::reached:
      if (chain.answers.back().plain) finding.object_type = wanted_type;  // it is what its links take it for
      if (wanted_type.empty() || finding.object_type == wanted_type) break;
      finding.verdict = Verdict::wrong_type;
      finding.message =
          "'" + finding.path + "' is of type '" + finding.object_type + "', the link says '" + wanted_type + "'";
      finding.hint = "write 'link_type: " + finding.object_type + "'";
      break;
  }
  return finding;
}

}  // namespace mlem::resolve
