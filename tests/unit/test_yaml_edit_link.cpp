#include "base/error.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include "yaml_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace mlem;
using namespace mlem::yaml;
using mlem::test::fixtures;
using mlem::test::read_file;

namespace {

using Value = std::optional<std::string>;

std::string edited(const std::string& text, const std::string& key, const Value& value) {
  LinkText file(text);
  if (value) {
    file.set(key, *value);
  } else {
    file.remove(key);
  }
  return file.text();
}

/// The link files that were recorded from MLEM.
std::vector<std::string> recorded_links() {
  std::vector<std::string> links;
  const auto take = [&](const std::string& text) {
    try {
      if (read_metafile(text).kind == Metafile::Kind::link) links.push_back(text);
    } catch (const Error&) {  // recorded because it is not a valid one
    }
  };
  namespace fs = boost::filesystem;
  if (!fs::exists(fixtures())) return links;
  for (const auto& entry : fs::recursive_directory_iterator(fixtures())) {
    if (entry.path().extension() == ".mlem") take(read_file(entry.path().string()));
  }
  for (const auto& each : nlohmann::json::parse(read_file(fixtures() + "/quoting.json"))) take(each.at("file"));
  return links;
}

/// Whether `after` is `before` but for one stretch within `lines` lines of `after`.
bool differs_in_lines(const std::string& before, const std::string& after, std::ptrdiff_t lines) {
  const auto shorter = std::min(before.size(), after.size());
  std::size_t same = 0;
  while (same < shorter && before[same] == after[same]) ++same;
  std::size_t behind = 0;
  while (behind < shorter - same && before[before.size() - 1 - behind] == after[after.size() - 1 - behind]) ++behind;
  const std::string middle = after.substr(same, after.size() - same - behind);
  return std::count(middle.begin(), middle.end(), '\n') <= lines;
}

}  // namespace

