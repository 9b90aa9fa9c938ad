#include "support/http_server.hpp"
#include "support/lfs_server.hpp"
#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/model_world.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

/// A registry of models that sources behind a network have: one in Git, one in Git LFS, and a data set of DVC.
struct Bundled : ModelWorld {
  HttpServer git_server{sandbox};
  LfsServer lfs_server{sandbox};
  fs::path served = git_server.root() / "org/models.git";
  std::string url = git_server.url("org/models.git") + "/";
  std::string in_git = random_bytes(300'000, "git");
  std::string in_lfs = random_bytes(200'000, "lfs");
  std::string list = "[{\"md5\": \"" + md5_of("one") + "\", \"relpath\": \"x/1\"}]";
  std::string set = md5_of(list) + ".dir";

  Bundled() {
    sandbox.add_config("lfs.url", lfs_server.url("org/models"));
    lfs_server.add(in_lfs);
    put_in_dvc(set, list);
    put_in_dvc(md5_of("one"), "one");
    source.commit(
        {{"git.mlem", model_with("git", in_git)},
         {"git", in_git},
         {"other", random_bytes(300'000, "other")},
         {"lfs.mlem", model_with("lfs", in_lfs)},
         {"lfs", lfs_pointer_to(in_lfs)},
         {".dvc/config",
          "[core]\n    remote = there\n['remote \"there\"']\n    url = " + lfs_server.url("files/dvc") + "\n"},
         {"set.mlem", "artifacts:\n  data:\n    hash: " + set + "\n    size: 3\n    uri: set\nobject_type: data\n"},
         {"set.dvc", "outs:\n- md5: " + set + "\n  size: 3\n  nfiles: 1\n  hash: md5\n  path: set\n"}});
    source.annotated_tag("v1");
    source.bare_clone(served);
    link("git", "prod/git", url, {"--rev", "v1"});
    link("lfs", "prod/lfs", url, {"--rev", "main"});
    link("set", "data/set", url, {"--rev", "v1"});
    registry.commit({}, "Link");
    registry.tag("release-1");
  }

  void put_in_dvc(const std::string& md5, const std::string& content) const {
    lfs_server.add_file("files/dvc/files/md5/" + md5.substr(0, 2) + "/" + md5.substr(2), content);
  }

  fs::path bundle(const std::string& name, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"bundle", "create", "-o", (out / name).string()});
    fs::create_directories(out);
    const Outcome created = mlem(options);
    INFO(created);
    REQUIRE(created.code == 0);
    return out / name;
  }

  /// Runs the program where there is no network, not even this machine's own.
  Outcome without_network(const fs::path& directory, const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{"unshare", "--user", "--map-root-user", "--net",
                                     program_directory() + "/git-mlem"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    RunOptions options;
    options.directory = directory;
    return sandbox.run(command, options);
  }
  bool can_be_without_network() const {
    return sandbox.run({"unshare", "--user", "--map-root-user", "--net", "true"}).code == 0;
  }
};

std::string states_of(const nlohmann::json& row) {
  std::string states;
  for (const auto& artifact : row.at("artifacts")) states += artifact.at("state").get<std::string>() + " ";
  return states;
}

}  // namespace

TEST_CASE("bundle: a registry is carried with its models to where no network is") {
  const Bundled world;
  const fs::path file = world.bundle("release.bundle");
  const fs::path there = world.sandbox / "there";
  const Outcome imported = world.mlem_in(world.sandbox.path(), {"bundle", "import", file.string(), there.string()});
  CAPTURE(imported);
  REQUIRE(imported.code == 0);
  CHECK(imported.output == "Imported main at " + world.registry.id("HEAD").substr(0, 7) +
                               ": 3 links, 1 source, 3 files of 195.38 KiB beside Git\nThe registry is in '" +
                               there.string() + "'\n");
  CHECK(world.sandbox.git_output({"-C", there.string(), "log", "--format=%H %D"}) ==
        world.registry.id("HEAD") + " HEAD -> main, tag: release-1");
  CHECK(world.sandbox.git_output({"-C", there.string(), "status", "--porcelain"}).empty());
  if (!world.can_be_without_network()) {
    MESSAGE("skipped: this user may not make a network namespace");
    return;
  }
  const Outcome checked = world.without_network(there, {"check", "--offline", "--deep", "--json"});
  CAPTURE(checked);
  CHECK(checked.code == 0);
  const auto rows = json_rows(checked);
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) CHECK(states_of(row) == "ok ");
  for (const auto& [name, bytes] : {std::pair("prod/git", world.in_git), {"prod/lfs", world.in_lfs}}) {
    const Outcome cloned = world.without_network(there, {"clone", "--offline", name, "../got"});
    CAPTURE(cloned);
    CHECK(cloned.code == 0);
    CHECK(read_file(world.sandbox / "got") == bytes);
    fs::remove(world.sandbox / "got");
    fs::remove(world.sandbox / "got.mlem");
  }
  REQUIRE(world.without_network(there, {"clone", "--offline", "data/set", (world.out / "set").string()}).code == 0);
  CHECK(read_file(world.out / "set/x/1") == "one");
  // A tag may have moved, for all that can be known without asking.
  CHECK(world.without_network(there, {"clone", "prod/git", (world.out / "git").string()}).code == 2);
}

TEST_CASE("bundle: what is pinned is cloned without a word about the network") {
  const Bundled world;
  if (!world.can_be_without_network()) return;
  REQUIRE(world.mlem({"pin"}).code == 0);
  RepoBuilder registry = world.registry;
  registry.commit({}, "Pin");
  const fs::path there = world.sandbox / "there";
  REQUIRE(world.mlem({"bundle", "import", world.bundle("b").string(), there.string()}).code == 0);
  const Outcome cloned = world.without_network(there, {"clone", "prod/lfs", (world.out / "lfs").string()});
  CAPTURE(cloned);
  CHECK(cloned.code == 0);
  CHECK(read_file(world.out / "lfs") == world.in_lfs);
}

TEST_CASE("bundle: the same registry and sources make the same bytes") {
  const Bundled world;
  const fs::path one = world.bundle("one");
  world.sandbox.git_output({"-C", world.served.string(), "repack", "-a", "-d", "-q", "-F", "--depth=3"});
  world.registry.git({"gc", "-q"});
  fs::remove_all(world.registry.path() / ".git/mlem");
  const fs::path other = world.bundle("other");
  CHECK(read_file(one) == read_file(other));
  RunOptions options;
  options.directory = world.registry.path();
  const Outcome piped = world.sandbox.mlem({"bundle", "create", "-o", "-"}, options);
  CHECK(piped.code == 0);
  CHECK(piped.output == read_file(one));
  CHECK(piped.errors.starts_with("Created the bundle of main at "));

  SUBCASE("any tar reads it") {
    const Outcome listed = world.sandbox.run({"tar", "-tf", one.string()});
    CHECK(listed.output == "manifest.json\npacks/registry.pack\npacks/1.pack\n" + [&] {
      std::vector<std::string> digests{sha256_of(world.in_lfs), sha256_of("one"), sha256_of(world.list)};
      std::sort(digests.begin(), digests.end());
      std::string names;
      for (const std::string& digest : digests) names += "artifacts/" + digest + "\n";
      return names;
    }());
  }
  SUBCASE("nothing is left beside it") {
    CHECK(world.files_below(world.out) == std::vector<std::string>{"./one", "./other"});
  }
  SUBCASE("what is not needed is not in it") { CHECK(fs::file_size(one) < 2 * world.in_git.size()); }
  SUBCASE("a pipe is as good as a file") {
    options.directory = world.sandbox.path();
    options.input = piped.output;
    CHECK(world.sandbox.mlem({"bundle", "import", "-", "there"}, options).code == 0);
    CHECK(fs::exists(world.sandbox / "there/prod/git.mlem"));
  }
}

TEST_CASE("bundle: one that follows another has what that lacks") {
  Bundled world;
  const fs::path first = world.bundle("first");
  const std::string model = random_bytes(1'000'000, "new");
  world.source.commit({{"git.mlem", model_with("git", model)}, {"git", model}});
  world.source.tag("v2");
  world.source.git({"push", "-q", world.served.string(), "main", "v2"});
  world.link("git", "prod/git", world.url, {"--rev", "v2", "-f"});
  world.registry.commit({}, "Release");
  const std::size_t requests = world.lfs_server.requests().size();
  const fs::path second = world.bundle("second", {"--since", first.string()});
  // The link to Git LFS follows the branch: that is asked for, and its file is not.
  for (std::size_t i = requests; i < world.lfs_server.requests().size(); ++i) {
    CHECK_FALSE(contains(world.lfs_server.requests()[i].path, "/objects/" + sha256_of(world.in_lfs)));
  }
  CHECK(fs::file_size(second) < model.size() * 102 / 100);
  const Outcome verified = world.mlem({"bundle", "verify", "--json", second.string()});
  CHECK(json_rows(verified).at(0).at("since").size() == 1);

  SUBCASE("a registry that has the first one takes it") {
    const fs::path there = world.sandbox / "there";
    REQUIRE(world.mlem({"bundle", "import", first.string(), there.string()}).code == 0);
    const Outcome imported = world.mlem_in(there, {"bundle", "import", second.string()});
    CAPTURE(imported);
    REQUIRE(imported.code == 0);
    CHECK(contains(imported.output, " mlem/imported/heads/main\n"));
    REQUIRE(world.sandbox.git({"-C", there.string(), "merge", "-q", "--ff-only", "mlem/imported/heads/main"}).code ==
            0);
    fs::rename(world.served, world.sandbox / "gone");
    const Outcome checked = world.mlem_in(there, {"check", "--offline", "--deep", "--json"});
    CAPTURE(checked);
    CHECK(checked.code == 0);
    for (const auto& row : json_rows(checked)) CHECK(states_of(row) == "ok ");
    REQUIRE(world.mlem_in(there, {"clone", "--offline", "prod/git", (world.out / "got").string()}).code == 0);
    CHECK(read_file(world.out / "got") == model);
    // The link at the commit before leads to the model of then.
    CHECK(world.mlem_in(there, {"check", "--offline", "--deep", "release-1"}).code == 0);
  }
  SUBCASE("another one does not") {
    const Outcome fresh = world.mlem({"bundle", "import", second.string(), (world.sandbox / "there").string()});
    CHECK(fresh.code == 128);
    CHECK(fresh.errors ==
          "fatal: cannot make a registry in '" + (world.sandbox / "there").string() +
              "': the bundle builds on another one\nhint: make it of that one, and import this one there\n");
    const RepoBuilder empty(world.sandbox, "empty");
    const Outcome verified_there = world.mlem_in(empty.path(), {"bundle", "verify", second.string()});
    CHECK(verified_there.code == 1);
    const Outcome imported = world.mlem_in(empty.path(), {"bundle", "import", second.string()});
    CHECK(imported.code == 128);
    CHECK(contains(imported.errors, "the registry lacks commit " + world.registry.id("release-1")));
    CHECK(contains(imported.errors, "hint: import the bundle first that it was made to follow\n"));
  }
  SUBCASE("what is in all of them together is not there again") {
    const fs::path third = world.bundle("third", {"--since", first.string(), "--since", second.string()});
    CHECK(fs::file_size(third) < 10'000);
  }
}

TEST_CASE("bundle: one that is not whole is refused, and leaves no registry") {
  const Bundled world;
  const std::string bytes = read_file(world.bundle("good"));
  const auto refused = [&](const std::string& content, const std::string& why) {
    write_file(world.out / "bad", content);
    const Outcome verified = world.mlem({"bundle", "verify", (world.out / "bad").string()});
    CAPTURE(verified);
    CHECK(verified.code == 128);
    CHECK(contains(verified.errors, why));
    const Outcome imported =
        world.mlem({"bundle", "import", (world.out / "bad").string(), (world.sandbox / "there").string()});
    CHECK(imported.code == 128);
    CHECK_FALSE(fs::exists(world.sandbox / "there"));
    const std::string before = world.registry.git({"for-each-ref"});
    CHECK(world.mlem({"bundle", "import", (world.out / "bad").string()}).code == 128);
    CHECK(world.registry.git({"for-each-ref"}) == before);
  };
  SUBCASE("its end is missing") { refused(bytes.substr(0, bytes.size() - 1), "it ends before it is whole"); }
  SUBCASE("a block of it is missing") { refused(bytes.substr(0, bytes.size() - 2048), "bundle"); }
  SUBCASE("something is behind it") { refused(bytes + "x", "it goes on where it should end"); }
  SUBCASE("it is empty") { refused("", "it ends before it is whole"); }
  SUBCASE("it is something else") { refused(world.in_git, "not a bundle of git mlem: it has an unexpected header"); }
  SUBCASE("a byte is another one") {
    // Of the manifest, of a header, of a pack, of an artifact, of what fills a block.
    for (const std::size_t place : {std::size_t{600}, std::size_t{3}, bytes.find("packs/1.pack") + 700,
                                    bytes.rfind("artifacts/") + 600, bytes.size() - 1025}) {
      std::string changed = bytes;
      changed[place] = static_cast<char>(changed[place] ^ 1);
      CAPTURE(place);
      refused(changed, "");
    }
  }
  SUBCASE("it is of a later version") {
    const std::string version = "\"version\": 1";
    std::string later = bytes;
    later.replace(later.find(version), version.size(), "\"version\": 2");
    refused(later, "it is of version 2, and this program knows version 1\nhint: use a newer git mlem\n");
  }
}

TEST_CASE("bundle: what cannot be had whole is not made") {
  Bundled world;
  fs::create_directories(world.out);
  SUBCASE("a link that leads nowhere") {
    world.source.git({"push", "-q", world.served.string(), ":v1"});
    fs::remove_all(world.registry.path() / ".git/mlem");
    const Outcome outcome = world.mlem({"bundle", "create", "-o", (world.out / "b").string()});
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.errors, "error: prod/git.mlem: missing-rev: "));
    CHECK(world.mlem({"bundle", "create", "-o", (world.out / "b").string(), "prod/lfs"}).code == 0);
  }
  SUBCASE("a file that the server has lost") {
    fs::remove(world.lfs_server.objects() / sha256_of(world.in_lfs));
    const Outcome outcome = world.mlem({"bundle", "create", "-o", (world.out / "b").string()});
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.errors.starts_with("error: prod/lfs.mlem: artifact-missing: 'lfs' is missing"));
    CHECK_FALSE(fs::exists(world.out / "b"));
  }
  SUBCASE("many links to what nobody reaches, which is said once") {
    for (const std::string name : {"1", "2", "3", "4"}) {
      write_file(world.registry.path() / (name + ".mlem"),
                 "link_type: model\nobject_type: link\npath: rf.mlem\nrepo: http://127.0.0.1:1/x/\nrev: main\n");
    }
    world.registry.git({"add", "."});
    world.registry.commit({}, "More");
    const Outcome outcome = world.mlem({"bundle", "create", "-o", (world.out / "b").string()});
    CAPTURE(outcome);
    CHECK(outcome.code == 2);
    CHECK(outcome.errors.starts_with("error: 4 links: unreachable: "));
    CHECK(contains(outcome.errors, "\n  1.mlem\n  2.mlem\n  3.mlem\n  4.mlem\n"));
  }
  SUBCASE("a shallow registry") {
    world.registry.commit({{"more", "1"}});
    REQUIRE(world.sandbox.git({"clone", "-q", "--depth=1", world.registry.url(), "shallow"}).code == 0);
    const Outcome outcome = world.mlem_in(world.sandbox / "shallow", {"bundle", "create", "-o", "b"});
    CHECK(outcome.errors ==
          "fatal: cannot bundle a shallow clone: the history of the registry is not all here\n"
          "hint: 'git fetch --unshallow' brings it\n");
  }
  SUBCASE("where there is no directory") {
    CHECK(world.mlem({"bundle", "create", "-o", "/nowhere/b"}).errors ==
          "fatal: cannot write '/nowhere/b': there is no directory for it\n");
  }
  SUBCASE("what is only staged is not in it, and a warning says so") {
    world.link("git", "prod/more", world.url, {"--rev", "v1"});
    const Outcome created = world.mlem({"bundle", "create", "-o", (world.out / "b").string()});
    CHECK(created.code == 0);
    CHECK(contains(created.output, ": 3 links, 1 source, "));
    CHECK(created.errors ==
          "warning: 1 staged change is not in the bundle, which is of HEAD\nhint: 'git commit' first\n");
    world.registry.bare_clone(world.sandbox / "bare.git");
    CHECK(world.mlem_in(world.sandbox / "bare.git", {"bundle", "create", "-o", (world.out / "c").string()})
              .errors.empty());
  }
  SUBCASE("in the place of what is not a file") {
    fs::create_symlink("elsewhere", world.out / "link");
    for (const fs::path& output : {world.out, world.out / "link", fs::path("/dev/null")}) {
      CAPTURE(output);
      CHECK(world.mlem({"bundle", "create", "-o", output.string()}).errors ==
            "fatal: cannot write '" + output.string() + "': it is not a regular file\nhint: '-' is standard output\n");
    }
    const fs::path base = world.bundle("base");
    const std::string content = read_file(base);
    CHECK(contains(world.mlem({"bundle", "create", "--since", base.string(), "-o", base.string()}).errors,
                   "it is a bundle that this one would follow"));
    CHECK(read_file(base) == content);
  }
  SUBCASE("a registry without a commit") {
    const RepoBuilder empty(world.sandbox, "empty");
    CHECK(world.mlem_in(empty.path(), {"bundle", "create", "-o", "b"}).errors ==
          "fatal: cannot make a bundle: the registry has no commit yet\n");
  }
  SUBCASE("words that are not those of a bundle") {
    CHECK(world.mlem({"bundle"}).code == 129);
    CHECK(world.mlem({"bundle", "create"}).code == 129);
    CHECK(world.mlem({"bundle", "verify"}).code == 129);
    CHECK(world.mlem({"bundle", "export", "x"}).code == 129);
    CHECK(world.mlem({"bundle", "verify", "-o", "x", "y"}).code == 129);
    CHECK(world.mlem({"bundle", "verify", "nothing"}).errors ==
          "fatal: cannot open 'nothing': No such file or directory\n");
    write_file(world.sandbox / "full/file", "");
    CHECK(contains(world.mlem({"bundle", "import", "nothing", (world.sandbox / "full").string()}).errors,
                   "it is there already and not empty"));
  }
}

