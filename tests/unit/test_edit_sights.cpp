#include "edit/sights.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"

using namespace mlem::test;
using mlem::Oid;
using mlem::RepoUrl;
using mlem::edit::Sights;
using mlem::git::Registry;

namespace {

const RepoUrl source = RepoUrl::parse("https://example.org/models");
const RepoUrl other = RepoUrl::parse("https://example.org/others");
const Oid one = oid(std::string(40, '1'));
const Oid two = oid(std::string(40, '2'));
const Oid three = oid(std::string(40, '3'));

struct Fixture {
  Sandbox box;
  RepoBuilder repo{box, "repo"};
  Registry registry = Registry::discover(environment_of(box), repo.path().string());

  Fixture() { repo.commit({{"README", "1"}}); }
  /// Has a ref's tree have this text in the file of the only source that is there.
  void put(const std::string& text, const std::string& ref = Sights::ref) const {
    const std::string file = repo.git({"ls-tree", "--name-only", Sights::ref});
    RunOptions options;
    options.input = text;
    const std::string blob = repo.git({"hash-object", "-w", "--stdin"}, options);
    options.input = "100644 blob " + blob + "\t" + file + "\n";
    repo.git({"update-ref", ref, repo.git({"mktree"}, options)});
  }
};

}  // namespace

TEST_CASE("sights: what is noted is there the next time with the earliest time") {
  const Fixture f;
  Sights sights(f.registry);
  CHECK(!sights.first(source, one));
  sights.note(source, one, 100);
  sights.note(source, one, 200);
  sights.note(other, one, 300);
  CHECK(sights.first(source, one) == 100);
  CHECK(!sights.save());
  const std::string tree = f.repo.id(Sights::ref);
  CHECK(!sights.save());

  Sights later(f.registry);
  CHECK(later.first(source, one) == 100);
  CHECK(later.first(other, one) == 300);
  CHECK(!later.first(source, two));
  later.note(source, one, 400);
  CHECK(!later.save());
  CHECK(f.repo.id(Sights::ref) == tree);
}

TEST_CASE("sights: what somebody else has noted meanwhile is kept") {
  const Fixture f;
  Sights first(f.registry);
  Sights second(f.registry);
  first.note(source, one, 100);
  first.note(source, three, 100);
  second.note(source, one, 90);
  second.note(source, two, 90);
  CHECK(!first.save());
  CHECK(!second.save());
  Sights now(f.registry);
  CHECK(now.first(source, one) == 90);
  CHECK(now.first(source, two) == 90);
  CHECK(now.first(source, three) == 100);
}

TEST_CASE("sights: of two registries the earlier time holds and is taken over") {
  const Fixture f;
  Sights sights(f.registry);
  sights.note(source, one, 100);
  CHECK(!sights.save());
  f.put("address\n" + one.hex() + " 50\n" + two.hex() + " 60\n", "refs/remotes/origin/mlem/seen");
  Sights both(f.registry);
  CHECK(both.first(source, one) == 50);
  CHECK(!both.save());
  f.repo.git({"update-ref", "-d", "refs/remotes/origin/mlem/seen"});
  CHECK(Sights(f.registry).first(source, two) == 60);
  CHECK(f.repo.git({"cat-file", "-p", f.repo.git({"ls-tree", Sights::ref}).substr(12, 40)}) ==
        "https://example.org/models\n" + one.hex() + " 50\n" + two.hex() + " 60");
}

TEST_CASE("sights: what is not a time does not count") {
  const Fixture f;
  Sights sights(f.registry);
  sights.note(source, one, 100);
  CHECK(!sights.save());
  f.put("no address\n" + one.hex() + "\n" + one.hex() + " x\n" + one.hex() + " -5\n" + one.hex() + " 7 8\n" + two.hex() +
        " 99999999999999999999999\nabc 5\n\n" + two.hex() + " 70\n" + two.hex() + " 60");
  Sights read(f.registry);
  CHECK(!read.first(source, one));
  CHECK(read.first(source, two) == 60);

  f.repo.git({"update-ref", Sights::ref, "HEAD"});  // a commit, without such files
  Sights none(f.registry);
  CHECK(!none.first(source, two));
  none.note(source, two, 80);
  CHECK(!none.save());
  CHECK(Sights(f.registry).first(source, two) == 80);
}

TEST_CASE("sights: a ref that cannot be written is told and no failure") {
  const Fixture f;
  f.repo.git({"update-ref", "refs/mlem", "HEAD"});  // no ref can be below it
  Sights sights(f.registry);
  sights.note(source, one, 100);
  const auto why = sights.save();
  REQUIRE(why.has_value());
  CHECK(why->starts_with("cannot update refs: "));
  CHECK(sights.first(source, one) == 100);
}
