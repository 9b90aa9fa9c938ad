#include "source/distance.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>

#include <deque>

using namespace mlem::test;
using mlem::Oid;
using mlem::RepoUrl;
using mlem::Verdict;
using mlem::git::Registry;
using mlem::source::Distance;

namespace {

/// A source: `main` has four commits and then a merge of `side`, which left it at the second one.
struct Fixture {
  Sandbox box;
  RepoBuilder repo{box, "source"};
  RepoBuilder own{box, "registry"};
  Registry registry = Registry::discover(environment_of(box), own.path().string());
  std::vector<Oid> main;
  Oid side;
  Oid merge;
  std::deque<Distance> questions;

  Fixture() {
    own.commit({{"README", "1"}});
    for (const std::string text : {"1", "2", "3", "4"}) main.push_back(oid(repo.commit({{"a", text}, {"b", "1"}})));
    repo.git({"checkout", "-q", "-b", "side", main[1].hex()});
    side = oid(repo.commit({{"b", "side"}}));
    repo.git({"checkout", "-q", "main"});
    repo.git({"merge", "-q", "--no-ff", "-m", "Merge side", "side"});
    merge = oid(repo.id("main"));
  }
  Distance& ask(const Oid& from, const Oid& to, std::vector<std::string> paths, const std::string& ref = "refs/heads/main") {
    Distance& question = questions.emplace_back();
    question.repo = RepoUrl::parse(repo.url());
    question.ref = ref;
    question.from = from;
    question.to = to;
    question.paths = std::move(paths);
    question.wants_commits = true;
    return question;
  }
  void answer() {
    std::vector<Distance*> all;
    for (Distance& question : questions) all.push_back(&question);
    mlem::source::find_distances(registry, mlem::source::load_settings(registry), all);
  }
};

}  // namespace

TEST_CASE("distance: many questions about one source are answered each for itself") {
  Fixture f;
  const Oid nowhere = oid(std::string(40, '1'));
  const Distance& all = f.ask(f.main[0], f.merge, {"a"});
  const Distance& other_file = f.ask(f.main[0], f.merge, {"b"});
  const Distance& both_files = f.ask(f.main[1], f.merge, {"a", "b"});
  const Distance& near = f.ask(f.main[3], f.merge, {"a"});
  const Distance& from_side = f.ask(f.side, f.merge, {"a"});
  const Distance& back = f.ask(f.merge, f.main[2], {"a"});
  const Distance& apart = f.ask(f.main[3], f.side, {"b"}, "refs/heads/side");
  const Distance& unknown = f.ask(nowhere, f.merge, {"a"});
  const Distance& without_tip = f.ask(f.main[0], nowhere, {"a"});
  f.answer();

  CHECK(all.is_ancestor);
  CHECK(all.commits == 5U);
  CHECK(all.touching == 3U);
  CHECK(other_file.touching == 1U);
  CHECK(both_files.commits == 4U);
  CHECK(both_files.touching == 3U);
  CHECK(near.commits == 2U);
  CHECK(near.touching == 0U);
  CHECK(near.between.front() == f.merge);
  CHECK(near.subjects == std::vector<std::string>{"Merge side", "Change"});
  CHECK(from_side.commits == 3U);
  CHECK(from_side.touching == 2U);
  for (const Distance* question : {&back, &apart, &unknown}) {
    CHECK(question->verdict == Verdict::ok);
    CHECK(!question->is_ancestor);
    CHECK(!question->commits);
    CHECK(question->between.empty());
  }
  CHECK(without_tip.verdict == Verdict::unreachable);
  CHECK(without_tip.message == "cannot tell how far 'refs/heads/main' of '" + f.repo.url() +
                                   "' has come: commit '" + nowhere.hex() + "' cannot be read");
}

TEST_CASE("distance: histories that have nothing in common are told apart") {
  Fixture f;
  const Oid alone = oid(f.repo.git({"commit-tree", "-m", "Alone", "HEAD^{tree}"}));
  const Distance& one = f.ask(alone, f.merge, {"a"});
  const Distance& other = f.ask(f.main[3], f.merge, {"a"});
  f.answer();
  CHECK(!one.is_ancestor);
  CHECK(other.is_ancestor);
  CHECK(other.commits == 2U);
}

TEST_CASE("distance: what a source cannot tell is told without its counts") {
  Fixture f;
  const Distance& question = f.ask(f.main[0], f.merge, {"a"});
  const std::string tree = f.repo.id(f.main[2].hex() + "^{tree}");
  mlem::fs::remove(f.repo.path() / ".git/objects" / tree.substr(0, 2) / tree.substr(2));
  f.answer();
  CHECK(question.is_ancestor);
  CHECK(question.commits == 5U);
  CHECK(!question.touching);
}

TEST_CASE("distance: a source that is not there is no answer") {
  Fixture f;
  Distance& question = f.ask(f.main[0], f.merge, {"a"});
  question.repo = RepoUrl::parse("file://" + (f.box.path() / "none").string());
  f.answer();
  CHECK(question.verdict == Verdict::missing_repo);
}
