#include "artifact/locate.hpp"
#include "git/repository.hpp"
#include "support/metafiles.hpp"
#include "support/repo_builder.hpp"
#include "yaml/read_object.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using mlem::Oid;
using mlem::RepoPath;
using mlem::artifact::Declared;
using mlem::artifact::DvcEntry;
using mlem::artifact::DvcObject;
using mlem::artifact::expand_dvc_directory;
using mlem::artifact::External;
using mlem::artifact::Forbidden;
using mlem::artifact::GitBlob;
using mlem::artifact::Hash;
using mlem::artifact::LfsObject;
using mlem::artifact::locate;
using mlem::artifact::Located;
using mlem::artifact::Missing;
using mlem::artifact::Place;
using mlem::artifact::PlacedFile;
using mlem::artifact::Symlink;
using mlem::artifact::Wanted;
using mlem::dvc::Import;
using mlem::dvc::Layout;
using mlem::git::open_repository;
using mlem::git::Reading;
using mlem::git::Repository;
using mlem::git::without_repository;
using mlem::test::environment_of;
using mlem::test::Files;
using mlem::test::oid;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;
namespace fs = mlem::fs;

namespace {

const std::string sha256 = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256 + "\nsize 12345\n";
const std::string md5 = "96f5441d1cfa935583836702a3edd3d1";
const std::string dir_md5 = "bdb8641831d8fcb03939637e09011c21.dir";

/// A symbolic link by its path and target; one to nothing is a submodule.
using Links = std::vector<std::pair<std::string, std::string>>;

/// A repository with one commit.
struct World {
  explicit World(const Files& files, const Links& links = {}) {
    for (const auto& [path, target] : links) {
      if (target.empty()) {
        repo.git({"update-index", "--add", "--cacheinfo", "160000,4d7a214614ab2935c943f9e0ff69d22eadbb8f32," + path});
      } else {
        const fs::path link = repo.path() / path;
        fs::create_directories(link.parent_path());
        fs::create_symlink(target, link);
        repo.git({"add", path});
      }
    }
    commit = oid(repo.commit(files));
  }

  std::unique_ptr<Repository> open() const { return open(repo.path() / ".git"); }
  std::unique_ptr<Repository> open(const fs::path& git_dir) const {
    return open_repository(git_dir, without_repository(environment_of(box)), Reading::here);
  }
  Oid id(const std::string& path) const { return oid(repo.id(commit.hex() + ':' + path)); }
  Located locate_one(Wanted wanted) const {
    wanted.commit = commit;
    return locate(*open(), {std::move(wanted)}).at(0);
  }
  /// Returns where the only artifact of `models/rf.mlem` is, which is declared as `uri`.
  Place place(const std::string& uri = "rf", const std::string& metafile = "models/rf.mlem") const {
    const Located located = locate_one({.declared = {declared(uri, metafile)}});
    CHECK(located.missing.empty());
    REQUIRE(located.files.size() == 1);
    return located.files[0].place;
  }
  static Declared declared(const std::string& uri, const std::string& metafile = "models/rf.mlem") {
    mlem::object::Description description;
    description.artifacts.push_back({.name = "data", .uri = uri, .hash = md5, .size = "163671"});
    return mlem::artifact::declared_artifacts(description, RepoPath::parse(metafile)).at(0);
  }

  Sandbox box;
  RepoBuilder repo{box, "repo"};
  Oid commit;
};

/// Returns the paths and places of a plain object's files.
std::vector<std::string> paths_of(const Located& located) {
  std::vector<std::string> paths;
  for (const PlacedFile& file : located.files) paths.push_back(file.path);
  return paths;
}

std::string dvc_file(const std::string& path, const std::string& hash, const std::string& more = "") {
  return "outs:\n- md5: " + hash + "\n  path: " + path + "\n" + more;
}

const Files dvc_project = {{".dvc/config", "[core]\nremote = r\n"}, {".dvc/.gitignore", "/cache\n"}};

Files in_project(Files files) {
  files.insert(dvc_project.begin(), dvc_project.end());
  return files;
}

}  // namespace

