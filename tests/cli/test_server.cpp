#include "support/http_server.hpp"
#include "support/trace.hpp"

#include "cli/server.hpp"

#include <chrono>
#include <unistd.h>

using namespace mlem::test;
namespace fs = boost::filesystem;

TEST_CASE("server: a push of good links lands and one with a broken link does not") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}, {"b.mlem", server.link("5-deploy-meta")}});
  const Outcome good = server.push({"origin", "main"});
  CAPTURE(good);
  REQUIRE(good.code == 0);
  const std::string before = server.tip("main");
  server.world.registry.commit({{"b.mlem", server.link("7-deploy-meta")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "remote: error: refs/heads/main: b.mlem: missing-rev"));
  CHECK(contains(refused.errors, "remote:   no branch, tag or commit '7-deploy-meta' in"));
  CHECK(contains(refused.errors, "remote: 1 link judged: 0 ok, 1 broken, 0 undecided"));
  CHECK_FALSE(contains(refused.errors, "hint:"));
  // What the source has is not the pusher's to know.
  CHECK_FALSE(contains(refused.errors, "5-deploy-meta"));
  CHECK(server.tip("main") == before);

  server.config("mlem.serverHints", "true");
  const Outcome told = server.push({"origin", "main"});
  CHECK(contains(told.errors, "'5-deploy-meta'"));
}

TEST_CASE("server: links and the objects they lead to may come in one push") {
  Server server;
  server.world.registry.commit({{"rf.mlem", model_meta()}, {"alias.mlem", link_text({.path = "rf.mlem"})}});
  CHECK(server.push({"origin", "main"}).code == 0);
  server.world.registry.git({"rm", "-q", "rf.mlem"});
  server.world.registry.git({"commit", "-qm", "gone"});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "refs/heads/main: alias.mlem: missing-path"));
}

TEST_CASE("server: a new ref is judged by what it adds and deletions pass") {
  Server server;
  // A broken link that is there already is nobody's fault who does not touch it.
  fs::rename(server.bare / "hooks/pre-receive", server.bare / "hooks/off");
  server.world.registry.commit({{"old.mlem", server.link("gone")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  fs::rename(server.bare / "hooks/off", server.bare / "hooks/pre-receive");

  server.world.registry.git({"checkout", "-qb", "topic"});
  server.world.registry.commit({{"new.mlem", server.link("main")}});
  const Outcome topic = server.push({"origin", "topic"});
  CAPTURE(topic);
  CHECK(topic.code == 0);
  server.world.registry.commit({{"bad.mlem", server.link("nope")}});
  const std::string bad = server.world.registry.id("HEAD");
  for (const char* ref : {"refs/heads/other", "refs/tags/v1", "refs/mlem/x"}) {
    CAPTURE(std::string(ref));
    const Outcome refused = server.push({"origin", bad + ":" + ref});
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, std::string(ref) + ": bad.mlem: missing-rev"));
    CHECK_FALSE(contains(refused.errors, "old.mlem"));
    CHECK(server.tip(ref).empty());
  }
  server.world.registry.git({"tag", "-am", "annotated", "v2", bad});
  CHECK(server.push({"origin", "v2"}).code == 1);
  CHECK(server.push({"origin", ":topic"}).code == 0);
  CHECK(server.tip("topic").empty());
}

TEST_CASE("server: all refs are judged before the answer and none moves") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.git({"checkout", "-qb", "x"});
  server.world.registry.commit({{"x.mlem", server.link("nope")}});
  server.world.registry.git({"checkout", "-qb", "y", "main"});
  server.world.registry.commit({{"y.mlem", server.link("main", "nothing.mlem")}});
  server.world.registry.git({"checkout", "-qb", "z", "main"});
  server.world.registry.commit({{"z.mlem", server.link("main")}});
  for (const bool atomic : {false, true}) {
    std::vector<std::string> arguments = {"origin", "x", "y", "z"};
    if (atomic) arguments.insert(arguments.begin(), "--atomic");
    const Outcome refused = server.push(arguments);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "refs/heads/x: x.mlem: missing-rev"));
    CHECK(contains(refused.errors, "refs/heads/y: y.mlem: missing-path"));
    for (const char* ref : {"x", "y", "z"}) CHECK(server.tip(ref).empty());
  }
  CHECK(server.push({"origin", "z"}).code == 0);
}

