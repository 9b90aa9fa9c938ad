#include "support/http_server.hpp"
#include "support/lfs_server.hpp"
#include "support/ssh_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/model_world.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("clone: a model and its file get the name of the target") {
  ModelWorld world;
  const std::string bytes = random_bytes(100'000);
  world.source.commit({{"models/rf.mlem", model_with("rf", bytes)}, {"models/rf", bytes}});
  world.link("models/rf", "prod/rf", world.source.url());
  const Outcome outcome = world.clone("prod/rf", world.out / "best");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "⏳️ Loading meta from " + world.source.url() + "@main:models/rf.mlem\n🐏 Cloned to " +
                              (world.out / "best.mlem").string() + ": 2 files, 97.77 KiB\n");
  CHECK(world.files_below(world.out) == Names{"./best", "./best.mlem"});
  CHECK(read_file(world.out / "best") == bytes);
  CHECK(read_file(world.out / "best.mlem") == model_with("best", bytes));

  SUBCASE("under its own name, every byte of the metafile stays") {
    REQUIRE(world.clone("prod/rf.mlem", world.out / "rf.mlem").code == 0);
    CHECK(read_file(world.out / "rf.mlem") == model_with("rf", bytes));
    CHECK(read_file(world.out / "rf") == bytes);
  }
  SUBCASE("a directory gets it under its own name") {
    fs::create_directories(world.out / "there");
    REQUIRE(world.clone("prod/rf", world.out / "there/").code == 0);
    REQUIRE(world.clone("prod/rf", world.out / "new/").code == 0);
    CHECK(world.files_below(world.out / "there") == Names{"./rf", "./rf.mlem"});
    CHECK(world.files_below(world.out / "new") == Names{"./rf", "./rf.mlem"});
  }
  SUBCASE("MLEM's options") {
    REQUIRE(world
                .mlem({"clone", "--project", world.source.url(), "--rev", "main", "--tp", world.out.string(),
                       "models/rf", "deep/rf"})
                .code == 0);
    CHECK(world.files_below(world.out / "deep") == Names{"./rf", "./rf.mlem"});
  }
  SUBCASE("a target beside the work tree") {
    REQUIRE(world.clone("prod/rf", "../best").code == 0);
    CHECK(read_file(world.registry.path() / "../best") == bytes);
  }
  SUBCASE("the registry is not touched") { CHECK(world.registry.git({"status", "--porcelain"}) == "A  prod/rf.mlem"); }
}

TEST_CASE("clone: a target may be relative") {
  ModelWorld world;
  const std::string bytes = random_bytes(10'000);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)}, {"rf", bytes}, {"d/rf", bytes}});
  world.link("rf", "prod/rf", world.source.url());
  for (const std::string target : {"best", "./better", "../above", "new/deep"}) {
    CAPTURE(target);
    const Outcome outcome = world.clone("prod/rf", target);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.registry.path() / target) == bytes);
  }
  for (const std::string target : {"plain", "./plainer", "../plain"}) {
    CAPTURE(target);
    const Outcome outcome = world.clone("d", target, {"--plain", "--project", world.source.url()});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.registry.path() / target / "rf") == bytes);
  }
}

TEST_CASE("clone: what is there and right is kept, anything else is replaced by -f only") {
  ModelWorld world;
  const std::string bytes = random_bytes(10'000);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)}, {"rf", bytes}});
  world.link("rf", "rf", world.source.url());
  REQUIRE(world.clone("rf", world.out / "rf").code == 0);
  const auto time = fs::last_write_time(world.out / "rf");
  fs::last_write_time(world.out / "rf", time - 1000);
  const Outcome again = world.clone("rf", world.out / "rf");
  CHECK(contains(again.output, ": 2 files, 9.87 KiB; 2 there already\n"));
  CHECK(fs::last_write_time(world.out / "rf") == time - 1000);

  std::string other = bytes;
  other[5000] = '!';
  write_file(world.out / "rf", other);
  const Outcome refused = world.clone("rf", world.out / "rf");
  CHECK(refused.code == 128);
  CHECK(refused.errors == "fatal: cannot clone to '" + (world.out / "rf").string() +
                              "': it is there already, and is something else\nhint: '-f' replaces it\n");
  CHECK(read_file(world.out / "rf") == other);
  write_file(world.out / "rf.mlem", "");
  CHECK(contains(world.clone("rf", world.out / "rf").errors,
                 "': it and 1 other are there already, and are something else\nhint: '-f' replaces them\n"));
  CHECK(contains(world.clone("rf", world.out / "rf", {"-n", "-f"}).output,
                 "Would replace " + (world.out / "rf").string() + " (9.77 KiB, from Git)\n"));
  CHECK(world.clone("rf", world.out / "rf", {"-f"}).code == 0);
  CHECK(read_file(world.out / "rf") == bytes);
  CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});

  SUBCASE("a directory in the way is not replaced") {
    fs::remove(world.out / "rf");
    fs::create_directories(world.out / "rf");
    const Outcome blocked = world.clone("rf", world.out / "rf.mlem", {"-f"});
    CHECK(blocked.code == 128);
    CHECK(blocked.errors == "fatal: cannot clone to '" + (world.out / "rf").string() +
                                "': it is a directory\nhint: a target that ends in '/' is where the copy goes into\n");
  }
  SUBCASE("a symbolic link on the way is not followed") {
    world.source.commit({{"d.mlem", model_with("d/x", bytes)}, {"d/x", bytes}});
    world.link("d", "d", world.source.url());
    fs::create_directories(world.sandbox / "elsewhere");
    fs::create_symlink(world.sandbox / "elsewhere", world.out / "d");
    const Outcome blocked = world.clone("d", world.out / "d.mlem", {"-f"});
    CHECK(blocked.code == 128);
    CHECK(blocked.errors == "fatal: cannot clone to '" + (world.out / "d").string() + "': it is not a directory\n");
    CHECK(world.files_below(world.sandbox / "elsewhere").empty());
  }
}

