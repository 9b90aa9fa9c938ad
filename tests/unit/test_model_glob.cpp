#include "model/glob.hpp"

#include <doctest/doctest.h>

#include <string>

using mlem::glob_matches;
using mlem::glob_reaches_below;

TEST_CASE("glob: a pattern covers what a glob pathspec covers") {
  struct Row {
    std::string pattern;
    std::string text;
    bool covered;
  };
  const Row rows[] = {
      {"prod/**", "prod/a.mlem", true},
      {"prod/**", "prod/eu/a.mlem", true},
      {"prod/**", "prod", false},
      {"prod/**", "production/a.mlem", false},
      {"prod", "prod/eu/a.mlem", true},
      {"prod/", "prod/eu/a.mlem", true},
      {"prod/a.mlem", "prod/a.mlem", true},
      {"prod/*", "prod/a.mlem", true},
      {"prod/*", "prod/eu/a.mlem", false},
      {"*.mlem", "a.mlem", true},
      {"*.mlem", "prod/a.mlem", false},
      {"**/a.mlem", "a.mlem", true},
      {"**/a.mlem", "x/y/a.mlem", true},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/x/y/c", false},
      {"**", "a", true},
      {"prod/[ab].mlem", "prod/b.mlem", true},
      {"prod/[!ab].mlem", "prod/b.mlem", false},
      {"refs/heads/*", "refs/heads/main", true},
      {"refs/heads/*", "refs/heads/team/main", false},
      {"https://git.example.com/teams/**", "https://git.example.com/teams/a/models", true},
      {"https://git.example.com/teams/**", "https://git.example.com.evil.org/teams/a", false},
      {"https://git.example.com/teams/**", "https://git.example.com/teams", false},
      {"a*a*a*a*a*a*b/**", std::string(2000, 'a'), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(glob_matches(row.pattern, row.text) == row.covered);
  }
}

TEST_CASE("glob: a pattern reaches below a directory if something there could be covered") {
  struct Row {
    std::string pattern;
    std::string directory;
    bool reaches;
  };
  const Row rows[] = {
      {"prod/**", "prod", true},
      {"prod/**", "prod/eu", true},
      {"prod/**", "dev", false},
      {"prod/eu/*.mlem", "prod", true},
      {"prod/eu/*.mlem", "prod/eu", true},
      {"prod/eu/*.mlem", "prod/us", false},
      {"prod/eu/*.mlem", "prod/eu/x", false},
      {"**/a.mlem", "x/y", true},
      {"*.mlem", "x", false},
      {"prod", "prod", true},
      {"prod", "prod/eu", true},
      {"prod/eu", "prod", true},
      {"p*/x", "prod", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.directory);
    CHECK(glob_reaches_below(row.pattern, row.directory) == row.reaches);
  }
}