TEST_CASE("server: nothing of a source lands in the registry") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  const std::string model = server.world.models.id("HEAD:models/rf.mlem");
  CHECK(server.git_in(server.bare, {"cat-file", "-e", model}).code != 0);
  CHECK(server.git_in(server.bare, {"count-objects"}).output.starts_with("3 objects"));
  CHECK(server.git_in(server.bare, {"fsck", "--strict"}).code == 0);
}

TEST_CASE("server: addresses that lead elsewhere are forbidden before anything is connected") {
  struct Row {
    std::string repo;
    std::string verdict;
  };
  const Row rows[] = {
      {"https://127.0.0.1/o/r/", "forbidden"},         {"https://127.1/o/r/", "forbidden"},
      {"https://0x7f000001/o/r/", "forbidden"},        {"https://[::ffff:127.0.0.1]/o/r/", "forbidden"},
      {"https://localhost/o/r/", "forbidden"},         {"http://example.com/o/r/", "forbidden"},
      {"git://example.com/o/r/", "forbidden"},         {"file:///etc/", "forbidden"},
      {"ext::sh -c touch% hacked/", "forbidden"},      {"https://user:secret@example.com/o/r/", "forbidden"},
      {"https://token@example.com/o/r/", "forbidden"}, {"https://example.com/o/r?token=secret", "invalid-link"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.repo);
    Server server;
    server.world.registry.commit({{"a.mlem", link_text({.path = "m.mlem", .repo = row.repo, .rev = "main"})}});
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "a.mlem: " + row.verdict));
    CHECK_FALSE(contains(refused.errors, "secret"));
    CHECK_FALSE(contains(refused.errors, "token@"));
  }
}

TEST_CASE("server: only allowed sources are asked on every hop") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  server.config("mlem.allowSource", "https://github.com/other/**");
  const Outcome refused = server.push({"origin", "main"});
  CHECK(contains(refused.errors, "a.mlem: forbidden"));
  server.config("mlem.allowSource", "https://github.com/iterative/*");
  CHECK(server.push({"origin", "main"}).code == 0);
}

TEST_CASE("server: a source that cannot be read rejects unless the server says otherwise") {
  Server server;
  server.world.sandbox.add_config("url." + (server.world.sandbox / "none").string() + ".insteadOf",
                                  "https://example.com/none");
  server.world.registry.commit(
      {{"a.mlem", link_text({.path = "m.mlem", .repo = "https://example.com/none/", .rev = "main"})}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  // A source that is missing is not told from one that may not be seen.
  CHECK(contains(refused.errors, "a.mlem: auth-required"));
  CHECK_FALSE(contains(refused.errors, server.world.sandbox.path().string() + "/none"));
  server.config("mlem.onUndecided", "warn");
  CHECK(server.push({"origin", "main"}).code == 0);
}

TEST_CASE("server: repositories with odd paths and shapes are read in quarantine") {
  for (const std::string name : {"with blank.git", "with:colon.git"}) {
    CAPTURE(name);
    Server server;
    const fs::path odd = server.world.sandbox / name;
    fs::rename(server.bare, odd);
    server.bare = odd;
    server.config("receive.unpackLimit", "1");  // a thin pack stays one
    server.world.registry.git({"remote", "set-url", "origin", odd.string()});
    server.world.registry.commit({{"a.mlem", server.link("main")}, {"d/b.mlem", server.link("main")}});
    CHECK(server.push({"origin", "main"}).code == 0);
    server.world.registry.commit({{"a.mlem", server.link("5-deploy-meta")}});
    CHECK(server.push({"origin", "main"}).code == 0);
    server.world.registry.commit({{"a.mlem", server.link("nope")}});
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(contains(refused.errors, "a.mlem: missing-rev"));
  }
}

TEST_CASE("server: a push between repositories of any object and ref format is judged") {
  for (const RepoOptions& format : {RepoOptions{.object_format = "sha256"}, RepoOptions{.ref_format = "reftable"},
                                    RepoOptions{.object_format = "sha256", .ref_format = "reftable"}}) {
    CAPTURE(format.object_format);
    CAPTURE(format.ref_format);
    const Server server;
    const Sandbox& sandbox = server.world.sandbox;
    if (format.ref_format == "reftable" && !knows_reftable(sandbox)) {
      MESSAGE("skipped: this git knows no reftable");
      continue;
    }
    RepoOptions served = format;
    served.bare = true;
    const RepoBuilder bare(sandbox, "served.git", served);
    RunOptions there;
    there.directory = bare.path();
    REQUIRE(sandbox.mlem({"install", "--server"}, there).code == 0);
    RepoBuilder registry(sandbox, "own", format);
    registry.commit({{"a.mlem", server.link("main")}, {"d/b.mlem", server.link("main")}});
    registry.git({"remote", "add", "origin", bare.path().string()});
    RunOptions here;
    here.directory = registry.path();
    const Outcome landed = sandbox.git({"push", "-q", "origin", "main"}, here);
    CAPTURE(landed);
    CHECK(landed.code == 0);
    registry.commit({{"a.mlem", server.link("nope")}});
    const Outcome refused = sandbox.git({"push", "-q", "origin", "main"}, here);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "refs/heads/main: a.mlem: missing-rev"));
  }
}