template <>
struct doctest::StringMaker<Place> {
  static String convert(const Place& place) {
    if (const auto* const missing = std::get_if<Missing>(&place)) return ("Missing: " + missing->why).c_str();
    if (const auto* const forbidden = std::get_if<Forbidden>(&place)) return ("Forbidden: " + forbidden->why).c_str();
    if (const auto* const external = std::get_if<External>(&place)) return ("External: " + external->why).c_str();
    return ("place " + std::to_string(place.index())).c_str();
  }
};

TEST_CASE("locate: a file that Git has") {
  const std::string meta = mlem::test::model_meta({"rf", "abc"});
  const World world({{"models/rf.mlem", meta}, {"models/rf", "abc"}});
  const auto declared =
      mlem::artifact::declared_artifacts(mlem::yaml::read_object(meta), RepoPath::parse("models/rf.mlem"));
  const Located located = world.locate_one({.declared = declared});
  CHECK(located.missing.empty());
  CHECK(located.files == std::vector<PlacedFile>{{.name = "data",
                                                  .path = "rf",
                                                  .mode = 0100644,
                                                  .size = 3,
                                                  .hash = Hash{Hash::Kind::md5, "900150983cd24fb0d6963f7d28e17f72"},
                                                  .place = GitBlob{world.id("models/rf"), 3}}});
}

TEST_CASE("locate: a pointer of Git LFS") {
  const World world({{"models/rf", pointer}});
  const Located located = world.locate_one({.declared = {World::declared("rf")}});
  REQUIRE(located.files.size() == 1);
  const PlacedFile& file = located.files[0];
  CHECK(file.place == Place(LfsObject{{.oid = sha256, .size = 12345}, world.id("models/rf")}));
  CHECK(file.size == 163671);
  CHECK(file.hash == Hash{Hash::Kind::md5, md5});
  CHECK(size_of(file.place) == 12345);
  CHECK(hash_of(file.place) == Hash{Hash::Kind::sha256, sha256});
}

TEST_CASE("locate: what is not a pointer is plain Git content whatever the attributes say") {
  const World world({{".gitattributes", "* filter=lfs\n"},
                     {"models/rf", "weights"},
                     {"models/long", pointer + std::string(1024, '\n')},
                     {"models/empty", ""}});
  CHECK(world.place("rf") == Place(GitBlob{world.id("models/rf"), 7}));
  CHECK(world.place("long") == Place(GitBlob{world.id("models/long"), pointer.size() + 1024}));
  CHECK(world.place("empty") == Place(GitBlob{world.id("models/empty"), 0}));
}

TEST_CASE("locate: a file that DVC tracks") {
  const World world(
      in_project({{"models/rf.dvc", dvc_file("rf", md5, "  size: 163671\n")},
                  {"models/new.dvc", dvc_file("new", md5, "  hash: md5\n  remote: store\n  push: false\n")},
                  {"models/run.dvc", dvc_file("run", md5, "  isexec: true\n")},
                  {"models/v.dvc", dvc_file("v", md5, "  cloud: {r: {version_id: x}}\n")}}));
  const Oid config = world.id(".dvc/config");
  const Place old = world.place("rf");
  CHECK(old == Place(DvcObject{.md5 = md5, .size = 163671, .config = config}));
  CHECK(hash_of(old) == Hash{Hash::Kind::md5_dos2unix, md5});
  CHECK(world.place("new") ==
        Place(DvcObject{.md5 = md5, .layout = Layout::v3, .remote = "store", .is_pushed = false, .config = config}));
  CHECK(hash_of(world.place("new")) == Hash{Hash::Kind::md5, md5});
  CHECK(std::get<DvcObject>(world.place("v")).is_versioned);
  const Located run = world.locate_one({.declared = {World::declared("run")}});
  CHECK(run.files.at(0).mode == 0100755);
}

