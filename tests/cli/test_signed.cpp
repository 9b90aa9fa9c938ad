#include "base/digest.hpp"
#include "support/http_server.hpp"
#include "support/lfs_server.hpp"
#include "support/model_signing.hpp"
#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/model_files.hpp"
#include "cli/server.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string hint_at_place = "git-mlem-check(1) says where the signature of an object has to be";

/// A source with one object of either kind, whose files are signed, and a registry with a link to it.
struct SignedWorld {
  Sandbox sandbox;
  RepoBuilder source{sandbox, "source"};
  RepoBuilder registry{sandbox, "registry"};
  SigningKey key;
  std::string key_file = (sandbox / "key.pem").string();

  SignedWorld() { write_file(key_file, key.public_key()); }

  /// Signs files of a directory.
  std::string sign(const Files& files, const StatementTerms& terms = {}) const {
    std::vector<SignedResource> resources;
    for (const auto& [name, bytes] : files) resources.push_back(signed_resource(name, bytes));
    return sign_statement(statement_of(resources, terms), key);
  }
  void link_plain(const std::string& path, const std::string& repo, const std::string& rev = "main",
                  const std::string& kind = "tree") const {
    registry.write("m.mlem", "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    plain: " + kind +
                                 "\npath: " + path + "\nrepo: " + repo + "\nrev: " + rev + "\n");
    registry.git({"add", "m.mlem"});
  }
  void link(const std::string& path, const std::string& repo, const std::string& rev = "main") const {
    registry.write("m.mlem", link_text({.path = path, .repo = repo, .rev = rev}));
    registry.git({"add", "m.mlem"});
  }
  Outcome mlem(const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.directory = registry.path();
    return sandbox.mlem(arguments, options);
  }
  nlohmann::json row(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> words = {"check", "--json", "--signed=" + key_file};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = mlem(words);
    INFO(outcome);
    const auto rows = json_rows(outcome);
    REQUIRE(rows.size() == 1);
    const std::string verdict = rows[0]["verdict"];
    const bool is_undecided = verdict == "unverified" || verdict == "unreachable" || verdict == "too-large";
    CHECK(outcome.code == (verdict == "ok" ? 0 : is_undecided ? 2 : 1));
    return rows.front();
  }
  /// Returns verdict, message and hint of the only link.
  std::string told(const std::vector<std::string>& options = {}) const {
    const auto found = row(options);
    std::string text = found["verdict"];
    for (const char* key_of_text : {"message", "hint"}) {
      if (found.contains(key_of_text)) text += "; " + found[key_of_text].get<std::string>();
    }
    return text;
  }
};

/// A server that wants signed objects below `prod/`, and a source with some.
struct SigningServer : Server {
  SigningKey key;
  fs::path key_file = bare / "signers/models.pem";
  RepoBuilder bert{world.sandbox, "bert"};
  std::string base;

  SigningServer() {
    fs::create_directories(key_file.parent_path());
    write_file(key_file, key.public_key());
    config("mlem-policy.production.path", "prod/**");
    config("mlem-policy.production.allowPlain", "true");
    config("mlem-policy.production.artifactSigner", "signers/models.pem");
    world.sandbox.add_config("url." + bert.path().string() + ".insteadOf", "https://example.com/bert");
    const Files files = {{"config.json", "{}"}, {"a.bin", lfs_pointer_to("weights")}};
    bert.commit(files);
    bert.tag("without");
    bert.commit({{"model.sig", sign({{"config.json", "{}"}, {"a.bin", "weights"}})}});
    bert.tag("good");
    bert.commit({{"a.bin", lfs_pointer_to("tampered")}});
    bert.tag("tampered");
    bert.commit({{"a.bin", lfs_pointer_to("weights")}, {"more.py", "import os"}});
    bert.tag("more");
    bert.remove({"more.py"});
    bert.commit({{"model.sig", read_file(GIT_MLEM_VECTORS "/model-signing/v1.1.0-sigstore/model.sig")}});
    bert.tag("keyless");
    commit("README", "registry");
    REQUIRE(push({"origin", "main"}).code == 0);
    base = world.registry.id("HEAD");
  }