TEST_CASE("clone: a plain directory is moved into place at once, with its links and modes") {
  ModelWorld world;
  world.source.commit({{"w/config.json", "{}"}, {"w/sub/run", "#!/bin/sh\n"}});
  world.source.git({"update-index", "--chmod=+x", "w/sub/run"});
  const std::string target = world.source.git({"hash-object", "-w", "--stdin"}, {.input = "sub/run"});
  world.source.git({"update-index", "--add", "--cacheinfo", "120000," + target + ",w/start"});
  world.source.git({"commit", "-qm", "A link"});
  REQUIRE(world.mlem({"link", "--plain", "--sp", world.source.url(), "w", "w"}).code == 0);
  REQUIRE(world.clone("w", world.out / "a/b").code == 0);
  CHECK(world.files_below(world.out) == Names{"a/b/config.json", "a/b/start", "a/b/sub/run"});
  CHECK(fs::read_symlink(world.out / "a/b/start") == "sub/run");
  CHECK((fs::status(world.out / "a/b/sub/run").permissions() & fs::owner_exe) != 0);
  write_file(world.out / "a/b/more", "");
  const Outcome again = world.clone("w", world.out / "a/b");
  CHECK(again.code == 0);
  CHECK(again.errors == "warning: '" + (world.out / "a/b").string() + "' has 1 file that the object does not have\n");

  SUBCASE("what a run for something else has left does not get among the files") {
    const fs::path left = world.out / ".git-mlem-clone-other/files";
    fs::create_directories(left / "config.json/x");
    fs::create_directories(left / "sub/more");
    write_file(left / "config.json/x/y", "y");
    write_file(left / "sub/stale", "stale");
    fs::create_symlink("/etc", left / "start");
    REQUIRE(world.clone("w", world.out / "other").code == 0);
    CHECK(world.files_below(world.out / "other") == Names{"./config.json", "./start", "sub/run"});
    CHECK(read_file(world.out / "other/config.json") == "{}");
    CHECK_FALSE(fs::exists(world.out / "other/sub/more"));
  }
  SUBCASE("only what is wanted") {
    REQUIRE(world.clone("w", world.out / "some", {"--only", "*.json"}).code == 0);
    CHECK(world.files_below(world.out / "some") == Names{"./config.json"});
    REQUIRE(world.clone("w", world.out / "some", {"--only", "sub", "--only", "start"}).code == 0);
    CHECK(world.files_below(world.out / "some") == Names{"./config.json", "./start", "sub/run"});
    const Outcome none = world.clone("w", world.out / "none", {"--only", "*.json", "--only", "*.bin"});
    CHECK(none.code == 128);
    CHECK(none.errors ==
          "fatal: '*.bin' matches no file of 'w'\n"
          "hint: its files are 'config.json', 'start', 'sub/run'; a metafile comes in any case\n");
    CHECK_FALSE(fs::exists(world.out / "none"));
  }
  SUBCASE("a single file") {
    REQUIRE(world.mlem({"link", "--plain", "--sp", world.source.url(), "w/config.json", "c"}).code == 0);
    REQUIRE(world.clone("c", world.out / "c").code == 0);
    CHECK(read_file(world.out / "c") == "{}");
  }
  SUBCASE("without a link") {
    const Outcome named =
        world.mlem({"clone", "--plain", "--project", world.source.url(), "w/sub", (world.out / "sub").string()});
    CAPTURE(named);
    CHECK(named.code == 0);
    CHECK(world.files_below(world.out / "sub") == Names{"./run"});
  }
}

TEST_CASE("clone: what leads out of the object is never written") {
  ModelWorld world;
  struct Row {
    std::string uri;
    std::string message;
  };
  const std::vector<Row> rows = {
      {"../rf", "'data' may not be read: its uri has '..'"},
      {"/etc/passwd", "'data' may not be read: its uri is not valid: it is absolute"},
      {"s3://bucket/rf", "'data' is where only another program gets at it: its uri begins with 's3://'"},
      {".GIT/config", "'data' may not be read"},
      {"rf.mlem", "cannot clone the object: two of its files would be 'x.mlem'"},
      {"gone", "'gone' is missing: there is nothing at 'gone'"}};
  for (const Row& row : rows) {
    CAPTURE(row.uri);
    // Without a hash, that is not what is found to be wrong.
    world.source.commit({{"rf.mlem", "artifacts:\n  data:\n    uri: " + row.uri + "\nobject_type: model\n"}});
    const Outcome outcome = world.mlem({"clone", "--project", world.source.url(), "rf", (world.out / "x").string()});
    CAPTURE(outcome);
    CHECK(outcome.code != 0);
    CHECK(contains(outcome.errors, row.message));
    CHECK(world.files_below(world.sandbox / "out").empty());
  }
}

TEST_CASE("clone: bytes that are not what is recorded are not handed over") {
  ModelWorld world;
  std::string bytes = random_bytes(5000);
  const std::string metafile = model_with("rf", bytes);
  bytes[7] = '!';
  world.source.commit({{"rf.mlem", metafile}, {"rf", bytes}});
  const Outcome outcome =
      world.mlem({"clone", "--json", "--project", world.source.url(), "rf", (world.out / "rf").string()});
  CHECK(outcome.code == 1);
  const auto row = json_rows(outcome).at(0);
  CHECK(row["verdict"] == "artifact-mismatch");
  CHECK(row["message"] == "'rf' is not what is recorded: its bytes have another hash than is recorded");
  CHECK(world.files_below(world.out).empty());
}

TEST_CASE("clone: files of a remote source that Git has are fetched and not kept") {
  ModelWorld world;
  const HttpServer server(world.sandbox);
  const std::string bytes = random_bytes(3'000'000);
  world.source.commit(
      {{"m/rf.mlem", model_with("rf", bytes)}, {"m/rf", bytes}, {"m/other", random_bytes(3'000'000, "x")}});
  world.source.bare_clone(server.root() / "source.git");
  world.link("m/rf", "rf", server.url("source.git") + "/");
  const std::size_t before = server.bytes_sent();
  const Outcome listed = world.clone("rf", world.out / "rf", {"-n"});
  CHECK(contains(listed.output, "rf (2.86 MiB, from Git)\n"));
  CHECK(server.bytes_sent() - before < bytes.size() / 4);
  const Outcome outcome = world.clone("rf", world.out / "rf");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(world.out / "rf") == bytes);
  CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
  CHECK(server.bytes_sent() - before < 2 * bytes.size());
  std::size_t cached = 0;
  for (const auto& entry : fs::recursive_directory_iterator(world.registry.path() / ".git/mlem")) {
    if (fs::is_regular_file(entry.path())) cached += fs::file_size(entry.path());
  }
  CHECK(cached < bytes.size() / 4);
}

TEST_CASE("clone: Git LFS gives the model, never its pointer") {
  ModelWorld world;
  const HttpServer git_server(world.sandbox);
  const LfsServer lfs_server(world.sandbox);
  const std::string bytes = random_bytes(200'000);
  world.source.commit({{"m/rf.mlem", model_with("rf", bytes)},
                       {"m/rf", lfs_pointer_to(bytes)},
                       {".lfsconfig", "[lfs]\n\tfetchexclude = *\n"}});
  world.source.bare_clone(git_server.root() / "source.git");
  world.sandbox.add_config("lfs.url", lfs_server.url("org/m"));
  world.sandbox.add_config("lfs.fetchexclude", "*");
  world.link("m/rf", "rf", git_server.url("source.git") + "/");
  const Outcome missing = world.clone("rf", world.out / "rf");
  CHECK(missing.code == 1);
  CHECK(contains(missing.errors, "error: rf: artifact-missing: 'rf' is missing: "));
  CHECK(world.files_below(world.out).empty());
  lfs_server.add(bytes);
  CHECK(contains(world.clone("rf", world.out / "rf", {"-n"}).output, "(195.31 KiB, from Git LFS)\n"));
  const Outcome outcome = world.clone("rf", world.out / "rf");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(world.out / "rf") == bytes);

  SUBCASE("the store of a source on this machine") {
    const std::string oid = sha256_of(bytes);
    const fs::path store = world.source.path() / ".git/lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2);
    fs::create_directories(store);
    write_file(store / oid, bytes);
    const std::size_t requests = lfs_server.requests().size();
    REQUIRE(world.mlem({"clone", "--project", world.source.url(), "m/rf", (world.out / "here").string()}).code == 0);
    CHECK(read_file(world.out / "here") == bytes);
    CHECK(lfs_server.requests().size() == requests);
  }
  SUBCASE("other bytes than the pointer names are refused") {
    std::string other = bytes;
    other[100] = '!';
    write_file(lfs_server.objects() / sha256_of(bytes), other);
    const Outcome refused = world.clone("rf", world.out / "other");
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "artifact-mismatch"));
    CHECK_FALSE(fs::exists(world.out / "other"));
    CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
  }
}

