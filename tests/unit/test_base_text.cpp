#include "base/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using mlem::nearest;

namespace {
using Names = std::vector<std::string>;
}

TEST_CASE("text: UTF-8 is told from bytes that only look like it") {
  struct Row {
    std::string text;
    bool is_utf8;
  };
  const Row rows[] = {
      {"", true},
      {"plain", true},
      {"\xc3\xa9", true},
      {"\xe2\x82\xac", true},
      {"\xf0\x9f\x98\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {std::string("\0", 1), true},
      {"\x80", false},
      {"\xc3", false},
      {"\xc3(", false},
      {"\xc0\xaf", false},          // overlong `/`
      {"\xc1\xbf", false},          // overlong
      {"\xe0\x80\xaf", false},      // overlong `/`
      {"\xf0\x80\x80\xaf", false},  // overlong `/`
      {"\xed\xa0\x80", false},      // surrogate
      {"\xf4\x90\x80\x80", false},  // past U+10FFFF
      {"\xf5\x80\x80\x80", false},
      {"\xff", false},
      {"\xe2\x82", false},
      {"\xf0\x9f\x98", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(mlem::is_utf8(row.text) == row.is_utf8);
  }
}

TEST_CASE("text: control characters are C0 and DEL") {
  CHECK_FALSE(mlem::has_control_character("a b\xc2\x85"));
  CHECK(mlem::has_control_character("a\tb"));
  CHECK(mlem::has_control_character("\x7f"));
  CHECK(mlem::has_control_character(std::string("a\0b", 3)));
}

TEST_CASE("text: each bad byte becomes one replacement character") {
  CHECK(mlem::replace_bad_utf8("a\xc3\xa9") == "a\xc3\xa9");
  CHECK(mlem::replace_bad_utf8("\xe2\x82z\xff") == "\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd");
}

TEST_CASE("text: a terminal is given nothing that it would obey") {
  struct Row {
    std::string text;
    std::string escaped;
  };
  const Row rows[] = {
      {"caf\xc3\xa9 \\ \"", "caf\xc3\xa9 \\ \""},
      {"a\nb\tc\a\b\v\f\r", "a\\nb\\tc\\a\\b\\v\\f\\r"},
      {"\x1b[31m", "\\033[31m"},
      {std::string("\0", 1), "\\000"},
      {"\x7f", "\\177"},
      {"\xc2\x9b", "\\302\\233"},  // CSI of C1
      {"\xe2\x80\xae"
       "gpj",
       "\\342\\200\\256gpj"},  // U+202E
      {"\xe2\x81\xa6"
       "x",
       "\\342\\201\\246x"},  // U+2066
      {"\xff"
       "A",
       "\\377A"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(mlem::escape_for_terminal(row.text) == row.escaped);
  }
}

TEST_CASE("text: markup has no character that ends a text or that XML does not have") {
  struct Row {
    std::string text;
    std::string escaped;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {"plain - text", "plain - text"},
      {"\"><script>alert('x')</script>&amp;", "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;"},
      {std::string("a\0b", 3), "a\\000b"},
      {"a\nb\tc", "a\\nb\\tc"},
      {"\x1b[31m", "\\033[31m"},
      {"\x7f", "\\177"},
      {"caf\xc3\xa9 \xe6\xa8\xa1 \xf0\x9f\x9a\x80", "caf\xc3\xa9 \xe6\xa8\xa1 \xf0\x9f\x9a\x80"},
      {"bad \xff\xc3", "bad \\377\\303"},
      {"\xe2\x80\xae", "\\342\\200\\256"},
      {"\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"]]>", "]]&gt;"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(mlem::escape_markup(row.text) == row.escaped);
  }
}