TEST_CASE("server: objects that the registry borrows are read, and a work tree of the account is not") {
  Server server;
  // All that the registry has so far is in another repository.
  server.world.registry.commit({{"a.mlem", server.link("main")}, {"b.mlem", link_text({.path = "a.mlem"})}});
  server.world.registry.bare_clone(server.world.sandbox / "pool.git");
  write_file(server.bare / "objects/info/alternates", (server.world.sandbox / "pool.git/objects").string() + "\n");
  server.config("receive.unpackLimit", "1");
  REQUIRE(server.push({"origin", "main"}).code == 0);
  REQUIRE(server.git_in(server.bare, {"count-objects"}).output == "0 objects, 0 kilobytes\n");

  server.world.registry.remove({"a.mlem"});
  const std::string receive =
      "--receive-pack=env GIT_WORK_TREE=" + (server.world.sandbox / "models").string() + " git-receive-pack";
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {receive}}) {
    std::vector<std::string> arguments = options;
    arguments.insert(arguments.end(), {"origin", "main"});
    const Outcome refused = server.push(arguments);
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "refs/heads/main: b.mlem: missing-path"));
  }
  server.world.registry.remove({"b.mlem"});
  const Outcome landed = server.push({receive, "origin", "main"});
  CAPTURE(landed);
  CHECK(landed.code == 0);
}

TEST_CASE("server: a registry of another user is judged where git allows it to be used") {
  if (is_skipped_without_root("files are given away by root alone")) return;
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("nope")}});
  REQUIRE(server.world.sandbox.run({"chown", "-R", "65534", server.bare.string()}).code == 0);
  const Outcome closed = server.push({"origin", "main"});
  CAPTURE(closed);
  CHECK(contains(closed.errors, "dubious ownership"));
  server.world.sandbox.add_config("safe.directory", server.bare.string());
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(contains(refused.errors, "a.mlem: missing-rev"));
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  const Outcome landed = server.push({"origin", "main"});
  CAPTURE(landed);
  CHECK(landed.code == 0);
}

TEST_CASE("server: hooks that root installs are run by the account whatever the umask") {
  if (is_skipped_without_root("another user's part is played by root alone")) return;
  const Sandbox box;
  const fs::path bare = box / "registry.git";
  REQUIRE(box.git({"init", "-q", "--bare", "--template=", bare.string()}).code == 0);
  REQUIRE(box.run({"chown", "-R", "65534:65534", bare.string()}).code == 0);
  box.add_config("safe.directory", "*");
  RunOptions here;
  here.directory = bare;
  const auto install = [&](const std::string& arguments) {
    return box.run({"sh", "-c", "umask 077; exec git-mlem install -q " + arguments}, here);
  };
  const auto listed = [&](const std::string& path) {
    return box.run({"stat", "-c", "%u %a", path}, here).output;
  };
  const Outcome installed = install("--server");
  CAPTURE(installed);
  CHECK(installed.code == 0);
  CHECK(installed.errors.empty());
  CHECK(listed("hooks") == "65534 755\n");
  CHECK(listed("hooks/pre-receive") == "0 755\n");
  REQUIRE(install("--template ../template/of/ours").code == 0);
  CHECK(box.run({"stat", "-c", "%a", (box / "template/of/ours/hooks").string()}).output ==
        box.run({"stat", "-c", "%a", box.path().string()}).output);

  REQUIRE(box.run({"chown", "0", (bare / "hooks").string()}).code == 0);
  REQUIRE(box.run({"chmod", "700", (bare / "hooks").string()}).code == 0);
  const Outcome closed = install("--server");
  CHECK(contains(closed.errors, "warning: the owner of the repository may not run hooks in '" + bare.string()));
}