  std::string sign(const Files& files) const {
    std::vector<SignedResource> resources;
    for (const auto& [name, bytes] : files) resources.push_back(signed_resource(name, bytes));
    return sign_statement(statement_of(resources), key);
  }
  void commit(const std::string& name, const std::string& text) { world.registry.commit({{name, text}}); }
  std::string plain(const std::string& rev) const {
    return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    plain: tree\npath: .\n"
           "repo: https://example.com/bert/\nrev: " +
           rev + "\n";
  }
  /// Pushes one link to main. Returns what the server said, as one line; afterwards it is not there any more.
  std::string pushed(const std::string& rev, const std::string& name = "prod/bert.mlem") {
    commit(name, plain(rev));
    const Outcome outcome = push({"origin", "main"});
    CAPTURE(outcome);
    std::string text;
    std::istringstream words(outcome.errors.substr(0, outcome.errors.find("remote: 1 link")));
    for (std::string word; words >> word;) {
      if (word != "remote:") text += (text.empty() ? "" : " ") + word;
    }
    CHECK((outcome.code == 0) == text.empty());
    world.registry.git({"reset", "-q", "--hard", base});
    if (outcome.code == 0) REQUIRE(push({"-f", "origin", "main"}).code == 0);
    return text;
  }
};

const std::string refused = "error: refs/heads/main: prod/bert.mlem: forbidden (artifact-signer) ";
const std::string hint_of_signer = " hint: git-mlem-check(1) says how objects are signed";

std::string not_named(const std::string& name) {
  return "unsigned; '" + name + "' is not signed: 'model.sig' does not name it";
}

}  // namespace

TEST_CASE("check --signed: every file of a plain tree is the one that is signed") {
  SignedWorld world;
  const Files files = {{"config.json", "{}"}, {"shards/1.bin", "one"}, {"empty", ""}};
  Files there = files;
  there["model.sig"] = world.sign(files);
  there[".gitattributes"] = "*.bin -text\n";
  there[".github/workflows/x.yml"] = "on: push\n";
  world.source.commit(there);
  world.link_plain(".", world.source.url());
  CHECK(world.told() == "ok");
  CHECK_FALSE(world.row().contains("artifacts"));
  CHECK(world.row({"--deep"})["artifacts"].size() == 6);
  const Outcome quiet = world.mlem({"check", "--signed", world.key_file});
  CAPTURE(quiet);
  CHECK(quiet.code == 0);
  CHECK(quiet.errors == "1 link: 1 ok, 0 broken, 0 undecided\n");
  const Outcome porcelain = world.mlem({"check", "--porcelain", "--signed", world.key_file});
  CHECK(porcelain.output.starts_with("ok\tm.mlem\t"));

  SUBCASE("other bytes") {
    world.source.commit({{"shards/1.bin", "two"}});
    CHECK(world.told() == "artifact-mismatch; 'shards/1.bin' is not what is signed: its bytes have another digest");
    CHECK(world.told({"--deep"}) ==
          "artifact-mismatch; 'shards/1.bin' is not what is signed: its bytes have another digest");
    const Outcome failed = world.mlem({"check", "--porcelain", "--signed", world.key_file});
    CHECK(failed.code == 1);
    CHECK(failed.output.starts_with("artifact-mismatch\tm.mlem\t"));
  }
  SUBCASE("one more") {
    world.source.commit({{"shards/2.bin", "two"}, {"shards/3.bin", "three"}});
    CHECK(world.told() == not_named("shards/2.bin") + "; and 1 more");
    CHECK(world.told({"--deep"}) == not_named("shards/2.bin") + "; and 1 more");
    CHECK(world.row({"--deep"})["artifacts"].size() == 8);
  }
  SUBCASE("one less") {
    world.source.remove({"empty"});
    CHECK(world.told() == "unsigned; 'empty' is signed and is missing");
  }
  SUBCASE("one that Git ignores elsewhere") {
    world.source.commit({{"shards/.gitattributes", "* -text\n"}});
    CHECK(world.told() == not_named("shards/.gitattributes"));
  }
  SUBCASE("what the signer passes over") {
    StatementTerms terms;
    terms.ignored = {"notes", "shards/log"};
    world.source.commit({{"model.sig", world.sign(files, terms)}, {"notes/a/b", "1"}, {"shards/log", "2"}});
    CHECK(world.told() == "ok");
    world.source.commit({{"shards/log2", "2"}});
    CHECK(world.told() == not_named("shards/log2"));
  }
  SUBCASE("a submodule") {
    world.source.git({"update-index", "--add", "--cacheinfo", "160000," + world.source.id("HEAD") + ",module"});
    world.source.git({"commit", "-qm", "A submodule"});
    CHECK(world.told() == "forbidden; 'module' may not be read: a submodule");
  }
}

