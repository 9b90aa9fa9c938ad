#include "support/http_server.hpp"
#include "support/lfs_server.hpp"
#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/model_files.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string weights(100'000, 'w');

/// A source with objects of all kinds, and a registry with a link to each.
struct Objects {
  Sandbox sandbox;
  RepoBuilder source{sandbox, "source"};
  RepoBuilder registry{sandbox, "registry"};

  void link(const std::string& name, const std::string& repo, const std::string& rev = "main") const {
    registry.write(name + ".mlem", link_text({.path = "m/" + name + ".mlem", .repo = repo, .rev = rev}));
    registry.git({"add", name + ".mlem"});
  }
  Outcome mlem(const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.directory = registry.path();
    return sandbox.mlem(arguments, options);
  }
  /// Returns the row of the only link.
  nlohmann::json row(const std::vector<std::string>& options) const {
    std::vector<std::string> words = {"check", "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = mlem(words);
    INFO(outcome);
    const auto rows = json_rows(outcome);
    REQUIRE(rows.size() == 1);
    return rows.front();
  }
};

std::size_t size_of_tree(const fs::path& directory) {
  std::size_t size = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (fs::is_regular_file(entry.path())) size += fs::file_size(entry.path());
  }
  return size;
}

}  // namespace

TEST_CASE("check --deep: files that Git has are compared with what metafiles declare") {
  const std::string hash = md5_of(weights);
  const std::size_t size = weights.size();
  const std::string other(32, 'a');
  struct Row {
    std::string name;
    std::string metafile;
    std::string verdict;
    std::string state;
    std::string message;
    std::string state_by_size;
  };
  const std::string blob_hash = "md5:" + hash;
  const std::vector<Row> rows = {
      {"good", declaring("weights", hash, size), "ok", "ok", "", "unhashed"},
      {"hash", declaring("weights", other, size), "artifact-mismatch", "mismatch",
       "'weights' is not what is recorded: its bytes have another hash than is recorded", "unhashed"},
      {"size", declaring("weights", hash, size + 1), "artifact-mismatch", "mismatch",
       "'weights' is not what is recorded: it has 100000 bytes instead of 100001 bytes", "mismatch"},
      {"gone", declaring("nothing", hash, size), "artifact-missing", "missing",
       "'nothing' is missing: there is nothing at 'm/nothing'", "missing"},
      {"up", declaring("../../etc/passwd", hash, size), "forbidden", "forbidden",
       "'data' may not be read: its uri has '..'", "forbidden"},
      {"link", declaring("symlink", hash, size), "forbidden", "forbidden", "'symlink' may not be read: a symbolic link",
       "forbidden"},
      {"s3", declaring("s3://bucket/weights", hash, size), "ok", "external", "", "external"},
      {"none", "object_type: model\n", "ok", "", "", ""},
  };
  Objects world;
  Files files = {{"m/weights", weights}};
  for (const Row& row : rows) files.emplace("m/" + row.name + ".mlem", row.metafile);
  world.source.commit(files);
  world.source.git(
      {"update-index", "--add", "--cacheinfo", "120000," + world.source.id("HEAD:m/weights") + ",m/symlink"});
  world.source.git({"commit", "-qm", "A symbolic link"});
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.link(row.name, world.source.url());
    for (const std::string depth : {"--deep", "--deep=hash", "--deep=size"}) {
      CAPTURE(depth);
      const bool by_size = depth == "--deep=size";
      const auto found = world.row({depth});
      const bool is_seen = !by_size || row.state == row.state_by_size;
      CHECK(found["verdict"] == (is_seen ? row.verdict : "ok"));
      CHECK(found.value("message", "") == (is_seen ? row.message : ""));
      REQUIRE(found["artifacts"].size() == (row.state.empty() ? 0 : 1));
      if (!row.state.empty()) CHECK(found["artifacts"][0]["state"] == (by_size ? row.state_by_size : row.state));
    }
    world.registry.git({"rm", "-qf", row.name + ".mlem"});
  }
  world.link("good", world.source.url());
  CHECK(world.row({"--deep"})["artifacts"][0] ==
        nlohmann::json{{"name", "data"}, {"path", "weights"}, {"size", size}, {"hash", blob_hash}, {"state", "ok"}});
  CHECK_FALSE(world.row({}).contains("artifacts"));
  world.link("s3", world.source.url());
  const Outcome told = world.mlem({"check", "--deep", "s3"});
  CHECK(contains(told.output,
                 "  warning: external-artifact: 'data' is where only another program can look: its uri begins "
                 "with 's3://'\n"));
  CHECK(world.mlem({"check", "--deep", "--strict", "s3"}).code == 1);
}

