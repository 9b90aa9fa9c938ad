#include "base/error.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/metafile.hpp"

#include "yaml_fixtures.hpp"
#include <boost/filesystem.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

using mlem::Dialect;
using mlem::Error;
using mlem::ErrorKind;
using mlem::Link;
using mlem::test::link_to;
using mlem::yaml::Metafile;
using mlem::yaml::parse_metafile;
using mlem::yaml::read_metafile;
using mlem::yaml::scan_link;
using mlem::yaml::write_link;

namespace {

const std::string alias = "link_type: model\nobject_type: link\npath: models/rf.mlem\n";

/// Returns why `text` is refused; empty if it is not.
std::string why(const std::string& text) {
  try {
    read_metafile(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    return error.why();
  }
  return {};
}

/// Returns what would help where `text` is refused.
std::string hint(const std::string& text) {
  try {
    read_metafile(text);
  } catch (const Error& error) {
    return error.hint();
  }
  return {};
}

/// Returns what `text` says its type is; nothing if it is neither link nor object.
std::optional<std::string> object_type_of(const std::string& text) {
  const Metafile metafile = read_metafile(text);
  return metafile.kind == Metafile::Kind::neither ? std::nullopt : std::optional(metafile.object_type);
}

std::vector<std::string> warnings(const std::string& text) {
  std::vector<std::string> messages;
  for (const mlem::Warning& warning : read_metafile(text).warnings) {
    messages.push_back(warning.code + ": " + warning.message);
  }
  return messages;
}

}  // namespace

TEST_CASE("read_metafile: every way to write a link gives the same link") {
  const std::string url = "https://example.com/team/models/";
  Link link = link_to("models/rf.mlem");
  link.repo = url;
  link.rev = "v1.0";
  link.dialect = Dialect::repo;
  const std::string rows[] = {
      "link_type: model\nobject_type: link\npath: models/rf.mlem\nrepo: " + url + "\nrev: v1.0\n",
      "rev: v1.0\nrepo: " + url + "\npath: models/rf.mlem\nlink_type: model\nobject_type: link\n",
      "link_type: 'model'\r\nobject_type: \"link\"\r\npath: models/rf.mlem\r\nrepo: " + url + "\r\nrev: v1.0\r\n",
      "\xef\xbb\xbflink_type: model\nobject_type: link\npath: models/rf.mlem\nrepo: " + url + "\nrev: v1.0",
      "# a comment\n---\nlink_type: model # another\nobject_type: link\n\npath: models/rf.mlem\nrepo: " + url +
          "\nrev: v1.0\n...\n",
      "%YAML 1.2\n---\nlink_type: model\nobject_type: link\npath: models/rf.mlem\nrepo: " + url + "\nrev: v1.0\n",
      "{link_type: model, object_type: link, path: models/rf.mlem, repo: '" + url + "', rev: v1.0}\n",
      R"({"link_type": "model", "object_type": "link", "path": "models\/rf.mlem", "repo": ")" + url +
          R"(", "rev": "v1\x2e0"})",
      "'link_type':   model\nobject_type:\n  link\npath: \"models/\\\n  rf.mlem\"\nrepo: >-\n  " + url +
          "\nrev: |-\n  v1.0\n",
      "object_type: link_model\npath: models/rf.mlem\nrepo: " + url + "\nrev: v1.0\n",
      "object_type: link_model\nlink_type: model\npath: models/rf.mlem\nrepo: " + url + "\nrev: v1.0\nproject:\n",
      alias + "repo: " + url + "\nrev: v1.0\nparams: {}\ndescription: a model\nlabels:\n- a\n",
      alias + "repo: " + url + "\nrev: v1.0\nproject: null\nparams: ~\n",
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    const Metafile metafile = read_metafile(text);
    CHECK(metafile.kind == Metafile::Kind::link);
    CHECK(metafile.link == link);
    CHECK(metafile.warnings.empty());
  }
}

TEST_CASE("read_metafile: an alias has neither repository nor rev") {
  const Metafile metafile = read_metafile(alias + "rev: null\nrepo: ~\n");
  CHECK(metafile.link == link_to("models/rf.mlem"));
  CHECK(metafile.link.is_alias());
}