TEST_CASE("bundle: an import is not undone by tidying up or moving, and takes what is newer") {
  Bundled world;
  const std::string signature = "{}";
  world.source.commit({{"git.sig", signature}});
  world.source.git({"push", "-q", world.served.string(), "main"});
  world.link("git", "prod/main", world.url, {"--rev", "main"});
  world.registry.commit({}, "Link");
  world.registry.tag("stable");
  const fs::path first = world.bundle("first");
  // The registry goes back in time, and the source forward.
  world.source.commit({{"git.mlem", model_with("git", world.in_lfs)}, {"git", world.in_lfs}});
  world.source.git({"push", "-q", world.served.string(), "main"});
  world.registry.git({"switch", "-q", "--detach"});
  RunOptions old;
  old.environment["GIT_COMMITTER_DATE"] = "2001-01-01T00:00:00Z";
  world.registry.git({"commit", "-q", "--allow-empty", "-m", "Old"}, old);
  const fs::path second = world.bundle("second", {"--since", first.string()});
  fs::create_directories(world.sandbox / "mounted");
  fs::permissions(world.sandbox / "mounted", fs::owner_all);
  REQUIRE(world.mlem_in(world.sandbox / "mounted", {"bundle", "import", first.string(), "./"}).code == 0);
  CHECK(fs::status(world.sandbox / "mounted").permissions() == fs::owner_all);
  CHECK(world.sandbox.git_output({"-C", (world.sandbox / "mounted").string(), "tag"}) == "release-1\nstable");
  const fs::path there = world.sandbox / "moved";
  fs::rename(world.sandbox / "mounted", there);
  CHECK(world.mlem_in(there, {"fetch", "--prune"}).code == 0);
  const Outcome imported = world.mlem_in(there, {"bundle", "import", second.string()});
  CAPTURE(imported);
  REQUIRE(imported.code == 0);
  CHECK(contains(imported.output, " mlem/imported/commits/" + world.registry.id("HEAD") + "\n"));
  const auto commit_of = [&](const fs::path& directory) {
    return json_rows(world.mlem_in(directory, {"check", "--offline", "--json", "prod/main"})).at(0).at("commit");
  };
  fs::rename(world.served, world.sandbox / "gone");
  CHECK(commit_of(there) == world.source.id("main"));
  CHECK(world.mlem_in(there, {"check", "--offline", "--deep=hash"}).code == 0);
  write_file(world.sandbox / "key.pub", "not a key");
  CHECK_FALSE(contains(world.mlem_in(there, {"check", "--offline", "--signed=../key.pub"}).errors, "cache lacks"));

  const RepoBuilder clone(world.sandbox, "clone");
  clone.git({"fetch", "-q", world.registry.url(), "HEAD"});
  CHECK(contains(world.mlem_in(clone.path(), {"bundle", "import", second.string()}).errors,
                 ", which it builds on, was not imported here\nhint: import that one first\n"));
}