TEST_CASE("server: an account without rights to the registry keeps its cache at home") {
  if (is_skipped_without_root("another user's part is played by root alone")) return;
  // The pusher's account may write refs and objects, but the registry is not its own.
  World probe;
  const HttpServer http(probe.sandbox);
  probe.models.bare_clone(http.root() / "models.git");
  Server server;
  Sandbox& sandbox = server.world.sandbox;
  sandbox.add_config("safe.directory", "*");
  server.config("mlem.allowProtocol", "http");
  server.config("mlem.allowSource", http.url("**"));
  const fs::path program = sandbox / "bin";
  fs::create_directory(program);
  fs::copy_file(program_directory() + "/git-mlem", program / "git-mlem");
  sandbox.environment()["PATH"] = program.string() + ":" + sandbox.environment()["PATH"];
  server.world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = http.url("models.git/"), .rev = "main"})}});
  const std::string user = "65534";
  for (const std::string name : {"registry", "home", "tmp"}) {
    REQUIRE(sandbox.run({"chown", "-R", user, (sandbox / name).string()}).code == 0);
  }
  REQUIRE(sandbox.run({"chmod", "a+x", sandbox.path().string()}).code == 0);
  REQUIRE(sandbox.run({"chmod", "-R", "a+rwX", server.bare.string()}).code == 0);
  RunOptions here;
  here.directory = server.world.registry.path();
  const Outcome landed = sandbox.run(
      {"setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "git", "push", "-q", "origin", "main"}, here);
  CAPTURE(landed);
  CHECK(landed.code == 0);
  CHECK(fs::exists(sandbox.home() / ".cache/git-mlem"));
  CHECK_FALSE(fs::exists(server.bare / "mlem/sources"));
}

TEST_CASE("server: what the pusher is not told is traced for the administrator") {
  Server server;
  const fs::path trace = server.world.sandbox / "trace";
  server.world.registry.commit({{"a.mlem", server.link("6-deploy-appp")}});
  server.world.sandbox.environment()["GIT_TRACE2"] = trace.string();
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK_FALSE(contains(refused.errors, "'6-deploy-app'"));
  CHECK(contains(read_file(trace), "\"hint\":\"the nearest names are '6-deploy-app' and '5-deploy-meta'\""));
}

TEST_CASE("server: a push is judged in a namespace and through a symbolic ref") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  server.world.sandbox.environment()["GIT_NAMESPACE"] = "team";
  const Outcome good = server.push({"origin", "main"});
  CAPTURE(good);
  CHECK(good.code == 0);
  server.world.registry.commit({{"a.mlem", server.link("nope")}});
  CHECK(server.push({"origin", "main:topic"}).code == 1);
  server.world.sandbox.environment().erase("GIT_NAMESPACE");
  CHECK_FALSE(server.tip("refs/namespaces/team/refs/heads/main").empty());
}

TEST_CASE("server: a hook that was there before gets the list of refs too") {
  Server server;
  RunOptions options;
  options.directory = server.bare;
  REQUIRE(server.world.sandbox.mlem({"uninstall"}, options).code == 0);
  write_file(server.bare / "hooks/pre-receive", "#!/bin/sh\ncat >seen\n");
  fs::permissions(server.bare / "hooks/pre-receive", fs::owner_all);
  REQUIRE(server.world.sandbox.mlem({"install", "--server"}, options).code == 0);
  server.world.registry.commit({{"a.mlem", server.link("nope")}});
  CHECK(server.push({"origin", "main"}).code == 1);
  CHECK(contains(read_file(server.bare / "seen"), " refs/heads/main\n"));
}