TEST_CASE("locate: the nearest directory with .dvc is the project") {
  const World world(in_project({{"sub/.dvc/config", "[core]\nremote = s\n"}, {"sub/m/rf.dvc", dvc_file("rf", md5)}}));
  CHECK(world.place("rf", "sub/m/rf.mlem") ==
        Place(DvcObject{.md5 = md5, .project = "sub", .config = world.id("sub/.dvc/config")}));
}

TEST_CASE("locate: an output of a stage in dvc.lock") {
  const std::string stage =
      "  train:\n    cmd: x\n    outs:\n    - path: models/rf\n      md5: " + md5 + "\n      hash: md5\n";
  const std::string schema = "schema: '2.0'\nstages:\n";
  const DvcObject expected{.md5 = md5, .layout = Layout::v3};
  const World above(in_project({{"dvc.lock", schema + stage}}));
  CHECK(std::get<DvcObject>(above.place()).md5 == md5);
  const World beside(in_project({{"a/dvc.lock", schema + stage}, {"a/dvc.yaml", "stages:\n  train:\n    cmd: x\n"}}));
  CHECK(std::get<DvcObject>(beside.place("rf", "a/models/rf.mlem")).layout == expected.layout);
  const World moved(
      in_project({{"a/dvc.lock", schema + stage}, {"a/dvc.yaml", "stages: {train: {cmd: x, wdir: ../b}}\n"}}));
  CHECK(std::holds_alternative<Missing>(moved.place("rf", "a/models/rf.mlem")));
  CHECK(std::holds_alternative<Missing>(moved.place("rf", "b/models/rf.mlem")));
  const World down(in_project({{"dvc.lock", schema + stage}, {"dvc.yaml", "stages: {train: {cmd: x, wdir: sub}}\n"}}));
  CHECK(std::get<DvcObject>(down.place("rf", "sub/models/rf.mlem")).md5 == md5);
  const World up(in_project(
      {{"a/dvc.lock", schema + stage}, {"a/dvc.yaml", "stages: {train: {cmd: x, wdir: ..}}\n"}, {"a/models/x", ""}}));
  CHECK(std::holds_alternative<Missing>(up.place("rf", "a/models/rf.mlem")));
  const World each(in_project({{"dvc.lock", schema + "  train@one:\n" + stage.substr(stage.find("    cmd"))},
                               {"dvc.yaml", "stages: {train: {foreach: [one], do: {cmd: x, wdir: sub}}}\n"}}));
  CHECK(std::get<DvcObject>(each.place("rf", "sub/models/rf.mlem")).md5 == md5);
}

TEST_CASE("locate: a dvc.lock above the project is not its own") {
  const World world({{"dvc.lock", "schema: '2.0'\nstages: {t: {outs: [{path: p/models/rf, md5: " + md5 + "}]}}\n"},
                     {"p/.dvc/config", ""}});
  CHECK(world.place("rf", "p/models/rf.mlem") == Place(Missing{"there is nothing at 'p/models/rf'"}));
}

TEST_CASE("locate: a file in a directory that DVC tracks") {
  const World by_file(in_project({{"models.dvc", dvc_file("models", dir_md5, "  size: 9\n  nfiles: 2\n")}}));
  CHECK(by_file.place("rf") ==
        Place(DvcObject{.md5 = dir_md5, .is_directory = true, .inside = "rf", .config = by_file.id(".dvc/config")}));
  CHECK(hash_of(by_file.place("rf")) == std::nullopt);
  CHECK(std::get<DvcObject>(by_file.place("b/c", "models/a/rf.mlem")).inside == "a/b/c");
  const World by_lock(
      in_project({{"dvc.lock", "stages: {outs: [{path: models, md5: " + dir_md5 + ", hash: md5}]}\n"}}));
  CHECK(std::get<DvcObject>(by_lock.place("rf")).inside == "rf");
  const World whole(in_project({{"models/rf.dvc", dvc_file("rf", dir_md5, "  size: 9\n")}}));
  CHECK(whole.place("rf") ==
        Place(DvcObject{.md5 = dir_md5, .size = 9, .is_directory = true, .config = whole.id(".dvc/config")}));
  CHECK(hash_of(whole.place("rf")) == Hash{Hash::Kind::md5, dir_md5});
  const World no_directory(in_project({{"models.dvc", dvc_file("models", md5)}}));
  CHECK(no_directory.place("rf") == Place(Missing{"DVC has a file at 'models'"}));
}