TEST_CASE("check --signed: a symbolic link is signed as the file that it leads to") {
  SignedWorld world;
  StatementTerms terms;
  terms.allows_symlinks = true;
  const Files files = {{"a.bin", "one"}, {"dir/b.bin", "two"}};
  Files named = files;
  named["link"] = "two";
  named["dir/up"] = "two";
  const auto add_link = [&](const std::string& name, const std::string& target) {
    RunOptions options;
    options.input = target;
    const std::string blob = world.source.git({"hash-object", "-w", "--stdin"}, options);
    world.source.git({"update-index", "--add", "--cacheinfo", "120000," + blob + "," + name});
    world.source.git({"commit", "-qm", "A symbolic link"});
  };
  world.source.commit(files);
  world.source.commit({{"model.sig", world.sign(named, terms)}});
  add_link("link", "dir/b.bin");
  add_link("dir/up", "../link");
  world.link_plain(".", world.source.url());
  CHECK(world.told() == "ok");
  SUBCASE("it leads to another file") {
    add_link("link", "a.bin");
    CHECK(world.told() ==
          "artifact-mismatch; 'dir/up' is not what is signed: its bytes have another digest; and 1 more");
  }
  SUBCASE("it is not named") {
    add_link("other", "a.bin");
    CHECK(world.told() == not_named("other"));
  }
  SUBCASE("it leads to a directory") {
    add_link("other", "dir");
    CHECK(world.told() ==
          "unverified; 'other' is a symbolic link that does not lead to a file, of which nothing is signed");
  }
  SUBCASE("the signer follows none") {
    world.source.git({"update-index", "--add", "--cacheinfo", "100644," + [&] {
                        RunOptions options;
                        options.input = world.sign(named);
                        return world.source.git({"hash-object", "-w", "--stdin"}, options);
                      }() + ",model.sig"});
    world.source.git({"commit", "-qm", "Sign"});
    CHECK(world.told() == "unsigned; 'dir/up' is a symbolic link, and the signature is about files alone; and 1 more");
  }
}

TEST_CASE("check --signed: which signature is meant") {
  SignedWorld world;
  const Files files = {{"a.bin", "one"}};
  world.source.commit(files);
  world.link_plain(".", world.source.url());
  CHECK(world.told() == "unsigned; it is not signed: there is no '*.sig' at its top; " + hint_at_place);
  world.source.commit({{"sub/model.sig", world.sign(files)}});
  CHECK(world.told() == "unsigned; it is not signed: there is no '*.sig' at its top; " + hint_at_place);
  world.source.remove({"sub"});
  world.source.commit({{"bert.sig", world.sign(files)}});
  CHECK(world.told() == "ok");
  world.source.commit({{"old.sig", "x"}});
  CHECK(world.told() == "unsigned; it has several '*.sig' at its top, and none is 'model.sig'; " + hint_at_place);
  StatementTerms terms;
  terms.ignored = {"old.sig", "bert.sig"};
  world.source.commit({{"model.sig", world.sign(files, terms)}});
  CHECK(world.told() == "ok");
  world.source.commit({{"model.sig", world.sign(files)}});
  CHECK(world.told() == not_named("bert.sig") + "; and 1 more");
}

