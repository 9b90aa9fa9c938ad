#include "base/error.hpp"
#include "check/policy.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using mlem::Error;
using mlem::check::parse_policies;
using mlem::check::Policy;

namespace {

using Keys = std::vector<std::pair<std::string, std::string>>;

/// The keys of a policy named `p`, as git lists them.
std::vector<Policy> parse(const Keys& keys) {
  std::string listing;
  for (const auto& [key, value] : keys) listing += "mlem-policy.p." + key + "\n" + value + '\0';
  return parse_policies(mlem::git::Config::parse(listing));
}

Policy with_path(const std::string& path) { return parse({{"path", path}}).front(); }

/// The whole message for keys that are refused; empty if they are taken.
std::string fault_of(const Keys& keys) {
  try {
    parse(keys);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("policy: keys are gathered by name and lists keep their order") {
  using namespace std::string_literals;
  const auto policies = parse_policies(mlem::git::Config::parse(
      "mlem-policy.A.b.ref\nrefs/heads/a\0mlem-policy.c.requirepinned\ntrue\0mlem-policy.A.b.ref\nrefs/heads/b\0mlem.x\n1\0"s));
  REQUIRE(policies.size() == 2);
  CHECK(policies[0].name == "A.b");
  CHECK(policies[0].refs == std::vector<std::string>{"refs/heads/a", "refs/heads/b"});
  CHECK(!policies[0].require_pinned);
  CHECK(policies[1].name == "c");
  CHECK(policies[1].require_pinned);
}

TEST_CASE("policy: an unknown key and a bad value are errors that name the key") {
  CHECK(fault_of({{"requirepin", "true"}}) == "bad config key 'mlem-policy.p.requirepin': a policy has no such key");
  CHECK(fault_of({{"requirepinned", "perhaps"}}).find("mlem-policy.p.requirepinned") != std::string::npos);
  CHECK(fault_of({{"path", ""}}) == "bad config key 'mlem-policy.p.path': it has no value");
  CHECK(fault_of({{"path", "./prod/**"}}) ==
        "bad config key 'mlem-policy.p.path': './prod/**' has a part that is empty, '.' or '..'");
  CHECK(fault_of({{"ref", "production"}}) ==
        "bad config key 'mlem-policy.p.ref': 'production' is not a full name of a ref");
  for (const std::string ref : {"refs/heads/production", "refs/heads/**", "**", "**/production"}) {
    CAPTURE(ref);
    CHECK(fault_of({{"ref", ref}}).empty());
  }
  for (const std::string path : {"prod/**", "prod", "prod/", "**/*.mlem", "[!a]/*.mlem", "a..b/.c"}) {
    CAPTURE(path);
    CHECK(fault_of({{"path", path}}).empty());
  }
}

TEST_CASE("policy: without globs everything is policed that could be a link") {
  const Policy policy = parse({{"requirepinned", "true"}}).front();
  CHECK(policy.covers_ref("refs/tags/v1"));
  CHECK(policy.covers_path("a.mlem"));
  CHECK(!policy.covers_path("a.yaml"));
  CHECK(policy.reaches_below("any"));
  CHECK(policy.covers_source("https://example.com/x"));
}

TEST_CASE("policy: paths cover files and reach the directories on the way to them") {
  struct Row {
    std::string glob;
    std::string path;
    bool covers;
    bool reaches;
  };
  const Row rows[] = {{"prod/**", "prod/a.mlem", true, true},
                      {"prod/**", "prod", false, true},
                      {"prod/**", "", false, true},
                      {"prod/**", "dev/a.mlem", false, false},
                      {"prod/*.mlem", "prod/d/a.mlem", false, false},
                      {"prod", "prod/a.mlem", true, true},
                      {"prod/**", ".mlem/link/prod/a.mlem", true, true},
                      {"prod/**", ".mlem/link/dev/a.mlem", false, false},
                      {"prod/**", ".mlem/link/prod", false, true},
                      {"prod/**", ".mlem/link", false, true},
                      {"prod/**", ".mlem", false, true},
                      {"prod/**", "prod/.mlem/link/a.mlem", true, true},
                      {"dev/prod/**", "dev/.mlem/link/prod/a.mlem", true, true},
                      {"dev/prod/**", ".mlem/link/prod/a.mlem", false, false}};
  for (const Row& row : rows) {
    CAPTURE(row.glob);
    CAPTURE(row.path);
    const Policy policy = with_path(row.glob);
    CHECK(policy.covers_path(row.path) == row.covers);
    CHECK(policy.reaches_below(row.path) == row.reaches);
  }
}