TEST_CASE("read_metafile: project and repo are told apart and may agree") {
  CHECK(read_metafile(alias + "project: https://example.com/a/\n").link.dialect == Dialect::project);
  CHECK(read_metafile(alias + "repo: https://example.com/a/\n").link.dialect == Dialect::repo);
  const Link both = read_metafile(alias + "project: https://example.com/a\nrepo: https://example.com/a/\n").link;
  CHECK(both.dialect == Dialect::project);
  CHECK(both.repo == "https://example.com/a");
  CHECK(why(alias + "repo: https://example.com/a\nproject: https://example.com/b\n") ==
        "line 5, column 10: 'repo' and 'project' differ");
}

TEST_CASE("read_metafile: dataset is the old name of data") {
  CHECK(read_metafile("link_type: dataset\nobject_type: link\npath: d.mlem\n").link.link_type == "data");
  CHECK(read_metafile("object_type: link_dataset\nlink_type: data\npath: d.mlem\n").link.link_type == "data");
  CHECK(read_metafile("object_type: dataset\n").object_type == "data");
}

TEST_CASE("read_metafile: pinned links keep blob and ref") {
  const std::string pinned =
      "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: d670460b4b4aece5915caf5c68d12f560a9fe3e4\n"
      "    ref: refs/tags/v1.2\npath: m.mlem\n";
  for (const Metafile& metafile : {read_metafile(pinned), parse_metafile(pinned)}) {
    CHECK(metafile.link.pinned_blob == "d670460b4b4aece5915caf5c68d12f560a9fe3e4");
    CHECK(metafile.link.pinned_ref == "refs/tags/v1.2");
  }
  const Link other =
      read_metafile(alias + "params:\n  other: {blob: x}\n  git-mlem: {x: 1, ref: v1}\nparams.git-mlem.blob: x").link;
  CHECK(!other.pinned_blob);
  CHECK(other.pinned_ref == "v1");
}

TEST_CASE("read_metafile: plain links keep what they name and are pinned to") {
  for (const mlem::Plain plain : {mlem::Plain::tree, mlem::Plain::blob}) {
    for (const std::optional<std::string>& object :
         {std::optional<std::string>(), std::optional<std::string>("d670460b4b4aece5915caf5c68d12f560a9fe3e4")}) {
      Link link = read_metafile(alias).link;
      link.plain = plain;
      link.pinned_blob = object;
      link.hold = "fell";
      const std::string text = write_link(link);
      CAPTURE(text);
      REQUIRE(scan_link(text));
      CHECK(scan_link(text)->link == link);
      CHECK(parse_metafile(text).link == link);
    }
  }
  CHECK(read_metafile(alias + "params: {git-mlem: {plain: tree}}\n").link.plain == mlem::Plain::tree);
  CHECK(why(alias + "params: {git-mlem: {plain: trees}}\n") ==
        "line 4, column 28: 'params.git-mlem.plain' is neither 'tree' nor 'blob'");
}

TEST_CASE("read_metafile: what holds a link is read from every form of it") {
  Link link = read_metafile(alias).link;
  link.hold = "fell";  // a blank is for yaml-cpp
  for (const std::optional<std::string>& until :
       {std::optional<std::string>(), std::optional<std::string>("2027-01-31")}) {
    link.until = until;
    const std::string text = write_link(link);
    REQUIRE(scan_link(text));
    CHECK(scan_link(text)->link == link);
    CHECK(parse_metafile(text).link == link);
  }
  CHECK(read_metafile(alias + "params: {git-mlem: {until: 2027-01-31, hold: fell}}\n").link == link);
  CHECK(link.is_held("2027-01-31"));
  CHECK_FALSE(link.is_held("2027-02-01"));
  link.until.reset();
  CHECK(link.is_held("2999-12-31"));
  link.hold.reset();
  CHECK_FALSE(link.is_held("2020-01-01"));
  CHECK_THROWS_WITH(read_metafile(alias + "params: {git-mlem: {hold: [a]}}\n"), doctest::Contains("is not a scalar"));
}