TEST_CASE("check --deep: what is recorded but can never be right is a mismatch at every depth") {
  const std::string good = "hash: " + md5_of(weights) + "\n    size: 100000";
  struct Row {
    std::string name;
    std::string record;  ///< of the only artifact
    std::string why;     ///< empty: it is right
  };
  const std::vector<Row> rows = {
      {"good", good, ""},
      {"float", "hash: " + md5_of(weights) + "\n    size: 100000.0", ""},
      {"octal", "hash: " + md5_of(weights) + "\n    size: 0303240", ""},
      {"short", "hash: deadbeef\n    size: 100000", "the metafile records the hash 'deadbeef', which is not an MD5"},
      {"zeros", "hash: " + std::string(32, '0') + "\n    size: 100000",
       "the metafile records the hash '0', which is not an MD5: is it a number without quotes?"},
      {"list", "hash: [a]\n    size: 100000", "the metafile records the hash '[\"a\"]', which is not an MD5"},
      {"negative", "hash: " + md5_of(weights) + "\n    size: -4",
       "the metafile records the size '-4', which is not a number of bytes"},
      {"fraction", "hash: " + md5_of(weights) + "\n    size: 100000.5",
       "the metafile records the size '100000.5', which is not a number of bytes"},
  };
  Objects world;
  Files files = {{"m/weights", weights}};
  for (const Row& row : rows) {
    files.emplace("m/" + row.name + ".mlem",
                  "artifacts:\n  data:\n    " + row.record + "\n    uri: weights\nobject_type: model\n");
  }
  world.source.commit(files);
  for (const Row& row : rows) world.link(row.name, world.source.url());
  for (const std::string depth : {"--deep", "--deep=hash", "--deep=size"}) {
    CAPTURE(depth);
    const auto found = json_rows(world.mlem({"check", "--json", depth}));
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto at =
          std::find_if(found.begin(), found.end(), [&](const auto& one) { return one["link"] == row.name + ".mlem"; });
      REQUIRE(at != found.end());
      const std::string state = row.why.empty() ? depth == "--deep=size" ? "unhashed" : "ok" : "mismatch";
      CHECK(at->at("verdict") == std::string(row.why.empty() ? "ok" : "artifact-mismatch"));
      CHECK(at->at("artifacts")[0]["state"] == state);
      CHECK(at->value("message", "") == (row.why.empty() ? "" : "'weights' is not what is recorded: " + row.why));
    }
  }
}

TEST_CASE("check --deep: what MLEM refuses as artifacts is not an object") {
  Objects world;
  const std::vector<std::string> rows = {"5", "[a]", "text", "[{uri: w}, b]"};
  Files files;
  for (std::size_t i = 0; i < rows.size(); ++i)
    files.emplace("m/" + std::to_string(i) + ".mlem", "artifacts: " + rows[i] + "\nobject_type: model\n");
  world.source.commit(files);
  for (std::size_t i = 0; i < rows.size(); ++i) world.link(std::to_string(i), world.source.url());
  const auto found = json_rows(world.mlem({"check", "--json", "--deep"}));
  REQUIRE(found.size() == rows.size());
  for (const auto& row : found) {
    CAPTURE(row);
    CHECK(row["verdict"] == "not-an-object");
    CHECK(row.value("message", "") ==
          "what its metafile declares cannot be read: 'artifacts' is not a mapping of artifacts");
  }
}

TEST_CASE("check --deep: of a remote source no byte of a file is fetched but to hash it") {
  Objects world;
  const HttpServer server(world.sandbox);
  std::string random;
  for (std::size_t i = 0; random.size() < 3'000'000; ++i) random += sha256_of(std::to_string(i));
  world.source.commit(
      {{"m/rf.mlem", declaring("rf", md5_of(random), random.size())}, {"m/rf", random}, {"m/deep/a/b/c", "x"}});
  world.source.bare_clone(server.root() / "source.git");
  world.link("rf", server.url("source.git") + "/");
  for (const std::string depth : {"--deep=size", "--deep"}) {
    CAPTURE(depth);
    const auto row = world.row({depth});
    CHECK(row["verdict"] == "ok");
    CHECK(row["artifacts"][0]["state"] == "unhashed");
  }
  CHECK(server.bytes_sent() < random.size() / 2);
  const std::size_t before = server.bytes_sent();
  const auto row = world.row({"--deep=hash"});
  CHECK(row["verdict"] == "ok");
  CHECK(row["artifacts"][0]["state"] == "ok");
  CHECK(server.bytes_sent() - before > random.size() / 4);
  CHECK(size_of_tree(world.registry.path() / ".git/mlem") < random.size() / 2);
  const auto offline = world.row({"--deep=hash", "--offline"});
  CHECK(offline["verdict"] == "unreachable");
  CHECK(offline["artifacts"][0]["state"] == "unverified");
  CHECK(offline["hint"] == "run the command without --offline");
  CHECK(world.row({"--deep", "--offline"})["verdict"] == "ok");
}

