#include "check/conceal.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::Finding;
using mlem::Hop;
using mlem::Oid;
using mlem::Verdict;

namespace {

const std::string own = "https://git.example.com/team/models/";
const std::string secret = "https://secret.example.com/hidden/";

/// What was found at the end of the link's own source.
Finding found(Verdict verdict) {
  Finding finding;
  finding.link = "prod/a.mlem";
  finding.verdict = verdict;
  finding.message = "secret message";
  finding.hint = "secret hint";
  finding.repo = own;
  finding.rev = "main";
  finding.ref = "refs/heads/secret";
  finding.commit = Oid::parse(std::string(40, 'a'));
  finding.path = "secret/path.mlem";
  finding.blob = Oid::parse(std::string(40, 'b'));
  finding.object_type = "secret";
  finding.pushed_ref = "refs/heads/main";
  return finding;
}

/// What was found behind a link that was read in that source.
Finding found_behind(Verdict verdict) {
  Finding finding = found(verdict);
  finding.hops = {{own, "main", finding.commit, "secret/link.mlem"}};
  finding.repo = secret;
  finding.rev = "secret-rev";
  finding.warnings = {{"stale-proof", "'" + secret + "' could not be asked whether it is still there"}};
  return finding;
}

bool tells(const Finding& finding, const std::string& word) {
  std::string all = finding.message + finding.hint + finding.repo + finding.rev + finding.ref + finding.path +
                    finding.object_type + (finding.commit ? "secret" : "") + (finding.blob ? "secret" : "");
  for (const mlem::Warning& warning : finding.warnings) all += warning.message;
  for (const Hop& hop : finding.hops) all += hop.repo + hop.rev + hop.path;
  return all.find(word) != std::string::npos;
}

constexpr Verdict verdicts[] = {Verdict::ok,
                                Verdict::invalid_link,
                                Verdict::missing_repo,
                                Verdict::missing_rev,
                                Verdict::ambiguous_rev,
                                Verdict::missing_path,
                                Verdict::not_an_object,
                                Verdict::wrong_type,
                                Verdict::cycle,
                                Verdict::too_deep,
                                Verdict::forbidden,
                                Verdict::changed,
                                Verdict::off_branch,
                                Verdict::artifact_missing,
                                Verdict::artifact_mismatch,
                                Verdict::not_signed,
                                Verdict::auth_required,
                                Verdict::unreachable,
                                Verdict::timeout,
                                Verdict::too_large,
                                Verdict::unverified};

}  // namespace

TEST_CASE("conceal: nothing that was learned behind a source's link is told") {
  for (const Verdict verdict : verdicts) {
    CAPTURE(std::string(mlem::name(verdict)));
    Finding finding = found_behind(verdict);
    if (verdict == Verdict::ok) finding.message.clear();
    if (verdict == Verdict::ok) finding.hint.clear();
    const Finding told = mlem::check::conceal(finding);
    CHECK_FALSE(tells(told, "secret"));
    CHECK(told.repo == own);
    CHECK(told.rev == "main");
    CHECK(told.link == "prod/a.mlem");
    CHECK(told.pushed_ref == "refs/heads/main");
  }
}

TEST_CASE("conceal: a repository that is missing is not told from one that may not be seen") {
  const Finding missing = mlem::check::conceal(found(Verdict::missing_repo));
  CHECK(missing == mlem::check::conceal(found(Verdict::auth_required)));
  CHECK(missing.verdict == Verdict::auth_required);
}

TEST_CASE("conceal: a policy tells of the link itself") {
  Finding finding = found(Verdict::forbidden);
  finding.message = "policy 'p' wants a full commit id as rev";
  finding.rules = {"pinned"};
  CHECK(mlem::check::conceal(finding).message == finding.message);
  // The commit's id is the source's to tell.
  finding.rules = {"reachable"};
  finding.message = "policy 'p': commit 'secret' is on no branch";
  CHECK(mlem::check::conceal(finding).message == "a policy is broken by what '" + own + "' leads to: reachable");
  // But where the link names it.
  finding.rev = std::string(40, 'a');
  CHECK(mlem::check::conceal(finding).message == finding.message);
}

TEST_CASE("conceal: which files are not signed is the source's to tell") {
  Finding finding = found(Verdict::forbidden);
  finding.rules = {"artifact-signer"};
  const Finding told = mlem::check::conceal(finding);
  CHECK(told.message == "a policy is broken by what '" + own + "' leads to: artifact-signer");
  CHECK(told.hint == "git-mlem-check(1) says how objects are signed");
  finding.verdict = Verdict::artifact_mismatch;
  CHECK(mlem::check::conceal(finding).message == "a file of the object in '" + own + "' is not the one that is signed");
}

TEST_CASE("conceal: an alias of the registry itself is no source") {
  Finding finding = found(Verdict::missing_rev);
  finding.hops = {{"", "", {}, "other.mlem"}};
  const Finding told = mlem::check::conceal(finding);
  CHECK(told.message == "no branch, tag or commit 'main' in '" + own + "'");
  CHECK(told.repo == own);
  CHECK(told.hops == finding.hops);
  // What is behind it is.
  Finding behind = found_behind(Verdict::missing_rev);
  behind.hops.insert(behind.hops.begin(), finding.hops.front());
  CHECK(mlem::check::conceal(behind).hops == finding.hops);
}

TEST_CASE("conceal: of what policies say besides only who may approve is told") {
  Finding finding = found_behind(Verdict::missing_path);
  finding.demands = {{"source", "policy 'p' does not allow secret", "secret"},
                     {"approver", "policy 'p'", "'alice' may"}};
  const Finding told = mlem::check::conceal(finding);
  REQUIRE(told.demands.size() == 1);
  CHECK(told.demands.front().hint == "'alice' may");
}