TEST_CASE("read_metafile: a date or a ref that means nothing is refused in every form") {
  const std::string begin = "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n";
  for (const std::string until : {"soon", "'2027-02-30'", "31.01.2027", "'2027-1-31'", "2027-01-31x", "''"}) {
    CAPTURE(until);
    CHECK_THROWS_WITH(read_metafile(begin + "    hold: fell\n    until: " + until + "\npath: a.mlem\n"),
                      doctest::Contains("line 6, column 12: 'params.git-mlem.until' is not a date as in '2027-01-31'"));
  }
  for (const std::string ref : {"a..b", "'-x'", "'v1~2'", "'refs/heads/a b'", "''"}) {
    CAPTURE(ref);
    CHECK_THROWS_WITH(read_metafile(begin + "    ref: " + ref + "\npath: a.mlem\n"),
                      doctest::Contains("line 5, column 10: 'params.git-mlem.ref' is neither the name of a ref nor a "
                                        "question of GTO"));
  }
  for (const std::string ref : {"refs/heads/main", "v1", "churn@latest", "models:churn@latest", "churn#prod"}) {
    CAPTURE(ref);
    CHECK(read_metafile(begin + "    ref: " + ref + "\npath: a.mlem\n").link.pinned_ref == ref);
  }
}

TEST_CASE("read_metafile: an error has the place as data") {
  try {
    read_metafile(alias + "rev: \xc3\xa9 &\npath: b\n");
    FAIL("read");
  } catch (const Error& error) {
    CHECK(error.position() == mlem::Position{5, 1});
  }
  try {
    read_metafile("\xef\xbb\xbfobject_type: link\nlink_type: \"\xc3\xa9\"x\n");
    FAIL("read");
  } catch (const Error& error) {
    CHECK(error.position() == mlem::Position{2, 15});
  }
}

