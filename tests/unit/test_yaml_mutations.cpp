#include "base/error.hpp"
#include "yaml/detail/events.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/detail/scan_events.hpp"
#include "yaml/metafile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <string>

// The readers that know only a part of YAML, against the one that knows it all: where they accept a text, both must say
// the same. The seeds are fixed, so that every run sees the same texts.

using mlem::Error;
using mlem::yaml::Metafile;
using mlem::yaml::parse_metafile;
using mlem::yaml::scan_link;
using mlem::yaml::detail::Event;
using mlem::yaml::detail::EventHandler;

namespace {

constexpr int rounds = 100000;

const std::string pieces[] = {
    "'",     "\"", ":",    ": ",       " ",    "  ",       "\n",       "\r\n",      "#",
    " #",    "-",  "- ",   "? ",       "&a ",  "*a",       "!",        "[]",        "{}",
    "[",     "]",  "{",    "}",        ",",    "|",        ">",        "\t",        "\\",
    "---\n", "%",  "@",    "`",        "~",    "''",       "null",     "yes",       "1.0",
    "1",     "-",  ".",    "dataset",  "=",    "<<: ",     "...",      "a",         "\n ",
    "\n  ",  "/",  "\x1b", "\xc3\xa9", "\xff", "\xc2\x85", "rev: x\n", "path: y\n", "object_type: link\n",
};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t end) { return random_() % end; }

  template <std::size_t size>
  const std::string& pick(const std::string (&texts)[size]) {
    return texts[below(size)];
  }

  /// Changes `text` at a few places: characters and lines come, go and trade places.
  std::string mutate(std::string text) {
    for (std::size_t count = below(3) + 1; count > 0; --count) {
      const std::size_t at = below(text.size() + 1);
      switch (below(5)) {
        case 0:
          text.insert(at, pick(pieces));
          break;
        case 1:
          text.replace(at, 1, pick(pieces));
          break;
        case 2:
          text.erase(at, below(4) + 1);
          break;
        case 3: {
          const std::string taken = take_line(text);
          text.insert(line_start(text, at), taken);
          break;
        }
        default:
          text.insert(line_start(text, below(text.size() + 1)), line(text, at));
          break;
      }
    }
    return text;
  }

 private:
  static std::size_t line_start(const std::string& text, std::size_t at) {
    return at == 0 ? 0 : text.rfind('\n', std::min(at, text.size()) - 1) + 1;
  }
  static std::string line(const std::string& text, std::size_t at) {
    const std::size_t start = line_start(text, at);
    return text.substr(start, text.find('\n', start) + 1 - start);
  }
  std::string take_line(std::string& text) {
    const std::size_t start = line_start(text, below(text.size() + 1));
    const std::string taken = line(text, start);
    text.erase(start, taken.size());
    return taken;
  }

  std::mt19937 random_;
};

std::optional<Metafile> parse(const std::string& text) {
  try {
    return parse_metafile(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

const std::string metafiles[] = {
    "artifacts:\n  data:\n    hash: 96f5441d1cfa935583836702a3edd3d1\n    size: 163671\n    uri: rf\ncall_orders:\n"
    "  predict:\n  - - model\n    - predict\nobject_type: model\nprocessors:\n  model:\n    methods:\n      "
    "predict:\n"
    "        args:\n        - name: X\n          type_:\n            columns:\n            - sepal length (cm)\n"
    "            - 'petal: width'\n            index_cols: []\n        returns:\n          shape:\n          - "
    "null\n",
    "object_type: data\nreader:\n  data_type:\n    columns:\n    - ''\n    - 'a'\n    shape:\n    - -1\n    - 4\n"
    "  type: pandas\nrequirements:\n- module: pandas\n  version: 1.4.2\n",
    "a: b\nobject_type: 'env'\nparams: {}\nz:\n- - - c\n    - d: e\n      f: 'it''s'\n",
    "object_type: link\nlink_type: model\npath: m.mlem\n",
};

/// Writes each event in a line.
class Recorder : public EventHandler {
 public:
  void on_event(const Event& event) override {
    text += std::to_string(static_cast<int>(event.kind)) + (event.key ? " key" : "") + (event.plain ? " plain" : "") +
            (event.tagged ? " tagged" : "") + ' ' + std::to_string(event.anchor) + ' ' + event.value + '\n';
    if (event.kind == Event::Kind::scalar) text += "at " + std::to_string(event.offset) + '\n';
  }
  std::string text;
};

}  // namespace

TEST_CASE("scan_link: accepts nothing that the parser reads otherwise") {
  const std::string links[] = {
      "link_type: model\nobject_type: link\npath: models/rf.mlem\n",
      "link_type: data\nobject_type: link\npath: 'a b.mlem'\nrepo: https://example.com/team/models/\nrev: main\n",
      "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: d670460b4b4aece5915caf5c68d12f560a9fe3e4\n"
      "    ref: refs/tags/v1.2\npath: m.mlem\nproject: git@example.com:team/models.git\nrev: '1.0'\n",
  };
  Mutator mutator(1);
  int accepted = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = mutator.mutate(mutator.pick(links));
    const std::optional<Metafile> scanned = scan_link(text);
    if (!scanned) continue;
    ++accepted;
    const std::optional<Metafile> parsed = parse(text);
    CAPTURE(text);
    REQUIRE(parsed.has_value());
    REQUIRE(*parsed == *scanned);
  }
  CHECK(accepted > rounds / 20);
}

TEST_CASE("scan_object_type: finds nothing that the parser reads otherwise") {
  Mutator mutator(2);
  int accepted = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = mutator.mutate(mutator.pick(metafiles));
    const std::optional<std::string> scanned = mlem::yaml::detail::scan_object_type(text);
    if (!scanned) continue;
    ++accepted;
    CAPTURE(text);
    REQUIRE(mlem::yaml::detail::parse_object_type(text) == scanned);
    const std::optional<Metafile> parsed = parse(text);
    REQUIRE((parsed ? parsed->object_type == *scanned : mlem::yaml::detail::is_link_type(*scanned)));
  }
  CHECK(accepted > rounds / 20);
}

TEST_CASE("scan_events: hands on nothing that the parser does not") {
  Mutator mutator(3);
  int accepted = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = mutator.mutate(mutator.pick(metafiles));
    Recorder scanned;
    if (!mlem::yaml::detail::scan_events(text, scanned)) continue;
    ++accepted;
    CAPTURE(text);
    Recorder parsed;
    REQUIRE_NOTHROW(mlem::yaml::detail::parse_events(text, parsed));
    REQUIRE(scanned.text == parsed.text);
  }
  CHECK(accepted > rounds / 20);
}