TEST_CASE("edit_link: one field changes and every other byte stays") {
  struct Row {
    std::string name;
    std::string text;
    std::string key;
    Value value;
    std::string expected;
  };
  const std::string plain = "link_type: model\nobject_type: link\npath: a.mlem\nrepo: https://x/y/\nrev: v1\n";
  const std::string pins =
      "object_type: link\nlink_type: model\nparams:\n  # ours\n  git-mlem: # pins\n    blob: abc # b\n"
      "    ref: v1\n  other: {a: [1, 2]}\npath: a.mlem\n";
  const std::string one_pin =
      "object_type: link\nlink_type: model\nparams: # p\n  # kept\n  git-mlem:\n    blob: abc\npath: a.mlem\n";
  const std::string flow = "{object_type: link, link_type: model, path: a.mlem, repo: https://x/y/, rev: 'v1'} # end\n";
  const std::vector<Row> rows = {
      {"a value", plain, "rev", "v2",
       "link_type: model\nobject_type: link\npath: a.mlem\nrepo: https://x/y/\nrev: v2\n"},
      {"one that wants quotes", plain, "rev", "1.0",
       "link_type: model\nobject_type: link\npath: a.mlem\nrepo: https://x/y/\nrev: '1.0'\n"},
      {"a new key in the middle", plain, "params.git-mlem.ref", "v1",
       "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    ref: v1\npath: a.mlem\nrepo: https://x/y/\nrev: "
       "v1\n"},
      {"a new first key", "object_type: link_model\npath: a\n", "link_type", "model",
       "link_type: model\nobject_type: link_model\npath: a\n"},
      {"a new key of an unsorted file", "path: a\nlink_type: model\nobject_type: link\n", "rev", "v1",
       "path: a\nlink_type: model\nobject_type: link\nrev: v1\n"},
      {"a new key of a file without a last line end", "link_type: model\nobject_type: link\npath: a", "rev", "v1",
       "link_type: model\nobject_type: link\npath: a\nrev: v1"},
      {"a removed key", plain, "repo", std::nullopt, "link_type: model\nobject_type: link\npath: a.mlem\nrev: v1\n"},
      {"what is not there", plain, "project", std::nullopt, plain},
      {"quotes and comments", "# top\nrev:   \"v1\"   # pinned\n\npath: 'it''s'\nlink_type: model\nobject_type: link\n",
       "rev", "a\"b\\c",
       "# top\nrev:   \"a\\\"b\\\\c\"   # pinned\n\npath: 'it''s'\nlink_type: model\nobject_type: link\n"},
      {"single quotes", "rev: 'v1'\npath: 'it''s'\nlink_type: model\nobject_type: link\n", "path", "isn't",
       "rev: 'v1'\npath: 'isn''t'\nlink_type: model\nobject_type: link\n"},
      {"line ends and a mark", "\xef\xbb\xbfobject_type: link\r\nlink_type: model\r\npath: a\r\n", "rev", "v1",
       "\xef\xbb\xbfobject_type: link\r\nlink_type: model\r\npath: a\r\nrev: v1\r\n"},
      {"the first line behind a mark", "\xef\xbb\xbfrev: v0\r\nobject_type: link\r\nlink_type: model\r\npath: a\r\n",
       "rev", std::nullopt, "\xef\xbb\xbfobject_type: link\r\nlink_type: model\r\npath: a\r\n"},
      {"a folded line with other line ends", "object_type: link\r\nlink_type: model\r\npath: a\r\n", "path",
       std::string(60, 'a') + " " + std::string(60, 'b') + " c",
       "object_type: link\r\nlink_type: model\r\npath: " + std::string(60, 'a') + " " + std::string(60, 'b') +
           "\r\n  c\r\n"},
      {"a scalar over lines", "object_type: link\nlink_type: model\npath: a\n  b\n  c\n# end\nrev: v1\n", "path", "d",
       "object_type: link\nlink_type: model\npath: d\n# end\nrev: v1\n"},
      {"a block scalar", "object_type: link\nlink_type: model\nrev: >-\n  v1\n\n# end\npath: a\n", "rev", "v2",
       "object_type: link\nlink_type: model\nrev: v2\n\n# end\npath: a\n"},
      {"a null", "object_type: link\nlink_type: model\nrev: # none\npath: a\n", "rev", "v1",
       "object_type: link\nlink_type: model\nrev: v1 # none\npath: a\n"},
      {"a null in words", "object_type: link\nlink_type: model\nrev: ~\npath: a\n", "rev", "v1",
       "object_type: link\nlink_type: model\nrev: v1\npath: a\n"},
      {"an explicit key", "object_type: link\nlink_type: model\n? rev\n: v1\npath: a\n", "rev", "v2",
       "object_type: link\nlink_type: model\n? rev\n: v2\npath: a\n"},
      {"an explicit key removed", "object_type: link\nlink_type: model\n? rev\n: v1\npath: a\n", "rev", std::nullopt,
       "object_type: link\nlink_type: model\npath: a\n"},
      {"quoted keys in a document", "---\n'object_type': link\n\"link_type\" : model\n'path' : a\n...\n", "rev", "v1",
       "---\n'object_type': link\n\"link_type\" : model\n'path' : a\nrev: v1\n...\n"},
      {"a pin", pins, "params.git-mlem.blob", "def",
       "object_type: link\nlink_type: model\nparams:\n  # ours\n  git-mlem: # pins\n    blob: def # b\n    ref: v1\n"
       "  other: {a: [1, 2]}\npath: a.mlem\n"},
      {"a pin removed", pins, "params.git-mlem.blob", std::nullopt,
       "object_type: link\nlink_type: model\nparams:\n  # ours\n  git-mlem: # pins\n    ref: v1\n"
       "  other: {a: [1, 2]}\npath: a.mlem\n"},
      {"a pin between the others", pins, "params.git-mlem.hold", "it fell",
       "object_type: link\nlink_type: model\nparams:\n  # ours\n  git-mlem: # pins\n    blob: abc # b\n    hold: it "
       "fell\n"
       "    ref: v1\n  other: {a: [1, 2]}\npath: a.mlem\n"},
      {"the only pin", one_pin, "params.git-mlem.blob", std::nullopt,
       "object_type: link\nlink_type: model\n  # kept\npath: a.mlem\n"},
      {"ours beside other params", "object_type: link\nlink_type: model\nparams:\n    x: 1\npath: a\n",
       "params.git-mlem.ref", "v1",
       "object_type: link\nlink_type: model\nparams:\n    git-mlem:\n      ref: v1\n    x: 1\npath: a\n"},
      {"ours in JSON", R"({"link_type": "model", "object_type": "link", "path": "a"})", "params.git-mlem.hold",
       "it \"fell\"",
       R"({"link_type": "model", "object_type": "link", "params": {"git-mlem": {"hold": "it \"fell\""}}, "path": "a"})"},
      {"another one in JSON", R"({"object_type": "link", "link_type": "model", "path": "a", "params": {"x": null}})",
       "params.git-mlem.ref", "v1",
       R"({"object_type": "link", "link_type": "model", "path": "a", "params": {"git-mlem": {"ref": "v1"}, "x": null}})"},
      {"ours beside others in braces", "object_type: link\nlink_type: model\nparams: {a: 1, z: [b, c]}\npath: a\n",
       "params.git-mlem.ref", "v1",
       "object_type: link\nlink_type: model\nparams: {a: 1, git-mlem: {ref: v1}, z: [b, c]}\npath: a\n"},
      {"empty braces", "object_type: link\nlink_type: model\nparams: {}\npath: a\n", "params.git-mlem.ref", "v1",
       "object_type: link\nlink_type: model\nparams: {git-mlem: {ref: v1}}\npath: a\n"},
      {"what is in braces, which stay", "object_type: link\nlink_type: model\nparams: {git-mlem: {ref: v1}}\npath: a\n",
       "params.git-mlem.ref", std::nullopt, "object_type: link\nlink_type: model\nparams: {}\npath: a\n"},
      {"what is in braces of its own", "object_type: link\nlink_type: model\nparams:\n  git-mlem: {ref: v1}\npath: a\n",
       "params.git-mlem.ref", std::nullopt, "object_type: link\nlink_type: model\npath: a\n"},
      {"what is in braces within braces",
       "{object_type: link, link_type: model, params: {git-mlem: {ref: v1}}, path: a}\n", "params.git-mlem.ref",
       std::nullopt, "{object_type: link, link_type: model, path: a}\n"},
      {"params without a value", "object_type: link\nlink_type: model\nparams:\npath: a\n", "params.git-mlem.ref", "v1",
       "object_type: link\nlink_type: model\nparams: {git-mlem: {ref: v1}}\npath: a\n"},
      {"flow style", flow, "rev", "v2",
       "{object_type: link, link_type: model, path: a.mlem, repo: https://x/y/, rev: 'v2'} # end\n"},
      {"an address in flow style", flow, "repo", "https://z/y/",
       "{object_type: link, link_type: model, path: a.mlem, repo: https://z/y/, rev: 'v1'} # end\n"},
      {"what ends a scalar in flow style", flow, "path", "a,b.mlem",
       "{object_type: link, link_type: model, path: 'a,b.mlem', repo: https://x/y/, rev: 'v1'} # end\n"},
      {"the last key in flow style", flow, "rev", std::nullopt,
       "{object_type: link, link_type: model, path: a.mlem, repo: https://x/y/} # end\n"},
      {"the first key in flow style", "{rev: v1, object_type: link_model,\n path: a}\n", "rev", std::nullopt,
       "{object_type: link_model,\n path: a}\n"},
      {"a new key in flow style", "{link_type: model, object_type: link, path: a,\n}\n", "rev", "v1",
       "{link_type: model, object_type: link, path: a, rev: v1,\n}\n"},
      {"JSON", "{\"object_type\": \"link\", \"link_type\": \"model\", \"path\": \"a\"}", "path", "b",
       "{\"object_type\": \"link\", \"link_type\": \"model\", \"path\": \"b\"}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(edited(row.text, row.key, row.value) == row.expected);
  }
}