TEST_CASE("read_metafile: what no link may have is refused with its place") {
  struct Row {
    std::string text;
    std::string why;
  };
  const Row rows[] = {
      {alias + "rev: a\nrev: b\n", "line 5, column 1: the key 'rev' appears twice"},
      {alias + "params:\n  a: 1\n  a: 2\n", "line 6, column 3: the key 'a' appears twice"},
      {alias + "rev: &x a\n", "line 4, column 6: a link may not have anchors"},
      {"link_type: &x model\nobject_type: link\npath: *x\n", "line 1, column 12: a link may not have anchors"},
      {alias + "rev: !!str 1.0\n", "line 4, column 6: a link may not have tags"},
      {alias + "rev: ! '1.0'\n", "line 4, column 6: a link may not have tags"},
      {alias + "rev: !x\n", "line 4, column 6: a link may not have tags"},
      {alias + "? [a]\n: b\n", "line 4, column 3: a key that is not a scalar"},
      {alias + "<<: {rev: evil}\n", "line 4, column 1: a link may not have merge keys"},
      {alias + "params:\n  <<: {rev: evil}\n", "line 5, column 3: a link may not have merge keys"},
      {alias + "params: {a: =}\n", "line 4, column 13: MLEM cannot read '=' unless it is quoted"},
      {alias + "labels: [2024-02-30]\n", "line 4, column 10: MLEM cannot read '2024-02-30' unless it is quoted"},
      {alias + "params: {a: 0x_}\n", "line 4, column 13: MLEM cannot read '0x_' unless it is quoted"},
      {alias + "labels: " + std::string(64, '[') + std::string(64, ']') + "\n",
       "line 4, column 72: a link may not be nested deeper than 64"},
      {"object_type: link\nx: " + std::string(2000, '['), "line 2, column 2004: it is nested too deep"},
      {alias + "# " + std::string(64 * 1024, 'x') + "\n", "line 4, column 65481: a link may not be larger than 64 KiB"},
      {alias + "rev: [a]\n", "line 4, column 6: 'rev' is not a scalar"},
      {alias + "repo: {a: b}\n", "line 4, column 7: 'repo' is not a scalar"},
      {"link_type: model\nobject_type: link\npath:\n- a\n", "line 4, column 1: 'path' is not a scalar"},
      {"link_type: model\nobject_type: link\n", "line 1, column 1: there is no 'path'"},
      {"link_type: model\nobject_type: link\npath: ''\n", "line 3, column 7: 'path' is empty"},
      {"object_type: link\npath: a\n", "line 1, column 1: there is no 'link_type'"},
      {"link_type: ''\nobject_type: link\npath: a\n", "line 1, column 12: 'link_type' is empty"},
      {"object_type: link_\npath: a\n", "line 1, column 14: 'object_type' names no type"},
      {"object_type: link_model\nlink_type: data\npath: a\n",
       "line 2, column 12: 'link_type' and 'object_type' name different types"},
      {alias + "params: [a]\n", "line 4, column 9: 'params' is not a mapping"},
      {alias + "params: {git-mlem: a}\n", "line 4, column 20: 'params.git-mlem' is not a mapping"},
      {alias + "params: {git-mlem: {ref: [a]}}\n", "line 4, column 26: 'params.git-mlem.ref' is not a scalar"},
      {alias + "rev: \"a\\nb\"\n", "line 4, column 6: a control character in 'rev'"},
      {alias + "rev: \"\\x9b\"\n", "line 4, column 6: a control character in 'rev'"},
      {alias + "rev: 'a\n\n  '\n", "line 4, column 6: a control character in 'rev'"},
      {alias + "rev: |\n  main\n", "line 4, column 6: a control character in 'rev'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    CHECK(why(row.text) == row.why);
  }
}

TEST_CASE("read_metafile: text that is no single YAML mapping is refused with its place") {
  struct Row {
    std::string text;
    std::string why;
  };
  const Row rows[] = {
      {"", "line 1, column 1: no document"},
      {"# nothing\n", "line 1, column 1: no document"},
      {"null\n", "line 1, column 1: no YAML mapping"},
      {"- object_type: link\n", "line 1, column 1: no YAML mapping"},
      {"link\n", "line 1, column 1: no YAML mapping"},
      {",", "line 1, column 1: no YAML mapping"},
      {alias + "---\n", "line 5, column 1: a second document"},
      {alias + "---\na: b\n", "line 5, column 1: a second document"},
      {alias + "...\na: b\n", "line 5, column 1: a second document"},
      {alias + "rev: \"a\n", "line 4, column 6: a quote that is not closed"},
      {alias + "rev: 'a''\n", "line 4, column 6: a quote that is not closed"},
      {alias + "rev: 'a' b\n", "line 4, column 10: text after a quoted scalar"},
      {alias + "rev: 'a'#b\n", "line 4, column 9: text after a quoted scalar"},
      {alias + "rev: \"a\" \"b\"\n", "line 4, column 10: text after a quoted scalar"},
      {alias + "rev: 'a', b\n", "line 4, column 9: text after a quoted scalar"},
      {alias + "rev:v1\n", "line 4, column 1: no 'key: value'"},
      {alias + "'rev'\n", "line 4, column 1: end of map not found"},
      {alias + ": v1\n", "line 4, column 1: no 'key: value'"},
      {alias + "r\xc3\xa9v: \xff\n", "line 4, column 6: a byte that is not UTF-8"},
      {alias + "rev: \xed\xa0\x80\n", "line 4, column 6: a byte that is not UTF-8"},
      {alias + "rev: a\x1b[0m\n", "line 4, column 7: the control character U+001B"},
      {alias + std::string("rev: a\0b\n", 9), "line 4, column 7: the control character U+0000"},
      {alias + "rev: a\x7f\n", "line 4, column 7: the control character U+007F"},
      {alias + "rev: a\xc2\x85\n", "line 4, column 7: the control character U+0085"},
      {alias + "rev: a\xe2\x80\xa8\n", "line 4, column 7: the control character U+2028"},
      {alias + "# a\rrev: b\n", "line 4, column 4: the control character U+000D"},
      {alias + "rev:\tv1\n", "line 4, column 5: a tab, which MLEM refuses between words"},
      {alias + "rev: v1\t# a\n", "line 4, column 8: a tab, which MLEM refuses between words"},
      {alias + "\t\nrev: v1\n", "line 4, column 1: illegal tab when looking for indentation"},
      {"%YAML 2.0\n---\n" + alias, "line 1, column 1: YAML major version too large"},
      {"%TAG !x! y\n---\n" + alias, "line 1, column 1: a line that starts with '%'"},
      {alias + "<<<<<<< HEAD\nrev: a\n=======\nrev: b\n>>>>>>> topic\n",
       "line 4, column 1: a conflict marker of a merge"},
      {"object_type: model\nx: [a\n", "line 3, column 1: end of sequence flow not found"},
      {"object_type: model\nx: \"\\\xc3\xa9\"\n", "line 2, column 7: unknown escape character: \\303"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    CHECK(why(row.text) == row.why);
  }
}

TEST_CASE("read_metafile: an object type that could be another is refused") {
  struct Row {
    std::string text;
    std::string why;
  };
  const Row rows[] = {
      {"object_type: model\nobject_type: link\n", "line 2, column 1: the key 'object_type' appears twice"},
      {"object_type: [link]\n", "line 1, column 14: 'object_type' is not a scalar"},
      {"object_type: {}\n", "line 1, column 14: 'object_type' is not a scalar"},
      {"a: &a link\nobject_type: *a\n", "line 2, column 14: 'object_type' is not a scalar"},
      {"object_type: !!binary bGluaw==\n", "line 1, column 14: a tag on 'object_type'"},
      {"a: &a {object_type: link}\n<<: *a\n", "line 2, column 1: a merge key instead of 'object_type'"},
      {"a: &a object_type\n*a : link\n", "line 2, column 1: an alias that could stand for 'object_type'"},
      {"!!merge x: {object_type: link}\n", "line 1, column 1: a tag on a key, which could make it 'object_type'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    CHECK(why(row.text) == row.why);
  }
}

TEST_CASE("read_metafile: an object needs no more than a type") {
  struct Row {
    std::string text;
    std::string object_type;
  };
  const Row rows[] = {
      {"object_type: model\n", "model"},
      {"a: &id001\n- 1\nb: *id001\nobject_type: model\n", "model"},
      {"object_type: data\nx: 1\nx: 2\n", "data"},
      {"object_type: 1\nx: !!python/tuple [a]\n", "1"},
      {"object_type: ''\n", ""},
      {"object_type: linker\n", "linker"},
      {"x:\n- &a 'b'\n- !t \"c\"\nobject_type: model\n", "model"},
      {"? '" + std::string(130, 'k') + "'\n: object_type: link\nobject_type: model\n", "model"},
      {"base: &a {object_type: link}\nobject_type: model\n<<: *a\n", "model"},
      {"object_type: model\n# " + std::string(64 * 1024, 'x') + "\n", "model"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    const Metafile metafile = read_metafile(row.text);
    CHECK(metafile.kind == Metafile::Kind::object);
    CHECK(metafile.object_type == row.object_type);
    CHECK(metafile.link == Link());
    CHECK(mlem::yaml::detail::parse_object_type(row.text) == row.object_type);
  }
}

TEST_CASE("read_metafile: a mapping without an object type is neither") {
  for (const std::string text : {"{}", "a: b\n", "object_type: null\nlink_type: ~\n", "x:\n  object_type: link\n"}) {
    CAPTURE(text);
    CHECK(read_metafile(text) == Metafile());
    CHECK(!mlem::yaml::detail::parse_object_type(text));
  }
}

TEST_CASE("read_metafile: a scalar that MLEM reads as another type but the same text gives a warning") {
  using Messages = std::vector<std::string>;
  CHECK(warnings(alias + "rev: 20240101\n") == Messages{"ambiguous-scalar: line 4: 'rev: 20240101' is kept as text, "
                                                        "which MLEM reads as a number unless it is quoted"});
  CHECK(warnings(alias + "rev: True\n") == Messages{"ambiguous-scalar: line 4: 'rev: True' is kept as text, which MLEM "
                                                    "reads as a boolean unless it is quoted"});
  for (const std::string same : {"0", "-12", "1.5", "-0.5", "1.0", "0.0", "0.0001", "123456789.25", "False"}) {
    CAPTURE(same);
    const Metafile metafile = read_metafile(alias + "rev: " + same + "\n");
    CHECK(metafile.link.rev == same);
    CHECK(metafile.warnings.size() == 1);
  }
  CHECK(warnings(alias + "params: {a: 1, git-mlem: {blob: '1'}}\n").empty());
  CHECK(warnings(alias + "params: {git-mlem: {blob: 1}}\n").size() == 1);
}

TEST_CASE("read_metafile: a scalar that MLEM reads as another text is refused") {
  for (const std::string other : {"1.10",
                                  "010",
                                  "0x10",
                                  "1_000",
                                  "+1",
                                  "-0",
                                  "1:30",
                                  "1.",
                                  ".5",
                                  "00.5",
                                  "0.00001",
                                  "1.5e+3",
                                  ".inf",
                                  "yes",
                                  "on",
                                  "true",
                                  "1234567890.1234567",
                                  "2024-01-01",
                                  "2024-02-30",
                                  "0x_",
                                  "=",
                                  "<<",
                                  "-0b_"}) {
    CAPTURE(other);
    const std::string text = alias + "rev: " + other + "\n";
    CHECK_MESSAGE(why(text).starts_with("line 4, column 6: 'rev: " + other + "' is what MLEM "), why(text));
    CHECK(hint(text) == "write \"rev: '" + other + "'\"");
    CHECK(read_metafile(alias + "rev: '" + other + "'\n").link.rev == other);
  }
  CHECK(why(alias + "rev: 1.10\n") == "line 4, column 6: 'rev: 1.10' is what MLEM reads as a number");
  CHECK(why(alias + "rev: yes\n") == "line 4, column 6: 'rev: yes' is what MLEM reads as a boolean");
  CHECK(why(alias + "rev: 2024-01-01\n") == "line 4, column 6: 'rev: 2024-01-01' is what MLEM reads as a date");
  CHECK(why(alias + "rev: =\n") == "line 4, column 6: 'rev: =' is what MLEM cannot read");
}

TEST_CASE("read_metafile: a file that may be meant as a link is refused with what it should say") {
  struct Row {
    std::string text;
    std::string why;
    std::string hint;
  };
  const std::string type = "write 'object_type: link'";
  const Row rows[] = {
      {"object_type: Link\n", "line 1, column 14: 'object_type: Link' is nearly that of a link", type},
      {"object_type: lnk\n", "line 1, column 14: 'object_type: lnk' is nearly that of a link", type},
      {"object_type: links\n", "line 1, column 14: 'object_type: links' is nearly that of a link", type},
      {"object_type: lonk\n", "line 1, column 14: 'object_type: lonk' is nearly that of a link", type},
      {"object_type: likn\n", "line 1, column 14: 'object_type: likn' is nearly that of a link", type},
      {"object_type: 'link '\n", "line 1, column 14: 'object_type: link ' is nearly that of a link", type},
      {"object_type: LINK_model\n", "line 1, column 14: 'object_type: LINK_model' is nearly that of a link",
       "write 'object_type: link_model'"},
      {"link_type: model\npath: a\n", "line 1, column 12: 'link_type' without 'object_type'", type},
      {"link_type: model\nobject-type: link\n", "line 1, column 12: 'link_type' without 'object_type'",
       "write 'object_type' instead of 'object-type'"},
      {"object_type: model\nlink_type: model\n", "line 2, column 12: 'link_type' in a file that is not a link",
       type + " if it is to be one"},
      {"object_type: mlem.core.objects.MlemLink\n",
       "line 1, column 14: 'object_type' names a class, which may be a link to MLEM",
       "write 'object_type: link' in a link, and the type's own name in an object"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(why(row.text) == row.why);
    CHECK(hint(row.text) == row.hint);
    CHECK_THROWS_AS(mlem::yaml::detail::parse_object_type(row.text), Error);
    CHECK(!mlem::yaml::detail::scan_object_type(row.text));
  }
  CHECK(read_metafile("object_type: kiln\n").object_type == "kiln");
}

TEST_CASE("read_metafile: an unknown key gives a warning") {
  CHECK(warnings(alias + "owner: me\n\"a\\eb\": 1\n") ==
        std::vector<std::string>{"unknown-key: line 4: unknown key 'owner', which MLEM 0.4.3 and later refuse",
                                 "unknown-key: line 5: unknown key 'a\\033b', which MLEM 0.4.3 and later refuse"});
}

TEST_CASE("read_metafile: sizes have limits") {
  const std::string big = "object_type: model\na: '" + std::string(mlem::yaml::max_object_size, 'a') + "'\n";
  CHECK_MESSAGE(why(big).ends_with(": a metafile may not be larger than 16 MiB"), why(big));
  CHECK_THROWS_AS(object_type_of(big), Error);
}

TEST_CASE("read_metafile: what the parser would need gigabytes for is refused") {
  const std::string object = "object_type: model\nx: ";
  const auto repeated = [](const std::string& text, std::size_t size = 2'000'000) {
    std::string all;
    while (all.size() < size) all += text;
    return all;
  };
  struct Row {
    std::string text;
    std::string why;
  };
  const std::string flow = "line 2, column 4: a flow collection that is too large to be read";
  const Row rows[] = {
      {object + repeated("["), flow},
      {object + "[[" + repeated("a,") + "]]\n", flow},
      {object + "[[" + repeated("''"), flow},
      {object + "[[" + repeated("*a "), flow},
      {object + "[[" + repeated("&a "), flow},
      {object + "[[" + repeated("! "), flow},
      {object + "[[a\n---\n" + repeated("a,"), flow},
      {"{object_type: model, x: [" + repeated("{a: b}, "),
       "line 1, column 1: a flow collection that is too large to be read"},
      {"object_type: \"model\"\nx:\n" + repeated("- - - - - - - - a\n", 6'000'000),
       "line 285717, column 3: more mappings and sequences than can be read"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 40));
    CHECK(why(row.text) == row.why);
  }
}

TEST_CASE("read_metafile: what is large and needs little memory is read") {
  const std::string object = "object_type: 'mo''del'\nx: ";
  const auto repeated = [](const std::string& text) {
    std::string all;
    while (all.size() < 2'000'000) all += text;
    return all;
  };
  const std::string texts[] = {
      object + "[" + repeated("a,") + "]\n",
      object + "{" + repeated("\"a\":{b: [c,d]},") + "}\n",
      object + "[" + repeated("[a,b],") + "]\n",
      object + "|\n" + repeated("  a,b;c: 'd' *e\n"),
      object + "\n" + repeated("# a, b\n") + "  [a]\n" + "y: 1\n" + repeated("# a, b\n"),
      object + "'" + repeated("a,b: ") + "'\n",
      object + "\n" + repeated("- b: 'c'\n"),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 60));
    CHECK(object_type_of(text) == "mo'del");
  }
}

TEST_CASE("read_metafile: however many threads read large files one at a time takes memory") {
  std::string text = "object_type: \"model\"\nx:\n";
  while (text.size() < 2'000'000) text += "- a\n";
#ifdef __GLIBC__
  // What other cases have freed would be there for the taking, and their sizes decide how much of it is kept.
  malloc_trim(0);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
  /// Returns the most memory that a process has which reads the text on several threads, in kilobytes.
  const auto memory_of = [&](std::size_t count) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&] { read_metafile(text); });
      for (std::thread& thread : threads) thread.join();
      _exit(0);
    }
    rusage used{};
    int status = 0;
    REQUIRE(wait4(child, &status, 0, &used) == child);
    REQUIRE(status == 0);
    return used.ru_maxrss;
  };
  const long for_nothing = memory_of(0);
  const long for_one = memory_of(1) - for_nothing;
  const long for_six = memory_of(6) - for_nothing;
  CAPTURE(for_one);
  CAPTURE(for_six);
  CHECK(for_six < 3 * for_one);
}