TEST_CASE("server: bad settings reject every push and name the key") {
  struct Row {
    std::string key;
    std::string value;
    std::string message;
  };
  const Row rows[] = {
      {"mlem.onUndecided", "perhaps", "mlem.onUndecided"},
      {"mlem.hookTimeout", "soon", "mlem.hooktimeout"},
      {"mlem-policy.production.refs", "refs/heads/main", "mlem-policy.production.refs"},
      {"mlem-policy.production.requirePinned", "perhaps", "mlem-policy.production.requirepinned"},
      {"mlem-policy.ref", "refs/heads/main", "mlem-policy.ref"},
      {"mlem-policy.production.source", "", "mlem-policy.production.source"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key);
    Server server;
    server.world.registry.commit({{"a.mlem", server.link("main")}});
    server.config(row.key, row.value);
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "remote: fatal: bad "));
    CHECK(contains(refused.errors, row.message));
  }
}

TEST_CASE("pre-push: a broken link does not leave this machine") {
  Server server;
  RunOptions options;
  options.directory = server.bare;
  REQUIRE(server.world.sandbox.mlem({"uninstall"}, options).code == 0);
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  REQUIRE(server.world.mlem({"install"}).code == 0);
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.write("a.mlem", server.link("nope"));
  server.world.registry.git({"commit", "-qam", "skips the hook", "--no-verify"});
  const Outcome refused = server.push({"origin", "main", "main:refs/tags/v1"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: a.mlem: missing-rev: no branch, tag or commit 'nope'"));
  // A new ref is compared with what else is pushed: the cause is told once.
  CHECK_FALSE(contains(refused.errors, "refs/tags/v1"));
  server.world.registry.git({"push", "-q", "--no-verify", "origin", "main:topic"});
  CHECK(server.push({"origin", ":topic"}).code == 0);
}

TEST_CASE("hook: update judges one ref") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  server.world.registry.git({"checkout", "-q", "--detach"});
  server.world.registry.commit({{"a.mlem", server.link("nope")}});
  const std::string zeros(40, '0');
  const std::string tip = server.world.registry.id("HEAD");
  server.world.registry.checkout("main");
  const Outcome refused = server.world.mlem({"hook", "update", "refs/heads/main", zeros, tip});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(server.world.mlem({"hook", "update", "refs/heads/main", tip, zeros}).code == 0);
  CHECK(server.world.mlem({"hook", "update", "refs/heads/main"}).code == 129);
}

TEST_CASE("server: a push costs what it changes") {
  Server server;
  Files files;
  for (int i = 0; i < 10'000; ++i)
    files[std::to_string(i % 100) + "/" + std::to_string(i) + ".mlem"] = server.link("main");
  server.world.registry.commit(files);
  fs::rename(server.bare / "hooks/pre-receive", server.bare / "hooks/off");
  REQUIRE(server.push({"origin", "main"}).code == 0);
  const auto count_of_push = [&] {
    const fs::path trace = server.world.sandbox / ("trace-" + server.world.registry.id("HEAD"));
    server.world.sandbox.environment()["GIT_TRACE2_EVENT"] = trace.string();
    const Outcome pushed = server.push({"origin", "main"});
    server.world.sandbox.environment().erase("GIT_TRACE2_EVENT");
    CAPTURE(pushed);
    CHECK(pushed.code == 0);
    return git_commands(trace).size();
  };
  server.world.registry.commit({{"7/7.mlem", server.link("4-pack")}});
  const std::size_t without = count_of_push();
  fs::rename(server.bare / "hooks/off", server.bare / "hooks/pre-receive");
  server.world.registry.commit({{"8/8.mlem", server.link("4-pack")}});
  const std::size_t with = count_of_push();
  CHECK(with > without);
  CHECK(with - without <= 5);  // and the program itself: 6 processes
  server.world.registry.commit({{"9/9.mlem", server.link("nope")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(contains(refused.errors, "remote: 1 link judged: 0 ok, 1 broken"));
}

TEST_CASE("server: a new branch that brings two known histories together is judged as a whole") {
  Server server;
  server.world.registry.commit({{".mlem.yaml", ""}, {"rf.mlem", model_meta()}});
  server.world.registry.branch("two");
  server.world.registry.commit({{"alias.mlem", link_text({.path = "rf.mlem"})}});
  server.world.registry.checkout("two");
  server.world.registry.remove({"rf.mlem"});
  REQUIRE(server.push({"origin", "main", "two"}).code == 0);
  server.world.registry.git({"merge", "-q", "-m", "both", "main"});
  const Outcome refused = server.push({"origin", "HEAD:refs/heads/both"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "refs/heads/both: alias.mlem: missing-path"));
}

TEST_CASE("server: an alias is judged again where a new file takes the place of what it led to") {
  Server server;
  server.world.registry.commit({{".mlem/model/rf.mlem", model_meta()}, {"alias.mlem", link_text({.path = "rf.mlem"})}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  const std::string before = server.world.registry.id("HEAD");
  struct Row {
    std::string file;
    std::string verdict;
  };
  for (const Row& row : {Row{"rf.mlem", "wrong-type"}, Row{".mlem/data/rf.mlem", "invalid-link"}}) {
    CAPTURE(row.file);
    server.world.registry.commit({{row.file, "object_type: data\n"}});
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "refs/heads/main: alias.mlem: " + row.verdict));
    server.world.registry.git({"reset", "-q", "--hard", before});
  }
}

TEST_CASE("server: a link to a rev of the registry itself is resolved with the refs that the push makes") {
  Server server;
  RepoBuilder& registry = server.world.registry;
  registry.commit({{"rf.mlem", model_meta()}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  registry.remove({"rf.mlem"});
  registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .rev = "main"})}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: a.mlem: missing-path"));

  registry.branch("topic", "HEAD~2");
  registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .rev = "topic"})}});
  CHECK(contains(server.push({"origin", "main"}).errors, "error: refs/heads/main: a.mlem: missing-rev"));
  // git may refuse the one and take the other.
  const Outcome both = server.push({"origin", "main", "topic"});
  CAPTURE(both);
  CHECK(both.code == 1);
  CHECK(contains(both.errors,
                 "remote: error: refs/heads/main: a.mlem: missing-rev        \n"
                 "remote:   no branch, tag or commit 'topic', unless another ref of this push        \n"
                 "remote:   moves, which git may still refuse        \n"
                 "remote:   hint: push that ref first, then the link        \n"));
  CHECK(server.push({"origin", "topic"}).code == 0);
  CHECK(server.push({"origin", "main"}).code == 0);

  // By another name of the ref that is pushed.
  REQUIRE(server.git_in(server.bare, {"symbolic-ref", "refs/heads/alias", "refs/heads/main"}).code == 0);
  registry.commit({{"m.mlem", model_meta()}, {"b.mlem", link_text({.path = "m.mlem", .rev = "alias"})}});
  const Outcome aliased = server.push({"origin", "main"});
  CAPTURE(aliased);
  CHECK(aliased.code == 0);
}

