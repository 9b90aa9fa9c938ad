#include "support/git_daemon.hpp"
#include "support/http_server.hpp"
#include "support/ssh_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"
#include "support/trace.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <csignal>
#include <functional>
#include <unistd.h>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

/// A bare repository that may be served, and the id of its commit.
struct Served {
  std::string commit;
  std::string blob;
};

Served serve_example(const World& world, const mlem::fs::path& directory) {
  world.models.bare_clone(directory);
  return {world.model_commit, world.models.id("main:models/rf.mlem")};
}

/// The only entry of the cache whose name ends so.
mlem::fs::path cache_entry(const World& world, const std::string& suffix = "") {
  mlem::fs::path found;
  for (mlem::fs::directory_iterator file(world.registry.path() / ".git/mlem/sources"), end; file != end; ++file) {
    const std::string name = file->path().filename().string();
    constexpr std::size_t digits = 64;
    if (mlem::fs::is_directory(file->path()) && name.substr(digits) == suffix) found = file->path();
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

std::string resolved(const World& world, const Served& served, const std::string& url) {
  const Outcome outcome = world.mlem({"resolve", "--project", url, "--rev", "main", "models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find(served.commit + " " + served.blob + " model models/rf.mlem ") == 0);
  return outcome.output;
}

}  // namespace

TEST_CASE("sources: an HTTP server is asked at most three times and sends no model") {
  World world;
  world.models.commit({{"models/rf", std::string(3'000'000, 'x')}});
  world.model_commit = world.models.id("main");
  const HttpServer server(world.sandbox);
  const Served served = serve_example(world, server.root() / "models.git");
  resolved(world, served, server.url("models.git"));
  CHECK(server.requests().size() <= 6);
  CHECK(server.bytes_sent() < 12'000);
}

TEST_CASE("sources: a full commit id that is cached costs no network") {
  const World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  const std::vector<std::string> command{"resolve", "--project",        server.url("models.git"),
                                         "--rev",   world.model_commit, "models/rf"};
  CHECK(world.mlem(command).code == 0);
  const std::size_t before = server.requests().size();
  CHECK(before > 0);
  CHECK(world.mlem(command).code == 0);
  CHECK(server.requests().size() == before);
}

TEST_CASE("sources: git and ssh servers give the same answer") {
  const World world;
  const Served served = serve_example(world, world.sandbox / "served/models.git");
  const GitDaemon daemon(world.sandbox, world.sandbox / "served");
  resolved(world, served, daemon.url("models.git"));
  const SshServer server(world.sandbox);
  world.sandbox.add_config("core.sshCommand", server.command());
  resolved(world, served, server.url(world.sandbox / "served/models.git"));
}

TEST_CASE("sources: each failure has its verdict and exit code") {
  struct Row {
    std::string name;
    std::string url;
    std::string verdict;
    int code;
  };
  const World world;
  const HttpServer server(world.sandbox);
  const SilentServer silent;
  serve_example(world, server.root() / "private/models.git");
  world.registry.git({"config", "mlem.timeout", "1"});
  const std::vector<Row> rows{
      {"none", server.url("none.git"), "missing-repo", 1},
      {"401", server.url("private/models.git"), "auth-required", 2},
      {"403", server.status_url(403, "a.git"), "auth-required", 2},
      {"429", server.status_url(429, "a.git"), "unreachable", 2},
      {"500", server.status_url(500, "a.git"), "unreachable", 2},
      {"refused", "http://127.0.0.1:1/a.git", "unreachable", 2},
      {"silent", silent.url("a.git"), "timeout", 2},
  };
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem({"resolve", "--porcelain", "--project", row.url, "--rev", "main", "models/rf"});
    CAPTURE(row.name);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(outcome.output.find(row.verdict + "\t") == 0);
  }
}

TEST_CASE("sources: a credential helper opens what is private") {
  const World world;
  const HttpServer server(world.sandbox);
  const Served served = serve_example(world, server.root() / "private/models.git");
  world.sandbox.add_config("credential.helper", std::string("!f() { echo username=") + HttpServer::user +
                                                    "; echo 'password=" + HttpServer::password + "'; }; f");
  resolved(world, served, server.url("private/models.git"));
}

TEST_CASE("sources: what was fetched answers offline") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = "main"})}});
  CHECK(world.mlem({"check", "--offline"}).code == 2);
  CHECK(world.mlem({"fetch"}).code == 0);
  const std::size_t before = server.requests().size();
  CHECK(world.mlem({"check", "--offline"}).code == 0);
  CHECK(server.requests().size() == before);
}