TEST_CASE("bundle: an import that was killed starts again") {
  const Bundled world;
  const fs::path file = world.bundle("b");
  const std::string path = world.sandbox.environment().at("PATH");
  const auto real = find_program("git", path);
  REQUIRE(real);
  const fs::path git = world.sandbox / "killing/git";
  write_file(git, "#!/bin/sh\ncase \" $* \" in *' --promisor '*) kill -KILL $PPID; exit 1 ;; esac\nexec " +
                      real->string() + " \"$@\"\n");
  fs::permissions(git, fs::owner_all);
  RunOptions options;
  options.directory = world.sandbox.path();
  options.environment["PATH"] = git.parent_path().string() + ":" + path;
  const Outcome killed = world.sandbox.mlem({"bundle", "import", file.string(), "there"}, options);
  CAPTURE(killed);
  REQUIRE(killed.signal == SIGKILL);
  CHECK_FALSE(fs::exists(world.sandbox / "there"));
  REQUIRE(world.mlem_in(world.sandbox.path(), {"bundle", "import", file.string(), "there"}).code == 0);
  for (const auto& entry : fs::directory_iterator(world.sandbox.path())) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".git-mlem"));
  }
  fs::rename(world.served, world.sandbox / "gone");
  CHECK(world.mlem_in(world.sandbox / "there", {"check", "--offline", "--deep"}).code == 0);
  // Once more, into what is there: nothing changes.
  CHECK(world.mlem_in(world.sandbox / "there", {"bundle", "import", file.string()}).code == 0);
  CHECK(world.mlem_in(world.sandbox / "there", {"check", "--offline", "--deep"}).code == 0);
}