TEST_CASE("text: paths are quoted as git quotes them") {
  struct Row {
    std::string name;
    bool quote_non_ascii;
    std::string quoted;
  };
  const Row rows[] = {
      {"a b's", true, "a b's"},
      {"a\"b", true, R"("a\"b")"},
      {"a\\b", true, R"("a\\b")"},
      {"a\nb", true, R"("a\nb")"},
      {"\x01", true, R"("\001")"},
      {"\x7f", false, R"("\177")"},
      {"\xc3\xa9", true, R"("\303\251")"},
      {"\xc3\xa9", false, "\xc3\xa9"},
      {"\xc3\xa9\t", false, "\"\xc3\xa9\\t\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(mlem::quote_path(row.name, row.quote_non_ascii) == row.quoted);
  }
}

TEST_CASE("text: splitting keeps empty pieces") {
  using Pieces = std::vector<std::string_view>;
  CHECK(mlem::split("", '/') == Pieces{""});
  CHECK(mlem::split("a", '/') == Pieces{"a"});
  CHECK(mlem::split("/a//b/", '/') == Pieces{"", "a", "", "b", ""});
}

TEST_CASE("text: trimming and lower case") {
  CHECK(mlem::trim(" \t a b\r\n") == "a b");
  CHECK(mlem::trim(" \n").empty());
  CHECK(mlem::trim("").empty());
  CHECK(mlem::to_lower_ascii("AbZ\xc3\x89") == "abz\xc3\x89");
}

TEST_CASE("text: hex digits of either case have a value") {
  CHECK(mlem::hex_value('0') == 0);
  CHECK(mlem::hex_value('9') == 9);
  CHECK(mlem::hex_value('a') == 10);
  CHECK(mlem::hex_value('F') == 15);
  CHECK(mlem::hex_value('g') == -1);
  CHECK(mlem::hex_value('/') == -1);
  CHECK(mlem::hex_value('\xff') == -1);
}

TEST_CASE("text: a time as in RFC 3339") {
  CHECK(mlem::format_time(0) == "1970-01-01T00:00:00Z");
  CHECK(mlem::format_time(951'782'399) == "2000-02-28T23:59:59Z");
  CHECK(mlem::format_time(951'782'400) == "2000-02-29T00:00:00Z");
}

TEST_CASE("text: base64 as in the examples of RFC 4648") {
  CHECK(mlem::base64("").empty());
  CHECK(mlem::base64("f") == "Zg==");
  CHECK(mlem::base64("fo") == "Zm8=");
  CHECK(mlem::base64("foo") == "Zm9v");
  CHECK(mlem::base64("foob") == "Zm9vYg==");
  CHECK(mlem::base64("fooba") == "Zm9vYmE=");
  CHECK(mlem::base64("foobar") == "Zm9vYmFy");
  CHECK(mlem::base64("\xff\xfe\xfb") == "//77");
}

TEST_CASE("text: base64 is read in both alphabets and with or without padding") {
  using mlem::from_base64;
  CHECK(from_base64("") == "");
  CHECK(from_base64("Zg==") == "f");
  CHECK(from_base64("Zg") == "f");
  CHECK(from_base64("Zm9vYmE=") == "fooba");
  CHECK(from_base64("Zm9vYmFy") == "foobar");
  CHECK(from_base64("//77") == "\xff\xfe\xfb");
  CHECK(from_base64("__77") == "\xff\xfe\xfb");
  for (const std::string_view bad : {"Z", "Zg=", "=", "====", "Zg==Zg==", "Zm9v\n", "Zm 9v", "Zh==", "Zm9vYm==="}) {
    CAPTURE(bad);
    CHECK(!from_base64(bad));
  }
}

TEST_CASE("text: the nearest names come first and unlike ones not at all") {
  struct Row {
    std::string wanted;
    Names candidates;
    Names nearest;
  };
  const Row rows[] = {
      {"v9", {"main", "v9.0", "v0.9", "release"}, {"v0.9", "v9.0"}},
      {"mian", {"main", "master"}, {"main"}},
      {"lnik", {"init", "link"}, {"link", "init"}},
      {"models/rf", {"models/rf2", "models/svm", "data/iris"}, {"models/rf2", "models/svm"}},
      {"v1", {"ab", "cd"}, {}},
      {"", {"a", ""}, {""}},
      {"a", {""}, {}},
      {std::string(300, 'x') + "1", {std::string(300, 'x') + "2"}, {std::string(300, 'x') + "2"}},
      {std::string(300, 'x'), {std::string(300, 'y')}, {}},
      {"abcdefghijklmnop", {"ijklmnopabcdefgh", "abcdefgh", "ijklmnop"}, {"abcdefgh", "ijklmnop"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.wanted);
    CHECK(nearest(row.wanted, row.candidates, 3) == row.nearest);
  }
  CHECK(nearest("v1", {"v2", "v4", "v3"}, 2) == Names{"v2", "v3"});
  CHECK(nearest("v1", {"v2"}, 0).empty());
}

TEST_CASE("text: a list reads as a sentence") {
  CHECK(mlem::quoted_list({}).empty());
  CHECK(mlem::quoted_list({"a"}) == "'a'");
  CHECK(mlem::quoted_list({"a", "b"}) == "'a' and 'b'");
  CHECK(mlem::quoted_list({"a", "b", "c"}) == "'a', 'b' and 'c'");
}