TEST_CASE("source: one object that cannot be read spoils no other link") {
  World world;
  const std::string bad = world.models.git({"rev-parse", "HEAD:models/rf.mlem"});
  world.models.commit({{"models/other.mlem", model_meta() + "params: {a: 1}\n"}});
  const fs::path file = world.models.path() / ".git/objects" / bad.substr(0, 2) / bad.substr(2);
  fs::permissions(file, fs::owner_all);
  write_file(file, "broken");
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})},
       {"b.mlem", link_text({.path = "models/other.mlem", .repo = example_url + "/", .rev = "main"})}});
  const Outcome checked = world.mlem({"check", "--porcelain"});
  CAPTURE(checked);
  CHECK(checked.code == 2);
  CHECK(contains(checked.output, "unreachable\ta.mlem\t"));
  CHECK(contains(checked.output, "ok\tb.mlem\t"));
}

TEST_CASE("fetch: --prune leaves alone what is not the cache's") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  Outcome outcome = world.git({"-c", "mlem.cacheDir=", "mlem", "fetch", "--prune"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: bad config value for 'mlem.cacheDir': it must name a directory\n");
  // The directory of the registry itself is a bad place, but what is there stays.
  const std::string unused(64, 'a');
  boost::filesystem::create_directory(world.registry.path() / unused);
  outcome = world.git({"-c", "mlem.cacheDir=.", "mlem", "fetch", "--prune"});
  CHECK(outcome.code == 0);
  CHECK(outcome.errors == "1 link: 1 fetched, 0 broken, 0 undecided; 1 unused source removed\n");
  CHECK(!boost::filesystem::exists(world.registry.path() / unused));
  CHECK(world.git({"fsck"}).code == 0);
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
}

TEST_CASE("sources: an address with the word filter in it is tried once") {
  World world;
  const HttpServer server(world.sandbox);
  CHECK(world
            .mlem({"resolve", "--project", server.status_url(500, "filter.git"), "--rev", world.model_commit,
                   "models/rf"})
            .code == 2);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("sources: a server that cannot leave models out is told of") {
  World world;
  const HttpServer server(world.sandbox);
  const mlem::fs::path served = server.root() / "models.git";
  serve_example(world, served);
  const std::vector<std::string> command{"resolve", "-v",   "--project", server.url("models.git"),
                                         "--rev",   "main", "models/rf"};
  const Outcome with = world.mlem(command);
  CAPTURE(with);
  CHECK(with.errors.find("cannot leave anything out") == std::string::npos);
  world.models.commit({{"readme", "x"}});
  world.models.git({"push", "-q", served.string(), "main"});
  world.models.git({"--git-dir=" + served.string(), "config", "uploadpack.allowFilter", "false"});
  const Outcome without = world.mlem(command);
  CAPTURE(without);
  CHECK(without.code == 0);
  CHECK(without.errors.find("'" + server.url("models.git") +
                            "/': it cannot leave anything out, and sends models too\n") != std::string::npos);
}

TEST_CASE("sources: of a directory of this machine git is asked for what is large or unusual alone") {
  World world;
  const auto cat_files = [&] {
    const fs::path trace = world.sandbox / "trace";
    fs::remove(trace);
    world.sandbox.environment()["GIT_TRACE2_EVENT"] = trace.string();
    const Outcome outcome = world.mlem({"check"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    world.sandbox.environment().erase("GIT_TRACE2_EVENT");
    const std::vector<GitCommand> commands = git_commands(trace);
    return std::count_if(commands.begin(), commands.end(), [](const GitCommand& command) {
      const auto& words = command.arguments;
      return std::find(words.begin(), words.end(), "cat-file") != words.end();
    });
  };
  const auto link = [](const std::string& path) {
    return link_text({.path = path, .repo = example_url + "/", .rev = "main"});
  };
  world.registry.commit({{"a.mlem", link("models/rf.mlem")}});
  CHECK(cat_files() == 0);  // loose objects
  world.models.git({"repack", "-adq"});
  CHECK(cat_files() == 0);  // a pack
  world.models.commit({{"models/large.mlem", model_meta() + std::string(700'000, '#') + "\n"}});
  world.registry.commit({{"b.mlem", link("models/large.mlem")}});
  CHECK(cat_files() == 1);
  world.registry.remove({"b.mlem"});
  CHECK(cat_files() == 0);
  world.models.git({"-c", "pack.indexVersion=1", "repack", "-adfq"});
  CHECK(cat_files() == 1);
}

TEST_CASE("sources: a directory of this machine that cannot be read is a verdict about its links alone") {
  World world;
  world.sandbox.add_config("url." + (world.sandbox / "srv").string() + "/.insteadOf", "https://git.example.com/");
  world.models.bare_clone(world.sandbox / "srv/models.git");
  RepoBuilder large(world.sandbox, "srv/large");
  RunOptions options;
  options.input = std::string(17'000'000, 'x');
  large.write("m.mlem", model_meta());
  large.git({"add", "."});
  large.git({"commit", "-q", "-F", "-"}, options);
  const auto link = [](const std::string& repo, const std::string& path = "models/rf.mlem") {
    return link_text({.path = path, .repo = "https://git.example.com/" + repo + "/", .rev = "main"});
  };
  world.registry.commit({{"a.mlem", link(std::string(300, 'a'))},
                         {"b.mlem", link("large", "m.mlem")},
                         {"c.mlem", link("models")},
                         {"d.mlem", link("models.git")},
                         {"e.mlem", link("none")}});
  const Outcome outcome = world.mlem({"check", "--porcelain"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  for (const char* line :
       {"missing-repo\ta.mlem\t", "unreachable\tb.mlem\t", "ok\tc.mlem\t", "ok\td.mlem\t", "missing-repo\te.mlem\t"}) {
    CAPTURE(std::string(line));
    CHECK(outcome.output.find(line) != std::string::npos);
  }
}

TEST_CASE("sources: a directory that this account may not enter wants other rights") {
  if (is_skipped_without_root("only root can give a directory away")) return;
  World world;
  const mlem::fs::path srv = world.sandbox / "srv";
  world.sandbox.add_config("url." + srv.string() + "/.insteadOf", "https://git.example.com/");
  world.sandbox.add_config("safe.directory", "*");
  const auto link = [](const std::string& repo) {
    return link_text({.path = "models/rf.mlem", .repo = "https://git.example.com/" + repo + "/", .rev = "main"});
  };
  world.registry.commit({{"a.mlem", link("closed/p.git")},
                         {"b.mlem", link("closed/p")},
                         {"c.mlem", link("objects.git")},
                         {"d.mlem", link("plain")},
                         {"e.mlem", link("models")},
                         {"f.mlem", link("closed")}});
  for (const char* name : {"closed/p.git", "objects.git", "models.git"}) world.models.bare_clone(srv / name);
  const RepoBuilder plain(world.sandbox, "srv/plain");
  const std::string script =
      "chmod 700 srv/closed srv/objects.git/objects srv/plain/.git; chown -R 65534 . && chown -R 0 "
      "srv && cd registry && setpriv --reuid=65534 --clear-groups git-mlem check --porcelain";
  const Outcome outcome = world.sandbox.run({"sh", "-c", script});
  CAPTURE(outcome);
  if (outcome.errors.find("setpriv") != std::string::npos) return;
  CHECK(outcome.code == 2);
  for (const char* line : {"auth-required\ta.mlem\t", "auth-required\tb.mlem\t", "auth-required\tc.mlem\t",
                           "auth-required\td.mlem\t", "ok\te.mlem\t", "auth-required\tf.mlem\t"}) {
    CAPTURE(std::string(line));
    CHECK(outcome.output.find(line) != std::string::npos);
  }
}

TEST_CASE("sources: a server that refuses a filter is asked what is on a branch with another") {
  World world;
  const HttpServer server(world.sandbox);
  const mlem::fs::path served = server.root() / "models.git";
  serve_example(world, served);
  world.models.git({"--git-dir=" + served.string(), "config", "uploadpackfilter.tree.allow", "false"});
  world.registry.commit(
      {{"a.mlem",
        link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = world.model_commit})}});
  const Outcome outcome = world.mlem({"check", "-v", "--reachable"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors.find("it refuses the filter 'tree:0'\n") != std::string::npos);
}

TEST_CASE("sources: a number out of bounds is told of with its key") {
  struct Row {
    std::string key;
    std::string value;
    std::string why;
  };
  const std::vector<Row> rows{{"mlem.timeout", "9000000000000000000", "it must be 31536000 or less"},
                              {"mlem.timeout", "10000000000", "it must be 31536000 or less"},
                              {"mlem.timeout", "-1", "it must be 0 or more"},
                              {"mlem.jobs", "0", "it must be 1 or more"},
                              {"mlem.jobs", "1g", "it must be 1000 or less"},
                              {"mlem.maxFetch", "0", "it must be 1 or more"}};
  const World world;
  for (const Row& row : rows) {
    CAPTURE(row.value);
    const Outcome outcome = world.git({"-c", row.key + "=" + row.value, "mlem", "check"});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors.find("fatal: bad config value for '") == 0);
    CHECK(outcome.errors.find("': " + row.why + "\n") != std::string::npos);
  }
  CHECK(world.git({"-c", "mlem.timeout=31536000", "-c", "mlem.jobs=1000", "mlem", "check"}).code == 0);
}

TEST_CASE("sources: waiting for another process that reads a source ends in time") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  world.registry.git({"config", "mlem.timeout", "1"});
  const std::vector<std::string> command{"resolve", "--json", "--project", server.url("models.git"),
                                         "--rev",   "main",   "models/rf"};
  CHECK(world.mlem(command).code == 0);
  const std::string lock = cache_entry(world).string() + ".lock";
  RunOptions options;
  options.directory = world.registry.path();
  std::vector<std::string> locked{"flock", lock, "git-mlem"};
  locked.insert(locked.end(), command.begin(), command.end());
  const Outcome outcome = world.sandbox.run(locked, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  CHECK(outcome.output.find("\"verdict\":\"timeout\"") != std::string::npos);
  CHECK(outcome.output.find("another process reads it, and took too long") != std::string::npos);
}

TEST_CASE("sources: a cache that is full leaves what is in place readable") {
  if (is_skipped_without_root("mounting is root's")) return;
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  world.registry.commit(
      {{"a.mlem",
        link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = world.model_commit})},
       {"b.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  for (const int kilobytes : {4, 16, 28, 36}) {
    CAPTURE(kilobytes);
    const std::string script =
        "mkdir -p .git/mlem/sources && mount -t tmpfs -o size=40k,mode=700 none .git/mlem/sources || exit 99; "
        "head -c " +
        std::to_string(kilobytes) +
        "k /dev/zero >.git/mlem/sources/filler; git-mlem check --porcelain --reachable; code=$?; rm "
        ".git/mlem/sources/filler; exit $code";
    RunOptions options;
    options.directory = world.registry.path();
    const Outcome outcome = world.sandbox.run({"unshare", "--mount", "sh", "-c", script}, options);
    CAPTURE(outcome);
    if (is_skipped_without_unshare(outcome)) return;
    CHECK(outcome.code == 2);
    CHECK(outcome.output.find("unreachable\ta.mlem\t") == 0);
    CHECK(outcome.output.find("\nok\tb.mlem\t") != std::string::npos);
  }
}

TEST_CASE("sources: names that are a tag and a branch are looked at all at once") {
  World world;
  const HttpServer server(world.sandbox);
  constexpr int count = 5;
  Files links;
  for (int i = 0; i < count; ++i) {
    const std::string name = "v" + std::to_string(i);
    world.models.branch(name);
    world.models.annotated_tag(name);
    links[name + ".mlem"] = link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = name});
  }
  serve_example(world, server.root() / "models.git");
  world.registry.commit(links);
  const Outcome outcome = world.mlem({"check"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  // The refs, the tags, the commits, the metafile: two requests each.
  CHECK(server.requests().size() <= 8);
}

TEST_CASE("sources: a damaged entry of the cache is made anew") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  const std::string repo = server.url("models.git") + "/";
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = repo, .rev = "main"})},
                         {"b.mlem", link_text({.path = "models/rf.mlem", .repo = repo, .rev = world.model_commit})}});
  struct Row {
    std::string name;
    std::string damage;
  };
  const std::vector<Row> rows{
      {"an empty pack", "chmod u+w objects/pack/*.pack; for pack in objects/pack/*.pack; do : >$pack; done"},
      {"a pack cut off", "chmod u+w objects/pack/*.pack; truncate -s 60 objects/pack/*.pack"},
      {"a pack with other bytes",
       "chmod u+w objects/pack/*.pack; for pack in objects/pack/*.pack; do"
       "  printf '\\377\\377\\377\\377' | dd of=$pack bs=1 seek=40 conv=notrunc status=none; done"},
      {"an empty index of a pack", "chmod u+w objects/pack/*.idx; for index in objects/pack/*.idx; do : >$index; done"},
      {"no pack", "rm -f objects/pack/*.pack"},
      {"no objects", "echo garbage >shallow; rm -r objects"},
      {"garbage", "echo garbage >shallow; rm -r objects/*"},
      {"a file", "here=$PWD; rm -r $here; : >$here"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(world.mlem({"check"}).code == 0);
    RunOptions options;
    options.directory = cache_entry(world);
    world.sandbox.run({"sh", "-c", row.damage}, options);
    for (int run = 0; run < 2; ++run) {
      const Outcome outcome = world.mlem({"check"});
      CAPTURE(outcome);
      CHECK(outcome.code == 0);
    }
  }
}

TEST_CASE("sources: what a killed run has left is removed by the next") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = "main"})},
       {".gitattributes", "*.mlem text\n"}});
  const auto real = find_program("git", world.sandbox.environment().at("PATH"));
  REQUIRE(real);
  const mlem::fs::path bin = world.sandbox / "bin";
  const auto run_killed_at = [&](const std::string& command, const std::string& before) {
    write_file(bin / "git", "#!/bin/sh\ncase \" $* \" in *' " + command + " '*) " + before +
                                " kill -KILL $PPID; exit 1 ;; esac\nexec " + real->string() + " \"$@\"\n");
    mlem::fs::permissions(bin / "git", mlem::fs::owner_all);
    RunOptions options;
    options.directory = world.registry.path();
    options.environment["PATH"] = bin.string() + ":" + world.sandbox.environment().at("PATH");
    const Outcome killed = world.sandbox.mlem({"check"}, options);
    CAPTURE(killed);
    CHECK(killed.signal == SIGKILL);
  };
  const auto names_in = [](const mlem::fs::path& directory, const std::string& part) {
    std::size_t count = 0;
    for (mlem::fs::directory_iterator file(directory), end; file != end; ++file) {
      if (file->path().filename().string().find(part) != std::string::npos) ++count;
    }
    return count;
  };
  const mlem::fs::path temporary = world.sandbox.environment().at("TMPDIR");
  const std::size_t before = names_in(temporary, "git-mlem");
  run_killed_at("check-attr", "");
  CHECK(names_in(temporary, "git-mlem") == before + 1);
  run_killed_at("fetch",
                "for entry in .git/mlem/sources/*/; do : >$entry/shallow.lock; : >$entry/.git-mlem-123456;"
                " : >$entry/objects/pack/tmp_pack_123456; done;");
  CHECK(names_in(temporary, "git-mlem") == before);
  CHECK(names_in(cache_entry(world), ".git-mlem-") == 1);

  const Outcome next = world.mlem({"check"});
  CAPTURE(next);
  CHECK(next.code == 0);
  CHECK(next.errors.find("anew") == std::string::npos);
  CHECK(names_in(cache_entry(world), ".lock") == 0);
  CHECK(names_in(cache_entry(world), ".git-mlem-") == 0);
  CHECK(names_in(cache_entry(world) / "objects/pack", "tmp_") == 0);
}

