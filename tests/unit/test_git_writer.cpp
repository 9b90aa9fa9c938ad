#include "base/error.hpp"
#include "git/writer.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"

using namespace mlem::test;
using mlem::Error;
using mlem::ErrorKind;
using mlem::Oid;
using mlem::git::Entry;
using mlem::git::mode_file;
using mlem::git::Registry;
using mlem::git::TreeChange;
using mlem::git::Writer;

namespace {

struct Fixture {
  Sandbox box;
  RepoBuilder repo;
  Oid head;
  Registry registry;

  explicit Fixture(const RepoOptions& options = {})
      : repo(box, "repo", options),
        head(oid(repo.commit({{"a.mlem", "a"}, {"dir/b.mlem", "b"}, {"dir/deep/c.mlem", "c"}, {"other/d.mlem", "d"}}))),
        registry(Registry::discover(environment_of(box), repo.path().string())) {}

  std::string files(const Oid& tree) const { return repo.git({"ls-tree", "-r", "--name-only", tree.hex()}); }
  std::size_t objects() const { return std::stoul(repo.git({"count-objects"})); }
};

/// Returns what is thrown.
template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("writer: blobs are written as they are and given in order") {
  const Fixture fixture;
  const std::vector<std::string> contents{"one\n", "", std::string("two\r\n\0three", 11)};
  const std::vector<Oid> blobs = Writer(fixture.registry).write_blobs(contents);
  REQUIRE(blobs.size() == 3);
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    CAPTURE(i);
    CHECK(fixture.registry.objects().find_blob(blobs[i], 100) == contents[i]);
  }
  CHECK(Writer(fixture.registry).write_blobs({}).empty());
}

TEST_CASE("writer: a tree is made of another by changes") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    RepoOptions options;
    options.object_format = format;
    const Fixture fixture(options);
    Writer writer(fixture.registry);
    const Entry entry{mode_file, writer.write_blobs({"new"}).front()};
    CHECK(fixture.files(writer.write_tree(
              fixture.head, {{"new/x.mlem", entry}, {"a.mlem", {}}, {"dir/deep/c.mlem", {}}, {"dir/e.mlem", entry}})) ==
          "dir/b.mlem\ndir/e.mlem\nnew/x.mlem\nother/d.mlem");
    CHECK(writer.write_tree(fixture.head, {}).hex() == fixture.repo.id("HEAD^{tree}"));
    CHECK(writer.write_tree(fixture.head, {{"absent/x.mlem", {}}}).hex() == fixture.repo.id("HEAD^{tree}"));
    CHECK(writer.write_tree(fixture.head,
                            {{"a.mlem", {}}, {"dir/b.mlem", {}}, {"dir/deep/c.mlem", {}}, {"other/d.mlem", {}}}) ==
          fixture.registry.empty_tree());
  }
}

TEST_CASE("writer: of a tree no more is written than what is on the way to the changes") {
  const Fixture fixture;
  Writer writer(fixture.registry);
  const std::size_t before = fixture.objects();
  const Oid blob = writer.write_blobs({"new"}).front();
  const Oid tree = writer.write_tree(fixture.head, {{"dir/deep/c.mlem", Entry{mode_file, blob}}});
  writer.write_commit(tree, {fixture.head}, "Change");
  CHECK(fixture.objects() - before == 5);  // a blob, three trees, a commit
}

TEST_CASE("writer: a file does not take the place of a directory, nor a directory that of a file") {
  const Fixture fixture;
  Writer writer(fixture.registry);
  const Entry entry{mode_file, oid(fixture.repo.id("HEAD:a.mlem"))};
  CHECK(error_of([&] {
          writer.write_tree(fixture.head, {{"dir", entry}});
        }) == "cannot write 'dir': 'dir' is a directory");
  CHECK(error_of([&] {
          writer.write_tree(fixture.head, {{"dir/b.mlem/x.mlem", entry}});
        }) == "cannot write 'dir/b.mlem/x.mlem': 'dir/b.mlem' is not a directory");
  CHECK(error_of([&] {
          writer.write_tree(fixture.head, {{"new", entry}, {"new/x", entry}});
        }) == "cannot write 'new': 'new' is a directory");
}

TEST_CASE("writer: commits are signed where the user's git signs") {
  const Fixture fixture;
  const std::string key = (fixture.box / "key").string();
  REQUIRE(fixture.box.run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key}).code == 0);
  const Oid tree = oid(fixture.repo.id("HEAD^{tree}"));
  const auto commit = [&] {
    const Registry registry = Registry::discover(environment_of(fixture.box), fixture.repo.path().string());
    return Writer(registry).write_commit(tree, {fixture.head}, "Grüße\n\nBody\n");
  };
  const Oid plain = commit();
  CHECK(fixture.repo.git({"cat-file", "commit", plain.hex()}).find("gpgsig") == std::string::npos);
  CHECK(fixture.repo.git({"log", "-1", "--format=%P %s %b", plain.hex()}) == fixture.head.hex() + " Grüße Body\n");
  fixture.repo.git({"config", "gpg.format", "ssh"});
  fixture.repo.git({"config", "user.signingKey", key + ".pub"});
  fixture.repo.git({"config", "commit.gpgSign", "true"});
  CHECK(fixture.repo.git({"cat-file", "commit", commit().hex()}).find("gpgsig") != std::string::npos);
  fixture.repo.git({"config", "user.signingKey", (fixture.box / "absent").string()});
  CHECK(error_of(commit).starts_with("cannot commit: "));
}

TEST_CASE("writer: refs move all or none and only from where they were") {
  const Fixture fixture;
  const Writer writer(fixture.registry);
  const Oid tree = oid(fixture.repo.id("HEAD^{tree}"));
  const Oid next = writer.write_commit(tree, {fixture.head}, "Next");
  writer.update_refs({{"refs/heads/main", next, fixture.head}, {"refs/heads/new", next, {}}}, "test");
  CHECK(fixture.repo.id("main") == next.hex());
  CHECK(fixture.repo.id("new") == next.hex());
  CHECK(fixture.repo.git({"reflog", "-1", "--format=%gs", "main"}) == "test");
  CHECK(error_of([&] {
          writer.update_refs({{"refs/heads/main", fixture.head, next}, {"refs/heads/new", fixture.head, {}}}, "test");
        }) == "cannot update refs: cannot lock ref 'refs/heads/new': reference already exists");
  CHECK(error_of([&] {
          writer.update_refs({{"refs/heads/main", fixture.head, fixture.head}}, "test");
        }) == "cannot update refs: cannot lock ref 'refs/heads/main': is at " + next.hex() + " but expected " +
                  fixture.head.hex());
  CHECK(fixture.repo.id("main") == next.hex());
}

TEST_CASE("writer: it is told where a branch is checked out") {
  const Fixture fixture;
  fixture.repo.branch("free");
  const auto linked = fixture.repo.add_worktree("linked");
  CHECK(find_checkout(fixture.registry, "refs/heads/main") == fixture.repo.path().string());
  CHECK(find_checkout(fixture.registry, "refs/heads/linked") == linked.string());
  CHECK(find_checkout(fixture.registry, "refs/heads/free") == std::nullopt);
  CHECK(find_checkout(fixture.registry, "refs/heads/absent") == std::nullopt);
}