TEST_CASE("check --signed: signatures of others and what is not one") {
  SignedWorld world;
  const Files files = {{"a.bin", "one"}};
  const std::string good = world.sign(files);
  const std::string statement = statement_of({signed_resource("a.bin", "one")});
  world.link_plain(".", world.source.url());
  const std::string lead = "unsigned; its signature 'model.sig' is not good: ";
  struct Row {
    std::string signature;
    std::string told;
  };
  const std::string vectors = GIT_MLEM_VECTORS "/model-signing/";
  std::string tampered = good;
  tampered.replace(tampered.find("\"payload\":\"") + 11, 8, "eyJfdHlw");
  const std::vector<Row> rows = {
      {good, "ok"},
      {sign_statement(statement, SigningKey()), lead + "another key than is trusted made the signature"},
      {"", lead + "it is not JSON"},
      {"{}", lead + "'mediaType' is missing"},
      {read_file(vectors + "v0.2.0-certificate/model.sig"),
       lead + "it is of version 0.2 of model signing ('https://model_signing/Digests/v0.1'), which does not sign that "
              "files are all; sign the model anew with version 1.0 or later"},
      {read_file(vectors + "v1.1.0-sigstore/model.sig"),
       "unverified; its signature 'model.sig' cannot be judged: it was made without a key of its own, and only "
       "Sigstore can tell by whom"},
      {lfs_pointer_to(good),
       "unverified; its signature 'model.sig' is in Git LFS, from where no byte is downloaded; a signature is small: "
       "Git itself can keep it"},
      {sign_statement(statement_of({{"a.bin", std::string(64, '0')}}, {.hash_type = "blake3"}), world.key),
       "unverified; its signature 'model.sig' cannot be judged: it has digests by 'blake3'; git-mlem compares by "
       "SHA-256"},
      {sign_statement(statement_of({signed_resource("../a.bin", "one")}), world.key),
       lead + "invalid path '../a.bin': it leaves the repository"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.told);
    Files there = files;
    there["model.sig"] = row.signature;
    world.source.commit(there);
    CHECK(world.told() == row.told);
  }
}