TEST_CASE("sources: an entry of the cache outlives a server that is broken itself") {
  World world;
  const HttpServer server(world.sandbox);
  const mlem::fs::path served = server.root() / "models.git";
  serve_example(world, served);
  world.registry.commit(
      {{"a.mlem",
        link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = world.model_commit})}});
  REQUIRE(world.mlem({"check"}).code == 0);
  RunOptions there;
  there.directory = served;
  const std::string unpack = "mv objects/pack/*.pack pack; rm -f objects/pack/*; git unpack-objects -q <pack; ";
  const std::string tree = world.models.id("main^{tree}");
  const std::string object = "objects/" + tree.substr(0, 2) + "/" + tree.substr(2);
  REQUIRE(world.sandbox.run({"sh", "-ec", unpack + "rm -f " + object + "; echo garbage >" + object}, there).code == 0);
  const Outcome failed = world.mlem({"check", "--fresh"});
  CAPTURE(failed);
  CHECK(failed.code == 2);
  const Outcome offline = world.mlem({"check", "--offline"});
  CAPTURE(offline);
  CHECK(offline.code == 0);
}

TEST_CASE("sources: a tag of a file names no commit and its source is not fetched again") {
  World world;
  const HttpServer server(world.sandbox);
  const mlem::fs::path served = server.root() / "models.git";
  serve_example(world, served);
  // A tag of a file is there, and names no commit.
  const std::string blob = world.models.id("main:models/rf.mlem");
  world.models.git({"--git-dir=" + served.string(), "tag", "file", blob});
  world.models.git({"--git-dir=" + served.string(), "tag", "-m", "x", "annotated", blob});
  for (const char* rev : {"file", "annotated"}) {
    CAPTURE(std::string(rev));
    for (int run = 0; run < 2; ++run) {
      const Outcome outcome =
          world.mlem({"resolve", "-v", "--project", server.url("models.git"), "--rev", rev, "models/rf"});
      CAPTURE(outcome);
      CHECK(outcome.code == 1);
      CHECK(outcome.errors.find("anew") == std::string::npos);
      CHECK(outcome.errors.find("names no commit") != std::string::npos);
    }
  }
}