TEST_CASE("locate: an import tells where its bytes are") {
  const World world(
      in_project({{"models/rf.dvc", dvc_file("rf", md5) +
                                        "deps:\n- path: m/rf\n  repo: {url: https://example.com/x, rev_lock: 5a}\n"}}));
  CHECK(std::get<DvcObject>(world.place()).import == Import{"https://example.com/x", "5a", "m/rf"});
}

TEST_CASE("locate: what DVC tracks without a hash that it would find it by") {
  const World world(in_project({{"models/a.dvc", dvc_file("a", md5, "  cache: false\n")},
                                {"models/b.dvc", "outs:\n- path: b\n"},
                                {"models/c.dvc", "outs:\n- path: c\n  hash: etag\n  etag: x\n"},
                                {"models/d.dvc", "outs: x\n"},
                                {"models/e.dvc", dvc_file("other", md5)},
                                {"models/f.dvc", dvc_file("../../f", md5)}}));
  CHECK(world.place("a") == Place(Missing{"DVC leaves 'models/a' to Git, which does not have it"}));
  CHECK(world.place("b") == Place(Missing{"DVC has recorded no hash of 'models/b'"}));
  CHECK(world.place("c") == Place(External{"DVC tracks 'models/c' by a hash of the kind 'etag'"}));
  CHECK(world.place("d") ==
        Place(Missing{"a '.dvc' file in 'models' cannot be read: not a file of DVC: 'outs' is not a list"}));
  CHECK(world.place("e") == Place(Missing{"there is nothing at 'models/e'"}));
  CHECK(world.place("f") == Place(Missing{"there is nothing at 'models/f'"}));
}

TEST_CASE("locate: files of DVC that cannot be read stop nothing else") {
  const World world(
      in_project({{"models/dvc.lock", "schema: '2.0'\nstages: x\n"},
                  {"dvc.lock", "schema: '2.0'\nstages: {t: {outs: [{path: models/rf, md5: " + md5 + "}]}}\n"}}));
  CHECK(std::get<DvcObject>(world.place("rf")).md5 == md5);
  CHECK(world.place("other") ==
        Place(Missing{"'dvc.lock' in 'models' cannot be read: not a file of DVC: 'stages' is not a mapping"}));
}

TEST_CASE("locate: through a symbolic link or a submodule nothing is read") {
  const World world({{"real/rf", "abc"}, {"models/rf/file", ""}},
                    {{"models/link", "../real"}, {"models/rf.d", "../real/rf"}, {"models/sub", ""}});
  CHECK(world.place("rf.d") == Place(Forbidden{"a symbolic link"}));
  CHECK(world.place("link/rf") == Place(Forbidden{"'models/link' is a symbolic link"}));
  CHECK(world.place("sub") == Place(Forbidden{"a submodule"}));
  CHECK(world.place("sub/a/b") == Place(Forbidden{"'models/sub' is a submodule"}));
  CHECK(world.place("rf/file/x") == Place(Missing{"there is nothing at 'models/rf/file/x'"}));
}

TEST_CASE("locate: what is declared elsewhere is not looked for") {
  const World world(Files{{"rf", "abc"}});
  CHECK(world.place("../rf") == Place(Forbidden{"its uri has '..'"}));
  CHECK(world.place("s3://bucket/rf") == Place(External{"its uri begins with 's3://'"}));
  const Located none = world.locate_one({});
  CHECK(none == Located());
}