TEST_CASE("check --signed: an authority is trusted instead of a key") {
  SignedWorld world;
  const SigningKey authority_key("P-384");
  const Certificate authority = certify(
      authority_key, {.name = "CA", .is_authority = true, .usage = "critical,keyCertSign"}, authority_key, "CA");
  const std::string statement = statement_of({signed_resource("a.bin", "one")});
  const Certificate own = certify(world.key, {.name = "signer"}, authority_key, "CA");
  const Certificate expired = certify(world.key, {.name = "signer", .until = 1'000'000'000}, authority_key, "CA");
  write_file(world.key_file, authority.pem());
  world.link_plain(".", world.source.url());
  world.source.commit({{"a.bin", "one"}, {"model.sig", sign_statement(statement, world.key, {own})}});
  CHECK(world.told() == "ok");
  world.source.commit({{"model.sig", sign_statement(statement, world.key, {expired})}});
  CHECK(world.told() ==
        "unsigned; its signature 'model.sig' is not good: the signer's certificate, or one above it, has expired");
  world.source.commit({{"model.sig", sign_statement(statement, world.key)}});
  CHECK(world.told() ==
        "unsigned; its signature 'model.sig' is not good: it was made with a key, and only certificates of authorities "
        "are trusted");
}

TEST_CASE("check --signed: the published models verify") {
  SignedWorld world;
  const std::string vectors = GIT_MLEM_VECTORS "/model-signing/";
  struct Row {
    std::string model;
    std::string trust;
    std::vector<std::string> files;
    std::string told;
  };
  const std::vector<Row> rows = {
      {"v1.1.0-elliptic-key", "signing-key-pub", {"signme-1", "signme-2", "ignore-me"}, "ok"},
      {"v1.1.0-certificate", "ca-cert", {"signme-1", "signme-2", "ignore-me"}, "ok"},
      {"v1.0.0-certificate", "ca-cert", {"signme-1", "signme-2"}, "ok"},
      {"v1.0.1-certificate", "ca-cert", {"signme-1", "signme-2", "ignore-me"}, not_named("ignore-me")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.model);
    Files files = {{row.model + "/model.sig", read_file(vectors + row.model + "/model.sig")}};
    for (const std::string& file : row.files)
      files[row.model + "/" + file] = read_file(vectors + row.model + "/" + file);
    world.source.commit(files);
    world.link_plain(row.model, world.source.url());
    world.key_file = vectors + "keys/" + row.trust + ".pem";
    CHECK(world.told() == row.told);
  }
  // What names its only file `.` is beside that file.
  world.source.commit({{"signme-1", read_file(vectors + "v1.0.0-elliptic-key/signme-1")},
                       {"signme-1.sig", read_file(vectors + "v1.0.0-elliptic-key/model.sig")}});
  world.key_file = vectors + "keys/signing-key-pub.pem";
  world.link_plain("signme-1", world.source.url(), "main", "blob");
  CHECK(world.told() == "ok");
  world.source.commit({{"signme-1", "another"}});
  CHECK(world.told() == "artifact-mismatch; 'signme-1' is not what is signed: its bytes have another digest");
}

TEST_CASE("check --signed: the signature of an object is beside its metafile") {
  SignedWorld world;
  const std::string metafile = model_with("rf", "weights");
  world.source.commit({{"m/rf.mlem", metafile}, {"m/rf", "weights"}});
  world.link("m/rf.mlem", world.source.url());
  CHECK(world.told() == "unsigned; it is not signed: there is no 'rf.sig' beside it; " + hint_at_place);
  const auto sign_and_tell = [&](const Files& files) {
    world.source.commit({{"m/rf.sig", world.sign(files)}});
    return world.told();
  };
  CHECK(sign_and_tell({{"rf", "weights"}}) == "ok");
  CHECK(sign_and_tell({{"rf", "weights"}, {"rf.mlem", metafile}}) == "ok");
  CHECK(sign_and_tell({{".", "weights"}}) == "ok");
  CHECK(sign_and_tell({{"rf", "others"}}) ==
        "artifact-mismatch; 'rf' is not what is signed: its bytes have another digest");
  CHECK(sign_and_tell({{"rf.mlem", metafile}}) == "unsigned; 'rf' is not signed: 'rf.sig' does not name it");
  CHECK(sign_and_tell({{"rf", "weights"}, {"rf.mlem", "others"}}) ==
        "artifact-mismatch; 'rf.mlem' is not what is signed: its bytes have another digest");
  CHECK(sign_and_tell({{"rf", "weights"}, {"gone", "x"}}) ==
        "unsigned; 'gone' is signed and is missing: there is nothing at 'm/gone'");
  world.source.commit({{"m/none.mlem", "object_type: model\n"}, {"m/none.sig", world.sign({{"rf", "weights"}})}});
  world.link("m/none.mlem", world.source.url());
  CHECK(world.told() == "unsigned; it has no files, and 'none.sig' does not name 'none.mlem'");
  world.source.commit({{"m/none.sig", world.sign({{"none.mlem", "object_type: model\n"}})}});
  CHECK(world.told() == "ok");
}

TEST_CASE("check --signed: of what Git LFS keeps no byte is asked for") {
  SignedWorld world;
  const HttpServer git_server(world.sandbox);
  const LfsServer lfs_server(world.sandbox);
  const std::string large = "123456789";
  const Files files = {{"config.json", "{\"hidden_size\": 768}"}, {"a.bin", large}, {"b.bin", "12345"}};
  Files there = {{"config.json", files.at("config.json")},
                 {"a.bin", lfs_pointer_to(large)},
                 {"b.bin", lfs_pointer_to("12345")},
                 {"model.sig", world.sign(files)}};
  world.source.commit(there);
  world.source.tag("v1");
  world.source.commit({{"b.bin", lfs_pointer_to("54321")}});
  world.source.tag("v2");
  StatementTerms terms;
  terms.shard_size = 5;
  const auto shards_of = [&](const std::string& name, const std::string& bytes, std::vector<SignedResource>& out) {
    for (std::size_t at = 0; at < bytes.size(); at += 5) {
      const std::size_t end = std::min(at + 5, bytes.size());
      out.push_back(
          signed_resource(name + ":" + std::to_string(at) + ":" + std::to_string(end), bytes.substr(at, end - at)));
    }
  };
  std::vector<SignedResource> small;
  shards_of("config.json", files.at("config.json"), small);
  shards_of("b.bin", "12345", small);
  std::vector<SignedResource> all = small;
  shards_of("a.bin", large, all);
  world.source.commit({{"b.bin", lfs_pointer_to("12345")},
                       {"empty", ""},
                       {"model.sig", sign_statement(statement_of(all, terms), world.key)}});
  world.source.tag("v3");
  world.source.commit({{"model.sig", sign_statement(statement_of(small, terms), world.key)}});
  world.source.remove({"a.bin"});
  world.source.tag("v4");
  const fs::path served = world.source.bare_clone(git_server.root() / "source.git");
  world.sandbox.add_config("lfs.url", lfs_server.url("org/m"));
  const std::string url = git_server.url("source.git") + "/";
  world.link_plain(".", url, "v1");
  CHECK(world.told() == "ok");
  world.link_plain(".", url, "v2");
  CHECK(world.told() == "artifact-mismatch; 'b.bin' is not what is signed: Git LFS has recorded another digest");
  world.link_plain(".", url, "v3");
  CHECK(world.told() ==
        "unverified; 'a.bin' cannot be compared with what is signed: digests of its parts are signed, and Git LFS has "
        "recorded one of the whole; '--deep=hash' reads their bytes");
  world.link_plain(".", url, "v4");
  CHECK(world.told() == "ok");
  CHECK(lfs_server.requests().empty());
}

TEST_CASE("check --signed: files of Git that are not here are fetched and not kept") {
  SignedWorld world;
  const HttpServer server(world.sandbox);
  std::string random;
  for (std::size_t i = 0; random.size() < 1'000'000; ++i) random += mlem::sha256_hex(std::to_string(i));
  const Files files = {{"weights", random}, {"config.json", "{}"}};
  Files there = files;
  there["model.sig"] = world.sign(files);
  world.source.commit(there);
  world.source.bare_clone(server.root() / "source.git");
  world.link_plain(".", server.url("source.git") + "/");
  CHECK(world.told() == "ok");
  std::size_t kept = 0;
  for (const auto& entry : fs::recursive_directory_iterator(world.registry.path() / ".git/mlem")) {
    if (fs::is_regular_file(entry.path())) kept += fs::file_size(entry.path());
  }
  CHECK(kept < random.size() / 2);
  CHECK(world.told({"--offline"}) ==
        "unreachable; 'weights' could not be read: its bytes are not on this machine; run the command without "
        "--offline");
  world.sandbox.add_config("mlem.maxFetch", "100k");
  CHECK(world.row()["verdict"] == "too-large");
}

TEST_CASE("check --signed: with --deep=hash bytes tell what no record does") {
  SignedWorld world;
  const std::string listing = "[{\"md5\": \"" + md5_of("one") + "\", \"relpath\": \"1\"}, {\"md5\": \"" +
                              md5_of("two") + "\", \"relpath\": \"2\"}]";
  const std::string directory = md5_of(listing) + ".dir";
  const auto put = [&](const std::string& hash, const std::string& bytes) {
    const fs::path path = world.sandbox / "store/files/md5" / hash.substr(0, 2) / hash.substr(2);
    fs::create_directories(path.parent_path());
    write_file(path, bytes);
  };
  put(md5_of("weights"), "weights");
  put(directory, listing);
  put(md5_of("one"), "one");
  put(md5_of("two"), "two");
  world.source.commit(
      {{".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n"},
       {"m/rf.mlem", model_with("rf", "weights")},
       {"m/rf.dvc", "outs:\n- md5: " + md5_of("weights") + "\n  size: 7\n  hash: md5\n  path: rf\n"},
       {"m/set.mlem",
        "artifacts:\n  data:\n    hash: " + directory + "\n    size: 6\n    uri: set\nobject_type: model\n"},
       {"m/set.dvc", "outs:\n- md5: " + directory + "\n  size: 6\n  nfiles: 2\n  hash: md5\n  path: set\n"}});
  const std::string by_md5 =
      "unverified; 'rf' cannot be compared with what is signed: DVC has recorded its MD5 alone; '--deep=hash' reads "
      "their bytes";
  SUBCASE("a file of DVC") {
    world.link("m/rf.mlem", world.source.url());
    world.source.commit({{"m/rf.sig", world.sign({{"rf", "weights"}})}});
    CHECK(world.told() == by_md5);
    CHECK(world.told({"--deep"}) == by_md5);
    CHECK(world.told({"--deep=hash"}) == "ok");
    world.source.commit({{"m/rf.sig", world.sign({{"rf", "wrights"}})}});
    CHECK(world.told() == by_md5);
    CHECK(world.told({"--deep=hash"}) ==
          "artifact-mismatch; 'rf' is not what is recorded: its bytes have another digest than is signed");
    StatementTerms terms;
    terms.shard_size = 4;
    const auto parts = {signed_resource("rf:0:4", "weig"), signed_resource("rf:4:7", "hts")};
    world.source.commit({{"m/rf.sig", sign_statement(statement_of(parts, terms), world.key)}});
    CHECK(world.told({"--deep=hash"}) == "ok");
    fs::remove_all(world.sandbox / "store");
    CHECK(world.row({"--deep=hash"})["verdict"] == "artifact-missing");
  }
  SUBCASE("a directory of DVC") {
    world.link("m/set.mlem", world.source.url());
    world.source.commit({{"m/set.sig", world.sign({{"set/1", "one"}, {"set/2", "two"}})}});
    CHECK(world.told() ==
          "unverified; what is in 'set' cannot be compared with what is signed: DVC tracks it as a directory; "
          "'--deep=hash' reads their bytes");
    CHECK(world.told({"--deep=hash"}) == "ok");
    world.source.commit({{"m/set.sig", world.sign({{"set/1", "one"}})}});
    CHECK(world.told({"--deep=hash"}) == "unsigned; 'set/2' is not signed: 'set.sig' does not name it");
    world.source.commit({{"m/set.sig", world.sign({{"set/1", "one"}, {"set/2", "two"}, {"set/3", "three"}})}});
    CHECK(world.told({"--deep=hash"}) == "unsigned; 'set/3' is signed and is missing");
    world.source.commit({{"m/set.sig", world.sign({{"set/1", "one"}, {"set/2", "tow"}})}});
    CHECK(world.told({"--deep=hash"}) ==
          "artifact-mismatch; 'set/2' is not what is recorded: its bytes have another digest than is signed");
  }
}

TEST_CASE("check --signed: the file of who signs") {
  SignedWorld world;
  world.source.commit({{"m/rf.mlem", model_with("rf", "weights")}, {"m/rf", "weights"}});
  world.link("m/rf.mlem", world.source.url());
  const Outcome absent = world.mlem({"check", "--signed=nowhere"});
  CHECK(absent.code == 128);
  CHECK(absent.errors ==
        "fatal: cannot read '" + (world.registry.path() / "nowhere").string() + "': there is no such file\n");
  world.registry.write("private.pem", world.key.private_key());
  const Outcome secret = world.mlem({"check", "--signed=private.pem"});
  CHECK(secret.code == 128);
  CHECK(secret.errors == "fatal: cannot read '" + (world.registry.path() / "private.pem").string() +
                             "': it has a 'PRIVATE KEY', which is neither a public key nor a certificate\n"
                             "hint: 'openssl pkey -pubout -in <file>' writes the public key of one\n");
}

TEST_CASE("policy: artifactSigner wants the objects of links signed") {
  SigningServer server;
  CHECK(server.pushed("good").empty());
  CHECK(server.pushed("without", "dev/bert.mlem").empty());

  SUBCASE("a pusher is told nothing of what the source has") {
    CHECK(server.pushed("without") ==
          refused + "a policy is broken by what 'https://example.com/bert/' leads to: artifact-signer" +
              hint_of_signer);
    CHECK(server.pushed("tampered") ==
          "error: refs/heads/main: prod/bert.mlem: artifact-mismatch (artifact-signer) a file of the object in "
          "'https://example.com/bert/' is not the one that is signed; policy 'production' wants signed objects" +
              hint_of_signer);
    CHECK(server.pushed("keyless") ==
          "error: refs/heads/main: prod/bert.mlem: unverified (artifact-signer) whether the object in "
          "'https://example.com/bert/' is signed cannot be told" +
              hint_of_signer);
  }
  SUBCASE("where the server may tell") {
    server.config("mlem.serverHints", "true");
    CHECK(server.pushed("without") == refused +
                                          "policy 'production' wants signed objects: it is not signed: there is no "
                                          "'*.sig' at its top" +
                                          hint_of_signer);
    CHECK(server.pushed("more") == refused +
                                       "policy 'production' wants signed objects: 'more.py' is not signed: 'model.sig' "
                                       "does not name it" +
                                       hint_of_signer);
    CHECK(server.pushed("tampered") ==
          "error: refs/heads/main: prod/bert.mlem: artifact-mismatch (artifact-signer) 'a.bin' is not what is signed: "
          "Git LFS has recorded another digest; policy 'production' wants signed objects" +
              hint_of_signer);
  }
  SUBCASE("every policy has its own signers") {
    write_file(server.bare / "signers/others.pem", SigningKey().public_key());
    server.config("mlem.serverHints", "true");
    server.config("mlem-policy.second.path", "prod/**");
    server.config("mlem-policy.second.allowPlain", "true");
    server.config("mlem-policy.second.artifactSigner", (server.bare / "signers/others.pem").string());
    CHECK(server.pushed("good") == refused +
                                       "policy 'second' wants signed objects: its signature 'model.sig' is not good: "
                                       "another key than is trusted made the signature" +
                                       hint_of_signer);
    write_file(server.bare / "signers/others.pem", server.key.public_key());
    CHECK(server.pushed("good").empty());
  }
  SUBCASE("what cannot be decided does not pass whatever onUndecided says") {
    server.config("mlem.onUndecided", "warn");
    CHECK(server.pushed("keyless").starts_with("error: refs/heads/main: prod/bert.mlem: unverified (artifact-signer)"));
    CHECK(server.pushed("keyless", "dev/bert.mlem").empty());
  }
  SUBCASE("what was there before is nobody's fault who does not touch it") {
    REQUIRE(server.git_in(server.bare, {"config", "--unset", "mlem-policy.production.artifactSigner"}).code == 0);
    server.commit("prod/old.mlem", server.plain("without"));
    server.commit("prod/alias.mlem", link_text({.path = "old"}));
    const Outcome before = server.push({"origin", "main"});
    CAPTURE(before);
    REQUIRE(before.code == 0);
    server.config("mlem-policy.production.artifactSigner", server.key_file.string());
    server.base = server.world.registry.id("HEAD");
    CHECK(server.pushed("good").empty());
    server.commit("prod/.gitattributes", "*.bin -text\n");  // for which all links below are judged again
    const Outcome others = server.push({"origin", "main"});
    CAPTURE(others);
    CHECK(others.code == 0);
    server.base = server.world.registry.id("HEAD");
    CHECK(contains(server.pushed("tampered", "prod/old.mlem"), "prod/old.mlem: artifact-mismatch (artifact-signer)"));
    RunOptions options;
    options.directory = server.bare;
    const Outcome audit = server.world.sandbox.mlem({"check", "--json", "--policy", "main", "--all"}, options);
    CAPTURE(audit);
    CHECK(audit.code == 1);
    const auto rows = json_rows(audit);
    const auto old =
        std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row["link"] == "prod/old.mlem"; });
    REQUIRE(old != rows.end());
    CHECK((*old)["verdict"] == "forbidden");
    CHECK((*old)["rules"] == nlohmann::json{"artifact-signer"});
  }
}

