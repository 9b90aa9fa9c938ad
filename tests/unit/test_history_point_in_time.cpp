#include "base/error.hpp"
#include "history/point_in_time.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"
#include <doctest/doctest.h>

#include <string>

using mlem::Error;
using mlem::git::Registry;
using mlem::history::commit_at;
using mlem::history::is_date;
using mlem::test::environment_of;
using mlem::test::oid;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;

TEST_CASE("point in time: what git takes for a date is told from a misspelt rev") {
  for (const std::string text : {"2024-01-01", "yesterday", "3 days ago", "last friday", "2024-01-01T00:00:00Z",
                                 "Jan 5", "noon", "1704067200", "20240229"}) {
    CAPTURE(text);
    CHECK(is_date(text));
  }
  for (const std::string text : {"", "-", "v1.x", "maim", "production", "2024-01-01 or so", "2026-13-45", "2026-02-29",
                                 "2026-01-32 12:00", "20260145", "0", "99999"}) {
    CAPTURE(text);
    CHECK_FALSE(is_date(text));
  }
}

TEST_CASE("point in time: a date means the last commit of HEAD that is not younger") {
  const Sandbox box;
  RepoBuilder repository(box, "r");
  const std::string first = repository.commit({{"a", "1"}});   // 2024-01-01 00:01 UTC
  const std::string second = repository.commit({{"a", "2"}});  // 00:02
  repository.tag("v1", first);
  const Registry registry = Registry::discover(environment_of(box), repository.path().string());
  CHECK(commit_at(registry, "v1") == oid(first));
  CHECK(commit_at(registry, "2024-01-01 00:01:30 +0000") == oid(first));
  CHECK(commit_at(registry, "yesterday") == oid(second));
  CHECK_THROWS_WITH_AS(commit_at(registry, "v2"), "bad revision or date 'v2': it is neither", Error);
  CHECK_THROWS_WITH_AS(commit_at(registry, "2023-12-31"),
                       "bad revision or date '2023-12-31': no commit is that old or of that name", Error);
}