TEST_CASE("check --deep: what Git LFS keeps is looked for in its store and on its server") {
  Objects world;
  const std::string bytes = "the model";
  world.source.commit({{"m/rf.mlem", declaring("rf", md5_of(bytes), bytes.size())}, {"m/rf", lfs_pointer_to(bytes)}});
  const std::string oid = sha256_of(bytes);
  const fs::path store = world.source.path() / ".git/lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2);

  SUBCASE("the store of a source on this machine") {
    world.link("rf", world.source.url());
    const auto missing = world.row({"--deep"});
    CHECK(missing["verdict"] == "artifact-missing");
    CHECK(missing["artifacts"][0]["state"] == "missing");
    fs::create_directories(store);
    write_file(store / oid, bytes);
    CHECK(world.row({"--deep=size"})["artifacts"][0]["state"] == "unhashed");
    CHECK(world.row({"--deep"})["artifacts"][0]["state"] == "ok");
    write_file(store / oid, "the mudel");
    CHECK(world.row({"--deep=size"})["verdict"] == "ok");
    CHECK(world.row({"--deep"})["verdict"] == "artifact-mismatch");
    write_file(store / oid, "short");
    CHECK(world.row({"--deep=size"})["verdict"] == "artifact-mismatch");
  }
  SUBCASE("the store of a repository from which the source borrows") {
    const fs::path clone = world.sandbox / "clone";
    world.sandbox.git({"clone", "-q", "--shared", world.source.path().string(), clone.string()});
    world.link("rf", RepoBuilder::file_url(clone));
    const auto missing = world.row({"--deep"});
    CHECK(missing["verdict"] == "artifact-missing");
    CHECK(missing["message"] == "'rf' is missing: the store of Git LFS in '" + (clone / ".git/lfs/objects").string() +
                                    "' lacks object " + oid);
    fs::create_directories(store);
    write_file(store / oid, bytes);
    for (const std::string depth : {"--deep", "--deep=hash"})
      CHECK(world.row({depth})["artifacts"][0]["state"] == "ok");
    CHECK(world.row({"--deep=size"})["artifacts"][0]["state"] == "unhashed");
    // What it has itself is what counts.
    const fs::path own = clone / ".git/lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2);
    fs::create_directories(own);
    write_file(own / oid, "the mudel");
    CHECK(world.row({"--deep"})["verdict"] == "artifact-mismatch");
  }
  SUBCASE("the server of a remote source") {
    const HttpServer git_server(world.sandbox);
    const LfsServer lfs_server(world.sandbox);
    world.source.bare_clone(git_server.root() / "source.git");
    world.sandbox.add_config("lfs.url", lfs_server.url("org/m"));
    world.link("rf", git_server.url("source.git") + "/");
    const auto missing = world.row({"--deep"});
    CHECK(missing["verdict"] == "artifact-missing");
    CHECK(lfs_server.add(bytes) == oid);
    const auto there = world.row({"--deep"});
    CHECK(there["verdict"] == "ok");
    CHECK(there["artifacts"][0]["state"] == "unhashed");
    const auto requests = lfs_server.requests();
    CHECK(std::all_of(requests.begin(), requests.end(), [](const auto& request) { return request.objects == 1; }));
    const auto hashed = world.row({"--deep=hash"});
    CHECK(hashed["verdict"] == "ok");
    CHECK(hashed["artifacts"][0]["state"] == "ok");
    write_file(lfs_server.objects() / oid, "the mudel");
    CHECK(world.row({"--deep=hash"})["verdict"] == "artifact-mismatch");
    write_file(lfs_server.objects() / oid, "short");
    CHECK(world.row({"--deep"})["verdict"] == "artifact-mismatch");
  }
}

TEST_CASE("check --deep: what Git LFS keeps has to have the hash of its pointer and that of the metafile") {
  Objects world;
  const std::string bytes = "the model";
  const std::string other = "the mudel";
  world.source.commit({{"m/rf.mlem", declaring("rf", md5_of(bytes), bytes.size())},
                       {"m/rf", lfs_pointer_to(other)},
                       {"m/good.mlem", declaring("good", md5_of(bytes), bytes.size())},
                       {"m/good", lfs_pointer_to(bytes)}});
  const auto put = [&](const std::string& name, const std::string& content) {
    const std::string oid = sha256_of(name);
    const fs::path store = world.source.path() / ".git/lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2);
    fs::create_directories(store);
    write_file(store / oid, content);
  };
  world.link("rf", world.source.url());
  put(other, other);
  const auto metafile = world.row({"--deep"});
  CHECK(metafile["verdict"] == "artifact-mismatch");
  CHECK(metafile.value("message", "") == "'rf' is not what is recorded: its bytes have another hash than is recorded");
  put(other, bytes);
  const auto pointer = world.row({"--deep"});
  CHECK(pointer["verdict"] == "artifact-mismatch");
  CHECK(pointer.value("message", "") ==
        "'rf' is not what is recorded: its bytes have another hash than its pointer records");
  put(bytes, bytes);
  world.registry.git({"rm", "-qf", "rf.mlem"});
  world.link("good", world.source.url());
  CHECK(world.row({"--deep"})["artifacts"][0]["state"] == "ok");
}

