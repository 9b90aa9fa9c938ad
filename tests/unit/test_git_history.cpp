#include "base/error.hpp"
#include "git/history.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>

#include <chrono>
#include <set>

using namespace mlem::test;
using mlem::Error;
using mlem::Limits;
using mlem::Oid;
using mlem::git::branches_and_tags;
using mlem::git::Commit;
using mlem::git::History;
using mlem::git::RefSelection;
using mlem::git::Registry;
namespace fs = mlem::fs;

namespace {

/// Three commits of main, one of a side branch from the first, and their merge, which is on no ref.
struct Fixture {
  Sandbox box;
  RepoBuilder repo{box, "repo"};
  Oid first = oid(repo.commit({{"a", "1"}}));
  Oid second = oid(repo.commit({{"a", "2"}}));
  Oid third = oid(repo.commit({{"a", "3"}}));
  Oid side;
  Oid merge;
  Registry registry = Registry::discover(environment_of(box), repo.path().string());
  History history{registry, Limits{}, nullptr};

  Fixture() {
    repo.git({"checkout", "-q", "-b", "side", first.hex()});
    side = oid(repo.commit({{"b", "1"}}));
    merge = oid(repo.git({"commit-tree", "-p", side.hex(), "-p", third.hex(), "-m", "Merge", "HEAD^{tree}"}));
  }
  History in_git_dir() const { return {repo.path() / ".git", environment_of(box), Limits{}, nullptr}; }
};

/// Each commit with its parents behind it.
std::vector<std::vector<std::string>> hex(const std::vector<Commit>& commits) {
  std::vector<std::vector<std::string>> all;
  for (const Commit& commit : commits) {
    std::vector<std::string>& ids = all.emplace_back(std::vector{commit.oid.hex()});
    for (const Oid& parent : commit.parents) ids.push_back(parent.hex());
  }
  return all;
}

Limits no_time() {
  Limits limits;
  limits.deadline = std::chrono::steady_clock::now();
  return limits;
}

}  // namespace

TEST_CASE("history: commits are listed with their parents as far as they are new") {
  const Fixture fixture;
  for (const History& history : {fixture.history, fixture.in_git_dir()}) {
    const auto all = history.list_commits({fixture.third}, {}, {});
    REQUIRE(all);
    CHECK(hex(*all) == std::vector<std::vector<std::string>>{{fixture.third.hex(), fixture.second.hex()},
                                                             {fixture.second.hex(), fixture.first.hex()},
                                                             {fixture.first.hex()}});
    const auto since = history.list_commits({fixture.merge}, {fixture.third}, {});
    REQUIRE(since);
    CHECK(hex(*since) ==
          std::vector<std::vector<std::string>>{{fixture.merge.hex(), fixture.side.hex(), fixture.third.hex()},
                                                {fixture.side.hex(), fixture.first.hex()}});
    const auto beside_refs = history.list_commits({fixture.merge, fixture.second}, {}, branches_and_tags());
    REQUIRE(beside_refs);
    CHECK(hex(*beside_refs) ==
          std::vector<std::vector<std::string>>{{fixture.merge.hex(), fixture.side.hex(), fixture.third.hex()}});
    CHECK(history.list_commits({}, {}, {}).value().empty());
  }
}

TEST_CASE("history: what is on no ref is found among what is asked for") {
  const Fixture fixture;
  const RefSelection main{.globs = {"refs/heads/m*"}};
  const std::vector<Oid> asked{fixture.second, fixture.side, fixture.merge};
  using Oids = std::set<Oid>;
  for (const History& history : {fixture.history, fixture.in_git_dir()}) {
    const auto beside = [&](const RefSelection& refs, const std::vector<Oid>& tips) {
      const auto found = history.find_unreachable(asked, refs, tips).value();
      return Oids(found.begin(), found.end());
    };
    CHECK(beside(branches_and_tags(), {}) == Oids{fixture.merge});
    CHECK(beside(main, {}) == Oids{fixture.side, fixture.merge});
    CHECK(beside(main, {fixture.side}) == Oids{fixture.merge});
    CHECK(beside(main, {fixture.merge}).empty());
    CHECK(history.find_unreachable({}, {}, {}).value().empty());
  }
  fixture.repo.git({"update-ref", "refs/namespaces/a/refs/tags/v1", fixture.merge.hex()});
  CHECK(fixture.history.find_unreachable(asked, branches_and_tags("refs/namespaces/a/"), {}).value().empty());
}