TEST_CASE("clone, check --deep: .lfsconfig is that of the commit, whatever is known of the one before") {
  ModelWorld world;
  const HttpServer git_server(world.sandbox);
  const LfsServer lfs_server(world.sandbox);
  const std::string bytes = random_bytes(20'000);
  lfs_server.add(bytes);
  const auto config = [&](const std::string& path) { return "[lfs]\n\turl = " + lfs_server.url(path) + "\n"; };
  world.source.commit(
      {{"rf.mlem", model_with("rf", bytes)}, {"rf", lfs_pointer_to(bytes)}, {".lfsconfig", config("one")}});
  world.source.bare_clone(git_server.root() / "source.git");
  world.link("rf", "rf", git_server.url("source.git"), {"--rev", "main"});
  REQUIRE(world.mlem({"check", "--deep"}).code == 0);
  world.source.commit({{".lfsconfig", config("two")}});
  world.source.git({"push", "-q", (git_server.root() / "source.git").string(), "main"});
  REQUIRE(world.mlem({"check", "--deep"}).code == 0);
  CHECK(lfs_server.requests().back().path == "/two/objects/batch");
}

TEST_CASE("clone: a second run goes on where the first one stopped") {
  ModelWorld world;
  const HttpServer server(world.sandbox);
  const std::string bytes = random_bytes(300'000);
  const std::string small = "small";
  const auto dvc = [](const std::string& path, const std::string& content) {
    return "outs:\n- md5: " + md5_of(content) + "\n  size: " + std::to_string(content.size()) +
           "\n  hash: md5\n  path: " + path + "\n";
  };
  world.source.commit(
      {{".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = " + server.url("files") + "\n"},
       {"rf.mlem", "artifacts:\n  a:\n    hash: " + md5_of(bytes) +
                       "\n    size: 300000\n    type: dvc\n    uri: rf/a\n" + "  b:\n    hash: " + md5_of(small) +
                       "\n    size: 5\n    type: dvc\n    uri: rf/b\n" + "object_type: model\n"},
       {"rf/a.dvc", dvc("a", bytes)},
       {"rf/b.dvc", dvc("b", small)}});
  world.source.bare_clone(server.root() / "source.git");
  world.link("rf", "rf", server.url("source.git") + "/");
  const auto put = [&](const std::string& hash, const std::string& content) {
    const fs::path path = server.files() / "files/md5" / hash.substr(0, 2) / hash.substr(2);
    fs::create_directories(path.parent_path());
    write_file(path, content);
  };
  put(md5_of(bytes), bytes);
  const Outcome missing = world.clone("rf", world.out / "x");
  CAPTURE(missing);
  CHECK(missing.code == 1);
  CHECK(contains(missing.errors, "'x/b' is missing") == false);
  CHECK(contains(missing.errors, "hint: what has come is kept beside the target: the next run goes on from there\n"));
  const fs::path partial = world.out / ".git-mlem-clone-x/files/x/a";
  REQUIRE(world.files_below(world.out) == Names{".git-mlem-clone-x/files/x/a"});
  put(md5_of(small), small);

  const auto requests_of = [&](std::size_t first) {
    std::size_t sent = 0;
    const auto requests = server.requests();
    for (std::size_t i = first; i < requests.size(); ++i) {
      if (contains(requests[i].target, "/files/md5/")) sent += requests[i].bytes_sent;
    }
    return sent;
  };
  const std::size_t before = server.requests().size();
  SUBCASE("a file that is whole is not fetched again") {
    CHECK(world.clone("rf", world.out / "x").code == 0);
    CHECK(requests_of(before) < 1000);
  }
  SUBCASE("of a part only the rest is fetched") {
    fs::resize_file(partial, 290'000);
    CHECK(world.clone("rf", world.out / "x").code == 0);
    CHECK(requests_of(before) < 12'000);
  }
  SUBCASE("a part that is none of it is fetched anew") {
    write_file(partial, std::string(290'000, 'x'));
    CHECK(world.clone("rf", world.out / "x").code == 0);
    CHECK(requests_of(before) > 300'000);
  }
  SUBCASE("what is longer is fetched anew") {
    write_file(partial, bytes + "more");
    CHECK(world.clone("rf", world.out / "x").code == 0);
  }
  CHECK(world.files_below(world.out) == Names{"./x.mlem", "x/a", "x/b"});
  CHECK(read_file(world.out / "x/a") == bytes);
  CHECK(read_file(world.out / "x/b") == small);
  // What DVC tracked is a plain file here, which MLEM reads without DVC.
  CHECK(read_file(world.out / "x.mlem") == "artifacts:\n  a:\n    hash: " + md5_of(bytes) +
                                               "\n    size: 300000\n    uri: x/a\n  b:\n    hash: " + md5_of(small) +
                                               "\n    size: 5\n    uri: x/b\nobject_type: model\n");
}

TEST_CASE("clone: a file is fetched anew from a server that cannot go on with it") {
  ModelWorld world;
  const LfsServer server(world.sandbox);
  const std::string bytes = random_bytes(200'000);
  server.add(bytes);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)},
                       {"rf", lfs_pointer_to(bytes)},
                       {".lfsconfig", "[lfs]\n\turl = " + server.url("org/m") + "\n"}});
  world.link("rf", "rf", world.source.url());
  const fs::path partial = world.out / ".git-mlem-clone-x/files/x";
  fs::create_directories(partial.parent_path());
  write_file(partial, bytes.substr(0, 100'000));
  server.set_options(R"({"wrong_ranges": true})");
  const Outcome outcome = world.clone("rf", world.out / "x");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(world.out / "x") == bytes);
}

TEST_CASE("clone: what only another program can fetch ends it before anything is written") {
  ModelWorld world;
  const std::string tracked = "outs:\n- md5: " + md5_of("w") + "\n  size: 1\n  hash: md5\n  path: rf\n";
  world.source.commit({{".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/store\n"},
                       {"rf.mlem", model_with("rf", "w")},
                       {"rf.dvc", tracked}});
  const Outcome outcome = world.mlem({"clone", "--project", world.source.url(), "rf", (world.out / "rf").string()});
  CHECK(outcome.code == 2);
  CHECK(outcome.errors ==
        "error: rf: unreachable: 'rf' is where only another program gets at it: a remote of DVC by 's3'\n"
        "hint: 'dvc get' gets it, where DVC is installed\n");
  CHECK(world.files_below(world.out).empty());
}

TEST_CASE("clone: what only DVC can fetch is fetched by DVC where that is installed") {
  ModelWorld world;
  const std::string bytes = random_bytes(100'000);
  const fs::path buckets = world.sandbox / "buckets";
  const fs::path object = buckets / "bucket/store/files/md5" / md5_of(bytes).substr(0, 2) / md5_of(bytes).substr(2);
  fs::create_directories(object.parent_path());
  write_file(object, bytes);
  const fs::path programs = world.sandbox / "programs";
  fs::create_directories(programs);
  fs::create_symlink(GIT_MLEM_DVC_STAND_IN, programs / "dvc");
  auto& environment = world.sandbox.environment();
  environment["PATH"] = programs.string() + ":" + environment["PATH"];
  environment["DVC_STAND_IN"] = buckets.string();
  const std::string commit = world.source.commit(
      {{".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/store\n"},
       {"m/-rf.mlem", model_with("-rf", bytes)},
       {"m/-rf.dvc", "outs:\n- md5: " + md5_of(bytes) + "\n  size: 100000\n  hash: md5\n  path: -rf\n"}});
  const auto clone = [&](std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"clone", "--project", world.source.url()});
    options.insert(options.end(), {"m/-rf", (world.out / "rf").string()});
    return world.mlem(options);
  };
  CHECK(contains(clone({"-n"}).output, "/rf (97.66 KiB, from DVC)\n"));
  CHECK_FALSE(fs::exists(buckets / "log"));

  SUBCASE("the file alone gets into place") {
    const Outcome outcome = clone();
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
    CHECK(read_file(world.out / "rf") == bytes);
    const std::string log = read_file(buckets / "log");
    CAPTURE(log);
    CHECK(log.starts_with("get --rev " + commit + " -o " + world.out.string() + "/.git-mlem-clone-rf/"));
    CHECK(log.ends_with("/file -- " + world.source.path().string() + " m/-rf\n"));
  }
  SUBCASE("not where a source would have it read files, run programs or send credentials elsewhere") {
    for (const std::string option : {"configpath", "endpointurl", "profile", "credentialpath", "version_aware"}) {
      CAPTURE(option);
      world.source.commit(
          {{".dvc/config",
            "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/store\n    " + option + " = true\n"}});
      const Outcome outcome = clone();
      CAPTURE(outcome);
      CHECK(outcome.code == 2);
      CHECK(contains(outcome.errors, ", and its configuration sets '" + option + "' of 'remote \"r\"'"));
    }
    CHECK_FALSE(fs::exists(buckets / "log"));
  }
  SUBCASE("what it makes is proved") {
    write_file(buckets / "instead", random_bytes(100'000, "other"));
    CHECK(clone().errors ==
          "error: m/-rf: artifact-mismatch: '-rf' is not what is recorded: its bytes have another hash "
          "than is recorded\n");
    CHECK_FALSE(fs::exists(world.out / "rf"));
  }
  SUBCASE("what it says is told") {
    fs::remove(object);
    const Outcome outcome = clone();
    CHECK(outcome.code == 2);
    CHECK(outcome.errors ==
          "error: m/-rf: unreachable: '-rf' cannot be fetched: 'dvc get' failed: ERROR: failed to get "
          "'m/-rf' from '" +
              world.source.path().string() + "' - missing-files\n");
  }
  SUBCASE("it may not be silent for longer than mlem.timeout") {
    write_file(buckets / "sleep", "60");
    world.sandbox.add_config("mlem.timeout", "1");
    CHECK(clone().errors ==
          "error: m/-rf: timeout: '-rf' cannot be fetched: 'dvc get' has not said a word for 1 "
          "seconds\nhint: mlem.timeout sets how long to wait\n");
  }
  SUBCASE("check does not run it") {
    REQUIRE(world.mlem({"link", "--sp", world.source.url(), "m/-rf", "rf"}).code == 0);
    CHECK(json_rows(world.mlem({"check", "--deep=hash", "--json"})).front()["warnings"].back()["code"] ==
          "external-artifact");
    CHECK_FALSE(fs::exists(buckets / "log"));
  }
}

TEST_CASE("clone: a directory that only DVC can fetch is listed and fetched by DVC") {
  ModelWorld world;
  const fs::path buckets = world.sandbox / "buckets";
  const auto put = [&](const std::string& hash, const std::string& content) {
    const fs::path path = buckets / "bucket/store/files/md5" / hash.substr(0, 2) / hash.substr(2);
    fs::create_directories(path.parent_path());
    write_file(path, content);
  };
  std::string listing = "[";
  for (const std::string number : {"1", "2", "3", "4", "5", "6"}) {
    put(md5_of(number), number);
    listing += (number == "1" ? "{" : ", {");
    listing += "\"md5\": \"" + md5_of(number) + "\", \"relpath\": \"x/" + number + "\"}";
  }
  listing += "]";
  const std::string directory = md5_of(listing) + ".dir";
  put(directory, listing);
  const fs::path programs = world.sandbox / "programs";
  fs::create_directories(programs);
  fs::create_symlink(GIT_MLEM_DVC_STAND_IN, programs / "dvc");
  auto& environment = world.sandbox.environment();
  environment["PATH"] = programs.string() + ":" + environment["PATH"];
  environment["DVC_STAND_IN"] = buckets.string();
  const std::string commit = world.source.commit(
      {{".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://bucket/store\n"},
       {"m/set.mlem",
        "artifacts:\n  data:\n    hash: " + directory + "\n    size: 6\n    uri: set\nobject_type: data\n"},
       {"m/one.mlem", model_with("set/x/1", "1")},
       {"m/set.dvc", "outs:\n- md5: " + directory + "\n  size: 6\n  nfiles: 6\n  hash: md5\n  path: set\n"}});
  const auto clone = [&](std::vector<std::string> options = {}, const std::string& object = "m/set") {
    options.insert(options.begin(), {"clone", "--project", world.source.url()});
    options.insert(options.end(), {object, (world.out / "copy").string()});
    return world.mlem(options);
  };
  const auto log = [&] { return read_file(buckets / "log"); };
  const std::string listed = "list --dvc-only -R --json --rev " + commit + " -- " + world.source.path().string();

  SUBCASE("with what is in it, in one run") {
    const Outcome outcome = clone();
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.files_below(world.out) ==
          Names{"./copy.mlem", "copy/x/1", "copy/x/2", "copy/x/3", "copy/x/4", "copy/x/5", "copy/x/6"});
    CHECK(read_file(world.out / "copy/x/6") == "6");
    CHECK(log().starts_with(listed + " m/set\nget --rev " + commit));
    CHECK(log().ends_with("/file -- " + world.source.path().string() + " m/set\n"));
    CHECK(clone().code == 0);
    CHECK(log().ends_with(listed + " m/set\n"));
  }
  SUBCASE("of which a dry run fetches nothing") {
    const Outcome outcome = clone({"-n"});
    CAPTURE(outcome);
    CHECK(contains(outcome.output, "/copy/x/6 ("));
    CHECK(log() == listed + " m/set\n");
  }
  SUBCASE("and one file of it alone") {
    CHECK(clone({"--only", "set/x/3"}).code == 0);
    CHECK(world.files_below(world.out) == Names{"./copy.mlem", "copy/x/3"});
    CHECK(log().ends_with("/file -- " + world.source.path().string() + " m/set/x/3\n"));
  }
  SUBCASE("and an object that is a file of it") {
    const Outcome outcome = clone({}, "m/one");
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.out / "set/x/1") == "1");
    CHECK(log().starts_with(listed + " m/set\n"));
  }
  SUBCASE("of which the list is proved") {
    put(directory, "[]");
    CHECK(clone().errors ==
          "error: m/set: artifact-mismatch: 'set' is not what is recorded: the list of its files has another hash than "
          "is recorded\n");
  }
  SUBCASE("of which every file is proved") {
    write_file(buckets / "instead", "7");
    const Outcome outcome = clone();
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.errors, "its bytes have another hash than is recorded"));
    CHECK_FALSE(fs::exists(world.out / "copy"));
  }
  SUBCASE("of which no file may be left out") {
    write_file(buckets / "lost", "x/4");
    CHECK(clone().errors.starts_with(
        "error: m/set: artifact-missing: 'set/x/4' is missing: 'dvc get' has not brought it\n"));
    CHECK_FALSE(fs::exists(world.out / "copy"));
  }
  SUBCASE("but not by a DVC that does not tell hashes") {
    write_file(buckets / "no-hashes", "");
    CHECK(
        clone().errors ==
        "error: m/set: unreachable: 'set' cannot be fetched: 'dvc list' gives no list of its files: 'x/1' has no hash\n"
        "hint: DVC tells hashes since its version 3.56\n");
  }
  SUBCASE("and not without a network") {
    const Outcome outcome = clone({"--offline"});
    CAPTURE(outcome);
    CHECK(outcome.code == 2);
    CHECK_FALSE(fs::exists(buckets / "log"));
  }
}

TEST_CASE("clone: what an agent of the user's for Git LFS fetches is fetched by git-lfs") {
  ModelWorld world;
  const HttpServer git_server(world.sandbox);
  const std::string bytes = random_bytes(100'000);
  const fs::path agent = world.sandbox / "agent";
  fs::create_directories(agent);
  write_file(agent / sha256_of(bytes), bytes);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)}, {"rf", lfs_pointer_to(bytes)}});
  world.source.bare_clone(git_server.root() / "source.git");
  world.sandbox.add_config("lfs.customtransfer.mine.path", GIT_MLEM_LFS_AGENT);
  world.sandbox.add_config("lfs.customtransfer.mine.args", agent.string());
  world.sandbox.add_config("lfs.fetchexclude", "*");
  world.sandbox.environment()["GIT_LFS_SKIP_SMUDGE"] = "1";
  const auto clone = [&] {
    return world.mlem({"clone", "--project", git_server.url("source.git"), "rf", (world.out / "rf").string()});
  };

  SUBCASE("in the place of a server") {
    world.sandbox.add_config("lfs.standalonetransferagent", "mine");
    SUBCASE("the file alone gets into place") {
      const Outcome outcome = clone();
      CAPTURE(outcome);
      CHECK(outcome.code == 0);
      CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
      CHECK(read_file(world.out / "rf") == bytes);
      CHECK(read_file(agent / "log") == sha256_of(bytes) + "\n");
    }
    SUBCASE("what it says is told") {
      fs::remove(agent / sha256_of(bytes));
      const Outcome outcome = clone();
      CAPTURE(outcome);
      CHECK(outcome.code == 2);
      CHECK(
          contains(outcome.errors, "error: rf: unreachable: 'rf' cannot be fetched: 'git lfs smudge' failed: Error "));
      CHECK(outcome.errors.ends_with("[404] the agent does not have it\n"));
      CHECK_FALSE(fs::exists(world.out / "rf"));
    }
    SUBCASE("it may not be without progress for longer than mlem.timeout") {
      write_file(agent / "sleep", "60");
      world.sandbox.add_config("mlem.timeout", "2");
      CHECK(clone().errors ==
            "error: rf: timeout: 'rf' cannot be fetched: 'git lfs smudge' has made no progress for 2 "
            "seconds\nhint: mlem.timeout sets how long to wait\n");
    }
    SUBCASE("check does not run it") {
      world.link("rf", "rf", git_server.url("source.git") + "/");
      world.mlem({"check", "--deep=hash"});
      CHECK_FALSE(fs::exists(agent / "log"));
    }
  }
  SUBCASE("for a server that wants it") {
    const LfsServer server(world.sandbox);
    world.sandbox.add_config("lfs.url", server.url("org/m"));
    server.set_options(
        R"({"answer": "{\"transfer\": \"mine\", \"objects\": [{\"oid\": \")" + sha256_of(bytes) +
        R"(\", \"size\": 100000, \"actions\": {\"download\": {\"href\": \"https://example.com/\"}}}]}"})");
    const Outcome outcome = clone();
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.out / "rf") == bytes);
    CHECK(read_file(agent / "log") == sha256_of(bytes) + "\n");
  }
}