TEST_CASE("check --deep: the hash and the size of a directory that Git has are those that DVC would give it") {
  // The directory of DVC's own tests, and its hash.
  const std::string hash = "bdb8641831d8fcb03939637e09011c21.dir";
  const Files content = {{".gitignore", "/baz\n"}, {"bar", "bar"}, {"baz", "baz contents"}};
  struct Row {
    std::string name;
    std::string hash;
    std::size_t size;
    std::string why;  ///< empty: it is right
    bool is_seen_by_size = true;
  };
  const std::string wrong = std::string(32, 'a');
  const std::vector<Row> rows = {
      {"good", hash, 20, ""},
      {"hash", wrong + ".dir", 20, "its files have another hash than is recorded", false},
      {"size", hash, 21, "it has 20 bytes instead of 21 bytes"},
      {"file", wrong, 20, "it is a directory, and the metafile records the hash of a file"},
  };
  Objects world;
  Files files = {{"m/bar", "bar"}, {"m/kind.mlem", declaring("bar", hash, 3)}};
  for (const auto& [path, text] : content) files.emplace("m/set/" + path, text);
  for (const Row& row : rows) files.emplace("m/" + row.name + ".mlem", declaring("set", row.hash, row.size));
  world.source.commit(files);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.link(row.name, world.source.url());
    for (const std::string depth : {"--deep", "--deep=hash", "--deep=size"}) {
      CAPTURE(depth);
      const auto found = world.row({depth});
      const bool is_right = row.why.empty() || (depth == "--deep=size" && !row.is_seen_by_size);
      CHECK(found["verdict"] == std::string(is_right ? "ok" : "artifact-mismatch"));
      CHECK(found.value("message", "") == (is_right ? "" : "'set' is not what is recorded: " + row.why));
      CHECK(found["artifacts"].size() == content.size() + (is_right ? 0 : 1));
      CHECK(found["artifacts"][0]["path"] == "set/.gitignore");
      CHECK(found["artifacts"][0]["state"] == std::string(depth == "--deep=size" ? "unhashed" : "ok"));
      if (!is_right) {
        CHECK(found["artifacts"][3] == nlohmann::json{{"name", "data"},
                                                      {"path", "set"},
                                                      {"size", row.size},
                                                      {"hash", "md5:" + row.hash},
                                                      {"state", "mismatch"}});
      }
    }
    world.registry.git({"rm", "-qf", row.name + ".mlem"});
  }
  world.link("kind", world.source.url());
  CHECK(world.row({"--deep=size"}).value("message", "") ==
        "'bar' is not what is recorded: it is a file, and the metafile records the hash of a directory");
}

TEST_CASE("check --deep: a directory whose files Git LFS keeps has the hash of their bytes") {
  Objects world;
  const std::string text = "a\r\nb\r\n";
  const std::string listing = "[{\"md5\": \"" + md5_of("a\nb\n") + "\", \"relpath\": \"\\u00e4\"}, {\"md5\": \"" +
                              md5_of("x") + "\", \"relpath\": \"\\u20ac/b\"}]";
  world.source.commit({{"m/rf.mlem", declaring("set", md5_of(listing) + ".dir", text.size() + 1)},
                       {"m/set/ä", lfs_pointer_to(text)},
                       {"m/set/€/b", "x"}});
  const std::string oid = sha256_of(text);
  const fs::path store = world.source.path() / ".git/lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2);
  fs::create_directories(store);
  write_file(store / oid, text);
  world.link("rf", world.source.url());
  const auto right = world.row({"--deep"});
  CAPTURE(right);
  CHECK(right["verdict"] == "ok");
  world.source.commit({{"m/set/€/c", "x"}});
  const auto wrong = world.row({"--deep=size"});
  CHECK(wrong["verdict"] == "artifact-mismatch");
  CHECK(wrong.value("message", "") == "'set' is not what is recorded: it has 8 bytes instead of 7 bytes");
}