TEST_CASE("policy: a file of artifactSigner that cannot be read refuses every push and is warned of") {
  SigningServer server;
  const std::string file = server.key_file.string();
  RunOptions options;
  options.directory = server.bare;
  const Outcome good = server.world.sandbox.mlem({"policy", "main"}, options);
  CAPTURE(good);
  CHECK(good.code == 0);
  CHECK(contains(good.output, "\tartifactSigner = signers/models.pem\t# "));
  CHECK(good.errors.empty());
  fs::remove(server.key_file);
  const Outcome flawed = server.world.sandbox.mlem({"policy", "main"}, options);
  const std::string why =
      "bad config key 'mlem-policy.production.artifactSigner': cannot read '" + file + "': there is no such file";
  CHECK(flawed.code == 0);
  CHECK(flawed.errors ==
        "warning: policy 'production': every push is refused: " + why +
            "\nhint: 'artifactSigner' names a file of public keys or of certificates of authorities\n");
  CHECK(server.pushed("good", "dev/bert.mlem").starts_with("fatal: bad config key"));
  write_file(server.key_file, "ssh-ed25519 AAAA\n");
  CHECK(contains(server.world.sandbox.mlem({"policy"}, options).errors,
                 "it has neither a public key nor a certificate in PEM"));
  server.config("mlem-policy.other.artifactSigner", "");
  CHECK(contains(server.world.sandbox.mlem({"policy"}, options).errors,
                 "fatal: bad config key 'mlem-policy.other.artifactsigner': it has no value"));
}