TEST_CASE("clone: what a server of Git LFS gives by ssh alone is fetched by git-lfs") {
  ModelWorld world;
  const SshServer ssh(world.sandbox);
  const std::string bytes = random_bytes(100'000);
  const fs::path store = world.sandbox / "store";
  fs::create_directories(store);
  write_file(store / sha256_of(bytes), bytes);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)}, {"rf", lfs_pointer_to(bytes)}});
  world.sandbox.add_config("core.sshCommand", ssh.command());
  ssh.force_command("case $SSH_ORIGINAL_COMMAND in git-lfs-authenticate*) exit 127;; git-lfs-transfer*) exec " +
                    std::string(GIT_MLEM_LFS_TRANSFER) + " " + store.string() +
                    ";; *) exec git-shell -c \"$SSH_ORIGINAL_COMMAND\";; esac");
  const auto clone = [&] {
    return world.mlem({"clone", "--project", ssh.url(world.source.path()), "rf", (world.out / "rf").string()});
  };
  const Outcome outcome = clone();
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(world.out / "rf") == bytes);
  CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
  CHECK(read_file(store / "log") == sha256_of(bytes) + "\n");

  fs::remove_all(world.out);
  fs::remove(store / sha256_of(bytes));
  const Outcome missing = clone();
  CAPTURE(missing);
  CHECK(missing.code == 2);
  CHECK(contains(missing.errors, "'rf' cannot be fetched: 'git lfs smudge' failed"));
  CHECK(world.files_below(world.out).empty());
}

