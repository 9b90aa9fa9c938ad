#include "base/error.hpp"
#include "model/rev.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::Rev;

TEST_CASE("rev: its kind follows from its spelling") {
  struct Row {
    std::string text;
    Rev::Kind kind;
  };
  const Row rows[] = {
      {"main", Rev::Kind::name},
      {"v1.2", Rev::Kind::name},
      {"feature/x", Rev::Kind::name},
      {"heads/main", Rev::Kind::name},
      {"caf\xc3\xa9", Rev::Kind::name},
      {"a@b", Rev::Kind::name},
      {"head", Rev::Kind::name},
      {"deadbeef", Rev::Kind::name},
      {"010", Rev::Kind::name},
      {"a-", Rev::Kind::name},
      {"{x}", Rev::Kind::name},
      {"HEAD", Rev::Kind::head},
      {"refs/heads/main", Rev::Kind::ref},
      {std::string(40, 'a'), Rev::Kind::oid},
      {std::string(64, 'A'), Rev::Kind::oid},
      {std::string(41, 'a'), Rev::Kind::name},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Rev rev = Rev::parse(row.text);
    CHECK(rev.kind() == row.kind);
    CHECK(rev.text() == row.text);
    CHECK(rev.oid().has_value() == (row.kind == Rev::Kind::oid));
  }
  CHECK(Rev::head() == Rev::parse("HEAD"));
}

TEST_CASE("rev: expressions and options and bad ref names are refused") {
  const std::string rows[] = {
      "",
      "HEAD~1",
      "HEAD^",
      "v1^{}",
      "HEAD@{1}",
      "main@{u}",
      "@",
      "a:b",
      "+x:y",
      "v5:refs/heads/evil",
      "a..b",
      ".a",
      "a/.b",
      "a.",
      "a.lock",
      "a.lock/b",
      "a/b.lock",
      "/a",
      "a/",
      "a//b",
      "refs/",
      "a b",
      "a\\b",
      "a*",
      "a?",
      "a[b",
      "a\tb",
      "a\nb",
      "a\x7f",
      "-x",
      "--upload-pack=touch /tmp/x",
      std::string("a\0b", 3),
      "a~",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK_THROWS_AS(Rev::parse(row), mlem::Error);
  }
}

TEST_CASE("rev: a refusal says what and why") {
  CHECK_THROWS_WITH(Rev::parse(""), "invalid rev '': it is empty");
  CHECK_THROWS_WITH(Rev::parse("--upload-pack=x"), "invalid rev '--upload-pack=x': it starts with '-'");
  CHECK_THROWS_WITH(Rev::parse("a\x1b~1"),
                    "invalid rev 'a\\033~1': it is not a branch, tag, full ref name or full commit id");
}

TEST_CASE("rev: git-check-ref-format accepts a leading dash") { CHECK(mlem::is_ref_name("-x")); }

TEST_CASE("rev: an abbreviated id has 4 to 63 digits and is no full one") {
  CHECK(mlem::is_abbreviated_oid("abc1"));
  CHECK(mlem::is_abbreviated_oid(std::string(63, 'F')));
  CHECK_FALSE(mlem::is_abbreviated_oid("abc"));
  CHECK_FALSE(mlem::is_abbreviated_oid("abcx"));
  CHECK_FALSE(mlem::is_abbreviated_oid(std::string(40, 'a')));
  CHECK_FALSE(mlem::is_abbreviated_oid(std::string(64, 'a')));
}

TEST_CASE("rev: a name of a ref is that of a branch unless it says otherwise") {
  CHECK(mlem::full_ref_name("main") == "refs/heads/main");
  CHECK(mlem::full_ref_name("heads/main") == "refs/heads/main");
  CHECK(mlem::full_ref_name("tags/v1") == "refs/tags/v1");
  CHECK(mlem::full_ref_name("refs/notes/x") == "refs/notes/x");
  CHECK(mlem::full_ref_name("feature/heads") == "refs/heads/feature/heads");
}

TEST_CASE("rev: a branch is not called as git takes for something else") {
  for (const char* name : {"main", "a/b", "head", "a@b", "x-", "@", "HEAD/x"}) {
    CAPTURE(name);
    CHECK(mlem::is_branch_name(name));
  }
  for (const char* name : {"HEAD", "-x", "", "a..b", "a.lock", "a//b"}) {
    CAPTURE(name);
    CHECK_FALSE(mlem::is_branch_name(name));
  }
}