TEST_CASE("sources: damage of the cache is repaired before it is asked what is on a branch") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  world.registry.commit(
      {{"a.mlem",
        link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = world.model_commit})}});
  struct Row {
    std::string name;
    std::function<void(const mlem::fs::path& entry)> damage;
  };
  const std::vector<Row> rows{
      {"a lock", [](const auto& entry) { write_file(entry / "refs/heads/main.lock", ""); }},
      {"garbage in a ref", [](const auto& entry) { write_file(entry / "refs/heads/main", "garbage\n"); }},
      // Words for this that any version of git has are not among those that are known.
      {"garbage in the packed refs", [](const auto& entry) { write_file(entry / "packed-refs", "garbage\n"); }},
      {"a pack without content",
       [](const auto& entry) {
         for (mlem::fs::directory_iterator file(entry / "objects/pack"), end; file != end; ++file) {
           if (file->path().extension() == ".pack") write_file(file->path(), "");
         }
       }},
      {"no objects", [](const auto& entry) { mlem::fs::remove_all(entry / "objects"); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Outcome first = world.mlem({"check", "--reachable"});
    CAPTURE(first);
    CHECK(first.code == 0);
    row.damage(cache_entry(world, "-history"));
    // What the server has may have moved on.
    world.models.commit({{"readme", row.name}});
    world.models.git({"push", "-q", (server.root() / "models.git").string(), "main"});
    const Outcome second = world.mlem({"check", "--reachable"});
    CAPTURE(second);
    CHECK(second.code == 0);
  }
}

TEST_CASE("sources: a link's directory behind a repository of this machine is split off at the git directory") {
  World world;
  RepoBuilder lib(world.sandbox, "lib");
  lib.commit({{"src/sub/m.mlem", model_meta()}, {"src/sub/al.mlem", link_text({.path = "m.mlem"})}});
  const std::string in_sub = lib.url() + "src/sub/";
  world.registry.commit({{"a.mlem", link_text({.path = "m.mlem", .project = in_sub, .rev = "main"})},
                         {"b.mlem", link_text({.path = "al", .repo = in_sub})}});
  const Outcome found = world.mlem({"check", "--porcelain", "--reachable"});
  CAPTURE(found);
  CHECK(found.code == 0);
  CHECK(contains(found.output, "src/sub/m.mlem\t" + lib.url() + "\tmain\n"));

  world.registry.commit(
      {{"a.mlem", link_text({.path = "none", .project = in_sub, .rev = "main"})},
       {"b.mlem", link_text({.path = "m", .repo = RepoBuilder::file_url(world.sandbox / "no/lib")})}});
  const Outcome missing = world.mlem({"check"});
  CAPTURE(missing);
  CHECK(missing.code == 1);
  CHECK(contains(missing.output, "a.mlem: missing-path: nothing at 'src/sub/none'"));
  CHECK(contains(missing.output, "b.mlem: missing-repo: "));
}

TEST_CASE("sources: an id of the other object format fails its own link alone") {
  World world;
  const HttpServer server(world.sandbox);
  serve_example(world, server.root() / "models.git");
  const auto link = [&](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = rev});
  };
  const std::string longer = "'" + world.model_commit + std::string(24, '0') + "'";
  world.registry.commit(
      {{"a.mlem", link(longer)}, {"b.mlem", link(world.model_commit)}, {"c.mlem", link(world.model_commit)}});
  const auto check = [&](std::vector<std::string> arguments, const std::string& summary) {
    arguments.insert(arguments.begin(), "check");
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    const bool is_offline = contains(outcome.errors, "sources as they were seen just now\n");
    CHECK(is_offline == (arguments.size() > 1 && arguments[1] == "--offline"));
    CHECK(outcome.errors == summary + (is_offline ? "\nsources as they were seen just now\n" : "\n"));
    return outcome.output;
  };
  const std::string one_is_broken = "3 links: 2 ok, 1 broken, 0 undecided";
  const std::string told = "a.mlem: missing-rev: no commit " + longer + " in '" + server.url("models.git") +
                           "/'\n  hint: the source has ids of 40 digits\n";
  CHECK(check({}, one_is_broken) == told);
  check({"--offline", "b.mlem", "c.mlem"}, "2 links: 2 ok, 0 broken, 0 undecided");
  // What is cached tells it too, and stays.
  CHECK(check({"a.mlem"}, "1 link: 0 ok, 1 broken, 0 undecided") == told);
  CHECK(check({}, one_is_broken) == told);
  check({"--offline"}, "3 links: 2 ok, 0 broken, 1 undecided");
  // An entry that was made for nothing but the wrong id is made anew.
  remove_all(world.registry.path() / ".git/mlem");
  CHECK(check({"a.mlem"}, "1 link: 0 ok, 1 broken, 0 undecided") == told);
  CHECK(check({}, one_is_broken) == told);
}

