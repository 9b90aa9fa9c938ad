#include "command/detail/explanation.hpp"
#include "command/detail/hook_reporter.hpp"
#include "command/detail/reporter.hpp"
#include "command/output.hpp"

#include "git_fixtures.hpp"
#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using mlem::Finding;
using mlem::Verdict;
using mlem::command::all_hints;
using mlem::command::Audience;
using mlem::command::described;
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

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

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

namespace {

/// What a CI is told of a good link, a broken one, one that is undecided and a ref.
std::string told_to_ci(const std::string& format, bool warnings_fail = false) {
  Finding broken = gone_link();
  broken.link = "a,b:c/100%\xff\x1b.mlem";
  broken.line = 4;
  broken.hint = "one\ntwo";
  broken.rules = {"pinned"};
  broken.warnings = {{"unknown-key", "line 5: <&\">]]>\xef\xbf\xbf", 5}};
  Finding undecided = good_link();
  undecided.verdict = Verdict::unreachable;
  undecided.message = "[no](answer) {0}";
  Finding warned = good_link();
  warned.link = "prod/new/w.mlem";
  warned.warnings = {{"local-path", "of one machine"}};
  Finding ref = gone_link();
  ref.link.clear();
  ref.verdict = Verdict::forbidden;
  ref.pushed_ref = "refs/heads/main";
  ref.message = "not signed";
  ref.hint.clear();
  std::ostringstream out;
  const auto reporter = make_script_reporter({.ci = format, .warnings_fail = warnings_fail}, out, true);
  for (const Finding& finding : {good_link(), broken, undecided, warned, ref}) reporter->finding(finding);
  reporter->end();
  return out.str();
}

}  // namespace

TEST_CASE("reporter: GitHub is told in workflow commands that no name or message ends") {
  const std::string rest =
      "::warning file=café.mlem,title=unreachable::café.mlem: unreachable: [no](answer) {0}\n"
      "::warning file=prod/new/w.mlem,title=local-path::prod/new/w.mlem: local-path: of one machine\n"
      "::error title=forbidden::refs/heads/main: forbidden: not signed\n";
  CHECK(told_to_ci("github") ==
        "::error file=a%2Cb%3Ac/100%25\\377\\033.mlem,line=4,title=missing-rev::a,b:c/100%25\\377\\033.mlem: "
        "missing-rev: no branch, tag or commit 'gone'%0Ahint: one\\ntwo\n"
        "::warning file=a%2Cb%3Ac/100%25\\377\\033.mlem,line=5,title=unknown-key::a,b:c/100%25\\377\\033.mlem: "
        "unknown-key: line 5: <&\">]]>\xef\xbf\xbf\n" +
            rest);
  CHECK(contains(told_to_ci("github", true), "::error file=prod/new/w.mlem,title=local-path::"));
}

TEST_CASE("reporter: SARIF has a result for all that is not good, and what is undecided is open") {
  const std::string text = told_to_ci("sarif");
  const std::string results = text.substr(text.find("\"results\":["));
  const auto place = [](const std::string& uri, int line) {
    return "\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"" + uri +
           "\",\"uriBaseId\":\"%SRCROOT%\"},\"region\":{\"startLine\":" + std::to_string(line) + "}}}]";
  };
  const std::string odd = "a%2Cb%3Ac/100%25%FF%1B.mlem";
  CHECK(results ==
        "\"results\":[\n"
        "{\"ruleId\":\"missing-rev\",\"ruleIndex\":2,\"level\":\"error\",\"message\":{\"text\":\"no branch, tag or "
        "commit 'gone'\\nhint: one\\\\\\\\ntwo\"}," +
            place(odd, 4) +
            ",\"properties\":{\"rules\":[\"pinned\"]}},\n"
            "{\"ruleId\":\"unknown-key\",\"ruleIndex\":21,\"level\":\"warning\",\"message\":{\"text\":\"line 5: "
            "<&\\\">\\\\]\\\\]>\\uffff\"}," +
            place(odd, 5) +
            "},\n"
            "{\"ruleId\":\"unreachable\",\"ruleIndex\":16,\"level\":\"none\",\"message\":{\"text\":\"\\\\[no\\\\]("
            "answer) "
            "{{0}}\"}," +
            place("caf%C3%A9.mlem", 1) +
            ",\"kind\":\"open\"},\n"
            "{\"ruleId\":\"local-path\",\"ruleIndex\":22,\"level\":\"warning\",\"message\":{\"text\":\"of one "
            "machine\"}," +
            place("prod/new/w.mlem", 1) +
            "},\n"
            "{\"ruleId\":\"forbidden\",\"ruleIndex\":9,\"level\":\"error\",\"message\":{\"text\":\"not "
            "signed\"},\"locations\":"
            "[{\"logicalLocations\":[{\"fullyQualifiedName\":\"refs/heads/main\",\"kind\":\"ref\"}]}]}\n]}]}\n");
  CHECK(contains(told_to_ci("sarif", true), "\"ruleId\":\"local-path\",\"ruleIndex\":22,\"level\":\"error\""));
}