TEST_CASE("bundle: what DVC imports comes along from where it is") {
  Bundled world;
  RepoBuilder origin(world.sandbox, "origin");
  const std::string bytes = "the model";
  // The source imports a file of DVC from another one, which is behind the network too.
  const std::string commit = origin.commit(
      {{".dvc/config",
        "[core]\n    remote = there\n['remote \"there\"']\n    url = " + world.lfs_server.url("files/dvc") + "\n"},
       {"d/w.dvc", "outs:\n- md5: " + md5_of(bytes) + "\n  size: 9\n  hash: md5\n  path: w\n"}});
  world.put_in_dvc(md5_of(bytes), bytes);
  origin.bare_clone(world.git_server.root() / "org/origin.git");
  const std::string model = model_with("rf", bytes);
  world.source.commit(
      {{"rf.mlem", model.substr(0, model.find("    uri:")) + "    type: dvc\n" + model.substr(model.find("    uri:"))},
       {"rf.dvc", "deps:\n- path: d/w\n  repo:\n    url: " + world.git_server.url("org/origin.git") +
                      "\n    rev_lock: " + commit + "\nouts:\n- md5: " + md5_of(bytes) +
                      "\n  size: 9\n  hash: md5\n  path: rf\n"}});
  world.source.git({"push", "-q", world.served.string(), "main"});
  world.link("rf", "prod/rf", world.url);
  world.registry.commit({}, "Link");
  const fs::path there = world.sandbox / "there";
  REQUIRE(world.mlem({"bundle", "import", world.bundle("b", {"prod/rf"}).string(), there.string()}).code == 0);
  if (!world.can_be_without_network()) return;
  const Outcome checked = world.without_network(there, {"check", "--offline", "--deep", "--json", "prod/rf"});
  CAPTURE(checked);
  CHECK(checked.code == 0);
  CHECK(states_of(json_rows(checked).at(0)) == "ok ");
  const Outcome cloned = world.without_network(there, {"clone", "--offline", "prod/rf", "../rf"});
  CAPTURE(cloned);
  CHECK(cloned.code == 0);
  CHECK(read_file(world.sandbox / "rf") == bytes);
}