TEST_CASE("history: a ref that is left out does not count unless there are too many") {
  const Fixture fixture;
  RefSelection refs = branches_and_tags();
  refs.left_out = {"refs/heads/side"};
  CHECK(fixture.history.find_unreachable({fixture.side}, refs, {}) == std::vector<Oid>{fixture.side});
  refs.left_out.resize(RefSelection::most_left_out, "refs/heads/other");
  CHECK(fixture.history.find_unreachable({fixture.side}, refs, {}) == std::vector<Oid>{fixture.side});
  refs.left_out.emplace_back("refs/heads/one-more");
  CHECK(fixture.history.find_unreachable({fixture.side}, refs, {}) == std::vector<Oid>{});
}

TEST_CASE("history: an ancestor is told from what is beside it and from what is not a commit") {
  const Fixture fixture;
  CHECK(fixture.history.is_ancestor(fixture.first, fixture.third) == true);
  CHECK(fixture.history.is_ancestor(fixture.first, fixture.first) == true);
  CHECK(fixture.history.is_ancestor(fixture.third, fixture.first) == false);
  CHECK(fixture.history.is_ancestor(fixture.side, fixture.third) == false);
  CHECK(fixture.history.is_ancestor(oid(fixture.repo.id("HEAD^{tree}")), fixture.third) == false);
}

TEST_CASE("history: an id that is not here is an error and a lack of time is none") {
  const Fixture fixture;
  const Oid none = oid(std::string(40, '1'));
  const std::string why = ": fatal: bad object " + none.hex();
  CHECK_THROWS_WITH_AS(fixture.history.list_commits({none}, {}, {}), ("cannot list commits" + why).c_str(), Error);
  CHECK_THROWS_WITH_AS(fixture.history.find_unreachable({none}, {}, {}),
                       ("cannot tell what is on a branch" + why).c_str(), Error);
  const History late(fixture.registry, no_time(), nullptr);
  CHECK_FALSE(late.list_commits({fixture.third}, {}, {}));
  CHECK_FALSE(late.find_unreachable({fixture.third}, {}, {}));
  CHECK_FALSE(late.is_ancestor(fixture.first, fixture.third));
}

TEST_CASE("history: of a merge what it changes is what no parent has") {
  Fixture f;
  f.repo.git({"checkout", "-q", "side"});
  f.repo.git({"merge", "-q", "--no-commit", f.third.hex()});
  const Oid merge = oid(f.repo.commit({{"b", "merged"}, {"d/c", "1"}}));
  const auto found = f.history.list_changed_files({merge, f.third, f.side, f.first}, {"b", "d/c", "[a]"});
  REQUIRE(found.has_value());
  std::vector<std::pair<Oid, std::vector<std::string>>> all;
  for (const auto& change : *found) all.emplace_back(change.commit, change.paths);
  CHECK(all == std::vector<std::pair<Oid, std::vector<std::string>>>{{merge, {"b", "d/c"}}, {f.side, {"b"}}});
  CHECK(f.history.list_changed_files({f.first}, {"a"})->front().paths == std::vector<std::string>{"a"});
  CHECK(f.history.list_changed_files({}, {"a"})->empty());
  CHECK(!History(f.registry, no_time(), nullptr).list_changed_files({f.first}, {"a"}));
}

TEST_CASE("history: what a commit changes cannot be told without its tree") {
  const Fixture f;
  const std::string tree = f.repo.id(f.third.hex() + "^{tree}");
  fs::remove(f.repo.path() / ".git/objects" / tree.substr(0, 2) / tree.substr(2));
  CHECK_THROWS_WITH_AS(static_cast<void>(f.history.list_changed_files({f.third}, {"a"})),
                       doctest::Contains("cannot tell which commits change a file: "), Error);
}

TEST_CASE("history: the base of several commits is in the history of all") {
  const Fixture f;
  CHECK(f.history.find_common_base({f.third, f.second}) == f.second);
  CHECK(f.history.find_common_base({f.third, f.second, f.side}) == f.first);
  const Oid other = oid(f.repo.git({"commit-tree", "-m", "Other", "HEAD^{tree}"}));
  CHECK(!f.history.find_common_base({f.third, other}));
}

TEST_CASE("history: a list that is too long is no answer") {
  const Fixture f;
  Limits limits;
  limits.output = 50;
  CHECK(!History(f.registry, limits, nullptr).list_commits({f.third}, {}, {}));
}
