// Repositories of every shape give the same answers, and are as git wants them afterwards.

#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <functional>

using namespace mlem::test;

namespace {

Files registry_files(const World& world) {
  const auto link = [&](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = world.models.url(), .rev = rev});
  };
  return {{".mlem.yaml", ""},
          {"ok.mlem", link("main")},
          {"d/bad.mlem", link("gone")},
          {"alias.mlem", link_text({.path = "ok.mlem"})},
          {"e/f/ok.mlem", link("5-deploy-meta")},
          {"README.md", "A registry\n"}};
}

/// A repository with registry_files(), and how it got its shape; returns the directory to work in.
struct Shape {
  std::string name;
  std::function<mlem::fs::path(const World&)> make;
  bool needs_reftable = false;
};

RepoBuilder plain(const World& world, const RepoOptions& options = {}) {
  RepoBuilder registry(world.sandbox, "shaped", options);
  registry.commit(registry_files(world));
  return registry;
}

mlem::fs::path clone(const World& world, const std::vector<std::string>& options) {
  const RepoBuilder origin = plain(world);
  origin.git({"config", "uploadpack.allowFilter", "true"});
  std::vector<std::string> arguments{"clone", "-q"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {origin.url(), (world.sandbox / "clone").string()});
  world.sandbox.git_output(arguments);
  return world.sandbox / "clone";
}

mlem::fs::path configured(const World& world, const std::vector<std::vector<std::string>>& commands) {
  const RepoBuilder registry = plain(world);
  for (const auto& command : commands) registry.git(command);
  return registry.path();
}

const std::vector<Shape> shapes = {
    {"plain", [](const World& world) { return plain(world).path(); }},
    {"split index", [](const World& world) { return plain(world, {.split_index = true}).path(); }},
    {"SHA-256", [](const World& world) { return plain(world, {.object_format = "sha256"}).path(); }},
    {"reftable", [](const World& world) { return plain(world, {.ref_format = "reftable"}).path(); }, true},
    {"reftable and SHA-256, as Git 3.0 is to make it by default",
     [](const World& world) {
       return plain(world, {.object_format = "sha256", .ref_format = "reftable"}).path();
     },
     true},
    {"reftable in a linked work tree",
     [](const World& world) { return plain(world, {.ref_format = "reftable"}).add_worktree("linked"); }, true},
    {"sparse checkout with links outside of it",
     [](const World& world) {
       return configured(world, {{"sparse-checkout", "set", "--cone", "--no-sparse-index", "e"}});
     }},
    {"sparse index with links outside of it",
     [](const World& world) {
       const RepoBuilder registry = plain(world);
       registry.sparse_checkout({"e"});
       return registry.path();
     }},
    {"linked work tree", [](const World& world) { return plain(world).add_worktree("linked"); }},
    {"submodule",
     [](const World& world) {
       const RepoBuilder inner = plain(world);
       const RepoBuilder outer(world.sandbox, "outer");
       outer.git({"submodule", "--quiet", "add", inner.url(), "registry"});
       return outer.path() / "registry";
     }},
    {"alternates", [](const World& world) { return clone(world, {"--shared"}); }},
    {"shallow clone", [](const World& world) { return clone(world, {"--depth=1"}); }},
    {"partial clone", [](const World& world) { return clone(world, {"--filter=blob:none"}); }},
    {"index version 2",
     [](const World& world) {
       return configured(world, {{"update-index", "--index-version=2"}});
     }},
    {"index version 3",
     [](const World& world) {
       // Only an entry with more flags makes one.
       return configured(world,
                         {{"update-index", "--index-version=3"}, {"update-index", "--skip-worktree", "README.md"}});
     }},
    {"index version 4",
     [](const World& world) {
       return configured(world, {{"update-index", "--index-version=4"}});
     }},
    {"untracked cache",
     [](const World& world) {
       return configured(world, {{"update-index", "--untracked-cache"}});
     }},
    {"many packs and commit-graph",
     [](const World& world) {
       return configured(world,
                         {{"repack", "-adq"}, {"commit-graph", "write", "--reachable"}, {"multi-pack-index", "write"}});
     }},
    {"packed refs",
     [](const World& world) {
       return configured(world, {{"pack-refs", "--all"}});
     }},
    {"git directory elsewhere",
     [](const World& world) { return clone(world, {"--separate-git-dir=" + (world.sandbox / "elsewhere").string()}); }},
};

}  // namespace

