#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <doctest/doctest.h>

#include <string>

using namespace mlem::test;

namespace {

std::string link_at(const std::string& rev) {
  return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
}

/// A registry with a branch of somebody else's, whose link does not resolve here.
struct MergeWorld : World {
  MergeWorld() {
    registry.commit({{"mine.mlem", link_at("main")}, {"x.mlem", model_meta()}, {"both", "1"}});
    registry.git({"checkout", "-q", "-b", "theirs"});
    registry.commit({{"theirs.mlem", link_at("gone")}, {"to-x.mlem", link_text({.path = "x.mlem"})}, {"both", "2"}});
    registry.git({"checkout", "-q", "main"});
    registry.commit({{"notes", ""}});
    REQUIRE(mlem({"install"}).code == 0);
  }
  Outcome merge() const { return git({"merge", "-q", "--no-edit", "theirs"}); }
};

const std::string broken_before = "warning: 1 link was broken before; 'git mlem check' lists it\n";

}  // namespace

TEST_CASE("hook: a merge is not refused for a link that was broken where it comes from") {
  const MergeWorld world;
  const Outcome merged = world.merge();
  CAPTURE(merged);
  CHECK(merged.code == 0);
  CHECK(merged.errors == broken_before);
}

TEST_CASE("hook: a merge is refused for a link that was good where it comes from") {
  MergeWorld world;
  world.registry.remove({"x.mlem"});
  const Outcome refused = world.merge();
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: to-x.mlem: missing-path: nothing at 'x.mlem'\n" + broken_before) == 0);
  // The hint there leads to the same answer.
  CHECK(contains(refused.errors, "'git mlem check --changed' judges again"));
  const Outcome again = world.mlem({"check", "--changed"});
  CAPTURE(again);
  CHECK(again.code == 1);
  CHECK_FALSE(contains(again.output, "theirs.mlem"));
}

TEST_CASE("hook: what is written while a conflict is resolved is judged, and nothing else") {
  MergeWorld world;
  world.registry.commit({{"both", "3"}});
  CHECK(world.merge().code == 1);
  world.registry.write("both", "23");
  world.registry.write("mine.mlem", link_at("nope"));
  world.registry.git({"add", "."});
  const Outcome refused = world.git({"commit", "-q", "--no-edit"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: mine.mlem: missing-rev: ") == 0);
  CHECK_FALSE(contains(refused.errors, "theirs.mlem"));
  // Whoever touches what he merges has to mend it.
  world.registry.git({"checkout", "-q", "HEAD", "mine.mlem"});
  world.registry.write("theirs.mlem", link_at("nope"));
  world.registry.git({"add", "."});
  CHECK(contains(world.git({"commit", "-q", "--no-edit"}).errors, "error: theirs.mlem: missing-rev: "));
  world.registry.git({"checkout", "-q", "theirs", "theirs.mlem"});
  const Outcome committed = world.git({"commit", "-q", "--no-edit"});
  CAPTURE(committed);
  CHECK(committed.code == 0);
  CHECK(committed.errors == broken_before);
}

TEST_CASE("hook: a push is not refused for what a merge brings in of another branch of the remote") {
  MergeWorld world;
  const RepoBuilder server(world.sandbox, "server.git", {.bare = true});
  world.registry.git({"remote", "add", "origin", server.url()});
  world.registry.git({"push", "-q", "--no-verify", "origin", "main", "theirs"});
  REQUIRE(world.merge().code == 0);
  const Outcome pushed = world.git({"push", "-q", "origin", "main"});
  CAPTURE(pushed);
  CHECK(pushed.code == 0);
  CHECK(pushed.errors == broken_before);
  // So it is on a new branch, and what follows the merge is judged.
  world.registry.git({"reset", "-q", "--hard", "HEAD^"});
  world.registry.git({"push", "-q", "-f", "--no-verify", "origin", "main"});
  world.registry.commit({{"more", ""}});
  REQUIRE(world.merge().code == 0);
  CHECK(world.git({"push", "-q", "origin", "main:other"}).code == 0);
  world.registry.commit({{"theirs.mlem", link_at("nope")}});
  CHECK(contains(world.git({"push", "-q", "origin", "main"}).errors, "theirs.mlem: missing-rev: "));
}

TEST_CASE("hook: a push is refused for a merge of what the remote does not have") {
  MergeWorld world;
  const RepoBuilder server(world.sandbox, "server.git", {.bare = true});
  world.registry.git({"remote", "add", "origin", server.url()});
  world.registry.git({"push", "-q", "--no-verify", "origin", "main"});
  REQUIRE(world.merge().code == 0);
  const Outcome refused = world.git({"push", "-q", "origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("error: refs/heads/main: theirs.mlem: missing-rev: ") == 0);
}

TEST_CASE("hook: a push is refused where a merge of its own past brings back what was mended on the remote") {
  MergeWorld world;
  const RepoBuilder server(world.sandbox, "server.git", {.bare = true});
  world.registry.git({"remote", "add", "origin", server.url()});
  world.registry.git({"merge", "-q", "--no-verify", "theirs"});
  const std::string broken = world.registry.id("HEAD");
  world.registry.commit({{"theirs.mlem", link_at("main")}});
  world.registry.git({"push", "-q", "--no-verify", "origin", "main"});
  world.registry.git({"checkout", "-q", "-b", "side", broken + "^"});
  world.registry.commit({{"side", ""}});
  world.registry.git({"merge", "-q", "--no-verify", "--no-edit", broken});
  const Outcome refused = world.git({"push", "-q", "-f", "origin", "side:main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "theirs.mlem: missing-rev: "));
}