TEST_CASE("reporter: JUnit has a case for each link, in XML whatever its name is") {
  const auto told = [](const std::string& numbers, const std::string& warned) {
    const std::string head = "name=\"git mlem check\" tests=\"5\" " + numbers + ">\n";
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + head + "<testsuite " + head +
           "<testcase classname=\"mlem\" name=\"café.mlem\" file=\"café.mlem\"/>\n"
           "<testcase classname=\"a,b:c\" name=\"a,b:c/100%\\377\\033.mlem\" file=\"a,b:c/100%\\377\\033.mlem\" "
           "line=\"4\"><failure type=\"missing-rev\" message=\"no branch, tag or commit &#39;gone&#39;\">no branch, "
           "tag or "
           "commit &#39;gone&#39;\nhint: one\\ntwo</failure><system-out>warning: unknown-key: line 5: "
           "&lt;&amp;&quot;&gt;]]&gt;\xef\xbf\xbd\n</system-out></testcase>\n"
           "<testcase classname=\"mlem\" name=\"café.mlem\" file=\"café.mlem\"><error type=\"unreachable\" "
           "message=\"[no](answer) {0}\">[no](answer) {0}</error></testcase>\n"
           "<testcase classname=\"prod.new\" name=\"prod/new/w.mlem\" file=\"prod/new/w.mlem\">" +
           warned +
           "<system-out>warning: local-path: of one machine\n</system-out></testcase>\n"
           "<testcase classname=\"refs.heads\" name=\"refs/heads/main\"><failure type=\"forbidden\" "
           "message=\"not signed\">not signed</failure></testcase>\n</testsuite>\n</testsuites>\n";
  };
  CHECK(told_to_ci("junit") == told("failures=\"2\" errors=\"1\"", ""));
  CHECK(told_to_ci("junit", true) ==
        told("failures=\"3\" errors=\"1\"",
             "<failure type=\"local-path\" message=\"of one machine\">of one machine</failure>"));
}