TEST_CASE("check --deep: many objects of Git LFS are few requests") {
  Objects world;
  const HttpServer git_server(world.sandbox);
  const LfsServer lfs_server(world.sandbox);
  Files files;
  for (int i = 0; i < 250; ++i) {
    const std::string bytes = "model " + std::to_string(i);
    lfs_server.add(bytes);
    files.emplace("m/" + std::to_string(i) + ".mlem",
                  declaring(std::to_string(i) + ".bin", md5_of(bytes), bytes.size()));
    files.emplace("m/" + std::to_string(i) + ".bin", lfs_pointer_to(bytes));
  }
  world.source.commit(files);
  world.source.bare_clone(git_server.root() / "source.git");
  world.sandbox.add_config("lfs.url", lfs_server.url("org/m"));
  Files links;
  for (int i = 0; i < 250; ++i) {
    links.emplace(std::to_string(i) + ".mlem", link_text({.path = "m/" + std::to_string(i) + ".mlem",
                                                          .repo = git_server.url("source.git") + "/",
                                                          .rev = "main"}));
  }
  world.registry.commit(links);
  const Outcome outcome = world.mlem({"check", "--deep"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors == "250 links: 250 ok, 0 broken, 0 undecided\n");
  CHECK(lfs_server.requests().size() == 3);
}

TEST_CASE("check --deep: what DVC tracks is looked for in its cache and its remotes") {
  Objects world;
  const std::string text = "a,b\r\n1,2\r\n";
  const std::string as_unix = "a,b\n1,2\n";
  const std::string listing = "[{\"md5\": \"" + md5_of("one") + "\", \"relpath\": \"x/1\"}]";
  const std::string directory = md5_of(listing);
  world.source.commit(
      {{".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n"},
       {"m/rf.mlem", declaring("rf", md5_of(as_unix), text.size())},
       {"m/rf.dvc", "outs:\n- md5: " + md5_of(as_unix) + "\n  size: 10\n  path: rf\n"},
       {"m/set.mlem", declaring("set", directory + ".dir", 3)},
       {"m/set.dvc", "outs:\n- md5: " + directory + ".dir\n  size: 3\n  nfiles: 1\n  hash: md5\n  path: set\n"}});
  const fs::path store = world.sandbox / "store";
  const auto put = [&](const std::string& layout, const std::string& hash, const std::string& bytes) {
    const fs::path path = store / layout / hash.substr(0, 2) / hash.substr(2);
    fs::create_directories(path.parent_path());
    write_file(path, bytes);
  };
  SUBCASE("a file of DVC 2 has the hash of its text") {
    world.link("rf", world.source.url());
    CHECK(world.row({"--deep"})["verdict"] == "artifact-missing");
    put("files/md5", md5_of(as_unix), text);
    CHECK(world.row({"--deep"})["verdict"] == "artifact-missing");
    put("", md5_of(as_unix), text);
    const auto row = world.row({"--deep"});
    CAPTURE(row);
    CHECK(row["artifacts"][0]["state"] == "ok");
    put("", md5_of(as_unix), "a,b\r\n1,3\r\n");
    CHECK(world.row({"--deep"})["verdict"] == "artifact-mismatch");
  }
  SUBCASE("a directory of DVC 3 is what is in it") {
    world.link("set", world.source.url());
    put("files/md5", directory + ".dir", listing);
    put("files/md5", md5_of("one"), "one");
    const auto row = world.row({"--deep"});
    CAPTURE(row);
    CHECK(row["verdict"] == "ok");
    CHECK(row["artifacts"][0]["path"] == "set/x/1");
    CHECK(row["artifacts"][0]["state"] == "ok");
    put("files/md5", directory + ".dir", listing + " ");
    CHECK(world.row({"--deep"})["verdict"] == "artifact-mismatch");
    put("files/md5", directory + ".dir", listing);
    world.source.commit({{"m/set.mlem", declaring("set", directory + ".dir", 4)}});
    CHECK(world.row({"--deep=size"})["message"] == "'set' is not what is recorded: it has 3 bytes instead of 4 bytes");
    const auto tracked = [&](int size) {
      return "outs:\n- md5: " + directory + ".dir\n  size: " + std::to_string(size) + "\n  hash: md5\n  path: set\n";
    };
    world.source.commit({{"m/set.dvc", tracked(4)}});
    CHECK(world.row({"--deep=size"})["message"] == "'set' is not what is recorded: it has 3 bytes instead of 4 bytes");
    world.source.commit(
        {{"m/set.mlem", declaring("set", std::string(32, 'c') + ".dir", 3)}, {"m/set.dvc", tracked(3)}});
    CHECK(world.row({"--deep"})["message"] == "'set' is not what is recorded: DVC has recorded '" + directory +
                                                  ".dir' for it, and the metafile another hash");
  }
  SUBCASE("what no remote of DVC has is missing") {
    world.source.commit({{".dvc/config", ""}});
    world.link("rf", world.source.url());
    const auto row = world.row({"--deep"});
    CHECK(row["verdict"] == "artifact-missing");
    CHECK(row["message"] == "'rf' is missing: DVC has no remote there that could have it");
  }
  SUBCASE("a remote on another machine is not looked at") {
    const HttpServer server(world.sandbox);
    world.source.bare_clone(server.root() / "source.git");
    world.link("rf", server.url("source.git") + "/");
    const auto row = world.row({"--deep"});
    CAPTURE(row);
    CHECK(row["verdict"] == "ok");
    CHECK(row["artifacts"][0]["state"] == "external");
    CHECK(row["warnings"][0]["code"] == "external-artifact");
  }
}

TEST_CASE("check --deep: what has many names is looked at once") {
  Objects world;
  const HttpServer git_server(world.sandbox);
  const LfsServer server(world.sandbox);
  const std::string bytes = "the model";
  const std::string hash = md5_of(bytes);
  Files files = {
      {".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = " + server.url("files") + "\n"}};
  for (const std::string name : {"a", "b", "c"}) {
    files.emplace("m/" + name + ".mlem", declaring(name, hash, bytes.size()));
    files.emplace("m/" + name + ".dvc", "outs:\n- md5: " + hash + "\n  size: 9\n  path: " + name + "\n");
    files.emplace("m/w/" + name, lfs_pointer_to(bytes));
  }
  files.emplace("m/w.mlem", declaring("w", "", 3 * bytes.size()));
  files.emplace("m/other.mlem", declaring("w/a", std::string(32, 'a'), bytes.size()));
  world.source.commit(files);
  world.source.bare_clone(git_server.root() / "source.git");
  world.sandbox.add_config("lfs.url", server.url("org/m"));
  for (const std::string name : {"a", "b", "c", "w", "other"}) world.link(name, git_server.url("source.git") + "/");
  server.add(bytes);
  server.add_file("files/" + hash.substr(0, 2) + "/" + hash.substr(2), bytes);
  const auto count = [&](const std::string& method) {
    const auto requests = server.requests();
    return std::count_if(requests.begin(), requests.end(), [&](const auto& one) { return one.method == method; });
  };
  const auto rows = json_rows(world.mlem({"check", "--json", "--deep"}));
  REQUIRE(rows.size() == 5);
  for (const auto& row : rows) CHECK(row["verdict"] == "ok");
  CHECK(count("HEAD") == 1);
  CHECK(count("POST") == 1);
  CHECK(count("GET") == 0);
  const auto hashed = json_rows(world.mlem({"check", "--json", "--deep=hash"}));
  for (const std::size_t i : {0, 1, 2}) CHECK(hashed.at(i)["artifacts"][0]["state"] == "ok");
  // The same bytes are held to what each metafile records.
  CHECK(hashed.at(3)["verdict"] == "artifact-mismatch");
  REQUIRE(hashed.at(4)["artifacts"].size() == 3);
  for (const auto& artifact : hashed.at(4)["artifacts"]) CHECK(artifact["state"] == "ok");
  CHECK(count("GET") == 3);
}

TEST_CASE("check --deep: what DVC imports is looked for in the repository that it is from") {
  Objects world;
  RepoBuilder origin(world.sandbox, "origin");
  const std::string bytes = "the model";
  const std::string hash = md5_of(bytes);
  const std::string listing = "[{\"md5\": \"" + hash + "\", \"relpath\": \"w\"}]";
  const auto import = [&](const std::string& url, const std::string& commit, const std::string& path,
                          const std::string& md5_of_it) {
    return "deps:\n- path: " + path + "\n  repo:\n    url: " + url + "\n    rev: main\n    rev_lock: " + commit +
           "\nouts:\n- md5: " + md5_of_it + "\n  size: 9\n  hash: md5\n  path: rf\n";
  };
  const auto found = [&](const std::string& dvc_file, const std::string& recorded = {}) {
    world.source.commit(
        {{"m/rf.mlem", declaring("rf", recorded.empty() ? hash : recorded, 9)}, {"m/rf.dvc", dvc_file}});
    return world.row({"--deep"});
  };
  const std::string commit = origin.commit({{"d/w", bytes}, {"other", "the mudel"}});
  world.link("rf", world.source.url());

  SUBCASE("Git has it there") {
    const auto right = found(import(origin.url(), commit, "d/w", hash));
    CAPTURE(right);
    CHECK(right["verdict"] == "ok");
    CHECK_FALSE(right["warnings"].back()["code"] == "external-artifact");
    REQUIRE(right["artifacts"].size() == 1);
    CHECK(right["artifacts"][0]["name"] == "data");
    CHECK(right["artifacts"][0]["path"] == "rf");
    CHECK(right["artifacts"][0]["state"] == "ok");
    CHECK(found(import(origin.path().string(), commit, "d/w", hash))["verdict"] == "ok");
    const auto wrong = found(import(origin.url(), commit, "other", hash));
    CHECK(wrong["verdict"] == "artifact-mismatch");
    CHECK(wrong["message"] == "'rf' is not what is recorded: its bytes have another hash than is recorded");
    const std::string other = md5_of("the mudel");
    CHECK(found(import(origin.url(), commit, "d/w", other))["message"] ==
          "'rf' is not what is recorded: DVC has recorded '" + other + "' for it, and the metafile another hash");
    const auto none = found(import(origin.url(), commit, "nothing", hash));
    CHECK(none["verdict"] == "artifact-missing");
    CHECK(none["message"] == "'rf' is missing: there is nothing at 'nothing'");
  }
  SUBCASE("a directory that Git has there") {
    const std::string directory = md5_of(listing) + ".dir";
    const auto right = found(import(origin.url(), commit, "d", directory), directory);
    CAPTURE(right);
    CHECK(right["verdict"] == "ok");
    CHECK(right["artifacts"][0]["path"] == "rf/w");
    const std::string other = std::string(32, 'a') + ".dir";
    CHECK(found(import(origin.url(), commit, "d", other), other)["message"] ==
          "'rf' is not what is recorded: its files have another hash than is recorded");
  }
  SUBCASE("DVC has it there and a text of DVC 2 is what it was") {
    const std::string text = "1,2\r\n";
    const std::string text_hash = md5_of("1,2\n");
    const std::string tracked = origin.commit({{"t.dvc", "outs:\n- md5: " + text_hash + "\n  size: 5\n  path: t\n"}});
    const std::string plain = origin.commit({{"plain.csv", text}});
    const fs::path cache = origin.path() / ".dvc/cache" / text_hash.substr(0, 2);
    fs::create_directories(cache);
    write_file(cache / text_hash.substr(2), text);
    for (const auto& [at, path] : {std::pair(tracked, "t"), std::pair(plain, "plain.csv")}) {
      CAPTURE(path);
      world.source.commit(
          {{"m/rf.mlem", declaring("rf", text_hash, 5)},
           {"m/rf.dvc", "deps:\n- path: " + std::string(path) + "\n  repo:\n    url: " + origin.url() +
                            "\n    rev_lock: " + at + "\nouts:\n- md5: " + text_hash + "\n  size: 5\n  path: rf\n"}});
      CHECK(world.row({"--deep"})["artifacts"][0]["state"] == "ok");
    }
  }
  SUBCASE("imports of imports end") {
    std::string before = commit;
    for (int hop = 1; hop <= 8; ++hop) {
      before = origin.commit({{"rf.dvc", import(origin.url(), before, hop == 1 ? "d/w" : "rf", hash)}});
      if (hop == 7) CHECK(found(import(origin.url(), before, "rf", hash))["artifacts"][0]["state"] == "ok");
    }
    const auto row = found(import(origin.url(), before, "rf", hash));
    CHECK(row["verdict"] == "ok");
    CHECK(row["artifacts"][0]["state"] == "external");
    CHECK(row["warnings"].back()["message"] ==
          "'rf' is where only another program can look: DVC imports it over more than 8 repositories");
  }
  SUBCASE("where it is from is a source like any other") {
    const auto row = found(import("ext::sh -c true", commit, "d/w", hash));
    CAPTURE(row);
    CHECK(row["verdict"] == "forbidden");
    const auto gone = found(import(origin.url(), std::string(40, 'a'), "d/w", hash));
    CAPTURE(gone);
    CHECK(gone["verdict"] == "unreachable");
    const auto up = found(import(origin.url(), commit, "../d/w", hash));
    CHECK(up["verdict"] == "forbidden");
    CHECK(found(import("../origin", commit, "d/w", hash))["artifacts"][0]["state"] == "external");
    CHECK(found(import(origin.url(), "main", "d/w", hash))["warnings"].back()["message"] ==
          "'rf' is where only another program can look: DVC imports it, and has not recorded from which commit");
  }
  SUBCASE("a directory that a server's repository names is one of another machine") {
    const HttpServer server(world.sandbox);
    found(import(origin.path().string(), commit, "d/w", hash));
    world.source.bare_clone(server.root() / "source.git");
    world.link("rf", server.url("source.git") + "/");
    CHECK(world.row({"--deep"})["artifacts"][0]["state"] == "external");
    origin.bare_clone(server.root() / "origin.git");
    found(import(server.url("origin.git"), commit, "d/w", hash));
    world.source.bare_clone(server.root() / "other.git");
    world.link("rf", server.url("other.git") + "/");
    CHECK(world.row({"--deep=size"})["artifacts"][0]["state"] == "unhashed");
    CHECK(world.row({"--deep=hash"})["artifacts"][0]["state"] == "ok");
  }
}

TEST_CASE("check --deep: DVC's remotes are asked by HTTP") {
  Objects world;
  const HttpServer git_server(world.sandbox);
  const LfsServer files(world.sandbox);
  const std::string bytes = "the model";
  const std::string hash = md5_of(bytes);
  world.source.commit(
      {{".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = " + files.url("files") + "\n"},
       {"m/rf.mlem", declaring("rf", hash, bytes.size())},
       {"m/rf.dvc", "outs:\n- md5: " + hash + "\n  size: 9\n  path: rf\n"}});
  world.source.bare_clone(git_server.root() / "source.git");
  world.link("rf", git_server.url("source.git") + "/");
  CHECK(world.row({"--deep"})["verdict"] == "artifact-missing");
  files.add_file("files/" + hash.substr(0, 2) + "/" + hash.substr(2), bytes);
  CHECK(world.row({"--deep"})["artifacts"][0]["state"] == "unhashed");
  CHECK(world.row({"--deep=hash"})["artifacts"][0]["state"] == "ok");
}

TEST_CASE("check --deep: a remote of DVC whose address names no server is not asked") {
  for (const std::string url : {"http://", "https:///files", "http://alice@:80/files", "http://?x"}) {
    CAPTURE(url);
    Objects world;
    world.source.commit({{".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = " + url + "\n"},
                         {"m/rf.mlem", declaring("rf", md5_of("x"), 1)},
                         {"m/rf.dvc", "outs:\n- md5: " + md5_of("x") + "\n  size: 1\n  path: rf\n"}});
    world.link("rf", world.source.url());
    for (const std::string depth : {"--deep", "--deep=hash"}) {
      const auto row = world.row({depth});
      CHECK(row["verdict"] == "unreachable");
      CHECK(row.value("message", "") ==
            "'rf' could not be looked at: cannot tell where DVC has it: the address of its "
            "remote 'store' names no server");
    }
  }
}

TEST_CASE("check --deep: the files of aliases are those of the tree that is judged") {
  World world;
  world.registry.commit({{"m/rf.mlem", declaring("rf", md5_of("weights"), 7)}, {"m/rf", "weights"}});
  world.registry.write("prod.mlem", "link_type: model\nobject_type: link\npath: m/rf.mlem\n");
  world.registry.git({"add", "prod.mlem"});
  CHECK(json_rows(world.mlem({"check", "--json", "--deep"})).at(0)["artifacts"][0]["state"] == "ok");
  world.registry.write("m/rf", "weightz");
  world.registry.git({"add", "m/rf"});
  CHECK(json_rows(world.mlem({"check", "--json", "--deep"})).at(0)["verdict"] == "artifact-mismatch");
  world.registry.git({"commit", "-qm", "Worse"});
  CHECK(json_rows(world.mlem({"check", "--json", "--deep", "HEAD"})).at(0)["verdict"] == "artifact-mismatch");
  const auto here = json_rows(world.mlem({"check", "--json", "--deep", "--worktree", "prod"})).at(0);
  CHECK(here["verdict"] == "artifact-mismatch");
  CHECK(here["artifacts"].size() == 1);
  world.registry.git({"rm", "-q", "m/rf"});
  CHECK(json_rows(world.mlem({"check", "--json", "--deep"})).at(0)["verdict"] == "artifact-missing");
}

TEST_CASE("check --deep: a file of which the index has the name alone is told from one that nobody has") {
  World world;
  world.registry.commit(
      {{"m/rf.mlem", declaring("rf", md5_of("weights"), 7)}, {"m/set.mlem", declaring("set", "", 7)}});
  world.registry.write("m/rf", "weights");
  world.registry.write("m/set/a", "weights");
  world.registry.write("rf.mlem", "link_type: model\nobject_type: link\npath: m/rf.mlem\n");
  world.registry.write("set.mlem", "link_type: model\nobject_type: link\npath: m/set.mlem\n");
  world.registry.git({"add", "rf.mlem", "set.mlem"});
  const auto rows = [&] { return json_rows(world.mlem({"check", "--json", "--deep"})); };
  CHECK(rows().at(0)["message"] == "'rf' is missing: there is nothing at 'm/rf'");
  CHECK_FALSE(rows().at(0).contains("hint"));
  world.registry.git({"add", "-N", "m/rf", "m/set"});
  CHECK(rows().at(0)["message"] == "'rf' is missing: there is nothing at 'm/rf'");
  CHECK(rows().at(0).value("hint", "") == "the index has its name alone: 'git add m/rf' adds what is in it");
  CHECK(rows().at(1).value("hint", "") == "the index has its name alone: 'git add m/set' adds what is in it");
  world.registry.git({"add", "m"});
  CHECK(rows().at(0)["verdict"] == "ok");
}

TEST_CASE("check --deep: the files of a plain link are all that is there") {
  World world;
  world.models.commit({{"w/config.json", "{}"}, {"w/shards/1.bin", "1"}, {"w/README.md", "# W\n"}});
  world.models.git({"update-index", "--add", "--cacheinfo", "160000," + world.model_commit + ",w/module"});
  world.models.git({"commit", "-qm", "A submodule"});
  REQUIRE(world.mlem({"link", "--plain", "--sp", example_url, "w/shards", "shards"}).code == 0);
  const auto shards = json_rows(world.mlem({"check", "--json", "--deep"})).at(0);
  CHECK(shards["verdict"] == "ok");
  CHECK(shards["artifacts"].size() == 1);
  CHECK(shards["artifacts"][0]["path"] == "1.bin");
  REQUIRE(world.mlem({"link", "--plain", "--sp", example_url, "w", "w"}).code == 0);
  const auto whole = json_rows(world.mlem({"check", "--json", "--deep", "w"})).at(0);
  CHECK(whole["verdict"] == "forbidden");
  CHECK(whole["message"] == "'module' may not be read: a submodule");
  CHECK(whole["artifacts"].size() == 4);
}

TEST_CASE("check --deep: a configuration that cannot be read is about the files that need it alone") {
  Objects world;
  const std::string hash = md5_of(weights);
  world.source.commit({{".dvc/config", "[core\nremote = store\n"},
                       {".lfsconfig", "[lfs\n"},
                       {"m/git.mlem", declaring("weights", hash, weights.size())},
                       {"m/weights", weights},
                       {"m/lfs.mlem", declaring("big", hash, weights.size())},
                       {"m/big", lfs_pointer_to(weights)},
                       {"m/dvc.mlem", declaring("tracked", hash, weights.size())},
                       {"m/tracked.dvc", "outs:\n- md5: " + hash + "\n  size: 100000\n  path: tracked\n"}});
  for (const char* const name : {"git", "lfs", "dvc"}) world.link(name, world.source.url());
  const Outcome outcome = world.mlem({"check", "--deep", "--json"});
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  const auto rows = json_rows(outcome);
  CHECK(rows.at(0)["verdict"] == "unreachable");
  CHECK(rows.at(0)["message"] ==
        "'tracked' could not be looked at: cannot tell where DVC has it: not a configuration of DVC: line 1: a section "
        "whose brackets do not match");
  CHECK(rows.at(0)["artifacts"][0]["state"] == "unverified");
  CHECK(rows.at(1)["verdict"] == "ok");
  CHECK(rows.at(2)["verdict"] == "unreachable");
  CHECK(contains(rows.at(2)["message"], "'big' could not be looked at: cannot tell where Git LFS has the objects"));
}
