#include "check/conceal.hpp"

#include "check/detail/artifacts.hpp"
#include "check/detail/breaking_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace mlem::check {
namespace {

/// The link's own source: the first step that leaves the registry.
Hop first_source(const Finding& finding) {
  const auto hop = std::find_if(finding.hops.begin(), finding.hops.end(), [](const Hop& h) { return !h.repo.empty(); });
  return hop == finding.hops.end() ? Hop{finding.repo, finding.rev, {}, finding.path} : *hop;
}

/// Whether the finding is about what was read in a source: a link that a link led to.
bool is_of_source(const Finding& finding) {
  return std::any_of(finding.hops.begin(), finding.hops.end(), [](const Hop& hop) { return !hop.repo.empty(); });
}

bool breaks(const Finding& finding, const char* rule) {
  return std::find(finding.rules.begin(), finding.rules.end(), rule) != finding.rules.end();
}

/// Names a link's own fields instead of what was found at the end of it.
std::string concealed_message(const Finding& finding) {
  const Hop first = first_source(finding);
  const std::string source = first.repo.empty() ? "this repository" : "'" + first.repo + "'";
  switch (finding.verdict) {
    case Verdict::forbidden:
      if (finding.rules.empty()) return "what " + source + " leads to may not be used";
      return fmt::format("a policy is broken by what {} leads to: {}", source, fmt::join(finding.rules, ", "));
    case Verdict::changed:
      return "the object in " + source + " is not the one that is pinned";
    case Verdict::missing_repo:
    case Verdict::auth_required:
      return source + " is not there, or this server may not read it";
    case Verdict::missing_rev:
      return "no branch, tag or commit " + (first.rev.empty() ? "of that name" : "'" + first.rev + "'") + " in " +
             source;
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
    case Verdict::off_branch:
      return "the commit is on no branch or tag of " + source;
    case Verdict::timeout:
      return source + " took too long to read";
    case Verdict::too_large:
      return "there is too much to read in " + source;
    case Verdict::artifact_mismatch:
      return "a file of the object in " + source + " is not the one that is signed";
    case Verdict::unverified:
      return "whether the object in " + source + " is signed cannot be told";
    case Verdict::invalid_link:
      return "a link in " + source + " is not valid";
    default:
      return source + " could not be read";
  }
}

}  // namespace

Finding conceal(Finding finding) {
  // Whether a commit is on a branch names the commit, which the link itself may not.
  const bool tells_commit = breaks(finding, "reachable") && !Oid::parse(first_source(finding).rev);
  const bool tells_files = breaks(finding, "artifact-signer");
  const bool is_own =
      // The registry is the pusher's to read.
      finding.verdict == Verdict::ok || first_source(finding).repo.empty() ||
      (finding.verdict == Verdict::forbidden && !is_of_source(finding) && !tells_commit && !tells_files) ||
      (finding.verdict == Verdict::invalid_link && finding.hops.empty() && !finding.commit);
  if (!is_own) {
    finding.message = concealed_message(finding);
    finding.hint = breaks(finding, "breaking") ? detail::hint_of_breaking : "";
    const bool tells_source = is_of_source(finding);
    std::erase_if(finding.demands, [&](const Demand& demand) {
      return demand.rule == "reachable" || (tells_source && demand.rule != "approver");
    });
    // A demand has it already.
    const bool is_demanded = std::any_of(finding.demands.begin(), finding.demands.end(),
                                         [](const Demand& demand) { return demand.rule == "artifact-signer"; });
    if (tells_files && !is_demanded && finding.hint.empty()) finding.hint = detail::hint_of_signer;
  }
  if (finding.verdict == Verdict::missing_repo) finding.verdict = Verdict::auth_required;
  std::erase_if(finding.warnings, [](const Warning& warning) { return warning.code == "stale-proof"; });
  const Hop first = first_source(finding);
  finding.repo = first.repo;
  finding.rev = first.rev;
  // The links of the registry that led to the source are the pusher's to read.
  const auto is_foreign = [](const Hop& hop) { return !hop.repo.empty(); };
  finding.hops.erase(std::find_if(finding.hops.begin(), finding.hops.end(), is_foreign), finding.hops.end());
  finding.path.clear();
  finding.broken_things.clear();
  finding.object_type.clear();
  finding.ref.clear();
  finding.commit.reset();
  finding.blob.reset();
  return finding;
}

}  // namespace mlem::check