TEST_CASE("edit_link: a layout that leaves no other field alone is refused") {
  const std::string text = "link_type: model\nobject_type: link\npath: a\n? rev\n";
  LinkText file(text);
  try {
    file.set("rev", "v1");
    FAIL("changed");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid);
    CHECK(std::string(error.what()) ==
          "cannot change 'rev' in the link: it is written in a way that leaves no other field alone");
    CHECK(error.hint() == "edit the file, or remove it to have it written anew");
  }
  CHECK(file.text() == text);
  CHECK_THROWS_AS(LinkText("object_type: model\n"), Error);
}

TEST_CASE("edit_link: a link becomes another in its own dialect and form") {
  struct Row {
    std::string name;
    std::string text;
    std::function<void(Link&)> change;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"both dialects",
       "object_type: link\nlink_type: model\npath: a\nrepo: https://x/y\nproject: https://x/y/\nrev: v1\n",
       [](Link& link) { link.repo = "https://z/"; },
       "object_type: link\nlink_type: model\npath: a\nrepo: https://z/\nproject: https://z/\nrev: v1\n"},
      {"a typed link", "object_type: link_model\npath: a\n", [](Link& link) { link.link_type = "data"; },
       "object_type: link_data\npath: a\n"},
      {"a typed link that says it twice", "object_type: link_model\nlink_type: model\npath: a\n",
       [](Link& link) { link.link_type = "data"; }, "object_type: link_data\nlink_type: data\npath: a\n"},
      {"the old name of data", "object_type: link\nlink_type: dataset\npath: a\n", [](Link& link) { link.path = "b"; },
       "object_type: link\nlink_type: dataset\npath: b\n"},
      {"an alias", "link_type: model\nobject_type: link\npath: a\nproject: https://x/\nrev: null\n",
       [](Link& link) { link.repo = link.rev = std::nullopt, link.dialect.reset(); },
       "link_type: model\nobject_type: link\npath: a\nrev: null\n"},
      {"nothing", "{ path: a ,\nlink_type: \"model\", object_type: link}", [](Link&) {},
       "{ path: a ,\nlink_type: \"model\", object_type: link}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Link link = read_metafile(row.text).link;
    row.change(link);
    CHECK(edit_link(row.text, link) == row.expected);
  }
}