TEST_CASE("read_metafile: time is asked for while a large file is read") {
  const auto read = [](std::size_t lines) {
    std::string text = "object_type: \"model\"\n";
    for (std::size_t i = 0; i < lines; ++i) text += "a: b\n";
    int calls = 0;
    const auto count = [&] {
      if (++calls == 3) throw std::runtime_error("no time");
    };
    try {
      return read_metafile(text, count).object_type;
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
  };
  CHECK(read(10) == "model");
  CHECK(read(10'000) == "no time");
}

TEST_CASE("scan_link: canonical links need no parser") {
  Link link = link_to("models/rf.mlem");
  CHECK(scan_link(write_link(link)));
  link.repo = "https://github.com/iterative/example-mlem-get-started/";
  link.rev = "1.0";
  for (const std::optional<Dialect> dialect : {std::optional(Dialect::repo), std::optional(Dialect::project)}) {
    link.dialect = dialect;
    for (const std::string path : {"models/rf.mlem", "a b.mlem", "models/1.mlem"}) {
      link.path = path;
      const std::optional<Metafile> metafile = scan_link(write_link(link));
      CAPTURE(path);
      REQUIRE(metafile.has_value() == (path != "a b.mlem"));
      if (metafile) CHECK(metafile->link == link);
    }
  }
}

TEST_CASE("scan_link: what is not canonical is left to the parser") {
  const std::string rows[] = {
      alias.substr(0, alias.size() - 1),
      "\n" + alias,
      alias + "\n",
      alias + "rev:\n",
      alias + "rev: 1.0\n",
      alias + "rev: a b\n",
      alias + "rev: ''\n",
      alias + "rev: 'a''b'\n",
      alias + "rev: a:\n",
      alias + "rev: -a\n",
      alias + "rev: a #b\n",
      alias + "rev: a\r\n",
      alias + "rev: caf\xc3\xa9\n",
      alias + "rev: b\nrepo: a\n",
      alias + "project: a\nrepo: a\n",
      "link_type: dataset\nobject_type: link\npath: a\n",
      "link_type: model\nobject_type: link\nparams:\n  git-mlem:\npath: a\n",
      "link_type: model\nobject_type: model\npath: a\n",
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    CHECK(!scan_link(text));
  }
}

TEST_CASE("read_metafile: only the top level counts for the type") {
  struct Row {
    std::string text;
    std::optional<std::string> object_type;
  };
  const Row rows[] = {
      {"object_type: model\n", "model"},
      {"a:\n  object_type: link\nobject_type: model\n", "model"},
      {"a: |\n  x\nobject_type: model\n", "model"},
      {"a: |\n  object_type: link\n", std::nullopt},
      {"a: '\n  object_type: link\n\n  '\nobject_type: model\n", "model"},
      {"a: \"\nobject_type: link\n\"\n", std::nullopt},
      {"{object_type: model}", "model"},
      {"? object_type\n: model\n", "model"},
      {"'object_type': model\n", "model"},
      {"\"object\\x5ftype\": model\n", "model"},
      {"a: b\n" + alias, "link"},
      {"a:\n- \nobject_type: model\n", "model"},
      {"- a\n-\n", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 200));
    if (row.text.starts_with("-")) {
      CHECK_THROWS_AS(object_type_of(row.text), Error);
    } else {
      CHECK(object_type_of(row.text) == row.object_type);
    }
  }
}

TEST_CASE("read_metafile: recorded objects have their type") {
  const std::string directory = mlem::test::fixtures() + "/objects";
  if (!boost::filesystem::is_directory(directory)) {
    MESSAGE("skipped: there are no objects in GIT_MLEM_FIXTURES");
    return;
  }
  for (const auto& entry : boost::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".mlem") continue;
    const std::string text = mlem::test::read_file(entry.path().string());
    CAPTURE(entry.path().string());
    const Metafile metafile = parse_metafile(text);
    CHECK(metafile.kind != Metafile::Kind::neither);
    CHECK(object_type_of(text) == metafile.object_type);
    CHECK(read_metafile(text) == metafile);
  }
}

TEST_CASE("read_metafile: recorded links say what MLEM read in them") {
  const std::string directory = mlem::test::fixtures() + "/mlem-vectors";
  if (!boost::filesystem::is_directory(directory)) {
    MESSAGE("skipped: there are no mlem-vectors in GIT_MLEM_FIXTURES");
    return;
  }
  int read = 0;
  int written = 0;
  for (const auto& entry : boost::filesystem::directory_iterator(directory)) {
    const std::string vector = entry.path().string();
    CAPTURE(vector);
    // MLEM can write control characters (a tab in a name), which no link may have.
    if (const std::string text = mlem::test::read_file(vector + "/expected.mlem"); !text.empty() && why(text).empty()) {
      ++written;
      CHECK(write_link(read_metafile(text).link) == text);
    }
    const std::string text = mlem::test::read_file(vector + "/input.mlem");
    if (text.empty() || !why(text).empty()) continue;  // what we refuse has tests of its own
    const Metafile metafile = read_metafile(text);
    const auto expected = nlohmann::json::parse(mlem::test::read_file(vector + "/expected.json"));
    const auto seen = expected.value("nofollow", nlohmann::json::object());
    if (!metafile.warnings.empty() || seen.value("class", "") != "MlemLink") continue;
    const nlohmann::json& fields = seen.at("fields");
    ++read;
    CHECK(metafile.link.link_type == fields.at("link_type").get<std::string>());
    CHECK(metafile.link.path == fields.at("path").get<std::string>());
    CHECK(metafile.link.rev.has_value() == fields.contains("rev"));
    if (metafile.link.rev) CHECK(*metafile.link.rev == fields.at("rev").get<std::string>());
    // MLEM 0.2.0 reads `repo` only, the others `project` only.
    if (metafile.link.repo && fields.contains("project")) {
      CHECK(*metafile.link.repo == fields.at("project").get<std::string>());
    }
  }
  CHECK(read > 40);
  CHECK(written > 50);
}