TEST_CASE("explanation: each verdict has its own word and says what to do") {
  for (const mlem::command::Explanation& each : mlem::command::explanations()) {
    CAPTURE(each.word);
    if (each.verdict) CHECK(each.word == name(*each.verdict));
    for (const std::string_view text : {each.meaning, each.remedy}) CHECK(text.ends_with('.'));
    CHECK(each.meaning != each.remedy);
  }
  CHECK(mlem::command::find_explanation("missing-rev") == 2U);
  CHECK_FALSE(mlem::command::find_explanation("ok"));
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

namespace {

std::vector<Finding> broken_links(std::size_t count) {
  std::vector<Finding> findings(count, gone_link());
  for (std::size_t i = 0; i < count; ++i) findings[i].link = "prod/" + std::to_string(100 + i) + ".mlem";
  return findings;
}

std::string lines(const std::string& indent, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += indent + "prod/" + std::to_string(100 + i) + ".mlem\n";
  return text;
}

}  // namespace

TEST_CASE("reporter: what many links have in common a hook tells once") {
  std::vector<Finding> findings = broken_links(300);
  findings.insert(findings.begin() + 1, findings.front());
  findings[1].link = "other.mlem";
  findings[1].message = "no branch, tag or commit 'lost'";
  const std::string hint = "hint: the nearest name is 'gonna'\n";
  CHECK(told_by_hook({}, findings) == "error: 300 links: missing-rev: no branch, tag or commit 'gone'\n" + hint +
                                          lines("  ", 20) +
                                          "  and 280 more\n"
                                          "error: other.mlem: missing-rev: no branch, tag or commit 'lost'\n" +
                                          hint);
  for (Finding& finding : findings) finding.pushed_ref = "refs/heads/main";
  findings.resize(5);
  findings.erase(findings.begin() + 1);
  findings.front().warnings = {};
  CHECK(told_by_hook({.audience = Audience::pusher}, findings) ==
        "error: refs/heads/main: 4 links: missing-rev\n  no branch, tag or commit 'gone'\n  " + hint +
            lines("    ", 4));
  findings.front().pushed_ref = "refs/heads/other";
  CHECK(told_by_hook({.audience = Audience::pusher}, findings).starts_with("error: refs/heads/other: prod/100.mlem: "));
}

TEST_CASE("reporter: a few links of one cause keep their lines and places") {
  std::vector<Finding> findings = broken_links(3);
  findings[1].message = "no branch, tag or commit 'lost'";
  findings[1].hint.clear();
  const std::string gone = ": missing-rev: no branch, tag or commit 'gone'\nhint: the nearest name is 'gonna'\n";
  CHECK(told_by_hook({}, findings) == "error: prod/100.mlem" + gone +
                                          "error: prod/101.mlem: missing-rev: no branch, tag or commit 'lost'\n"
                                          "error: prod/102.mlem" +
                                          gone);
}

TEST_CASE("reporter: a hook counts what nobody would read") {
  std::vector<Finding> findings = broken_links(1002);
  for (Finding& finding : findings) finding.message = finding.link;
  const std::string all = told_by_hook({}, findings);
  CHECK(contains(all, "error: prod/1099.mlem: "));
  CHECK_FALSE(contains(all, "prod/1100.mlem"));
  CHECK(all.ends_with("hint: the nearest name is 'gonna'\n… and 2 more\n"));
}

TEST_CASE("reporter: a message names the repository and the rev and the link that led there once each") {
  Finding finding = gone_link();
  const std::string repo = "https://example.com/models/";
  finding.repo = repo;
  finding.rev = "gone";
  CHECK(described(finding) == "no branch, tag or commit 'gone' in '" + repo + "'");
  finding.verdict = Verdict::missing_path;
  finding.message = "nothing at 'rf.mlem'";
  CHECK(described(finding) == "nothing at 'rf.mlem' in '" + repo + "' at 'gone'");
  finding.hops = {{"", "", {}, "first.mlem"}, {"", "", {}, "prod/vision/detector.mlem"}};
  CHECK(described(finding) == "nothing at 'rf.mlem' in '" + repo + "' at 'gone', via 'prod/vision/detector.mlem'");
  finding.hops.push_back({"https://example.com/list/", "main", {}, "best.mlem"});
  CHECK(described(finding) ==
        "nothing at 'rf.mlem' in '" + repo + "' at 'gone', via 'best.mlem' in 'https://example.com/list/'");
  finding.hops.back().repo = repo;
  CHECK(described(finding) == "nothing at 'rf.mlem' in '" + repo + "' at 'gone', via 'best.mlem'");
  finding.hops.clear();
  finding.message = "nothing at 'rf.mlem' in 'https://example.com/models'";
  CHECK(described(finding) == finding.message + " at 'gone'");
  finding.demands = {{"approver", "policy 'p' wants an approver", "ask 'alice'"},
                     {"pinned", "policy 'p' wants an id", ""}};
  CHECK(described(finding) == finding.message + " at 'gone'; policy 'p' wants an approver; policy 'p' wants an id");
  CHECK(all_hints(finding) == "the nearest name is 'gonna'; ask 'alice'");
  finding.verdict = Verdict::unreachable;
  finding.demands.clear();
  CHECK(described(finding) == finding.message);
}

TEST_CASE("reporter: JSON has nothing that a terminal would obey") {
  Finding finding = good_link();
  finding.rev = "a\x7f\xc2\x9b\xc2\xa0\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa6\x1b";
  std::ostringstream out;
  make_script_reporter({.json = true}, out, true)->finding(finding);
  CHECK(contains(out.str(), "\"rev\":\"a\\u007f\\u009b\xc2\xa0\\u202e\\u2066\xe2\x80\xa6\\u001b\","));
}