TEST_CASE("locate: an artifact that is a directory becomes its files") {
  const World world({{"models/tf/a", "abc"}, {"models/tf/b/c", pointer}}, {{"models/tf/l", "a"}});
  const Located located = world.locate_one({.declared = {World::declared("tf"), World::declared("x")}});
  CHECK(paths_of(located) == std::vector<std::string>{"tf/a", "tf/b/c", "tf/l", "x"});
  CHECK(located.files[0] == PlacedFile{.name = "data",
                                       .path = "tf/a",
                                       .mode = 0100644,
                                       .size = 3,
                                       .hash = Hash{Hash::Kind::git_blob, world.id("models/tf/a").hex()},
                                       .place = GitBlob{world.id("models/tf/a"), 3}});
  CHECK(std::holds_alternative<LfsObject>(located.files[1].place));
  CHECK(located.files[2].place == Place(Forbidden{"a symbolic link"}));
}

TEST_CASE("locate: a plain tree") {
  const World world(
      {{"README.md", "card"}, {"m/config.json", "{}"}, {"m/w-1.safetensors", pointer}, {"m/d/.dvc/x", "1"}},
      {{"m/d/up", "../config.json"}, {"m/d/out", "../../README.md"}, {"m/sub", ""}});
  const Located located = world.locate_one({.kind = Wanted::Kind::tree, .path = "m"});
  CHECK(paths_of(located) ==
        std::vector<std::string>{"config.json", "d/.dvc/x", "d/out", "d/up", "sub", "w-1.safetensors"});
  CHECK(located.files[0] == PlacedFile{.path = "config.json",
                                       .mode = 0100644,
                                       .size = 2,
                                       .hash = Hash{Hash::Kind::git_blob, world.id("m/config.json").hex()},
                                       .place = GitBlob{world.id("m/config.json"), 2}});
  CHECK(located.files[2].place == Place(Forbidden{"a symbolic link that leads out of the object"}));
  CHECK(located.files[3].place == Place(Symlink{world.id("m/d/up"), "../config.json"}));
  CHECK(located.files[3].mode == 0120000);
  CHECK(located.files[4].place == Place(Forbidden{"a submodule"}));
  CHECK(located.files[5].size == 12345);
  CHECK(located.files[5].hash == Hash{Hash::Kind::sha256, sha256});
  CHECK(world.locate_one({.kind = Wanted::Kind::tree}).files.size() == 7);
}

TEST_CASE("locate: a symbolic link in a plain tree that is too long") {
  const World world({{"a", "1"}}, {{"long", std::string(2000, 'x') + "/" + std::string(2000, 'x')}});
  CHECK(world.locate_one({.kind = Wanted::Kind::tree}).files[1].place ==
        Place(Symlink{world.id("long"), std::string(2000, 'x') + "/" + std::string(2000, 'x')}));
  const std::string blob = world.repo.git({"hash-object", "-w", "--stdin"}, {.input = std::string(4097, 'x')});
  const std::string tree = world.repo.git({"mktree"}, {.input = "120000 blob " + blob + "\tlonger\n"});
  const Located located = locate(*world.open(), {{.kind = Wanted::Kind::tree, .commit = oid(tree)}}).at(0);
  CHECK(located.files.at(0).place == Place(Forbidden{"a symbolic link that is too long"}));
}

TEST_CASE("locate: names that nobody may write are forbidden") {
  const World world(Files{{"a", "1"}});
  const std::string blob = world.repo.id("HEAD:a");
  const std::string tree = world.repo.git({"mktree", "-z"}, {.input = "100644 blob " + blob + "\ta\nb" + '\0'});
  const Located located = locate(*world.open(), {{.kind = Wanted::Kind::tree, .commit = oid(tree)}}).at(0);
  REQUIRE(located.files.size() == 1);
  CHECK(located.files[0].path.empty());
  CHECK(located.files[0].place == Place(Forbidden{"'a\\nb' is not a name that may be written"}));
}

TEST_CASE("locate: more files than an object may have") {
  const World world({{"a/1", ""}, {"a/2", ""}, {"a/3", ""}, {"b/1", ""}, {"b/2", ""}});
  const std::vector<Wanted> wanted = {
      {.kind = Wanted::Kind::tree, .commit = world.commit, .path = "a"},
      {.kind = Wanted::Kind::tree, .commit = world.commit, .path = "b"},
      {.commit = world.commit,
       .declared = {World::declared("c", "x.mlem"), World::declared("b", "x.mlem"), World::declared("b", "x.mlem")}}};
  const std::vector<Located> located = locate(*world.open(), wanted, 2);
  CHECK(located[0] == Located{.flaw = "it has more than 2 files"});
  CHECK(paths_of(located[1]) == std::vector<std::string>{"1", "2"});
  CHECK(located[2] == located[0]);
}