TEST_CASE("shapes: check, link and commit work in a repository of every shape") {
  for (const Shape& shape : shapes) {
    CAPTURE(shape.name);
    const World world;
    if (shape.needs_reftable && !knows_reftable(world.sandbox)) {
      MESSAGE("skipped: this git knows no reftable");
      continue;
    }
    RunOptions here;
    here.directory = shape.make(world);
    const Outcome checked = world.sandbox.mlem({"check"}, here);
    CAPTURE(checked);
    CHECK(checked.code == 1);
    CHECK(checked.errors == "4 links: 3 ok, 1 broken, 0 undecided\n");
    CHECK(checked.output.find("d/bad.mlem: missing-rev") != std::string::npos);
    const Outcome of_commit = world.sandbox.mlem({"check", "HEAD"}, here);
    CHECK(of_commit.errors == checked.errors);

    REQUIRE(world.sandbox.mlem({"install"}, here).code == 0);
    const Outcome linked = world.sandbox.mlem({"link", "--sp", example_url, "models/rf", "e/new"}, here);
    CAPTURE(linked);
    CHECK(linked.code == 0);
    const Outcome alias = world.sandbox.mlem({"link", "ok", "e/again"}, here);
    CAPTURE(alias);
    CHECK(alias.code == 0);
    CHECK(world.sandbox.git_output({"status", "--porcelain", "--untracked-files=all"}, here) ==
          "A  e/again.mlem\nA  e/new.mlem");
    const Outcome committed = world.sandbox.git({"commit", "-qm", "Two links"}, here);
    CAPTURE(committed);
    CHECK(committed.code == 0);
    // Not earlier: with a sparse index, git 2.39 itself has missing trees between `git add` and the commit.
    CHECK(world.sandbox.git_output({"fsck", "--no-dangling"}, here).empty());
    CHECK(world.sandbox.git_output({"status", "--porcelain", "--untracked-files=all"}, here).empty());

    // What `ok` leads to is gone: the aliases of it, that nobody touched, are judged too.
    world.sandbox.git_output({"rm", "-q", "--cached", "--sparse", "ok.mlem"}, here);
    const Outcome refused = world.sandbox.git({"commit", "-qm", "Removed"}, here);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(refused.errors.find("alias.mlem: missing-path") != std::string::npos);
  }
}

TEST_CASE("shapes: variables that say where the repository is are obeyed as git obeys them") {
  World world;
  const RepoBuilder registry = plain(world);
  const mlem::fs::path index = world.sandbox / "other-index";
  RunOptions elsewhere;
  elsewhere.directory = world.sandbox.path();
  elsewhere.environment = {{"GIT_DIR", (registry.path() / ".git").string()},
                           {"GIT_WORK_TREE", registry.path().string()}};
  CHECK(world.sandbox.mlem({"check"}, elsewhere).errors == "4 links: 3 ok, 1 broken, 0 undecided\n");
  elsewhere.environment["GIT_INDEX_FILE"] = index.string();
  CHECK(world.sandbox.mlem({"check"}, elsewhere).errors ==
        "fatal: there is nothing to judge: there is no index\n"
        "hint: 'git reset' makes one of the last commit; 'git mlem check HEAD' judges that commit itself\n");
  const Outcome linked =
      world.sandbox.mlem({"link", "--sp", example_url, "models/rf", (registry.path() / "new").string()}, elsewhere);
  CAPTURE(linked);
  CHECK(linked.code == 0);
  CHECK(world.sandbox.git_output({"ls-files"}, elsewhere) == "new.mlem");
  CHECK(registry.git({"ls-files", "new.mlem"}).empty());
}