TEST_CASE("clone: a directory of DVC is copied with what is in it") {
  ModelWorld world;
  const std::string listing = "[{\"md5\": \"" + md5_of("one") + "\", \"relpath\": \"x/1\"}]";
  const std::string directory = md5_of(listing) + ".dir";
  world.source.commit(
      {{".dvc/config", ""},
       {"set.mlem", "artifacts:\n  data:\n    hash: " + directory + "\n    size: 3\n    uri: set\nobject_type: data\n"},
       {"set.dvc", "outs:\n- md5: " + directory + "\n  size: 3\n  nfiles: 1\n  hash: md5\n  path: set\n"}});
  const auto put = [&](const std::string& hash, const std::string& content) {
    const fs::path path = world.source.path() / ".dvc/cache/files/md5" / hash.substr(0, 2) / hash.substr(2);
    fs::create_directories(path.parent_path());
    write_file(path, content);
  };
  put(directory, listing);
  put(md5_of("one"), "one");
  world.link("set", "set", world.source.url());
  const Outcome outcome = world.clone("set", world.out / "copy");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(world.files_below(world.out) == Names{"./copy.mlem", "copy/x/1"});
  put(md5_of("one"), "two");
  CHECK(world.clone("set", world.out / "other").errors ==
        "error: set: artifact-mismatch: 'set/x/1' is not what is recorded: its bytes have another hash than is "
        "recorded\n");
  CHECK(world.mlem({"check", "--deep=hash"}).code == 1);
  put(directory, "[{\"md5\": \"" + md5_of("one") + "\", \"relpath\": \"../1\"}]");
  const Outcome refused = world.clone("set", world.out / "bad");
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "artifact-mismatch"));
  CHECK(world.files_below(world.out) == Names{"./copy.mlem", "copy/x/1"});
}

TEST_CASE("clone: a page to log in on is not taken for the list of a directory") {
  ModelWorld world;
  HttpStub server({HttpStub::response("200 OK", "<html>login</html>", "Content-Type: text/html\r\n")});
  const std::string directory = md5_of("[]") + ".dir";
  world.source.commit(
      {{".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = " + server.url("x") + "\n"},
       {"set.mlem", "artifacts:\n  data:\n    hash: " + directory + "\n    size: 0\n    uri: set\nobject_type: data\n"},
       {"set.dvc", "outs:\n- md5: " + directory + "\n  size: 0\n  nfiles: 0\n  hash: md5\n  path: set\n"}});
  const Outcome outcome = world.mlem({"clone", "--project", world.source.url(), "set", (world.out / "x").string()});
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  CHECK(outcome.errors ==
        "error: set: unreachable: 'set' cannot be fetched: the list of its files is a page\n"
        "hint: it may be a page to log in on\n");
}

