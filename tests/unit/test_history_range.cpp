#include "base/error.hpp"
#include "history/range.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"
#include <doctest/doctest.h>

#include <optional>
#include <ostream>
#include <string>

using mlem::Error;
using mlem::git::Registry;
using mlem::history::Commits;
using mlem::history::Range;
using mlem::test::environment_of;
using mlem::test::oid;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;

TEST_CASE("range: two revs with dots are taken apart and a directory stays one") {
  struct Row {
    std::string text;
    std::optional<Range> range;
  };
  const Row rows[] = {
      {"a..b", Range{"a", "b", false}},
      {"a...b", Range{"a", "b", true}},
      {"a..", Range{"a", "", false}},
      {"..b", Range{"", "b", false}},
      {"a...", Range{"a", "", true}},
      {"...", Range{"", "", true}},
      {"..", std::nullopt},
      {"main", std::nullopt},
      {"", std::nullopt},
      {"v1.0", std::nullopt},
      {"../x", Range{"", "/x", false}},
      {"v1.0..v1.1", Range{"v1.0", "v1.1", false}},
      {"a....b", Range{"a", ".b", true}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto range = Range::parse(row.text);
    CHECK((range == row.range));
    if (range) CHECK(range->text() == row.text);
  }
}

TEST_CASE("range: its sides are commits and dots in threes begin where they parted") {
  const Sandbox box;
  RepoBuilder repository(box, "r");
  const std::string base = repository.commit({{"a", "1"}});
  repository.branch("side");
  const std::string main = repository.commit({{"a", "2"}});
  repository.checkout("side");
  const std::string side = repository.commit({{"b", "1"}});
  repository.git({"checkout", "-q", "--orphan", "apart"});
  const std::string apart = repository.commit({{"c", "1"}});
  repository.checkout("main");
  const Registry registry = Registry::discover(environment_of(box), repository.path().string());
  const auto resolved = [&](const std::string& text) { return resolve(registry, *Range::parse(text)); };
  CHECK((resolved("side..main") == Commits{oid(side), oid(main)}));
  CHECK((resolved("side...main") == Commits{oid(base), oid(main)}));
  CHECK((resolved("side..") == Commits{oid(side), oid(main)}));
  CHECK((resolved("..side") == Commits{oid(main), oid(side)}));
  CHECK_THROWS_WITH_AS(resolved("main...apart"), "bad revision 'main...apart': the two have no merge base", Error);
  CHECK((resolved("main..apart") == Commits{oid(main), oid(apart)}));
  CHECK_THROWS_WITH_AS(resolved("gone..main"), "bad revision 'gone': it names no commit", Error);
  CHECK(names_commits(registry, *Range::parse("side..")));
  CHECK_FALSE(names_commits(registry, *Range::parse("../x")));
}