TEST_CASE("bundle: a source of one machine, and objects of the registry itself") {
  ModelWorld world;
  const std::string bytes = random_bytes(50'000);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)}, {"rf", bytes}});
  world.link("rf", "prod/rf", world.source.url());
  const std::string large = random_bytes(60'000, "own");
  const fs::path store = world.registry.path() / ".git/lfs/objects" / sha256_of(large).substr(0, 2) /
                         sha256_of(large).substr(2, 2) / sha256_of(large);
  write_file(store, large);
  world.registry.commit({{"own.mlem", model_with("own", large)}, {"own", lfs_pointer_to(large)}});
  world.registry.git({"switch", "-q", "-c", "old"});
  world.registry.commit({{"past.mlem", "object_type: model\n"}});
  world.registry.git({"switch", "-q", "main"});
  REQUIRE(world.mlem({"link", "own", "prod/own"}).code == 0);
  REQUIRE(world.mlem({"link", "--sp", world.registry.path().string(), "--rev", "old", "past", "prod/past"}).code == 0);
  world.registry.commit({}, "Link");
  fs::create_directories(world.out);
  const fs::path file = world.out / "b";
  const Outcome created = world.mlem({"bundle", "create", "-o", file.string()});
  CAPTURE(created);
  REQUIRE(created.code == 0);
  const fs::path there = world.sandbox / "there";
  const Outcome imported = world.mlem({"bundle", "import", file.string(), there.string()});
  CAPTURE(imported);
  REQUIRE(imported.code == 0);
  fs::rename(world.source.path(), world.sandbox / "gone");
  const Outcome checked = world.mlem_in(there, {"check", "--offline", "--deep"});
  CAPTURE(checked);
  CHECK(checked.code == 0);
  CHECK(world.mlem_in(there, {"fetch", "--prune", "prod"}).code == 129);
  fs::rename(world.sandbox / "gone", world.source.path());
  CHECK(world.mlem_in(there, {"fetch", "--prune"}).errors ==
        "3 links: 3 fetched, 0 broken, 0 undecided; 0 unused sources removed\n");
  fs::rename(world.source.path(), world.sandbox / "gone");
  const fs::path cloned = world.sandbox / "cloned";
  REQUIRE(world.mlem_in(there, {"clone", "--offline", "prod/own", cloned.string()}).code == 0);
  CHECK(read_file(cloned) == large);
  // What is not asked to be from the cache is where it was.
  CHECK(world.mlem_in(there, {"check", "prod/rf"}).code == 1);
}
