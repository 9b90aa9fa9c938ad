#include "check/detail/findings.hpp"
#include "git/registry.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"

#include <memory_resource>

using namespace mlem::test;
using mlem::Finding;
using mlem::Oid;
using mlem::Verdict;
using mlem::check::Scope;
using mlem::check::Summary;
using mlem::check::detail::find_move;
using mlem::check::detail::JudgedScope;
using mlem::check::detail::report_findings;
using mlem::git::Registry;
using mlem::resolve::Answer;

TEST_CASE("findings: those of the ref come first and then those of files in path order") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo");
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  Scope scope;
  scope.pushed_ref = "refs/heads/main";
  scope.findings.resize(1);
  scope.findings.front().verdict = Verdict::forbidden;
  scope.findings.front().message = "no right";
  std::pmr::monotonic_buffer_resource memory;
  JudgedScope judged(registry, scope, &memory);
  judged.has_unread_aliases = true;
  judged.finding_for("b.mlem").verdict = Verdict::missing_rev;
  judged.finding_for("b.mlem").message = "none";
  judged.finding_for("a.mlem");
  judged.finding_for("a/c.mlem").verdict = Verdict::timeout;
  judged.finding_for("a/c.mlem").warnings.push_back({"moved", "away"});
  Summary summary;
  std::vector<std::string> reported;
  report_findings(judged, summary, [&](const Finding& finding) {
    CHECK(finding.pushed_ref == "refs/heads/main");
    CHECK(finding.at == (finding.link.empty() ? "" : "index"));
    reported.push_back(finding.link + ": " + std::string(mlem::name(finding.verdict)) + ": " + finding.message);
  });
  CHECK(reported ==
        std::vector<std::string>{": forbidden: no right",
                                 ": timeout: there was no time left to judge what unchanged aliases lead to",
                                 "a.mlem: ok: ", "a/c.mlem: timeout: ", "b.mlem: missing-rev: none"});
  CHECK(summary.ok == 1);
  CHECK(summary.broken == 1);
  CHECK(summary.undecided == 2);
  CHECK(summary.refs == 1);
  CHECK(summary.warnings == 1);
}

TEST_CASE("findings: a ref that left the commit of its pinned link is told where anybody knows") {
  const Oid one = oid(std::string(40, '1'));
  const Oid two = oid(std::string(40, '2'));
  struct Row {
    std::string name;
    std::optional<Oid> pinned;
    std::optional<Oid> now;
    Verdict verdict;
    std::string message;  ///< empty: no warning
  };
  const Row rows[] = {{"it still does", one, one, Verdict::ok, ""},
                      {"it moved", one, two, Verdict::ok, "'main' now names commit '" + two.hex() + "'"},
                      {"it is gone", one, {}, Verdict::missing_rev, "'main' is gone"},
                      {"nobody knows", one, {}, Verdict::unreachable, ""},
                      {"the link leads nowhere", {}, two, Verdict::ok, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Answer target;
    target.commit = row.now;
    target.verdict = row.verdict;
    const auto warning = find_move("main", row.pinned, {target});
    CHECK((warning ? warning->code + ": " + warning->message : "") ==
          (row.message.empty() ? "" : "moved: " + row.message));
  }
  CHECK_FALSE(find_move("main", one, {}));
}