TEST_CASE("locate: a plain blob") {
  const World world({{"m/w.bin", "abc"}}, {{"m/link", "w.bin"}});
  const auto at = [&](const std::string& path, Wanted::Kind kind = Wanted::Kind::blob) {
    return world.locate_one({.kind = kind, .path = path}).files.at(0);
  };
  CHECK(at("m/w.bin") == PlacedFile{.path = "w.bin",
                                    .mode = 0100644,
                                    .size = 3,
                                    .hash = Hash{Hash::Kind::git_blob, world.id("m/w.bin").hex()},
                                    .place = GitBlob{world.id("m/w.bin"), 3}});
  CHECK(at("m").place == Place(Missing{"'m' is a directory"}));
  CHECK(at("m/link").place == Place(Forbidden{"a symbolic link"}));
  CHECK(at("m/link/x").place == Place(Forbidden{"'m/link' is a symbolic link"}));
  CHECK(at("x").place == Place(Missing{"there is nothing at 'x'"}));
  CHECK(at("m/w.bin", Wanted::Kind::tree).place == Place(Missing{"'m/w.bin' is not a directory"}));
}

TEST_CASE("locate: what a partial clone lacks is told") {
  const World world(in_project({{"models/rf", "abc"},
                                {"models/d.dvc", dvc_file("d", md5)},
                                {"dvc.lock", "schema: '2.0'\nstages: {t: {outs: [{path: o/l, md5: " + md5 + "}]}}\n"},
                                {"o/x", "1"}}),
                    {{"link", "o/x"}});
  const fs::path served = world.repo.bare_clone(world.box / "served.git");
  const auto clone = [&](const std::string& filter) {
    const fs::path directory = world.box / (filter.substr(0, 4) + ".git");
    world.box.git_output(
        {"clone", "-q", "--bare", "--filter=" + filter, RepoBuilder::file_url(served), directory.string()});
    return world.open(directory);
  };
  const auto repository = clone("blob:none");
  const std::vector<Located> located =
      locate(*repository, {{.commit = world.commit, .declared = {World::declared("rf")}},
                           {.commit = world.commit, .declared = {World::declared("d")}},
                           {.commit = world.commit, .declared = {World::declared("l", "o/l.mlem")}},
                           {.kind = Wanted::Kind::tree, .commit = world.commit}});
  CHECK(located[0].missing.empty());
  CHECK(located[0].files.at(0).place == Place(GitBlob{world.id("models/rf")}));
  CHECK(located[1].missing == std::vector<Oid>{world.id("models/d.dvc")});
  CHECK(located[2].missing == std::vector<Oid>{world.id("dvc.lock")});
  CHECK(located[3].missing == std::vector<Oid>{world.id("link")});
  const Located by_tree =
      locate(*clone("tree:1"), {{.commit = world.commit, .declared = {World::declared("rf")}}}).at(0);
  CHECK(by_tree.missing == std::vector<Oid>{world.id("models")});
}

TEST_CASE("locate: the configuration of DVC is wanted too") {
  const World world(in_project({{"models/rf.dvc", dvc_file("rf", md5)}}));
  const fs::path config = world.repo.path() / ".git/objects" / world.id(".dvc/config").hex().substr(0, 2);
  fs::remove(config / world.id(".dvc/config").hex().substr(2));
  const Located located = world.locate_one({.declared = {World::declared("rf")}});
  CHECK(located.missing == std::vector<Oid>{world.id(".dvc/config")});
}