TEST_CASE("clone: an empty directory of DVC is made") {
  ModelWorld world;
  const std::string directory = md5_of("[]") + ".dir";
  const fs::path cached = world.source.path() / ".dvc/cache/files/md5" / directory.substr(0, 2) / directory.substr(2);
  fs::create_directories(cached.parent_path());
  write_file(cached, "[]");
  world.source.commit(
      {{".dvc/config", ""},
       {"set.mlem", "artifacts:\n  data:\n    hash: " + directory + "\n    size: 0\n    uri: set\nobject_type: data\n"},
       {"set.dvc", "outs:\n- md5: " + directory + "\n  size: 0\n  nfiles: 0\n  hash: md5\n  path: set\n"}});
  world.link("set", "set", world.source.url());
  const fs::path copy = world.out / "copy";
  CHECK(contains(world.clone("set", copy, {"-n"}).output,
                 "\nWould make " + copy.string() + "/ (an empty directory)\nWould make " + copy.string() + ".mlem ("));
  const Outcome json = world.clone("set", copy, {"--json"});
  CAPTURE(json);
  CHECK(json.code == 0);
  CHECK(json_rows(json).front()["files"][0] == nlohmann::json({{"file", copy.string() + "/"}, {"action", "made"}}));
  CHECK(fs::is_directory(copy));
  CHECK(fs::is_empty(copy));
  CHECK(contains(world.clone("set", copy).output, ": 1 file, 110 bytes; 1 there already\n"));

  fs::remove(copy);
  write_file(copy, "");
  CHECK(world.clone("set", copy, {"-f"}).errors ==
        "fatal: cannot clone to '" + copy.string() + "': it is not a directory\n");
  fs::remove(copy);
  fs::create_symlink(world.source.path(), copy);
  CHECK(world.clone("set", copy, {"-f"}).code == 128);
}

TEST_CASE("clone: what DVC imports comes from the repository that it is from") {
  ModelWorld world;
  RepoBuilder origin(world.sandbox, "origin");
  const std::string bytes = "the model";
  const auto import = [&](const std::string& url, const std::string& commit, const std::string& path,
                          const std::string& md5 = {}) {
    return "deps:\n- path: " + path + "\n  repo:\n    url: " + url + "\n    rev_lock: " + commit +
           "\nouts:\n- md5: " + (md5.empty() ? md5_of(bytes) : md5) + "\n  size: 9\n  hash: md5\n  path: rf\n";
  };
  const std::string commit = origin.commit({{"d/w", bytes}, {"other", "the mudel"}});
  const auto of_dvc = [](const std::string& metafile) {
    return metafile.substr(0, metafile.find("    uri:")) + "    type: dvc\n" +
           metafile.substr(metafile.find("    uri:"));
  };
  const auto clone = [&](const std::string& dvc_file, const std::vector<std::string>& options = {},
                         const std::string& md5 = {}) {
    world.source.commit(
        {{"rf.mlem", of_dvc(md5.empty() ? model_with("rf", bytes) : declaring("rf", md5, 9))}, {"rf.dvc", dvc_file}});
    fs::remove_all(world.out);
    world.link("rf", "rf", world.source.url());
    const Outcome outcome = world.clone("rf", world.out / "rf", options);
    world.registry.git({"rm", "--quiet", "-f", "rf.mlem"});
    return outcome;
  };

  SUBCASE("Git has it there") {
    const Outcome outcome = clone(import(origin.url(), commit, "d/w"));
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
    CHECK(read_file(world.out / "rf") == bytes);
    CHECK(read_file(world.out / "rf.mlem") == model_with("rf", bytes));
    CHECK(contains(clone(import(origin.url(), commit, "d/w"), {"-n"}).output, "/rf (9 bytes, from Git)\n"));
    const Outcome wrong = clone(import(origin.url(), commit, "other"));
    CHECK(wrong.code == 1);
    CHECK(contains(wrong.errors, "error: rf: artifact-mismatch: 'rf' is not what is recorded: "));
    const Outcome none = clone(import(origin.url(), commit, "nothing"));
    CHECK(none.code == 1);
    CHECK(none.errors == "error: rf: artifact-missing: 'rf' is missing: there is nothing at 'nothing'\n");
    CHECK(world.files_below(world.out).empty());
  }
  SUBCASE("a directory that Git has there and what is wanted of it") {
    const std::string md5 = md5_of("[{\"md5\": \"" + md5_of(bytes) + "\", \"relpath\": \"w\"}]") + ".dir";
    const Outcome outcome = clone(import(origin.url(), commit, "d", md5), {"--only", "rf/*"}, md5);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.out / "rf/w") == bytes);
    const std::string other = std::string(32, 'a') + ".dir";
    CHECK(clone(import(origin.url(), commit, "d", other), {}, other).errors ==
          "error: rf: artifact-mismatch: 'rf' is not what is recorded: its files have another hash than is recorded\n");
  }
  SUBCASE("DVC has it there") {
    const std::string tracked = origin.commit(
        {{".dvc/config", ""}, {"t.dvc", "outs:\n- md5: " + md5_of(bytes) + "\n  size: 9\n  hash: md5\n  path: t\n"}});
    const fs::path cache = origin.path() / ".dvc/cache/files/md5" / md5_of(bytes).substr(0, 2);
    fs::create_directories(cache);
    write_file(cache / md5_of(bytes).substr(2), bytes);
    const Outcome outcome = clone(import(origin.path().string(), tracked, "t"));
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.out / "rf") == bytes);
  }
  SUBCASE("servers have both, and a source that imports from itself is talked to by one at a time") {
    const HttpServer server(world.sandbox);
    const LfsServer lfs(world.sandbox);
    lfs.add(bytes);
    const std::string large = origin.commit({{"large", lfs_pointer_to(bytes)},
                                             {".lfsconfig", "[lfs]\n\turl = " + lfs.url("org/m") + "\n"},
                                             {"d/w", bytes}});
    origin.bare_clone(server.root() / "origin.git");
    for (const char* const path : {"d/w", "large"}) {
      CAPTURE(path);
      world.source.commit(
          {{"rf.mlem", model_with("rf", bytes)}, {"rf.dvc", import(server.url("origin.git"), large, path)}});
      fs::remove_all(server.root() / "source.git");
      world.source.bare_clone(server.root() / "source.git");
      fs::remove_all(world.out);
      const Outcome outcome =
          world.mlem({"clone", "--project", server.url("source.git"), "rf", (world.out / "rf").string()});
      CAPTURE(outcome);
      CHECK(outcome.code == 0);
      CHECK(read_file(world.out / "rf") == bytes);
    }
    const std::string before = world.source.commit({{"w", bytes}});
    world.source.commit({{"rf.dvc", import(server.url("self.git"), before, "w")}});
    world.source.bare_clone(server.root() / "self.git");
    const Outcome outcome =
        world.mlem({"clone", "--project", server.url("self.git"), "rf", (world.out / "self").string()});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.out / "self") == bytes);
  }
  SUBCASE("imports of imports end") {
    std::string before = commit;
    for (int hop = 1; hop <= 8; ++hop) {
      before = origin.commit({{"rf.dvc", import(origin.url(), before, hop == 1 ? "d/w" : "rf")}});
      if (hop == 7) CHECK(clone(import(origin.url(), before, "rf")).code == 0);
    }
    CHECK(clone(import(origin.url(), before, "rf")).errors ==
          "error: rf: unreachable: 'rf' is where only another program gets at it: DVC imports it over more than 8 "
          "repositories\nhint: 'dvc get' gets it, where DVC is installed\n");
  }
  SUBCASE("where it is from is a source like any other") {
    const Outcome outcome = clone(import("ext::sh -c true", commit, "d/w"));
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.errors, "error: rf: forbidden: 'rf' cannot be fetched: "));
    CHECK(clone(import(origin.url(), commit, "../d/w")).errors ==
          "error: rf: forbidden: 'rf' may not be read: DVC imports it from a path that is not valid: it leaves the "
          "repository\n");
    CHECK(contains(clone(import("../origin", commit, "d/w")).errors, "DVC imports it from where nobody else gets: "));
    CHECK(clone(import("ext::sh -c true", commit, "d/w"), {"--only", "*.txt"}).code == 128);
  }
}

