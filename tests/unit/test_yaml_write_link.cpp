#include "yaml/metafile.hpp"

#include "yaml_fixtures.hpp"
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using mlem::Dialect;
using mlem::Link;
using mlem::test::link_to;
using mlem::yaml::write_link;
using mlem::yaml::write_scalar;

namespace {

std::string after_rev(const std::string& value) { return write_scalar(value, 5, 0); }

}  // namespace

TEST_CASE("write_link: keys are sorted and absent fields left out") {
  Link link = link_to("models/rf.mlem");
  CHECK(write_link(link) == "link_type: model\nobject_type: link\npath: models/rf.mlem\n");

  link.repo = "https://github.com/iterative/example-mlem-get-started/";
  link.rev = "main";
  CHECK(write_link(link) ==
        "link_type: model\n"
        "object_type: link\n"
        "path: models/rf.mlem\n"
        "repo: https://github.com/iterative/example-mlem-get-started/\n"
        "rev: main\n");

  link.dialect = Dialect::project;
  link.pinned_blob = "d670460b4b4aece5915caf5c68d12f560a9fe3e4";
  link.pinned_ref = "refs/tags/v1.2";
  link.hold = "it fell: twice";
  link.until = "2027-01-31";
  CHECK(write_link(link) ==
        "link_type: model\n"
        "object_type: link\n"
        "params:\n"
        "  git-mlem:\n"
        "    blob: d670460b4b4aece5915caf5c68d12f560a9fe3e4\n"
        "    hold: 'it fell: twice'\n"
        "    ref: refs/tags/v1.2\n"
        "    until: '2027-01-31'\n"
        "path: models/rf.mlem\n"
        "project: https://github.com/iterative/example-mlem-get-started/\n"
        "rev: main\n");
}

TEST_CASE("write_scalar: text that YAML reads as something else is quoted") {
  for (const std::string value : {"1.0",
                                  "1",
                                  "0",
                                  "-1",
                                  "+1",
                                  "1.",
                                  ".5",
                                  "0x10",
                                  "0b11",
                                  "010",
                                  "1_000",
                                  "1.5e+3",
                                  ".inf",
                                  "-.Inf",
                                  ".nan",
                                  "1:30",
                                  "190:20:30.15",
                                  "2024-01-01",
                                  "2001-12-14t21:59:43.10-05:00",
                                  "2001-1-1 2:59:43 Z",
                                  "yes",
                                  "No",
                                  "ON",
                                  "true",
                                  "FALSE",
                                  "null",
                                  "~",
                                  "",
                                  "=",
                                  "<<",
                                  "0000000",
                                  "1234567"}) {
    CAPTURE(value);
    CHECK(after_rev(value) == "'" + value + "'");
  }
}

TEST_CASE("write_scalar: text that only looks like a number or a word is plain") {
  for (const std::string value : {"1e5",    "12e3",  "08",       "0o17",      "0X10", "-.5",   "+.5",
                                  "1:60",   "2:.1",  "2024-1-1", "1.2.3",     "v1.0", "y",     "N",
                                  "nULL",   "yEs",   "7e12345",  "_1",        "0b12", "-8:.1", "main",
                                  "HEAD~1", "HEAD^", "HEAD@{1}", "feature/x", "a:b",  "a#b",   "it's",
                                  "a\"b",   "a\\b",  "-a",       "?a",        ":a",   "=a",    "git@host:org/repo.git",
                                  "~/x"}) {
    CAPTURE(value);
    CHECK(after_rev(value) == value);
  }
}

TEST_CASE("write_scalar: text with indicators is in single quotes") {
  for (const std::string value :
       {"#a",  ",a", "[a",  "]", "{a}", "&a", "*a",   "!a",   "|",   ">x",   "%a",  "@a", "`a", "\"a", "-",
        "- a", "?",  "? a", ":", ": a", "a:", "a: b", "a #b", "---", "---a", "...", " a", "a ", "  "}) {
    CAPTURE(value);
    CHECK(after_rev(value) == "'" + value + "'");
  }
  CHECK(after_rev("'a") == "'''a'");
  CHECK(after_rev("a\nb") == "'a\n\n  b'");
  CHECK(after_rev("\n") == "'\n\n  '");
}

TEST_CASE("write_scalar: text that is not printable ASCII is in double quotes") {
  struct Row {
    std::string value;
    std::string written;
  };
  const Row rows[] = {
      {std::string("\0", 1), R"("\0")"},
      {"\a\b\t\v\f\r\x1b", R"("\a\b\t\v\f\r\e")"},
      {"\x7f", R"("\x7F")"},
      {"a \n\"b\\", R"("a \n\"b\\")"},
      {"\n b", R"("\n b")"},
      {"\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9", R"("\N\_\L\P")"},
      {"caf\xc3\xa9", R"("caf\xE9")"},
      {"\xd0\xbc\xef\xbb\xbf", R"("\u043C\uFEFF")"},
      {"\xf0\x9f\x98\x80", R"("\U0001F600")"},
      {"\xff", R"("\uFFFD")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.written);
    CHECK(after_rev(row.value) == row.written);
  }
}

TEST_CASE("write_scalar: lines are folded at 80 columns") {
  const std::string word(40, 'a');
  CHECK(write_scalar(word + " " + word + " b", 5, 0) == word + " " + word + "\n  b");
  CHECK(write_scalar(word + " " + word + " b", 5, 4) == word + " " + word + "\n      b");
  CHECK_MESSAGE(write_scalar(word + " " + word.substr(6) + " b", 5, 0) == word + " " + word.substr(6) + " b",
                "80 columns are not too many");
  CHECK_MESSAGE(write_scalar(word + " " + word + "  b", 5, 0) == word + " " + word + "  b", "two blanks are kept");
  CHECK(write_scalar("- " + word + " " + word + " b", 5, 0) == "'- " + word + " " + word + "\n  b'");
  CHECK(write_scalar("\t" + word + " " + word + " b", 5, 0) == "\"\\t" + word + " " + word + "\\\n  \\ b\"");
}

TEST_CASE("write_link: MLEM writes the same bytes for every recorded value") {
  const std::string text = mlem::test::read_file(mlem::test::fixtures() + "/quoting.json");
  if (text.empty()) {
    MESSAGE("skipped: there is no quoting.json in GIT_MLEM_FIXTURES");
    return;
  }
  const nlohmann::json records = nlohmann::json::parse(text);
  CHECK(records.size() > 1000);
  for (const nlohmann::json& record : records) {
    Link link = link_to("m.mlem");
    link.dialect = Dialect::project;
    const auto value = record.at("value").get<std::string>();
    const auto field = record.at("field").get<std::string>();
    if (field == "path") {
      link.path = value;
    } else if (field == "project") {
      link.repo = value;
    } else {
      REQUIRE(field == "rev");
      link.rev = value;
    }
    CHECK(write_link(link) == record.at("file").get<std::string>());
  }
}