TEST_CASE("edit_link: every recorded link keeps what is not changed") {
  const std::vector<std::string> links = recorded_links();
  if (links.empty()) MESSAGE("skipped: there are no links in GIT_MLEM_FIXTURES");
  for (const std::string& text : links) {
    CAPTURE(text);
    const Link link = read_metafile(text).link;
    CHECK(edit_link(text, link) == text);
    Link changed = link;
    changed.rev = "v9.9";
    const std::string result = edit_link(text, changed);
    CHECK(read_metafile(result).link == changed);
    CHECK(differs_in_lines(text, result, 1));
    // What is in MLEM's own form stays in it.
    if (write_link(link) == text) CHECK(result == write_link(changed));
    if (link.rev) CHECK(differs_in_lines(text, edited(result, "rev", link.rev), 1));
    for (const std::string key : {"rev", "repo", "project"}) {
      CAPTURE(key);
      const std::string value = write_scalar(LinkText(text).find(key).value_or(""), 0, 0);
      const auto lines = std::count(value.begin(), value.end(), '\n') + 2;
      CHECK(differs_in_lines(edited(text, key, std::nullopt), text, lines));
    }
    changed = link;
    changed.pinned_blob = "d670460b4b4aece5915caf5c68d12f560a9fe3e4";
    const std::string pinned = edit_link(text, changed);
    CHECK(read_metafile(pinned).link == changed);
    // `params` that were there empty are gone with what came into them.
    if (text.find("params: null") == std::string::npos) CHECK(edit_link(pinned, link) == text);
  }
}

