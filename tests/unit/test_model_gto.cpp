#include "model/gto.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using mlem::DatedTag;
using mlem::GtoQuery;
using mlem::Oid;

namespace {

/// The commit with this digit all over.
Oid commit(char digit) { return Oid::parse(std::string(40, digit)).value(); }

/// What a question comes to: the tag and the first digit of the commit, `none`, or `no question`.
std::string answer(const std::string& question, const std::vector<DatedTag>& tags) {
  const auto query = GtoQuery::parse(question);
  if (!query) return "no question";
  const auto version = find_version(*query, tags);
  return version ? version->tag + " at " + version->commit.hex().substr(0, 1) : "none";
}

}  // namespace

TEST_CASE("gto: a question names an artifact and a stage or the greatest version") {
  struct Row {
    std::string text;
    std::string artifact;
    std::string stage;
  };
  const std::vector<Row> rows{
      {"churn@latest", "churn", ""},
      {"churn@greatest", "churn", ""},
      {"churn#prod", "churn", "prod"},
      {"team/churn-2#eu/prod", "team/churn-2", "eu/prod"},
      {"models:churn#prod", "models=churn", "prod"},
      {"models=churn@latest", "models=churn", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto query = GtoQuery::parse(row.text);
    REQUIRE(query);
    CHECK(query->artifact == row.artifact);
    CHECK(query->stage == row.stage);
  }
  for (const std::string text : {"churn", "churn@v1.0.0", "churn@", "churn#", "#prod", "@latest", "churn#prod!",
                                 "-c#prod", "churn#prod#3", "a b#prod", "HEAD@{1}", "main^", "a=b=c@latest", ""}) {
    CAPTURE(text);
    CHECK_FALSE(GtoQuery::parse(text));
  }
}

TEST_CASE("gto: the greatest version is by semver and registered still") {
  const std::vector<DatedTag> tags{{"churn@v1.10.0", commit('a'), 10},    {"churn@v1.9.0", commit('b'), 20},
                                   {"churn@v2.0.0-rc.1", commit('c'), 5}, {"other@v9.0.0", commit('d'), 30},
                                   {"churn@v3.0.0", commit('e'), 1},      {"churn@v3.0.0!", commit('e'), 40},
                                   {"churn@3.0.0", commit('f'), 50},      {"churn@v4", commit('f'), 50}};
  CHECK(answer("churn@latest", tags) == "churn@v2.0.0-rc.1 at c");
  CHECK(answer("churn@greatest", tags) == "churn@v2.0.0-rc.1 at c");
  CHECK(answer("absent@latest", tags) == "none");
  std::vector<DatedTag> again = tags;
  again.push_back({"churn@v3.0.0", commit('e'), 60});
  CHECK(answer("churn@latest", again) == "churn@v3.0.0 at e");
}

TEST_CASE("gto: a stage has what was assigned to it last") {
  std::vector<DatedTag> tags{{"churn@v1.0.0", commit('a'), 1},
                             {"churn@v2.0.0", commit('b'), 2},
                             {"churn#prod#1", commit('b'), 10},
                             {"churn#dev#3", commit('b'), 40},
                             {"churn#prod#2", commit('a'), 20}};
  CHECK(answer("churn#prod", tags) == "churn@v1.0.0 at a");
  CHECK(answer("churn#staging", tags) == "none");
  tags.push_back({"churn#prod!#4", commit('a'), 30});
  CHECK(answer("churn#prod", tags) == "churn@v2.0.0 at b");
  tags.push_back({"churn@v2.0.0!", commit('b'), 50});
  CHECK(answer("churn#prod", tags) == "none");
  tags.push_back({"churn#prod#5", commit('c'), 60});
  CHECK(answer("churn#prod", tags) == " at c");
}

TEST_CASE("gto: of tags of one second the counter tells the order") {
  const std::vector<DatedTag> tags{
      {"churn@v1.0.0", commit('a'), 1}, {"churn#prod#10", commit('a'), 5}, {"churn#prod#9", commit('b'), 5}};
  CHECK(answer("churn#prod", tags) == "churn@v1.0.0 at a");
}
