#include "base/error.hpp"
#include "model/object_name.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::ObjectName;
using Kind = mlem::ObjectName::Kind;

TEST_CASE("object name: its kind follows from its spelling") {
  struct Row {
    std::string text;
    ObjectName name;
    bool is_relative;
  };
  const Row rows[] = {
      {"models/rf", {Kind::path, "", "models/rf"}, true},
      {"../rf.mlem", {Kind::path, "", "../rf.mlem"}, true},
      {"/abs/rf", {Kind::path, "", "/abs/rf"}, false},
      {"./a:b", {Kind::path, "", "./a:b"}, true},
      {"../a:b", {Kind::path, "", "../a:b"}, true},
      {"/a:b", {Kind::path, "", "/a:b"}, false},
      {"-dash", {Kind::path, "", "-dash"}, true},
      {"main:models/rf", {Kind::rev, "main", "models/rf"}, false},
      {"main:./rf", {Kind::rev, "main", "./rf"}, true},
      {"main:../rf", {Kind::rev, "main", "../rf"}, true},
      {"main:a:b", {Kind::rev, "main", "a:b"}, false},
      {"feature/x:rf", {Kind::rev, "feature/x", "rf"}, false},
      {"HEAD~3:rf", {Kind::rev, "HEAD~3", "rf"}, false},
      {"@:rf", {Kind::rev, "@", "rf"}, false},
      {"HEAD@{1}:rf", {Kind::rev, "HEAD@{1}", "rf"}, false},
      {"main@{2023-01-01 10:00}:rf", {Kind::rev, "main@{2023-01-01 10:00}", "rf"}, false},
      {"HEAD^{/fix: it}:rf", {Kind::rev, "HEAD^{/fix: it}", "rf"}, false},
      {"C:/x", {Kind::rev, "C", "/x"}, false},
      {":rf", {Kind::index, "", "rf"}, false},
      {":./rf", {Kind::index, "", "./rf"}, true},
      {":0:rf", {Kind::index, "", "rf"}, false},
      {":0", {Kind::index, "", "0"}, false},
      {":4:rf", {Kind::index, "", "4:rf"}, false},
      {"https://github.com/o/r/tree/main/rf", {Kind::url, "", "https://github.com/o/r/tree/main/rf"}, false},
      {"git@h:o/r.git/rf", {Kind::url, "", "git@h:o/r.git/rf"}, false},
      {"ext::sh -c x", {Kind::url, "", "ext::sh -c x"}, false},
      {"git:///srv/r:v1@rf", {Kind::url, "", "git:///srv/r:v1@rf"}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const ObjectName name = ObjectName::parse(row.text);
    CHECK(name.kind == row.name.kind);
    CHECK(name.rev == row.name.rev);
    CHECK(name.path == row.name.path);
    CHECK(name.is_relative_to_cwd() == row.is_relative);
  }
}

TEST_CASE("object name: what names no file is refused") {
  CHECK_THROWS_WITH(ObjectName::parse(""), "invalid object name '': it is empty");
  CHECK_THROWS_WITH(ObjectName::parse("main:"), "invalid object name 'main:': it has no path");
  CHECK_THROWS_WITH(ObjectName::parse(":"), "invalid object name ':': it has no path");
  CHECK_THROWS_WITH(ObjectName::parse(":0:"), "invalid object name ':0:': it has no path");
  CHECK_THROWS_WITH(ObjectName::parse(":/fix"), "invalid object name ':/fix': it names a commit by its message");
  CHECK_THROWS_WITH(ObjectName::parse(":2:rf"), "invalid object name ':2:rf': it names an unmerged stage");
  CHECK_THROWS_WITH(ObjectName::parse("--output=x:rf"), "invalid object name '--output=x:rf': its rev starts with '-'");
}