namespace {

/// Link files of all shapes from one seed, as a list of pieces: those of the fields, and what is between them.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  struct Piece {
    std::string key;  ///< empty: of no field
    std::string text;
  };

  std::vector<Piece> link() {
    eol_ = one_of({"\n", "\n", "\r\n"});
    std::vector<Piece> pieces;
    std::vector<std::string> keys = {"object_type", "link_type", "path"};
    for (const std::string key : {"repo", "rev", "labels", "description", "params"}) {
      if (chance(2)) keys.push_back(key);
    }
    if (chance(3)) std::replace(keys.begin(), keys.end(), std::string("repo"), std::string("project"));
    if (chance(2)) std::shuffle(keys.begin(), keys.end(), random_);
    if (chance(2)) std::sort(keys.begin(), keys.end());
    if (chance(6)) pieces.push_back({"", "\xef\xbb\xbf"});
    if (chance(5)) pieces.push_back({"", "---" + eol_});
    if (chance(4)) return flow(pieces, keys);
    for (const std::string& key : keys) {
      between(pieces, "");
      add(pieces, key);
    }
    between(pieces, "");
    if (chance(8)) pieces.push_back({"", "..." + eol_});
    return pieces;
  }

  bool chance(unsigned of) { return random_() % of == 0; }
  std::string one_of(const std::vector<std::string>& all) { return all[random_() % all.size()]; }
  std::string value() {
    std::string text;
    for (std::size_t left = 1 + random_() % 12; left > 0; --left) {
      text += one_of({"a", "b/", "v1", ".",  "0", "1.0", "-",        ":",   "x: y", " # ",
                      "'", "\"", "\\", ", ", "{", "]",   "\xc3\xa9", "yes", "@",    "longer words and "});
    }
    const auto end = text.find_last_not_of(' ');
    return end == std::string::npos ? "x" : text.substr(0, end + 1);
  }

 private:
  void between(std::vector<Piece>& pieces, const std::string& indent) {
    if (chance(5)) pieces.push_back({"", indent + "# it's {a: comment}, \"or: two" + eol_});
    if (chance(8)) pieces.push_back({"", eol_});
  }

  std::string spelled(const std::string& text) {
    const bool is_ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20; });
    std::string out;
    if (is_ascii && chance(2)) {
      for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
      return "'" + out + "'";
    }
    if (chance(2)) {
      for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
      return "\"" + out + "\"";
    }
    if (chance(3)) return one_of({"x", "'x'", "\"x\""});
    out = write_scalar(text, 200, 0);
    std::string lines;
    for (const char c : out) lines += c == '\n' ? eol_ : std::string(1, c);
    return lines;
  }

  std::string scalar_of(const std::string& key) {
    if (key == "object_type") return one_of({"link", "'link'", "\"link\""});
    if (key == "link_type") return one_of({"model", "'data'", "dataset"});
    if (key != "path" && chance(8)) return one_of({"~", "null", ""});
    return spelled(value());
  }

  void add(std::vector<Piece>& pieces, const std::string& key) {
    const std::string name = chance(6) ? "'" + key + "'" : key;
    const std::string comment = chance(4) ? "  # about: 'it'" + eol_ : one_of({"", "  "}) + eol_;
    if (key == "labels") {
      pieces.push_back({"", name + ":" + comment + one_of({"", "  "}) + "- a: " + one_of({"|", ">", "|+", "|-"}) +
                                eol_ + "    - b" + eol_});
      if (chance(2)) pieces.push_back({"", eol_});
    } else if (key == "description") {
      pieces.push_back({"", name + ": " + one_of({">-", "|"}) + eol_ + "  rev: v0" + eol_ + "   # no comment" + eol_});
    } else if (key == "params") {
      params(pieces, name + ":" + comment);
    } else {
      pieces.push_back({key, name + ": " + one_of({"", "  "}) + scalar_of(key) + comment});
    }
  }

  void params(std::vector<Piece>& pieces, const std::string& head) {
    const std::string indent = one_of({" ", "  ", "    "});
    pieces.push_back({"params", head});
    bool empty = true;
    if (chance(2)) pieces.push_back({"", indent + "a: {rev: 1, 'b': [x, {c: d}]}" + eol_}), empty = false;
    if (chance(2) || empty) {
      pieces.push_back({"params", indent + "git-mlem:" + eol_});
      for (const std::string key : {"blob", "hold", "ref"}) {
        if (chance(2) || key == "hold") {
          between(pieces, indent + indent);
          const std::string text =
              key == "ref" ? "v1" : spelled(value());  // not every text is one that can be followed
          pieces.push_back({"params.git-mlem." + key, indent + indent + key + ": " + text + eol_});
        }
      }
    }
    if (chance(3)) pieces.push_back({"", indent + "z:" + eol_ + indent + "- 1" + eol_ + indent + "- rev: 2" + eol_});
  }

  std::vector<Piece> flow(std::vector<Piece> pieces, std::vector<std::string> keys) {
    pieces.push_back({"", "{" + one_of({"", " "})});
    bool first = true;
    for (const std::string& key : keys) {
      if (key == "labels" || key == "description") continue;
      if (!first) pieces.push_back({"", one_of({", ", "," + eol_ + " "})});
      first = false;
      if (key == "params") {
        pieces.push_back({"params", "params: {a: 1, git-mlem: {"});
        pieces.push_back({"params.git-mlem.hold", "hold: v1"});
        pieces.push_back({"params", "}}"});
      } else {
        std::string text = scalar_of(key);
        if (text.empty() || (text.front() != '\'' && text.front() != '"'))
          text = key == "object_type" ? "link" : "model";
        pieces.push_back({key, key + ": " + text});
      }
    }
    pieces.push_back({"", one_of({"}", " }", "}  # end"}) + eol_});
    return pieces;
  }

  std::mt19937 random_;
  std::string eol_;
};