TEST_CASE("sources: where the cache is depends on nothing but whole paths") {
  World world;
  const mlem::fs::path open = world.sandbox / "open";
  create_directory(open);
  permissions(open, mlem::fs::all_all);
  world.registry.git({"config", "mlem.cacheDir", open.string()});
  RunOptions here;
  here.directory = world.registry.path();
  here.environment = {{"XDG_CACHE_HOME", "relative"}};
  const Outcome home = world.sandbox.mlem({"env"}, here);
  CAPTURE(home);
  CHECK(contains(home.output, (world.sandbox.home() / ".cache/git-mlem").string()));
  here.environment = {{"XDG_CACHE_HOME", (world.sandbox / "xdg").string()}};
  CHECK(contains(world.sandbox.mlem({"env"}, here).output, (world.sandbox / "xdg/git-mlem").string()));

  world.registry.git({"config", "mlem.cacheDir", "~/x"});
  here.environment = {{"HOME", ""}};
  const Outcome homeless = world.sandbox.mlem({"check"}, here);
  CAPTURE(homeless);
  CHECK(homeless.code == 128);
  CHECK(homeless.errors == "fatal: bad config value for 'mlem.cacheDir': it begins with '~/', and HOME is not set\n");
}

TEST_CASE("sources: no repository is looked for above a directory that this account may not enter") {
  if (is_skipped_without_root("only root can give a directory away")) return;
  World world;
  world.sandbox.add_config("safe.directory", "*");
  RepoBuilder outer(world.sandbox, "outer");
  outer.commit({{"closed/x.mlem", model_meta()}});
  const std::string path = (outer.path() / "closed/x").string();
  const std::string script =
      "chmod 700 outer/closed; chown -R 65534 . && chown -R 0 outer && cd registry && "
      "setpriv --reuid=65534 --clear-groups git-mlem ";
  const Outcome linked = world.sandbox.run({"sh", "-c", script + "link " + path + " new"});
  CAPTURE(linked);
  if (linked.errors.find("setpriv") != std::string::npos) return;
  CHECK(linked.code == 128);
  CHECK(linked.errors ==
        "fatal: cannot look for the repository of '" + path + "': this account may not read a directory on the way\n");
  const Outcome address =
      world.sandbox.run({"sh", "-c", script + "resolve -p file://" + outer.path().string() + "/closed x"});
  CAPTURE(address);
  CHECK(contains(address.errors, "auth-required"));
}