TEST_CASE("shapes: SHA-256 and SHA-1 repositories link to one another") {
  const World world;
  std::vector<RepoOptions> formats{{.object_format = "sha1"}, {.object_format = "sha256"}};
  if (knows_reftable(world.sandbox)) {
    for (const std::string hash : {"sha1", "sha256"})
      formats.push_back({.object_format = hash, .ref_format = "reftable"});
  } else {
    MESSAGE("skipped: this git knows no reftable");
  }
  RepoBuilder models(world.sandbox, "models256",
                     {.object_format = "sha256", .ref_format = formats.back().ref_format});
  const std::string commit = models.commit({{"models/rf.mlem", model_meta()}});
  for (const RepoOptions& format : formats) {
    const std::string name = format.object_format + "-" + format.ref_format;
    CAPTURE(name);
    const RepoBuilder registry(world.sandbox, "registry-" + name, format);
    RunOptions here;
    here.directory = registry.path();
    for (const std::string& rev : {std::string("main"), commit}) {
      const Outcome linked =
          world.sandbox.mlem({"link", "--sp", models.url(), "--rev", rev, "models/rf", "a" + rev}, here);
      CAPTURE(linked);
      CHECK(linked.code == 0);
    }
    CHECK(world.sandbox.mlem({"link", "--sp", example_url, "models/rf", "b"}, here).code == 0);
    CHECK(world.sandbox.mlem({"check"}, here).errors == "3 links: 3 ok, 0 broken, 0 undecided\n");
    CHECK(world.sandbox.git_output({"fsck", "--no-dangling"}, here).empty());
  }
}

TEST_CASE("shapes: what a sparse checkout leaves out is in the work tree as the index has it") {
  struct Row {
    std::string name;
    std::vector<std::string> options;
    bool is_partial = false;
  };
  const std::vector<Row> rows{
      {"no cone", {"--no-cone", "/in/"}},
      {"cone", {"--cone", "--no-sparse-index", "in"}},
      {"sparse index", {"--cone", "--sparse-index", "in"}},
      {"partial clone", {"--no-cone", "/in/"}, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    World world;
    // Looked up from the directory of the links, there would be data at their paths.
    world.registry.commit({{".mlem.yaml", ""},
                           {".mlem/model/old.mlem", model_meta()},
                           {"in/al.mlem", link_text({.path = "out/c.mlem"})},
                           {"in/al2.mlem", link_text({.path = "old"})},
                           {"in/old.mlem", data_meta()},
                           {"in/out/c.mlem", data_meta()},
                           {"out/c.mlem", model_meta()}});
    RunOptions here;
    here.directory = world.registry.path();
    if (row.is_partial) {
      world.registry.git({"config", "uploadpack.allowFilter", "true"});
      here.directory = world.sandbox / "partial";
      world.sandbox.git_output({"clone", "-q", "--no-checkout", "--filter=blob:none", world.registry.url(), "partial"});
    }
    std::vector<std::string> command{"sparse-checkout", "set"};
    command.insert(command.end(), row.options.begin(), row.options.end());
    world.sandbox.git_output(command, here);
    world.sandbox.git_output({"checkout", "-q", "main"}, here);

    const Outcome resolved = world.sandbox.mlem({"resolve", "--porcelain", "in/al", "in/al2", "out/c"}, here);
    CAPTURE(resolved);
    CHECK(resolved.code == 0);
    const std::string blob = world.registry.id(":out/c.mlem");
    CHECK(resolved.output == "ok\tin/al.mlem\tmodel\t-\t" + blob + "\tout/c.mlem\t-\t-\nok\tin/al2.mlem\tmodel\t-\t" +
                                 blob + "\t.mlem/model/old.mlem\t-\t-\nok\tout/c.mlem\tmodel\t-\t" + blob +
                                 "\tout/c.mlem\t-\t-\n");
    CHECK(world.sandbox.mlem({"show", "in/al"}, here).output == model_meta());
    for (const std::vector<std::string>& check : {std::vector<std::string>{"check"}, {"check", "--worktree"}}) {
      const Outcome checked = world.sandbox.mlem(check, here);
      CAPTURE(checked);
      CHECK(checked.errors == "2 links: 2 ok, 0 broken, 0 undecided\n");
    }
    CHECK(world.sandbox.git_output({"status", "--porcelain"}, here).empty());

    // A file that is there all the same is what it is.
    write_file(here.directory / "out/c.mlem", data_meta());
    const Outcome present = world.sandbox.mlem({"resolve", "--porcelain", "in/al"}, here);
    CAPTURE(present);
    CHECK(present.output == "wrong-type\tin/al.mlem\tdata\t-\t-\tout/c.mlem\t-\t-\n");
  }
}
