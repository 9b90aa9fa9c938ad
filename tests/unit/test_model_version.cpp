#include "model/version.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mlem;

TEST_CASE("version: what is one and what is not") {
  struct Row {
    std::string text;
    bool is_version;
  };
  const std::vector<Row> rows = {{"v1.2.3", true},         {"1.2.3", true},       {"v0.0.0", true},
                                 {"v1.2.3-rc.1", true},    {"v1.2.3+b.7", true},  {"1.2.3-a-b.0+x", true},
                                 {"v1.2", false},          {"1.2.3.4", false},    {"v01.2.3", false},
                                 {"v1.2.3-", false},       {"v1.2.3-01", false},  {"v1.2.3+", false},
                                 {"vv1.2.3", false},       {"", false},           {"release-1.2.3", false},
                                 {"v1.2.-3", false},       {"v1..3", false},      {"v99999999999999999999.0.0", false}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(Version::parse(row.text).has_value() == row.is_version);
  }
}

TEST_CASE("version: the order is that of semver") {
  const std::vector<std::string> ordered = {"v0.9.9",        "v1.0.0-1",      "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta",
                                            "v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0-rc.1",  "1.0.0",          "v1.0.1",
                                            "v1.2.0",        "v1.10.0",       "v2.0.0"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      CAPTURE(ordered[i]);
      CAPTURE(ordered[j]);
      CHECK(Version::parse(ordered[i])->is_before(*Version::parse(ordered[j])) == (i < j));
    }
  }
  CHECK(!Version::parse("1.0.0+a")->is_before(*Version::parse("v1.0.0+b")));
}

TEST_CASE("version: the newest one is of what is followed") {
  const std::vector<std::string> tags = {"churn@v1.0.0", "churn@v1.10.0",     "churn@v1.9.0", "churn@v2.0.0", "churn@v2.0.0!", "churn#prod",
                                         "fraud@v3.0.0", "dir=fraud@v4.0.0",  "v0.9.0",       "1.2.0",         "v1.1.0",
                                         "v2.0.0-rc.1",  "churn@v3.0.0-rc.1", "main",         "churn@5.0.0"};
  struct Row {
    std::string followed;
    std::string newest;
  };
  const std::vector<Row> rows = {
      {"main", "1.2.0"},          {"v0.9.0", "1.2.0"},         {"v2.0.0-rc.0", "v2.0.0-rc.1"},
      {"churn@v1.0.0", "churn@v1.10.0"}, {"churn#prod", "churn@v1.10.0"}, {"churn@latest", "churn@v1.10.0"},
      {"churn@v3.0.0-rc.0", "churn@v3.0.0-rc.1"}, {"fraud@v1.0.0", "fraud@v3.0.0"}, {"gone@v1.0.0", ""}};
  for (const Row& row : rows) {
    CAPTURE(row.followed);
    CHECK(newest_version(tags, row.followed).value_or("") == row.newest);
  }
  CHECK(!newest_version({"main", "v1"}, "v1"));
}