TEST_CASE("clone: a directory of Git has to be what the metafile says of all its files") {
  ModelWorld world;
  const std::string listing = "[{\"md5\": \"" + md5_of("one") + "\", \"relpath\": \"a\"}, {\"md5\": \"" +
                              md5_of("two") + "\", \"relpath\": \"b\"}]";
  const auto declaring = [](const std::string& hash) {
    return "artifacts:\n  data:\n    hash: " + hash + ".dir\n    size: 6\n    uri: set\nobject_type: data\n";
  };
  world.source.commit({{"set.mlem", declaring(md5_of(listing))}, {"set/a", "one"}, {"set/b", "two"}});
  const auto clone = [&](std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"clone", "--project", world.source.url(), "set", (world.out / "set").string()});
    return world.mlem(options);
  };
  CHECK(clone().code == 0);
  CHECK(clone().code == 0);
  world.source.commit({{"set/b", "tow"}});
  const Outcome refused = clone({"-f"});
  CHECK(refused.code == 1);
  CHECK(refused.errors ==
        "error: set: artifact-mismatch: 'set' is not what is recorded: its files have another hash than is recorded\n");
  CHECK(read_file(world.out / "set/b") == "two");
  CHECK(world.files_below(world.out) == Names{"./set.mlem", "set/a", "set/b"});
}

TEST_CASE("clone: a file of the index is copied from there") {
  World world;
  world.registry.commit({{"m/rf.mlem", model_with("rf", "weights")}, {"m/rf", "weights"}});
  const Outcome outcome = world.mlem({"clone", "m/rf", (world.sandbox / "out/rf").string()});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(world.sandbox / "out/rf") == "weights");
}

