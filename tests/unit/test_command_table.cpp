#include "command/detail/table.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using mlem::Environment;
using mlem::command::cut_middle;
using mlem::command::Table;
using mlem::command::terminal_width;

namespace {

Table two_links() {
  Table table({{"NAME", true}, {"TYPE"}, {"SOURCE", true}});
  table.add({{"a.mlem"}, {"model"}, {"https://example.com/models/first.mlem"}});
  table.add({{"production/long-name.mlem"}, {"dataset", "\033[31m"}, {"-"}}, "a note");
  return table;
}

}  // namespace

TEST_CASE("table: columns are as wide as their longest texts and lines have no blanks at their end") {
  CHECK(two_links().text(0, false) ==
        "NAME                       TYPE     SOURCE\n"
        "a.mlem                     model    https://example.com/models/first.mlem\n"
        "production/long-name.mlem  dataset  -\n"
        "  a note\n");
}

TEST_CASE("table: texts that rows share are shown in each of them") {
  Table table({{"NAME", true}, {"ON", true, true}, {"AT", false, true}});
  table.add({{"a"}, {"main, side"}, {"x"}});
  table.add({{"b"}, {""}, {"main, side"}}, "a note");
  table.add({{"c"}, {"main, side", "\033[31m"}, {""}});
  const std::string text =
      "NAME  ON          AT\n"
      "a     main, side  x\n"
      "b                 main, side\n"
      "  a note\n"
      "c     main, side\n";
  CHECK(table.text(0, false) == text);
  std::ostringstream printed;
  table.print(printed, 0, false);
  CHECK(printed.str() == text);
  CHECK(table.text(22, false) ==
        "NAME  ON        AT\n"
        "a     main…ide  x\n"
        "b               main, side\n"
        "  a note\n"
        "c     main…ide\n");
}

TEST_CASE("table: what colours a cell has no width") {
  CHECK(two_links().text(0, true) ==
        "NAME                       TYPE     SOURCE\n"
        "a.mlem                     model    https://example.com/models/first.mlem\n"
        "production/long-name.mlem  \033[31mdataset\033[m  -\n"
        "  a note\n");
}

TEST_CASE("table: the widest texts lose their middle where the terminal is narrow") {
  CHECK(two_links().text(72, false) ==
        "NAME                       TYPE     SOURCE\n"
        "a.mlem                     model    https://example.co…models/first.mlem\n"
        "production/long-name.mlem  dataset  -\n"
        "  a note\n");
  CHECK(two_links().text(40, false) ==
        "NAME            TYPE     SOURCE\n"
        "a.mlem          model    https:/…st.mlem\n"
        "product…e.mlem  dataset  -\n"
        "  a note\n");
  // Less than this says nothing: the terminal breaks the lines then.
  const std::string least =
      "NAME      TYPE     SOURCE\n"
      "a.mlem    model    http…lem\n"
      "prod…lem  dataset  -\n"
      "  a note\n";
  CHECK(two_links().text(27, false) == least);
  CHECK(two_links().text(1, false) == least);
}

TEST_CASE("table: what leads a text is whole, and the text has the rest of the column") {
  Table table({{"NAME", true}, {"TYPE"}});
  table.add({{"directory", "\033[1;34m"}, {""}});
  table.add({{"a-long-name.mlem", nullptr, "|-- "}, {"model"}}, "a note", "|   ");
  CHECK(table.text(0, true) ==
        "NAME                  TYPE\n"
        "\033[1;34mdirectory\033[m\n"
        "|-- a-long-name.mlem  model\n"
        "|   a note\n");
  const std::string least =
      "NAME          TYPE\n"
      "directory\n"
      "|-- a-lo…lem  model\n"
      "|   a note\n";
  CHECK(table.text(19, false) == least);
  CHECK(table.text(1, false) == least);
}

TEST_CASE("table: a middle is cut between characters, by the columns that they take") {
  struct Row {
    std::string text;
    std::size_t width;
    std::string cut;
  };
  const Row rows[] = {{"abcdef", 6, "abcdef"},  {"abcdef", 5, "ab…ef"},  {"abcdef", 4, "ab…f"},
                      {"abcdef", 1, "…"},       {"ééééééé", 5, "éé…éé"}, {"模型模型", 8, "模型模型"},
                      {"模型模型", 7, "模…型"}, {"模型模型", 4, "模…"},  {"", 1, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.width);
    CHECK(cut_middle(row.text, row.width) == row.cut);
  }
}

TEST_CASE("table: COLUMNS says how wide the terminal is") {
  Environment environment;
  environment.set("COLUMNS", "123");
  CHECK(terminal_width(environment) == 123);
  for (const std::string bad : {"", "0", "-5", "wide"}) {
    CAPTURE(bad);
    environment.set("COLUMNS", bad);
    CHECK(terminal_width(environment) > 0);
    CHECK(terminal_width(environment) != 123);
  }
}