Value& field_of(Link& link, Value& path, const std::string& key) {
  if (key == "repo" || key == "project") return link.repo;
  if (key == "rev") return link.rev;
  if (key == "params.git-mlem.blob") return link.pinned_blob;
  if (key == "params.git-mlem.hold") return link.hold;
  return path;
}

}  // namespace

TEST_CASE("edit_link: in thousands of links of every shape one field changes alone") {
  Generator generator(20240607);
  int edits = 0;
  for (int i = 0; i < 6000; ++i) {
    const auto pieces = generator.link();
    std::string text;
    for (const auto& piece : pieces) text += piece.text;
    Link link;
    try {
      link = read_metafile(text).link;
    } catch (const Error&) {
      continue;  // what quotes it got by chance made it something else
    }
    const std::string repo_key = link.dialect == Dialect::project ? "project" : "repo";
    const std::string key = generator.one_of({"path", repo_key, "rev", "params.git-mlem.blob", "params.git-mlem.hold"});
    const bool removes = key != "path" && generator.chance(3);
    const Value value = removes ? Value() : generator.value();
    CAPTURE(text);
    CAPTURE(key);
    CAPTURE(value.value_or("(removed)"));
    std::string result;
    REQUIRE_NOTHROW(result = edited(text, key, value));
    ++edits;
    Value path = link.path;
    field_of(link, path, key) = value;
    link.path = *path;
    if (key == repo_key)
      link.dialect = removes ? std::nullopt : std::optional(repo_key == "repo" ? Dialect::repo : Dialect::project);
    const Link read = read_metafile(result).link;
    CHECK(read.link_type == link.link_type);
    CHECK(read.path == link.path);
    CHECK(read.repo == link.repo);
    CHECK(read.rev == link.rev);
    CHECK(read.pinned_blob == link.pinned_blob);
    CHECK(read.pinned_ref == link.pinned_ref);
    CHECK(read.hold == link.hold);
    // All pieces but the field's, and the keys that it is in, are there as they were.
    std::size_t at = 0;
    for (const auto& piece : pieces) {
      const bool is_own = piece.key == key || (piece.key == "params" && key.starts_with("params."));
      if (is_own || piece.text == ", " || piece.text.starts_with(",") || piece.text.empty()) continue;
      const std::size_t found = result.find(piece.text, at);
      CAPTURE(piece.text);
      REQUIRE(found != std::string::npos);
      at = found + piece.text.size();
    }
    const bool is_flow =
        std::any_of(pieces.begin(), pieces.end(), [](const auto& each) { return each.text.starts_with("{"); });
    if (!is_flow) CHECK(differs_in_lines(text, result, 5));
  }
  CHECK(edits > 4500);
}

TEST_CASE("edit_link: of a link in the other dialect nothing but the key changes") {
  struct Row {
    std::string name;
    std::string before;
    std::string after;
  };
  const std::vector<Row> rows{
      {"comments and order",
       "# top\nrev: main # r\nrepo: https://a.example/b/   # here\npath: m.mlem\nobject_type: link\nlink_type: model\n",
       "# top\nrev: main # r\nproject: https://a.example/b/   # here\npath: m.mlem\nobject_type: link\nlink_type: "
       "model\n"},
      {"quotes and CRLF",
       "link_type: model\r\nobject_type: link\r\npath: m.mlem\r\n\"repo\" : 'https://a.example/b/'\r\nrev: main\r\n",
       "link_type: model\r\nobject_type: link\r\npath: m.mlem\r\n\"project\" : 'https://a.example/b/'\r\nrev: "
       "main\r\n"},
      {"flow style", "{link_type: model, object_type: link, path: m, repo: 'https://a.example/b/', rev: repo}\n",
       "{link_type: model, object_type: link, path: m, project: 'https://a.example/b/', rev: repo}\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Link link = read_metafile(row.before).link;
    link.dialect = Dialect::project;
    CHECK(edit_link(row.before, link) == row.after);
    link.dialect = Dialect::repo;
    CHECK(edit_link(row.after, link) == row.before);
  }
}
