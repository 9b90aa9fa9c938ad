#include "command/detail/hook_reporter.hpp"
#include "command/reporter.hpp"

#include "git_fixtures.hpp"
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using mlem::Finding;
using mlem::Verdict;
using mlem::command::Audience;
using mlem::command::Format;
using mlem::command::HookStyle;
using mlem::command::make_hook_reporter;
using mlem::command::make_script_reporter;
using mlem::test::oid;

namespace {

Finding good_link() {
  Finding finding;
  finding.link = "caf\xc3\xa9.mlem";
  finding.object_type = "model";
  finding.repo = "https://example.com/models/";
  finding.rev = "main";
  finding.commit = oid(std::string(40, 'a'));
  finding.path = "rf.mlem";
  return finding;
}

Finding gone_link() {
  Finding finding;
  finding.link = "b\xff.mlem";
  finding.verdict = Verdict::missing_rev;
  finding.message = "no branch, tag or commit 'gone'";
  finding.hint = "the nearest name is 'gonna'";
  return finding;
}

std::string told(const Format& format, bool quotes_non_ascii = true) {
  std::ostringstream out;
  const auto reporter = make_script_reporter(format, out, quotes_non_ascii);
  if (!reporter) return "none";
  reporter->finding(good_link());
  reporter->finding(gone_link());
  reporter->end();
  return out.str();
}

std::string told_by_hook(const HookStyle& style, const std::vector<Finding>& findings) {
  std::ostringstream err;
  const auto reporter = make_hook_reporter(err, style);
  for (const Finding& finding : findings) reporter->finding(finding);
  reporter->end();
  return err.str();
}

}  // namespace

TEST_CASE("reporter: each format for scripts has its own and people have another") {
  CHECK(told({}) == "none");
  CHECK(told({.json = true}) ==
        "{\"schema\":1,\"link\":\"café.mlem\",\"verdict\":\"ok\",\"object_type\":\"model\",\"repo\":"
        "\"https://example.com/models/\",\"rev\":\"main\",\"commit\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
        "\"path\":\"rf.mlem\"}\n"
        "{\"schema\":1,\"link\":\"b\xef\xbf\xbd.mlem\",\"link_base64\":\"Yv8ubWxlbQ==\",\"verdict\":\"missing-rev\","
        "\"message\":\"no branch, tag or commit 'gone'\",\"hint\":\"the nearest name is 'gonna'\"}\n");
  const std::string commit(40, 'a');
  const std::string rest = "\tmodel\t" + commit + "\t-\trf.mlem\thttps://example.com/models/\tmain\n";
  const std::string gone = "missing-rev\t\"b\\377.mlem\"\t-\t-\t-\t-\t-\t-\n";
  CHECK(told({.porcelain = "v1"}) == "ok\t\"caf\\303\\251.mlem\"" + rest + gone);
  CHECK(told({.porcelain = "v1"}, false).find("ok\tcafé.mlem" + rest) == 0);
  using namespace std::string_literals;
  CHECK(told({.nul = true}) == "ok\0café.mlem\0model\0"s + commit +
                                   "\0\0rf.mlem\0https://example.com/models/\0main\0"
                                   "missing-rev\0b\xff.mlem\0\0\0\0\0\0\0"s);
}

TEST_CASE("reporter: a hook tells who commits in a line and who pushes in lines that fit") {
  Finding pushed = gone_link();
  pushed.link = "prod/b.mlem";
  pushed.pushed_ref = "refs/heads/main";
  pushed.rules = {"pinned", "source"};
  pushed.message = "a message that is longer than what fits behind 'remote: ' on a terminal of 80 columns";
  CHECK(told_by_hook({}, {good_link(), gone_link()}) ==
        "error: b\\377.mlem: missing-rev: no branch, tag or commit 'gone'\nhint: the nearest name is 'gonna'\n");
  CHECK(told_by_hook({.audience = Audience::pusher}, {good_link(), pushed}) ==
        "error: refs/heads/main: prod/b.mlem: missing-rev (pinned, source)\n"
        "  a message that is longer than what fits behind 'remote: ' on a\n"
        "  terminal of 80 columns\n"
        "  hint: the nearest name is 'gonna'\n");
}

TEST_CASE("reporter: what is undecided is an error to a hook that rejects it") {
  Finding undecided = gone_link();
  undecided.link = "a.mlem";
  undecided.verdict = Verdict::unreachable;
  undecided.message = "timeout";
  undecided.hint.clear();
  undecided.warnings = {{"local-path", "of one machine"}};
  const std::string rest = ": a.mlem: unreachable: timeout\n";
  const std::string warning = "warning: a.mlem: local-path: of one machine\n";
  CHECK(told_by_hook({}, {undecided}) == "warning" + rest + warning);
  CHECK(told_by_hook({.quiet = true}, {undecided}).empty());
  CHECK(told_by_hook({.rejects_undecided = true}, {undecided}) == "error" + rest + warning);
  CHECK(told_by_hook({.rejects_undecided = true, .quiet = true}, {undecided}) == "error" + rest);
}

TEST_CASE("reporter: a hook counts what nobody would read") {
  const std::string all = told_by_hook({}, std::vector<Finding>(1002, gone_link()));
  CHECK(all.ends_with("hint: the nearest name is 'gonna'\n… and 2 more\n"));
}
