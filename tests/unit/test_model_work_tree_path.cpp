#include "model/work_tree_path.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using mlem::WorkTreePath;

namespace {

/// The path as text; `outside` where there is none.
std::string inside(const std::string& path, const std::string& root) {
  const auto found = WorkTreePath::find(path, root);
  return found ? found->text() : "outside";
}

}  // namespace

TEST_CASE("work tree path: slashes at the end of a path or of the root take nothing away") {
  struct Row {
    std::string path;
    std::string root;
    std::string inside;
  };
  const Row rows[] = {
      {"/w/first", "/w", "first"},
      {"/w/first", "/w/", "first"},
      {"/w/first", "/w//", "first"},
      {"/w/first", "/w/.", "first"},
      {"/w/first/", "/w", "first"},
      {"/w/first/.", "/w", "first"},
      {"/w//d/./first", "//w", "d/first"},
      {"/w", "/w", ""},
      {"/w/", "/w", ""},
      {"/w", "/w/", ""},
      {"/w/.", "/w/", ""},
      {"/first", "/", "first"},
      {"/", "/", ""},
      {"/w/.git", "/w", ".git"},
      {"/wider/first", "/w", "outside"},
      {"/", "/w", "outside"},
      {"/v/w/first", "/w", "outside"},
      {"/w/../first", "/w", "outside"},
      {"/w/d/../first", "/w", "outside"},
      {"w/first", "/w", "outside"},
      {"w/first", "w", "outside"},
      {"", "/", "outside"},
      {"/w", "", "outside"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.root);
    CHECK(inside(row.path, row.root) == row.inside);
  }
}

TEST_CASE("work tree path: the way up ends at the root") {
  auto path = WorkTreePath::find("/w/a/b", "/w/").value();
  CHECK(path.parent().text() == "a");
  CHECK(path.parent().parent() == WorkTreePath());
  CHECK(path.parent().parent().is_root());
  CHECK(path.parent().parent().parent() == WorkTreePath());
}