TEST_CASE("sources: an address of a directory may go up, as MLEM writes it") {
  World world;
  const fs::path& top = world.sandbox.path();
  fs::create_directories(top / "mr/team");
  fs::create_directories(top / "far/away");
  fs::create_symlink(top / "far/away", top / "linked");
  const std::string root = "file://" + top.string();
  const auto link = [&](const std::string& repo) {
    return "link_type: model\nobject_type: link\npath: models/rf.mlem\nproject: " + repo + "\nrev: main\n";
  };
  const std::string models = world.models.path().filename().string() + "/";
  world.registry.commit({{"a.mlem", link(root + "/mr/../" + models)},
                        {"b.mlem", link(root + "/mr/team/../../" + models)},
                        {"c.mlem", link(root + "/linked/../" + models)},
                        {"d.mlem", link(root + "/nowhere/../" + models)},
                        {"e.mlem", link(root + "/mr/%2e%2e/" + models)}});
  const Outcome outcome = world.mlem({"check", "-q"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  const std::string hint = "  hint: write the address without '..'\n";
  const auto warning = [&](const std::string& repo) {
    return "  warning: local-path: '" + root + repo + models + "' is a directory of one machine\n";
  };
  CHECK(outcome.output == "c.mlem: invalid-link: '" + root + "/linked/../" + models + "' goes up from '" +
                              (top / "linked").string() + "', which is a symbolic link\n" +
                              warning("/linked/../") + hint + "d.mlem: missing-repo: no repository at '" + root +
                              "/nowhere/../" + models + "': '" + (top / "nowhere").string() + "' is not a directory\n" +
                              warning("/nowhere/../") + hint + "e.mlem: invalid-link: invalid address '" + root +
                              "/mr/%2e%2e/" + models + "': it has a '..' segment\n");

  // What is written has none.
  const Outcome made = world.mlem({"link", "--sp", root + "/mr/../" + models, "--rev", "main", "models/rf", "made"});
  CAPTURE(made);
  CHECK(made.code == 0);
  CHECK(contains(world.staged("made.mlem"), "project: " + root + "/" + models + "\n"));
  const Outcome refused = world.mlem({"link", "--sp", root + "/linked/../" + models, "models/rf", "other"});
  CAPTURE(refused);
  CHECK(refused.code == 128);
  CHECK(contains(refused.errors, "which is a symbolic link\nhint: write the address without '..'\n"));
}