TEST_CASE(
    "clone: what was killed leaves no file under its name, and another clone to the same place waits for nobody") {
  ModelWorld world;
  const HttpServer git_server(world.sandbox);
  const LfsServer lfs_server(world.sandbox);
  const std::string bytes = random_bytes(200'000);
  world.source.commit({{"m/rf.mlem", model_with("rf", bytes)}, {"m/rf", lfs_pointer_to(bytes)}});
  world.source.bare_clone(git_server.root() / "source.git");
  world.sandbox.add_config("lfs.url", lfs_server.url("org/m"));
  world.link("m/rf", "rf", git_server.url("source.git") + "/");
  lfs_server.add(bytes);
  lfs_server.set_options(R"({"stall_after": 150000})");
  const std::string partial = (world.out / ".git-mlem-clone-rf/files/rf").string();
  RunOptions here;
  here.directory = world.registry.path();
  const Outcome killed = world.sandbox.run(
      {"sh", "-c",
       "\"$0\" clone rf \"$1\" & first=$!\n"
       "until [ \"$(stat -c %s \"$2\" 2>/dev/null)\" = 150000 ]; do kill -0 $first || exit 3; sleep 0.05; done\n"
       "\"$0\" clone rf \"$1\" 2>&1; echo \"code $?\"\n"
       "kill -KILL $first; wait $first; exit 0",
       program_directory() + "/git-mlem", (world.out / "rf").string(), partial},
      here);
  CAPTURE(killed);
  CHECK(killed.code == 0);
  CHECK(contains(killed.output, "fatal: cannot clone to '" + (world.out / "rf").string() +
                                    "': another process is cloning to it\ncode 128\n"));
  CHECK(world.files_below(world.out) == Names{"./.git-mlem-clone-rf.lock", ".git-mlem-clone-rf/files/rf"});
  lfs_server.set_options("{}");
  const Outcome outcome = world.clone("rf", world.out / "rf");
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(read_file(world.out / "rf") == bytes);
  CHECK(world.files_below(world.out) == Names{"./rf", "./rf.mlem"});
}

TEST_CASE("clone: the cache of Hugging Face's library is filled as that has it") {
  ModelWorld world;
  const HttpServer git_server(world.sandbox);
  const LfsServer lfs_server(world.sandbox);
  Files files = {{"config.json", "{}"}, {"README.md", "# M\n"}, {"sub/copy.json", "{}"}};
  for (int i = 0; i < 3; ++i) {
    const std::string shard = random_bytes(10'000, std::to_string(i));
    lfs_server.add(shard);
    files.emplace("model-" + std::to_string(i) + ".safetensors", lfs_pointer_to(shard));
  }
  const std::string commit = world.source.commit(files);
  fs::create_directories(git_server.root() / "org");
  world.source.bare_clone(git_server.root() / "org/m");
  world.sandbox.add_config("lfs.url", lfs_server.url("org/m"));
  REQUIRE(world.mlem({"link", "--plain", "--pin", git_server.url("org/m") + "/", "hf"}).code == 0);
  const Outcome outcome = world.clone("hf", world.out, {"--layout=hf-cache"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const fs::path model = world.out / "models--org--m";
  CHECK(read_file(model / "refs/main") == commit);
  const fs::path snapshot = model / "snapshots" / commit;
  CHECK(fs::read_symlink(snapshot / "sub/copy.json") ==
        fs::path("../../../blobs") / world.source.id("HEAD:sub/copy.json"));
  const std::string shard = random_bytes(10'000, "1");
  CHECK(fs::read_symlink(snapshot / "model-1.safetensors") == fs::path("../../blobs") / sha256_of(shard));
  CHECK(read_file(snapshot / "model-1.safetensors") == shard);
  CHECK(world.files_below(model / "blobs").size() == 5);
  CHECK(world.files_below(world.out).size() == 5 + 6 + 1);

  SUBCASE("a Python program finds the files as the layout is documented") {
    const std::string reader =
        "import os, sys\n"
        "repo = os.path.join(sys.argv[1], 'models--' + sys.argv[2].replace('/', '--'))\n"
        "commit = open(os.path.join(repo, 'refs', 'main')).read()\n"
        "snapshot = os.path.join(repo, 'snapshots', commit)\n"
        "for directory, _, names in sorted(os.walk(snapshot)):\n"
        "    for name in sorted(names):\n"
        "        path = os.path.join(directory, name)\n"
        "        blob = os.path.realpath(path)\n"
        "        assert os.path.islink(path) and os.path.dirname(blob) == os.path.realpath(os.path.join(repo, "
        "'blobs'))\n"
        "        print(os.path.relpath(path, snapshot), os.path.getsize(blob))\n";
    const Outcome read = world.sandbox.run({"python3", "-c", reader, world.out.string(), "org/m"});
    CAPTURE(read);
    CHECK(read.output ==
          "README.md 4\nconfig.json 2\nmodel-0.safetensors 10000\nmodel-1.safetensors 10000\n"
          "model-2.safetensors 10000\nsub/copy.json 2\n");
  }
  SUBCASE("a link in the place of its directory is not followed") {
    const fs::path other = world.sandbox / "other";
    fs::create_directories(other);
    fs::create_directories(world.sandbox / "victim");
    fs::create_symlink(world.sandbox / "victim", other / "models--org--m");
    const Outcome blocked = world.clone("hf", other, {"--layout=hf-cache"});
    CHECK(blocked.code == 128);
    CHECK(blocked.errors ==
          "fatal: cannot clone to '" + (other / "models--org--m").string() + "': it is not a directory\n");
    CHECK(world.files_below(world.sandbox / "victim").empty());
  }
  SUBCASE("an object with a metafile") {
    const std::string weights = "weights";
    world.source.commit({{"m/rf.mlem", model_with("rf", weights)}, {"m/rf", weights}});
    world.source.git({"push", "-q", (git_server.root() / "org/m").string(), "main"});
    const Outcome object = world.mlem({"clone", "--layout=hf-cache", "--project", git_server.url("org/m"), "m/rf",
                                       (world.sandbox / "objects").string()});
    CAPTURE(object);
    CHECK(object.code == 0);
    CHECK(contains(object.output, "Cloned to " + (world.sandbox / "objects/models--org--m").string() + ": "));
    const fs::path there = world.sandbox / "objects/models--org--m/snapshots" / world.source.id("HEAD") / "m";
    CHECK(read_file(there / "rf") == weights);
    CHECK(read_file(there / "rf.mlem") == model_with("rf", weights));
  }
  SUBCASE("a newer commit gets beside it, and what both have is kept") {
    const std::string newer = world.source.commit({{"config.json", "{\"a\": 1}"}});
    world.source.git({"push", "-q", (git_server.root() / "org/m").string(), "main"});
    REQUIRE(world.mlem({"update", "hf"}).code == 0);
    const std::size_t before = lfs_server.requests().size();
    const Outcome next = world.clone("hf", world.out, {"--layout=hf-cache"});
    CAPTURE(next);
    CHECK(next.code == 0);
    CHECK(lfs_server.requests().size() == before);
    CHECK(read_file(model / "refs/main") == newer);
    CHECK(read_file(model / "snapshots" / newer / "config.json") == "{\"a\": 1}");
    CHECK(read_file(snapshot / "config.json") == "{}");
  }
}

TEST_CASE("clone: what there is no room for is not begun") {
  ModelWorld world;
  const std::string bytes = random_bytes(300'000);
  world.source.commit({{"rf.mlem", model_with("rf", bytes)}, {"rf", bytes}});
  fs::create_directories(world.out);
  const Outcome outcome =
      world.sandbox.run({"unshare", "--mount", "sh", "-c",
                         "mount -t tmpfs -o size=128k none \"$2\" || exit 99\n"
                         "\"$0\" clone --project \"$1\" rf \"$2/rf\"; echo \"code $?\"; ls -A \"$2\"",
                         program_directory() + "/git-mlem", world.source.url(), world.out.string()});
  if (is_skipped_without_unshare(outcome)) return;
  CAPTURE(outcome);
  CHECK(outcome.errors ==
        "fatal: cannot clone to '" + world.out.string() + "': it takes 300000 bytes, and there is room for 131072\n");
  CHECK(contains(outcome.output, "code 128\n"));
  CHECK_FALSE(contains(outcome.output, "git-mlem"));
}

TEST_CASE("clone: what somebody has put in the place of its hidden directory is left alone") {
  ModelWorld world;
  world.source.commit({{"rf.mlem", model_with("rf", "w")}, {"rf", "w"}});
  const fs::path victim = world.sandbox / "victim";
  fs::create_directories(victim / "files");
  write_file(victim / "files/keep", "precious");
  fs::create_directories(world.out);
  const fs::path hidden = world.out / ".git-mlem-clone-rf";
  const auto clone = [&] {
    return world.mlem({"clone", "--project", world.source.url(), "rf", (world.out / "rf").string()});
  };
  SUBCASE("a link in its place") { fs::create_symlink(victim, hidden); }
  SUBCASE("a link in it") {
    fs::create_directories(hidden);
    fs::create_symlink(victim / "files", hidden / "files");
  }
  const Outcome outcome = clone();
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(contains(outcome.errors, "': it is not a directory of this user's\nhint: remove it, if nobody needs it\n"));
  CHECK(read_file(victim / "files/keep") == "precious");
  CHECK_FALSE(fs::exists(world.out / "rf"));
}

TEST_CASE("clone: targets without a name, and names that cannot be") {
  ModelWorld world;
  world.source.commit({{"rf.mlem", model_with("rf", "w")}, {"rf", "w"}});
  struct Row {
    std::string name;
    std::string why;
  };
  const std::vector<Row> rows = {{".mlem", "it has no name"},
                                 {"a\xff", "its name is not UTF-8, as a metafile is"},
                                 {std::string(251, 'a'), "its name is too long"}};
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const Outcome outcome =
        world.mlem({"clone", "--project", world.source.url(), "rf", (world.out / row.name).string()});
    CHECK(outcome.code == 128);
    CHECK(contains(outcome.errors, "': " + row.why + "\n"));
    CHECK_FALSE(fs::exists(world.out));
  }
}

TEST_CASE("clone: a directory of the own work tree, and what DVC keeps there") {
  World world;
  world.registry.commit({{"d/a", "1"},
                         {".dvc/config", ""},
                         {"rf.mlem", model_with("rf", "weights")},
                         {"rf.dvc", "outs:\n- md5: " + md5_of("weights") + "\n  size: 7\n  hash: md5\n  path: rf\n"}});
  const std::string hash = md5_of("weights");
  const fs::path cached = world.registry.path() / ".dvc/cache/files/md5" / hash.substr(0, 2) / hash.substr(2);
  fs::create_directories(cached.parent_path());
  write_file(cached, "weights");
  const fs::path out = world.sandbox / "out";
  const Outcome plain = world.mlem({"clone", "--plain", "d", (out / "d").string()});
  CAPTURE(plain);
  CHECK(plain.code == 0);
  CHECK(read_file(out / "d/a") == "1");
  const Outcome tracked = world.mlem({"clone", "rf", (out / "rf").string()});
  CAPTURE(tracked);
  CHECK(tracked.code == 0);
  CHECK(read_file(out / "rf") == "weights");
}

TEST_CASE("clone: a terminal is told how far it is") {
  ModelWorld world;
  const std::string bytes = random_bytes(100'000);
  world.source.commit({{"w/a", bytes}, {"w/b", "b"}});
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::errors;
  options.environment["GIT_PROGRESS_DELAY"] = "0";
  const std::vector<std::string> words = {"clone", "--plain", "--project", world.source.url(), "w", world.out.string()};
  const Outcome outcome = world.sandbox.mlem(words, options);
  CAPTURE(outcome);
  CHECK(contains(outcome.errors, "Fetching files: 100% (2/2), 97.66 KiB, done."));
  fs::remove_all(world.out);
  std::vector<std::string> quiet = words;
  quiet.insert(quiet.begin() + 1, "--no-progress");
  CHECK_FALSE(contains(world.sandbox.mlem(quiet, options).errors, "Fetching"));
}

TEST_CASE("clone: wrong usage and unwritable targets are told") {
  ModelWorld world;
  world.source.commit({{"rf.mlem", model_with("rf", "w")}, {"rf", "w"}});
  CHECK(world.mlem({"clone", "rf"}).code == 129);
  CHECK(world.mlem({"clone", "--layout=tar", "a", "b"}).code == 129);
  const std::string url = world.source.url();
  const Outcome absent = world.mlem({"clone", "--project", url, "nothing", (world.out / "x").string()});
  CHECK(absent.code == 1);
  CHECK(contains(absent.errors, "error: nothing: missing-path: "));
  write_file(world.sandbox / "file", "");
  const Outcome below = world.mlem({"clone", "--project", url, "rf", (world.sandbox / "file/x").string()});
  CHECK(below.code == 128);
  CHECK(below.errors == "fatal: cannot clone to '" + (world.sandbox / "file").string() + "': it is not a directory\n");
  const Outcome plain = world.mlem({"clone", "--plain", "--project", url, ".", (world.sandbox / "file/x").string()});
  CHECK(plain.errors == below.errors);
  const Outcome odd = world.mlem({"clone", "--project", url, "--layout=hf-cache", "rf", world.out.string()});
  CHECK(odd.code == 128);
  CHECK(odd.errors ==
        "fatal: cannot lay the object out for 'hf-cache': the address of its repository is not "
        "'<host>/[datasets/|spaces/]<org>/<name>'\n");
}
