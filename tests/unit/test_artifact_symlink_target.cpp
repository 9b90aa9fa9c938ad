#include "artifact/detail/symlink_target.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using mlem::artifact::detail::why_target_forbidden;

TEST_CASE("symlink_target: what stays inside may be made") {
  struct Row {
    std::string path;
    std::string target;
  };
  const std::vector<Row> rows = {
      {"a", "b"},           {"a", "b/c"},  {"a", "./b"}, {"d/a", "../b"},    {"d/a", ".."},   {"a", "."},
      {"d/e/a", "../../b"}, {"a", "b//c"}, {"a", "b/"},  {"d/a", "..//./b"}, {"a", "...b/c"}, {"a", "absent"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.target);
    CHECK(why_target_forbidden(row.path, row.target).empty());
  }
}

TEST_CASE("symlink_target: what may leave the object is forbidden") {
  struct Row {
    std::string path;
    std::string target;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"a", "", "a symbolic link to nothing"},
      {"a", "/etc/passwd", "a symbolic link to an absolute path"},
      {"a", "..", "a symbolic link that leads out of the object"},
      {"a", "../b", "a symbolic link that leads out of the object"},
      {"d/a", "../../b", "a symbolic link that leads out of the object"},
      {"a", "b/../c", "a symbolic link with '..' behind a name"},
      {"d/a", "../b/..", "a symbolic link with '..' behind a name"},
      {"a", "b\\..\\c", "a symbolic link with a backslash"},
      {"a", ".git/config", "a symbolic link whose target is not valid: a component could be taken for '.git'"},
      {"d/a", "../.GIT", "a symbolic link whose target is not valid: a component could be taken for '.git'"},
      {"a", std::string("b\0c", 3), "a symbolic link whose target is not valid: it has a control character"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(why_target_forbidden(row.path, row.target) == row.why);
  }
}