TEST_CASE("locate: many objects together are found as each by itself") {
  Files files = in_project({{"big.dvc", dvc_file("big", dir_md5)}});
  std::string lock = "schema: '2.0'\nstages:\n";
  for (int i = 0; i < 150; ++i) {
    const std::string n = std::to_string(i);
    files["m/git" + n] = "content " + n;
    files["m/lfs" + n] = pointer.substr(0, pointer.size() - 1) + n + "\n";
    files["m/dvc" + n + ".dvc"] = dvc_file("dvc" + n, md5, "  size: " + n + "\n");
    lock += "  s" + n + ": {outs: [{path: m/lock" + n + ", md5: " + md5 + ", size: " + n + "}]}\n";
  }
  files["dvc.lock"] = lock;
  const World world(files);
  std::vector<Wanted> wanted;
  for (int i = 0; i < 150; ++i) {
    for (const std::string kind : {"git", "lfs", "dvc", "lock", "none"}) {
      wanted.push_back({.commit = world.commit, .declared = {World::declared(kind + std::to_string(i), "m/x.mlem")}});
    }
    wanted.push_back({.commit = world.commit, .declared = {World::declared(std::to_string(i), "big/x.mlem")}});
  }
  const auto repository = world.open();
  const std::vector<Located> together = locate(*repository, wanted);
  REQUIRE(together.size() == wanted.size());
  for (const std::size_t i : {0U, 1U, 2U, 3U, 4U, 5U, 600U, 601U, 602U, 603U, 604U, 605U}) {
    CAPTURE(i);
    CHECK(together[i] == locate(*repository, {wanted[i]}).at(0));
  }
  CHECK(std::get<GitBlob>(together[894].files[0].place).size == 11);
  CHECK(std::get<LfsObject>(together[895].files[0].place).pointer.size == 12345149);
  CHECK(std::get<DvcObject>(together[896].files[0].place).size == 149);
  CHECK(std::get<DvcObject>(together[897].files[0].place).size == 149);
  CHECK(std::holds_alternative<Missing>(together[898].files[0].place));
  CHECK(std::get<DvcObject>(together[899].files[0].place).inside == "149");
}

TEST_CASE("locate: a path of thousands of parts costs no more than it has to") {
  std::string uri = "a";
  while (uri.size() < 4000) uri += "/a";
  const World world(in_project({{"models/x", ""}, {"dvc.lock", "schema: '2.0'\nstages: {}\n"}}));
  CHECK(world.place(uri) == Place(Missing{"there is nothing at 'models/" + uri + "'"}));
}

TEST_CASE("expand_dvc_directory: the files that a directory stands for") {
  const PlacedFile whole{.name = "data",
                         .path = "tf",
                         .mode = 0100644,
                         .size = 9,
                         .hash = Hash{Hash::Kind::md5, dir_md5},
                         .place = DvcObject{.md5 = dir_md5, .is_directory = true, .import = Import{"u", "r", "d"}}};
  const std::vector<DvcEntry> entries = {{"a", md5}, {"b/c", md5}, {"b/d", md5}};
  std::vector<PlacedFile> files = expand_dvc_directory(whole, entries);
  REQUIRE(files.size() == 3);
  CHECK(files[1] ==
        PlacedFile{.name = "data",
                   .path = "tf/b/c",
                   .mode = 0100644,
                   .hash = Hash{Hash::Kind::md5_dos2unix, md5},
                   .place = DvcObject{.md5 = md5, .listed_as = "b/c", .import = Import{"u", "r", "d/b/c"}}});
  const auto inside = [&](const std::string& path) {
    PlacedFile part = whole;
    part.hash = Hash{Hash::Kind::md5, md5};
    std::get<DvcObject>(part.place).inside = path;
    return expand_dvc_directory(part, entries);
  };
  files = inside("b/c");
  REQUIRE(files.size() == 1);
  CHECK(files[0].path == "tf");
  CHECK(files[0].size == 9);
  CHECK(files[0].hash == Hash{Hash::Kind::md5, md5});
  files = inside("b");
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "tf/c");
  CHECK(inside("x").at(0).place == Place(Missing{"the directory that DVC tracks has nothing at 'x'"}));
  CHECK(expand_dvc_directory(whole, {}).empty());
}
