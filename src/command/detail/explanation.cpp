#include "command/detail/explanation.hpp"

#include <algorithm>
#include <array>

namespace mlem::command {
namespace {

constexpr Explanation explain(Verdict verdict, std::string_view word, std::string_view meaning,
                              std::string_view remedy) {
  return {word, meaning, remedy, verdict};
}
constexpr Explanation explain_warning(std::string_view word, std::string_view meaning, std::string_view remedy) {
  return {word, meaning, remedy};
}

/// Verdicts without `ok`, in the order of the enumeration; then the warnings that a check gives.
constexpr std::array all_explanations = {
    explain(Verdict::invalid_link, "invalid-link",
            "The file is not a valid link: not parseable, or a field is missing, contradictory or malformed.",
            "Mend the line that is named; mlem-link(5) has the format, and 'git mlem link -f' writes the file anew."),
    explain(Verdict::missing_repo, "missing-repo", "There is no such repository, or this account may not see it.",
            "Correct 'repo', or log in with an account that may read it; 'git ls-remote' asks for the same."),
    explain(Verdict::missing_rev, "missing-rev", "The repository has no branch, tag or commit of that name.",
            "Correct 'rev', or push the branch or tag to the repository; 'git ls-remote' lists the names that it has."),
    explain(Verdict::ambiguous_rev, "ambiguous-rev", "A branch and a tag of that name differ.",
            "Write the full name, 'refs/heads/...' or 'refs/tags/...', as 'rev'."),
    explain(Verdict::missing_path, "missing-path", "Nothing is at the path.",
            "Correct 'path', or name a 'rev' that has the object."),
    explain(Verdict::not_an_object, "not-an-object", "What is at the path is not a MLEM object.",
            "Name the metafile of the object, or make a plain link with 'git mlem link --plain'."),
    explain(Verdict::wrong_type, "wrong-type", "The object has another type than the link says.",
            "Correct 'link_type', or the path if it names the wrong object."),
    explain(Verdict::cycle, "cycle", "Following links comes back to where it was.",
            "Let one of these links name an object."),
    explain(Verdict::too_deep, "too-deep", "More than 16 links lead to one another.",
            "Let the link name the object at the end, as 'git mlem link' does."),
    explain(Verdict::forbidden, "forbidden", "The address may not be used, or a policy is broken.",
            "Do what the policy wants, or ask who sets it; 'git mlem policy' shows those in force."),
    explain(Verdict::changed, "changed",
            "The link is pinned to a blob, 'params.git-mlem.blob', and another is at its path at the commit.",
            "Find out who changed the link before you trust the object, and restore the text that it had."),
    explain(Verdict::off_branch, "off-branch", "The commit is on no branch or tag of its source.",
            "Push it to a branch of the source or tag it, or name another commit."),
    explain(Verdict::artifact_missing, "artifact-missing", "A file that the object declares is nowhere.",
            "Push the file to where the source keeps it: 'git lfs push', 'dvc push' or 'git push'."),
    explain(Verdict::artifact_mismatch, "artifact-mismatch",
            "A file of the object has another size or hash than is recorded, or another digest than is signed.",
            "Find out which of them is right before you use the object; then save or sign it again."),
    explain(Verdict::not_signed, "unsigned",
            "The object has no good signature of who is trusted to sign it, or has files that were not signed.",
            "Let somebody who is trusted sign all of its files."),
    explain(Verdict::auth_required, "auth-required",
            "The server wants credentials, or refused those it got; its host key is not known, or has changed.",
            "Give the job credentials that git finds, such as a helper or a deploy key, and the key of the host."),
    explain(Verdict::unreachable, "unreachable",
            "The network or the server failed, or what it gave is not Git's answer, such as a page to log in on.",
            "Run it again later; with a cache that is kept, 'git mlem check --offline' answers without the network."),
    explain(Verdict::timeout, "timeout", "It took too long.",
            "Run it again, or raise the limit that the message names."),
    explain(Verdict::too_large, "too-large", "More would have to be fetched than 'mlem.maxFetch' allows.",
            "Raise 'mlem.maxFetch' if the source is trusted to be that large."),
    explain(Verdict::unverified, "unverified",
            "Whether the signature is good, or a file the one that was signed, cannot be told here.",
            "Check it where the files and their signature can be read; git-mlem-check(1) says which those are."),
    explain_warning("ambiguous-scalar", "YAML reads a value as a number or boolean of the same text.",
                    "Quote the value."),
    explain_warning("unknown-key", "MLEM knows no such key at the top level.", "Remove the key, or correct its name."),
    explain_warning("local-path", "The source is a directory of one machine.",
                    "Name the source by an address that other machines reach."),
    explain_warning("external-artifact", "A file of the object is where only another program can look.",
                    "Look with that program, such as 'dvc status --cloud'."),
    explain_warning("moved", "The ref that a pinned link follows names another commit now.",
                    "Let 'git mlem pin --refresh' or 'git mlem update' take it, if it is wanted."),
    explain_warning("stale-proof", "The answer rests on what the source said long ago.",
                    "Run it where the source can be reached."),
};

constexpr bool has_each_verdict() {
  for (std::size_t i = 0; i < all_explanations.size(); ++i) {
    const auto verdict = static_cast<Verdict>(i + 1);
    if (all_explanations[i].verdict ? *all_explanations[i].verdict != verdict : verdict <= Verdict::unverified)
      return false;
  }
  return true;
}
static_assert(has_each_verdict(), "an explanation for each verdict, in the order of the enumeration");

}  // namespace

std::span<const Explanation> explanations() noexcept { return all_explanations; }

std::optional<std::size_t> find_explanation(std::string_view word) noexcept {
  const auto found = std::find_if(all_explanations.begin(), all_explanations.end(),
                                  [&](const Explanation& each) { return each.word == word; });
  if (found == all_explanations.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all_explanations.begin());
}

}  // namespace mlem::command