TEST_CASE("server: an alias is judged again where the object it is pinned to changes") {
  Server server;
  server.world.registry.commit({{"rf.mlem", model_meta()}});
  const std::string pin = "params:\n  git-mlem:\n    blob: " + server.world.registry.id("HEAD:rf.mlem") + "\n";
  server.world.registry.commit({{"alias.mlem", "link_type: model\nobject_type: link\n" + pin + "path: rf.mlem\n"}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.commit({{"rf.mlem", model_meta() + "params: {x: 1}\n"}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: alias.mlem: changed"));
}

TEST_CASE("server: an alias is judged again where the way to its end gets longer") {
  Server server;
  Files files{{"o.mlem", model_meta()}, {"l0.mlem", link_text({.path = "o.mlem"})}};
  for (int i = 1; i < 15; ++i) {
    files["l" + std::to_string(i) + ".mlem"] = link_text({.path = "l" + std::to_string(i - 1) + ".mlem"});
  }
  files["x.mlem"] = files["l0.mlem"];
  files["y.mlem"] = link_text({.path = "x.mlem"});
  files["z.mlem"] = link_text({.path = "y.mlem"});
  server.world.registry.commit(files);
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.commit({{"x.mlem", link_text({.path = "l14.mlem"})}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: z.mlem: too-deep"));
}

TEST_CASE("server: an alias is judged again where a link that it is pinned to changes") {
  Server server;
  server.world.registry.commit({{"l.mlem", server.link("4-pack")}});
  const std::string pin = "params:\n  git-mlem:\n    blob: " + server.world.registry.id("HEAD:l.mlem") + "\n";
  server.world.registry.commit({{"alias.mlem", "link_type: model\nobject_type: link\n" + pin + "path: l.mlem\n"}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.commit({{"l.mlem", server.link("5-deploy-meta")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: alias.mlem: changed"));
}

TEST_CASE("server: an alias is judged again where the link at the end of its chain gets one hop longer") {
  Server server;
  server.world.models.commit({{"models/link.mlem", link_text({.path = "models/rf.mlem"})}});
  Files files{{"l0.mlem", server.link("main")}};
  for (int i = 1; i <= 16; ++i) {
    files["l" + std::to_string(i) + ".mlem"] = link_text({.path = "l" + std::to_string(i - 1) + ".mlem"});
  }
  server.world.registry.commit(files);
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.commit({{"l0.mlem", server.link("main", "models/link.mlem")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: l16.mlem: too-deep"));
  CHECK_FALSE(contains(refused.errors, "l15.mlem"));
}

TEST_CASE("server: what was broken before is not refused and a broken link may be removed or renamed") {
  Server server;
  fs::rename(server.bare / "hooks/pre-receive", server.bare / "hooks/off");
  server.world.registry.commit({{"old.mlem", server.link("gone")},
                                {"other.mlem", server.link("gone")},
                                {"alias.mlem", link_text({.path = "old.mlem"})},
                                {"good.mlem", server.link("main")},
                                {"good-alias.mlem", link_text({.path = "good.mlem"})}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  fs::rename(server.bare / "hooks/off", server.bare / "hooks/pre-receive");
  server.world.registry.git({"rm", "-q", "other.mlem"});
  server.world.registry.git({"mv", "old.mlem", "new.mlem"});
  server.world.registry.git({"commit", "-qm", "rename"});
  const Outcome renamed = server.push({"origin", "main"});
  CAPTURE(renamed);
  CHECK(renamed.code == 0);
  CHECK(renamed.errors.empty());
  // What the change itself broke is told, and nothing else.
  server.world.registry.git({"rm", "-q", "good.mlem"});
  server.world.registry.git({"commit", "-qm", "remove"});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: good-alias.mlem: missing-path"));
  CHECK(contains(refused.errors, "remote: 1 link judged: 0 ok, 1 broken, 0 undecided"));
}

TEST_CASE("server: a commit that was never a tip is judged when it becomes one") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.commit({{"b.mlem", server.link("nope")}});
  const std::string bad = server.world.registry.id("HEAD");
  server.world.registry.remove({"b.mlem"});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  // So many refs that not all of them are looked at.
  for (int i = 0; i < 70; ++i) {
    const std::string name = "refs/heads/b" + std::to_string(i);
    server.world.registry.commit({{"x" + std::to_string(i), "x"}});
    REQUIRE(server.git_in(server.world.registry.path(), {"push", "-q", "--no-verify", "origin", "HEAD:" + name}).code ==
            0);
  }
  for (const std::string ref : {"refs/heads/production", "refs/tags/v9"}) {
    const Outcome refused = server.push({"origin", bad + ":" + ref});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "error: " + ref + ": b.mlem: missing-rev"));
  }
  CHECK(server.push({"origin", bad + "~1:refs/heads/old"}).code == 0);
}

TEST_CASE("server: many tags of one commit cost no process each") {
  Server server;
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  for (int i = 0; i < 50; ++i) server.world.registry.tag("t" + std::to_string(i));
  const std::string trace = (server.world.sandbox / "trace").string();
  server.world.sandbox.environment()["GIT_TRACE2_EVENT"] = trace;
  REQUIRE(server.push({"origin", "--tags"}).code == 0);
  const std::string events = read_file(trace);
  std::size_t lists = 0;
  for (std::size_t at = events.find("\"rev-list\",\"--parents\""); at != std::string::npos; ++lists) {
    at = events.find("\"rev-list\",\"--parents\"", at + 1);
  }
  CHECK(lists == 0);
}

TEST_CASE("server: a hook whose list of refs was read before refuses the push") {
  Server server;
  write_file(server.bare / "hooks/pre-receive", "#!/bin/sh\ncat >/dev/null\nexec git mlem hook pre-receive\n");
  server.world.registry.commit({{"a.mlem", server.link("gone")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "fatal: there is no list of refs to judge"));
}

TEST_CASE("server: a push of more than there is time to read is refused") {
  Server server;
  server.config("mlem.hookTimeout", "1");
  // Flow style takes the slow parser a long time, and every file is another one.
  std::string flow =
      "{link_type: model, object_type: link, path: models/rf.mlem, repo: '" + example_url + "/', rev: main, params: {";
  for (int i = 0; i < 4000; ++i) flow += "k" + std::to_string(i) + ": 1, ";
  Files files;
  for (int i = 0; i < 400; ++i)
    files["d/" + std::to_string(i) + ".mlem"] = flow + "last: " + std::to_string(i) + "}}\n";
  server.world.registry.commit(files);
  const auto start = std::chrono::steady_clock::now();
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused.code);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, ": timeout"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("pre-push: what is pushed may be named with blanks") {
  Server server;
  REQUIRE(server.world.mlem({"install", "-q"}).code == 0);
  server.world.registry.commit({{"a.mlem", server.link("main")}}, "added a");
  const Outcome pushed = server.push({"origin", "main^{/added a}:refs/heads/x"});
  CAPTURE(pushed);
  CHECK(pushed.code == 0);
}

TEST_CASE("server: in a namespace a link without repository is for a rev of that namespace") {
  Server server;
  server.world.registry.commit({{"rf.mlem", model_meta()}});
  server.world.sandbox.environment()["GIT_NAMESPACE"] = "team";
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.world.registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .rev = "main"})}});
  const Outcome pushed = server.push({"origin", "main"});
  CAPTURE(pushed);
  CHECK(pushed.code == 0);
  CHECK(server.tip("refs/namespaces/team/refs/heads/main") == server.world.registry.id("HEAD") + "\n");
}

TEST_CASE("server: objects may be where the administrator's variable says") {
  Server server;
  server.world.registry.commit({{"rf.mlem", model_meta()}, {"a.mlem", link_text({.path = "rf.mlem"})}});
  const fs::path store = server.world.sandbox / "st:ore";
  fs::create_directories(store);
  server.git_in(server.world.sandbox.path(),
                {"clone", "-q", "--bare", server.world.registry.url(), (store / "x.git").string()});
  server.world.sandbox.environment()["GIT_ALTERNATE_OBJECT_DIRECTORIES"] =
      "\"" + (store / "x.git/objects").string() + "\"";
  const Outcome pushed = server.push({"origin", "main"});
  CAPTURE(pushed);
  CHECK(pushed.code == 0);
}

TEST_CASE("server: an address that is allowed leads to no repository above it") {
  Server server;
  server.config("mlem.allowProtocol", "file");
  const std::string above = server.world.models.url();
  server.config("mlem.allowSource", above + "models");
  server.world.registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .repo = above + "models/", .rev = "main"})}});
  REQUIRE(server.world.mlem({"check", "-q"}).code == 0);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "a.mlem: auth-required"));
}

TEST_CASE("server: a misspelt key of its configuration is told to who pushes and rejects nothing") {
  Server server;
  server.config("mlem.serverHint", "true");
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  const Outcome pushed = server.push({"origin", "main"});
  CAPTURE(pushed);
  CHECK(pushed.code == 0);
  CHECK(contains(pushed.errors, "remote: warning: 'mlem.serverhint' is not a key of git-mlem"));
  CHECK(contains(pushed.errors, "remote: hint: the nearest one is 'mlem.serverHints'"));
}
