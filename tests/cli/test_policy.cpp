#include "support/stub_server.hpp"

#include "cli/server.hpp"
#include <boost/filesystem/operations.hpp>

#include <chrono>
#include <sstream>
#include <string>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string models = "https://github.com/iterative/**";

using Keys = std::vector<std::pair<std::string, std::string>>;

/// A server with a policy for production, and a first push to it by an approver.
struct Production : Server {
  explicit Production(const Keys& keys) {
    config("mlem.pusher", "MLEM_TEST_PUSHER");
    for (const auto& [key, value] : keys) config("mlem-policy.production." + key, value);
    as("alice");
  }
  void as(const std::string& name) { world.sandbox.environment()["MLEM_TEST_PUSHER"] = name; }
  void as_nobody() { world.sandbox.environment().erase("MLEM_TEST_PUSHER"); }
  std::string pinned() const { return link(world.model_commit); }
  /// Commits `files` on the current branch; an empty text removes a file, but makes the marker of a project.
  void commit(const Files& files) {
    for (const auto& [name, text] : files) {
      if (text.empty() && name != ".mlem.yaml") world.registry.git({"rm", "-q", name});
    }
    Files kept;
    for (const auto& [name, text] : files) {
      if (!text.empty() || name == ".mlem.yaml") kept.insert({name, text});
    }
    if (kept.empty())
      world.registry.git({"commit", "-qm", "removed"});
    else
      world.registry.commit(kept);
  }
};

/// A server that wants signed commits for production.
struct SignedProduction : Production {
  SignedProduction() : Production({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requireSigned", "true"}}) {}
  /// Makes a key pair for ssh and returns the file of the private one.
  std::string make_key(const std::string& name) {
    const std::string file = (world.sandbox / name).string();
    REQUIRE(world.sandbox.run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file}).code == 0);
    return file;
  }
  /// Signs what is committed from now on; with no key, no longer.
  void sign_with(const std::string& key) {
    world.registry.git({"config", "gpg.format", "ssh"});
    world.registry.git({"config", "user.signingKey", key + ".pub"});
    world.registry.git({"config", "commit.gpgSign", key.empty() ? "false" : "true"});
  }
  void trust(const std::string& key) {
    write_file(world.sandbox / "allowed", "author@example.com " + read_file(key + ".pub"));
    config("gpg.ssh.allowedSignersFile", (world.sandbox / "allowed").string());
  }
};

/// Expects that a push is refused for `rule`.
void check_refused(const Outcome& outcome, const std::string& subject, const std::string& rule) {
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.errors, "error: " + subject + ": forbidden (" + rule + ")"));
}

/// What the server said as one line, for it is broken where it is too long.
std::string said(const Outcome& outcome) {
  std::istringstream words(outcome.errors);
  std::string text;
  for (std::string word; words >> word;) {
    if (word != "remote:") text += word + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("policy: each rule has a push that passes and one that does not") {
  struct Row {
    std::string name;
    std::vector<std::pair<std::string, std::string>> keys;
    std::string good;  // of prod/a.mlem
    std::string bad;
    std::string rule;
  };
  World probe;
  const std::string& id = probe.model_commit;
  const auto link = [](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  const std::pair<std::string, std::string> path{"path", "prod/**"};
  const Row rows[] = {
      {"pinned", {path, {"requirePinned", "true"}}, link(id), link("main"), "pinned"},
      {"source",
       {path, {"source", models}},
       link("main"),
       link_text({.path = "m.mlem", .repo = "https://example.com/other/", .rev = "main"}),
       "source"},
      {"link-only", {path}, link("main"), model_meta(), "link-only"},
      {"reachable", {path, {"requireReachable", "true"}}, link(id), "", "reachable"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Production server(row.keys);
    std::string bad = row.bad;
    if (bad.empty()) {
      // A commit that no branch or tag has any more.
      const std::string orphan = server.world.models.commit({{"x", "1"}});
      server.world.models.git({"reset", "-q", "--hard", "HEAD~1"});
      bad = link(orphan);
    }
    server.commit({{"prod/a.mlem", row.good}, {"dev/b.mlem", link("main")}});
    const Outcome good = server.push({"origin", "main"});
    CAPTURE(good);
    CHECK(good.code == 0);
    // Outside the policed path anything that resolves will do.
    server.commit({{"dev/c.mlem", row.rule == "source" ? link("main") : bad}});
    CHECK(server.push({"origin", "main"}).code == 0);
    server.commit({{"prod/a.mlem", bad}});
    check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/a.mlem", row.rule);
  }
}

TEST_CASE("policy: a commit of the registry itself may reach a branch by the same push") {
  Production server({{"path", "**"}, {"requireReachable", "true"}, {"allowObjects", "true"}});
  server.commit({{"m.mlem", model_meta()}});
  const std::string commit = server.world.registry.id("HEAD");
  server.commit({{"a.mlem", link_text({.path = "m.mlem", .rev = commit})}});
  const Outcome landed = server.push({"origin", "main"});
  CAPTURE(landed);
  CHECK(landed.code == 0);
  server.world.registry.git({"checkout", "-q", "-b", "side"});
  server.commit({{"m.mlem", data_meta()}});
  const std::string aside = server.world.registry.id("HEAD");
  server.world.registry.checkout("main");
  server.commit({{"a.mlem", link_text({.type = "data", .path = "m.mlem", .rev = aside})}});
  server.world.registry.git({"push", "-q", "--no-verify", server.bare.string(), "side:refs/hidden/side"});
  check_refused(server.push({"origin", "main"}), "refs/heads/main: a.mlem", "reachable");
  CHECK(server.push({"origin", "main", "side"}).code == 0);
  // Nor is it on a branch that the push deletes.
  server.commit({{"b.mlem", link_text({.type = "data", .path = "m.mlem", .rev = aside})}});
  check_refused(server.push({"origin", "main", ":side"}), "refs/heads/main: b.mlem", "reachable");
}

TEST_CASE("policy: no time to look for own commits on branches is a verdict") {
  Production server({{"ref", "refs/heads/production"}, {"path", "**"}, {"requireReachable", "true"}});
  server.commit({{"m.mlem", model_meta()}});
  const std::string commit = server.world.registry.id("HEAD");
  server.world.registry.remove({"m.mlem"});
  server.commit({{"a.mlem", link_text({.path = "m.mlem", .rev = commit})}});
  CHECK(server.push({"origin", "main"}).code == 0);
  server.config("mlem.hookTimeout", "3");
  // A git that is slow to tell what is on a branch, as in a history of millions; what the push brings it lists at once.
  const mlem::fs::path slow = server.world.sandbox / "slow/git";
  const auto git = find_program("git", server.world.sandbox.environment().at("PATH"));
  REQUIRE(git);
  write_file(slow, "#!/bin/sh\ncase \"$*\" in *--parents*) ;; *rev-list*) sleep 30;; esac\nexec " + git->string() +
                       " \"$@\"\n");
  mlem::fs::permissions(slow, mlem::fs::owner_all);
  RunOptions options;
  options.directory = server.bare;
  options.environment["GIT_DIR"] = ".";
  options.environment["PATH"] = slow.parent_path().string() + ":" + server.world.sandbox.environment().at("PATH");
  options.input = std::string(40, '0') + " " + server.world.registry.id("HEAD") + " refs/heads/production\n";
  const Outcome refused = server.world.sandbox.mlem({"hook", "pre-receive"}, options);
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "refs/heads/production: a.mlem: timeout"));
}

TEST_CASE("policy: all broken rules are named and every policy must hold") {
  Production server({{"path", "prod/**"}, {"requirePinned", "true"}});
  server.config("mlem-policy.sources.path", "**/*.mlem");
  server.config("mlem-policy.sources.source", "https://example.com/**");
  server.commit({{"prod/a.mlem", server.link("main")}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(contains(refused.errors, "refs/heads/main: prod/a.mlem: forbidden (pinned, source)"));
  CHECK(contains(refused.errors, "policy 'production'"));
  CHECK(contains(refused.errors, "'sources'"));
}

TEST_CASE("policy: objects are allowed where a policy says so") {
  Production server({{"path", "prod/**"}, {"allowObjects", "true"}});
  server.commit(
      {{".mlem.yaml", ""}, {"prod/m.mlem", model_meta()}, {"prod/a.mlem", link_text({.path = "prod/m.mlem"})}});
  CHECK(server.push({"origin", "main"}).code == 0);
}

TEST_CASE("policy: only approvers change what is policed") {
  Production server(
      {{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"approver", "alice"}, {"approver", "bob"}});
  server.commit({{"prod/a.mlem", server.link("main")},
                 {"prod/b.mlem", server.link("main")},
                 {"dev/c.mlem", server.link("main")}});
  server.as("mallory");
  CHECK(server.push({"origin", "main"}).code == 0);  // another ref
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production", "approver");
  server.as("alice");
  REQUIRE(server.push({"origin", "main:production"}).code == 0);

  struct Row {
    std::string name;
    Files files;
    std::string subject;  // empty: may pass
  };
  const Row rows[] = {
      {"unpoliced", {{"dev/c.mlem", server.link("5-deploy-meta")}}, ""},
      {"added", {{"prod/new.mlem", server.link("main")}}, "prod/new.mlem"},
      {"changed", {{"prod/a.mlem", server.link("5-deploy-meta")}}, "prod/a.mlem"},
      {"deleted", {{"prod/a.mlem", ""}}, "prod/a.mlem"},
      {"renamed away", {{"prod/a.mlem", ""}, {"dev/a.mlem", server.link("main")}}, "prod/a.mlem"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    server.world.registry.git({"checkout", "-q", "--detach", "main"});
    server.commit(row.files);
    if (row.subject.empty()) {
      server.as("mallory");
      CHECK(server.push({"origin", "HEAD:production"}).code == 0);
      server.world.registry.git({"checkout", "-q", "main"});
      server.world.registry.git({"reset", "-q", "--hard", "HEAD@{1}"});
      continue;
    }
    for (const std::string who : {"mallory", "", "unset"}) {
      CAPTURE(who);
      server.as(who);
      if (who == "unset") server.as_nobody();
      check_refused(server.push({"origin", "HEAD:production"}), "refs/heads/production: " + row.subject, "approver");
    }
  }
  server.as("bob");
  CHECK(server.push({"origin", "HEAD:production"}).code == 0);
  server.as("mallory");
  check_refused(server.push({"origin", "--force", "main~0:production"}), "refs/heads/production", "approver");
  check_refused(server.push({"origin", ":production"}), "refs/heads/production", "approver");
  server.as("alice");
  CHECK(server.push({"origin", ":production"}).code == 0);
  server.as("mallory");
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production", "approver");
}

TEST_CASE("policy: another branch is proposed only where it could be merged") {
  Production server({{"ref", "refs/heads/production"}, {"approver", "alice"}});
  server.commit({{"a.mlem", server.link("main")}});
  server.commit({{"a.mlem", server.link("4-pack")}});
  REQUIRE(server.push({"origin", "main:production"}).code == 0);
  server.as("mallory");
  const std::string who = "hint: the server takes you for 'mallory'; 'alice' may";
  const std::string summary = " 0 links judged: 0 ok, 0 broken, 0 undecided; also forbidden: 1 ref ";
  const std::string lead =
      "error: refs/heads/production: forbidden (approver) policy 'production' lets only its approvers have this ref ";
  CHECK(contains(said(server.push({"origin", ":production"})), lead + "deleted " + who + summary));
  CHECK(contains(said(server.push({"-f", "origin", "main~1:production"})),
                 lead + "rewound or replaced " + who + " error: "));
  server.commit({{"a.mlem", server.link("main")}});
  CHECK(contains(said(server.push({"origin", "main:production"})), who + "; push another branch for them to merge "));
}

TEST_CASE("policy: a commit that is on no branch is named if the link names it") {
  Production server({{"ref", "refs/heads/production"}, {"requireReachable", "true"}});
  const std::string orphan = server.world.models.commit({{"x", "1"}});
  server.commit({{"a.mlem", server.link(orphan)}});
  server.world.models.git({"reset", "-q", "--hard", "HEAD~1"});
  const std::string text = said(server.push({"origin", "main:production"}));
  CAPTURE(text);
  CHECK(contains(text, "a.mlem: forbidden (reachable) policy 'production': commit '" + orphan +
                           "' is on no branch or tag of '" + example_url +
                           "/' hint: push a tag or branch that has it "));
}

TEST_CASE("policy: a source that a glob misses by its end is told of with the reason") {
  Production server({{"ref", "refs/heads/production"}, {"source", example_url + "/**"}});
  server.commit({{"a.mlem", server.link("main")}});
  const std::string text = said(server.push({"origin", "main:production"}));
  CAPTURE(text);
  CHECK(contains(text, "a.mlem: forbidden (source) policy 'production' does not allow the source '" + example_url +
                           "/' hint: it allows '" + example_url + "/**', which is what is below '" + example_url +
                           "' "));
}

TEST_CASE("policy: what an included file should say is not passed over when the file is gone") {
  Production server({});
  server.commit({{"a.mlem", server.link("main")}});
  RunOptions bare;
  bare.directory = server.bare;
  const std::string below_root = (server.world.sandbox / "root-policies").string();
  const std::vector<std::pair<std::string, fs::path>> rows = {{below_root, below_root},
                                                              {"~/policies", server.world.sandbox.home() / "policies"},
                                                              {"policies/registry", server.bare / "policies/registry"}};
  for (const auto& [path, file] : rows) {
    CAPTURE(path);
    fs::create_directories(file.parent_path());
    write_file(file, "[mlem-policy \"production\"]\n\tref = refs/heads/production\n\tapprover = bob\n");
    server.git_in(server.bare, {"config", "include.path", path});
    check_refused(server.push({"origin", "main:production"}), "refs/heads/production", "approver");
    REQUIRE(server.push({"origin", "main"}).code == 0);
    fs::remove(file);
    const std::string what =
        "fatal: cannot read the configuration: 'include.path' is '" + file.string() + "', where no file is";
    const Outcome refused = server.push({"origin", "main:production"});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(said(refused), what));
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"policy"}, {"check", "--policy", "production", "main"}}) {
      const Outcome outcome = server.world.sandbox.mlem(arguments, bare);
      CAPTURE(outcome);
      CHECK(outcome.code == 128);
      CHECK(outcome.errors ==
            what + "\nhint: put the file back, or take the key away: to git, there is nothing in such a file\n");
    }
  }
}

TEST_CASE("policy: a new ref is judged whole though every commit is known") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requirePinned", "true"}});
  server.commit({{"prod/a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production: prod/a.mlem", "pinned");
  server.commit({{"prod/a.mlem", server.pinned()}});
  CHECK(server.push({"origin", "main:production"}).code == 0);
}

TEST_CASE("policy: one about folders does not stop new branches that leave them alone") {
  Production server({{"path", "prod/**"}, {"approver", "alice"}, {"requirePinned", "true"}, {"requireSigned", "true"}});
  // What is there is older than the policy.
  fs::rename(server.bare / "hooks/pre-receive", server.bare / "hooks/off");
  server.commit({{"prod/a.mlem", server.link("main")}});
  server.world.registry.branch("old");
  server.commit({{"dev/b.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  fs::rename(server.bare / "hooks/off", server.bare / "hooks/pre-receive");
  server.as("mallory");
  server.world.registry.git({"checkout", "-qb", "topic"});
  server.commit({{"dev/c.mlem", server.link("main")}, {"dev/.mlem.yaml", "core: {}\n"}});
  const Outcome passed = server.push({"origin", "topic", "old"});
  CAPTURE(passed);
  CHECK(passed.code == 0);
  server.world.registry.git({"checkout", "-qb", "worse", "main"});
  server.commit({{"prod/a.mlem", server.link("4-pack")}});
  const Outcome refused = server.push({"origin", "worse"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/worse: prod/a.mlem: forbidden (approver, pinned)"));
  CHECK(contains(refused.errors, "error: refs/heads/worse: forbidden (signed)"));
}

TEST_CASE("policy: one about folders lets a branch be brought up to HEAD's") {
  Production server({{"path", "prod/**"}, {"approver", "alice"}});
  server.commit({{"prod/a.mlem", server.link("main")}, {"prod/b.mlem", server.link("main")}});
  server.world.registry.branch("old");
  server.world.registry.branch("topic");
  REQUIRE(server.push({"origin", "main", "old", "topic"}).code == 0);
  server.commit({{"prod/a.mlem", server.link("4-pack")}, {"prod/b.mlem", ""}});
  REQUIRE(server.push({"origin", "main"}).code == 0);

  server.as("mallory");
  server.world.registry.git({"checkout", "-q", "topic"});
  server.commit({{"dev/c.mlem", server.link("main")}});
  server.world.registry.git({"merge", "-q", "--no-ff", "-m", "merge", "main"});
  const Outcome merged = server.push({"origin", "topic"});
  CAPTURE(merged);
  CHECK(merged.code == 0);
  // But nothing else, and HEAD's is not brought down to another.
  server.commit({{"prod/a.mlem", server.link("5-deploy-meta")}});
  check_refused(server.push({"origin", "topic"}), "refs/heads/topic: prod/a.mlem", "approver");
  const Outcome back = server.push({"-f", "origin", "old:main"});
  check_refused(back, "refs/heads/main: prod/a.mlem", "approver");
  check_refused(back, "refs/heads/main: prod/b.mlem", "approver");
}

TEST_CASE("policy: a violation that was there before is refused where a link is touched") {
  Production server({{"path", "prod/**"}, {"requirePinned", "true"}});
  fs::rename(server.bare / "hooks/pre-receive", server.bare / "hooks/off");
  server.commit({{"prod/a.mlem", server.link("main")},
                 {"prod/alias.mlem", link_text({.path = "prod/a.mlem"})},
                 {"dev/a.mlem", server.link("main")},
                 {"dev/b.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  fs::rename(server.bare / "hooks/off", server.bare / "hooks/pre-receive");
  // What is removed makes all aliases be read.
  server.commit({{"dev/b.mlem", ""}});
  const Outcome passed = server.push({"origin", "main"});
  CAPTURE(passed);
  CHECK(passed.code == 0);
  server.world.registry.git({"mv", "dev/a.mlem", "prod/b.mlem"});
  server.world.registry.git({"commit", "-qm", "rename into the folder"});
  check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/b.mlem", "pinned");
  server.world.registry.git({"reset", "-q", "--hard", "HEAD~1"});
  server.commit({{"prod/a.mlem", server.link("4-pack")}});
  check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/a.mlem", "pinned");
}

TEST_CASE("policy: a marker needs neither signature nor approver where no policed link is") {
  SignedProduction server;
  server.config("mlem-policy.production.approver", "alice");
  const std::string key = server.make_key("key");
  server.trust(key);
  server.sign_with(key);
  server.commit({{"prod/a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main:production"}).code == 0);
  server.as("mallory");
  server.sign_with("");
  server.commit({{"dev/.mlem.yaml", "core: {}\n"}, {"prod/empty/.mlem.yaml", "core: {}\n"}});
  server.sign_with(key);
  server.commit({{"note", "x"}});
  const Outcome passed = server.push({"origin", "main:production"});
  CAPTURE(passed);
  CHECK(passed.code == 0);
}

TEST_CASE("policy: an alias ends under the same policy") {
  Production server({{"path", "prod/**"}, {"requirePinned", "true"}});
  server.commit({{".mlem.yaml", ""},
                 {"dev/float.mlem", server.link("main")},
                 {"prod/a.mlem", link_text({.path = "prod/b.mlem"})},
                 {"prod/b.mlem", server.pinned()}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.commit({{"prod/a.mlem", link_text({.path = "dev/float.mlem"})}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "prod/a.mlem: forbidden (link-only"));
}

TEST_CASE("policy: every hop of a chain is held to it") {
  Production server({{"path", "prod/**"}, {"requirePinned", "true"}, {"source", models}});
  RepoBuilder second(server.world.sandbox, "second");
  server.world.sandbox.add_config("url." + second.path().string() + ".insteadOf",
                                  "https://github.com/iterative/second");
  const std::string floating = second.commit({{"m.mlem", server.link("main")}});
  const std::string fixed = second.commit({{"m.mlem", server.pinned()}});
  const auto to_second = [](const std::string& rev) {
    return link_text({.path = "m.mlem", .repo = "https://github.com/iterative/second/", .rev = rev});
  };
  server.commit({{"prod/a.mlem", to_second(fixed)}});
  CHECK(server.push({"origin", "main"}).code == 0);
  server.commit({{"prod/a.mlem", to_second(floating)}});
  check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/a.mlem", "pinned");
  const std::string elsewhere =
      second.commit({{"m.mlem", link_text({.path = "m.mlem", .repo = "https://example.com/x/", .rev = fixed})}});
  server.world.registry.git({"reset", "-q", "--hard", "HEAD~1"});
  server.commit({{"prod/a.mlem", to_second(elsewhere)}});
  check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/a.mlem", "source");
}

TEST_CASE("policy: nothing but files is let under a policed path") {
  struct Row {
    std::string name;
    std::string path;
  };
  for (const Row& row : {Row{"the directory", "prod"}, Row{"a file", "prod/x.mlem"}, Row{"below", "prod/eu"}}) {
    CAPTURE(row.name);
    Production server(Keys{{"path", "prod/**"}});
    server.commit({{"dev/a.mlem", server.link("main")}});
    const std::string target = server.world.registry.git({"rev-parse", "HEAD:dev/a.mlem"});
    server.world.registry.git({"update-index", "--add", "--cacheinfo", "120000," + target + "," + row.path});
    server.world.registry.git({"commit", "-qm", "symlink"});
    check_refused(server.push({"origin", "main"}), "refs/heads/main: " + row.path, "link-only");
  }
}

TEST_CASE("policy: a symbolic ref on the server does not lead around it") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requirePinned", "true"}});
  REQUIRE(server.git_in(server.bare, {"symbolic-ref", "refs/heads/next", "refs/heads/production"}).code == 0);
  server.commit({{"prod/a.mlem", server.link("main")}});
  check_refused(server.push({"origin", "main:next"}), "refs/heads/next: prod/a.mlem", "pinned");
}

TEST_CASE("policy: what a policed ref leads to is policed under its other names") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requirePinned", "true"}});
  REQUIRE(server.git_in(server.bare, {"symbolic-ref", "refs/heads/production", "refs/heads/stable"}).code == 0);
  const auto refuse_stable = [&] {
    check_refused(server.push({"origin", "main:stable"}), "refs/heads/stable: prod/a.mlem", "pinned");
  };
  server.commit({{"prod/a.mlem", server.link("main")}});
  refuse_stable();  // git does not list a symbolic ref that leads nowhere
  server.commit({{"prod/a.mlem", server.pinned()}});
  REQUIRE(server.push({"origin", "main:stable"}).code == 0);
  server.commit({{"prod/a.mlem", server.link("main")}});
  refuse_stable();
  server.config("mlem-policy.production.ref", "refs/heads/prod*/**");
  REQUIRE(server.git_in(server.bare, {"symbolic-ref", "refs/heads/prods/eu", "refs/heads/eu"}).code == 0);
  REQUIRE(server.push({"origin", "main~1:refs/heads/eu"}).code == 0);
  check_refused(server.push({"origin", "main:eu"}), "refs/heads/eu: prod/a.mlem", "pinned");
  CHECK(server.push({"origin", "main:other"}).code == 0);
  const std::string in_namespace = "refs/namespaces/team/refs/heads/production";
  check_refused(server.push({"origin", "main:" + in_namespace}), in_namespace + ": prod/a.mlem", "pinned");
}

TEST_CASE("policy: the layout of old leads to the same names") {
  Production server({{"path", "prod/**"}, {"requirePinned", "true"}, {"approver", "alice"}});
  server.commit({{".mlem/model/x.mlem", model_meta()}, {"prod/a.mlem", server.pinned()}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.as("mallory");
  server.commit({{".mlem/link/prod/b.mlem", server.link("main")}});
  const Outcome refused = server.push({"origin", "main"});
  check_refused(refused, "refs/heads/main: .mlem/link/prod/b.mlem", "approver, pinned");
  server.world.registry.git({"reset", "-q", "--hard", "HEAD~1"});
  server.commit({{".mlem/link/dev/b.mlem", server.link("main")}});
  CHECK(server.push({"origin", "main"}).code == 0);
}

TEST_CASE("policy: tags are refs like others") {
  Production server({{"ref", "refs/tags/prod-*"}, {"requirePinned", "true"}});
  server.commit({{"a.mlem", server.link("main")}});
  CHECK(server.push({"origin", "main", "main:refs/tags/v1"}).code == 0);
  check_refused(server.push({"origin", "main:refs/tags/prod-1"}), "refs/tags/prod-1: a.mlem", "pinned");
}

TEST_CASE("policy: policed commits are signed with a key that the server trusts") {
  SignedProduction server;
  const std::string key = server.make_key("key");
  const std::string other = server.make_key("other");
  server.sign_with(key);
  server.commit({{"prod/a.mlem", server.link("main")}});
  // Without a trust root no signature is good.
  const std::string signed_by_none = ", and no key that the server trusts made its signature hint: ";
  const std::string lead = "forbidden (signed) policy 'production' wants commit '";
  const std::string wanted = "' signed with a key it trusts";
  Outcome refused = server.push({"origin", "main:production"});
  check_refused(refused, "refs/heads/production", "signed");
  const std::string keys = "who runs the server says which keys it trusts ";
  CHECK(contains(said(refused), lead + server.world.registry.id("main") + wanted + signed_by_none + keys));
  server.trust(key);
  const Outcome good = server.push({"origin", "main:production"});
  CAPTURE(good);
  REQUIRE(good.code == 0);

  server.sign_with(other);
  server.commit({{"prod/a.mlem", server.pinned()}});
  refused = server.push({"origin", "main:production"});
  check_refused(refused, "refs/heads/production", "signed");
  CHECK(contains(said(refused), lead + server.world.registry.id("main") + wanted + signed_by_none + keys));
  server.world.registry.git({"reset", "-q", "--hard", "HEAD~1"});

  // A side branch that is merged and dropped leaves no trace in the tip.
  server.sign_with("");
  server.world.registry.git({"checkout", "-qb", "side"});
  server.commit({{"prod/a.mlem", server.pinned()}});
  server.sign_with(key);
  server.world.registry.git({"checkout", "-q", "main"});
  server.world.registry.git({"merge", "-q", "--no-ff", "-s", "ours", "-m", "drop it", "side"});
  refused = server.push({"origin", "main:production"});
  check_refused(refused, "refs/heads/production", "signed");
  CHECK(contains(said(refused), lead + server.world.registry.id("side") + wanted +
                                    ", and it is not signed hint: sign the tip by 'git commit --amend -S', all of a "
                                    "branch by 'git rebase -S' "));
  server.world.registry.git({"reset", "-q", "--hard", "HEAD~1"});

  // Commits that touch nothing policed need no signature, but for the tip.
  server.sign_with("");
  server.commit({{"dev/x.mlem", server.link("main")}});
  server.sign_with(key);
  server.commit({{"dev/y.mlem", server.link("main")}});
  CHECK(server.push({"origin", "main:production"}).code == 0);
}

TEST_CASE("policy: many commits without a signature are told of together") {
  SignedProduction server;
  server.trust(server.make_key("key"));
  std::string ids;
  for (int i = 0; i < 11; ++i) {
    server.commit({{"prod/a.mlem", server.link(i % 2 == 0 ? "main" : "4-pack")}});
    if (i != 3) continue;
    const Outcome four = server.push({"origin", "main:production"});
    check_refused(four, "refs/heads/production", "signed");
    const auto& repo = server.world.registry;
    CHECK(contains(
        said(four),
        "forbidden (signed) policy 'production' wants commits signed with a key it trusts, and these are not "
        "signed: '" +
            repo.id("main") + "', '" + repo.id("main~1") + "', '" + repo.id("main~2") + "' and '" + repo.id("main~3") +
            "' hint: sign the tip by 'git commit --amend -S', all of a branch by 'git rebase -S' 1 link "));
  }
  const std::string eleven = said(server.push({"origin", "main:production"}));
  CAPTURE(eleven);
  CHECK(contains(eleven, "'; there may be more hint: "));
  CHECK(eleven.find("error: refs/heads") == eleven.rfind("error: refs/heads"));
}

TEST_CASE("policy: a replace ref does not lend an unsigned commit the signature of another") {
  SignedProduction server;
  const std::string key = server.make_key("key");
  server.trust(key);
  server.sign_with(key);
  server.commit({{"prod/a.mlem", server.link("main")}});
  const std::string good = server.world.registry.id("HEAD");
  server.sign_with("");
  server.commit({{"prod/a.mlem", server.pinned()}});
  const std::string bad = server.world.registry.id("HEAD");
  REQUIRE(server.push({"origin", good + ":refs/replace/" + bad}).code == 0);
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production", "signed");
}

TEST_CASE("policy: signatures that cannot be verified in time are missing") {
  SignedProduction server;
  const std::string key = server.make_key("key");
  server.trust(key);
  server.sign_with(key);
  server.commit({{"prod/a.mlem", server.link("main")}});
  const fs::path slow = server.world.sandbox / "slow";
  write_file(slow, "#!/bin/sh\nsleep 60\n");
  fs::permissions(slow, fs::owner_all);
  server.config("gpg.ssh.program", slow.string());
  server.config("mlem.hookTimeout", "1");
  server.config("mlem.onUndecided", "warn");
  const auto start = std::chrono::steady_clock::now();
  const Outcome refused = server.push({"origin", "main:production"});
  check_refused(refused, "refs/heads/production", "signed");
  CHECK(contains(refused.errors, "there was no time left"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("policy: a GPG signature counts if the server's account has the key") {
  Production server({{"ref", "refs/heads/production"}, {"requireSigned", "true"}});
  Variables& environment = server.world.sandbox.environment();
  const std::string own = (server.world.sandbox / "own").string();
  const std::string strange = (server.world.sandbox / "strange").string();
  for (const std::string& keyring : {own, strange}) {
    environment["GNUPGHOME"] = keyring;
    fs::create_directory(keyring);
    fs::permissions(keyring, fs::owner_all);
    const Outcome made = server.world.sandbox.run({"gpg", "--batch", "--quiet", "--pinentry-mode=loopback",
                                                   "--passphrase=", "--quick-generate-key",
                                                   "C. Committer <committer@example.com>", "ed25519", "sign"});
    CAPTURE(made);
    REQUIRE(made.code == 0);
  }
  server.world.registry.git({"config", "commit.gpgSign", "true"});
  const auto commit_signed_with = [&](const std::string& keyring, const std::string& rev) {
    environment["GNUPGHOME"] = keyring;
    server.commit({{"a.mlem", server.link(rev)}});
    environment["GNUPGHOME"] = own;
  };
  commit_signed_with(own, "main");
  const Outcome good = server.push({"origin", "main:production"});
  CAPTURE(good);
  CHECK(good.code == 0);
  commit_signed_with(strange, "5-deploy-meta");
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production", "signed");
  for (const std::string& keyring : {own, strange}) {
    environment["GNUPGHOME"] = keyring;
    server.world.sandbox.run({"gpgconf", "--kill", "all"});
  }
}

TEST_CASE("policy: the command prints what is in force and where it comes from") {
  const Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requirePinned", "true"}});
  RunOptions there;
  there.directory = server.bare;
  const auto policy = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"policy"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return server.world.sandbox.mlem(all, there);
  };
  const Outcome shown = policy({"production"});
  CAPTURE(shown);
  CHECK(shown.code == 0);
  CHECK(shown.output ==
        "[mlem-policy \"production\"]\n"
        "\tref = refs/heads/production\t# file:config\n"
        "\tpath = prod/**\t# file:config\n"
        "\trequirePinned = true\t# file:config\n");
  CHECK(policy({}).output == shown.output);
  CHECK(
      policy({"--json", "refs/heads/production"})
          .output.find(
              R"({"schema":1,"policy":"production","key":"ref","value":"refs/heads/production","origin":"file:config"})") ==
      0);
  CHECK(policy({"--porcelain"}).output.find("production\tref\trefs/heads/production\tfile:config\n") == 0);
  server.world.sandbox.git_output({"symbolic-ref", "HEAD", "refs/heads/production"}, there);
  CHECK(policy({"HEAD"}).output == shown.output);
  for (const std::string ref : {"", "a b", "refs/", "x..y", "main.lock"}) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"policy", ref}, {"check", "--policy", ref}}) {
      if (ref.empty() && arguments.size() > 2) continue;  // the value of an option
      const Outcome refused = server.world.sandbox.mlem(arguments, there);
      CAPTURE(refused);
      CHECK(refused.code == 128);
      CHECK(contains(refused.errors, "fatal: '" + ref + "' is not a name of a ref\n"));
    }
  }
  const Outcome empty = server.world.sandbox.mlem({"check", "--policy", ""}, there);
  CHECK(empty.code == 129);
  CHECK(contains(empty.errors, "error: the value of '--policy' is empty\n"));
  const Outcome none = policy({"main"});
  CHECK(none.code == 1);
  CHECK(none.output.empty());
  CHECK(none.errors == "no policy is in force\n");
  server.config("mlem-policy.production.colour", "red");
  const Outcome bad = policy({});
  CHECK(bad.code == 128);
  CHECK(contains(bad.errors, "fatal: bad config key 'mlem-policy.production.colour'"));
}

TEST_CASE("policy: what the command prints is configuration again") {
  World world;
  const std::vector<std::string> values = {
      "https://example.org/#a;b", " led", "trailed ", "q\"uo\\te", "tab\there", "line\nbreak", "plain/**"};
  const std::string name = "a\"b\\c.d";
  for (const std::string& value : values)
    world.registry.git({"config", "--add", "mlem-policy." + name + ".source", value});
  const Outcome shown = world.mlem({"policy"});
  CAPTURE(shown);
  write_file(world.sandbox / "again", shown.output);
  std::string expected;
  for (const std::string& value : values) expected += value + '\0';
  const Outcome read = world.sandbox.git(
      {"config", "-z", "-f", (world.sandbox / "again").string(), "--get-all", "mlem-policy." + name + ".source"});
  CHECK(read.output == expected);

  world.registry.git({"config", "--add", "mlem-policy." + name + ".path", "caf\xe9/**"});
  const Outcome json = world.mlem({"policy", "--json"});
  CAPTURE(json);
  CHECK(contains(json.output, R"("value":"caf�/**","value_base64":"Y2Fm6S8qKg==","origin")"));
}

TEST_CASE("policy: check tells what the server would say") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requirePinned", "true"}});
  server.commit({{"prod/a.mlem", server.pinned()}});
  REQUIRE(server.push({"origin", "main:production"}).code == 0);
  server.commit({{"prod/b.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  RunOptions there;
  there.directory = server.bare;
  const Outcome said = server.world.sandbox.mlem({"check", "--policy", "production", "main"}, there);
  CAPTURE(said);
  CHECK(said.code == 1);
  CHECK(said.output ==
        "prod/b.mlem: forbidden (pinned): policy 'production' wants a full commit id as rev\n"
        "  hint: 'git mlem pin' writes the commit's id into the link\n");
  CHECK(said.errors == "1 link: 0 ok, 1 broken, 0 undecided\n");
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production: prod/b.mlem", "pinned");
  const Outcome unpoliced = server.world.sandbox.mlem({"check", "--policy", "main", "main"}, there);
  CHECK(unpoliced.code == 0);
  CHECK(contains(unpoliced.errors, "warning: no policy is in force here for 'refs/heads/main'"));

  // HEAD is the branch that is checked out.
  server.world.registry.branch("other");
  server.world.registry.checkout("other");
  CHECK(contains(server.world.mlem({"check", "--policy", "HEAD"}).errors, "for 'refs/heads/other'"));
  server.world.registry.checkout("HEAD~0");
  const Outcome detached = server.world.mlem({"check", "--policy", "HEAD"});
  CHECK(detached.code == 128);
  CHECK(contains(detached.errors, "fatal: HEAD is detached"));
}

TEST_CASE("policy: check tells another pusher's answer") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"approver", "alice"}});
  server.commit({{"prod/a.mlem", server.link("main")}, {".mlem.yaml", ""}});
  REQUIRE(server.push({"origin", "main", "main:production"}).code == 0);
  server.commit({{"prod/a.mlem", server.link("4-pack")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  const Sandbox& box = server.world.sandbox;
  RunOptions there;
  there.directory = server.bare;
  server.as_nobody();
  const auto check = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"check", "--policy", "production"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return box.mlem(all, there);
  };
  const std::string refused =
      "prod/a.mlem: forbidden (approver): policy 'production' lets only its approvers have a link changed\n  hint: ";
  const Outcome nobody = check({"main"});
  CHECK(nobody.errors ==
        "warning: it is not known here who pushes\nhint: '--as <pusher>' says who\n"
        "1 link: 0 ok, 1 broken, 0 undecided\n");
  CHECK(nobody.output ==
        refused +
            "the server does not know who pushes: what 'mlem.pusher' names is not set; 'alice' may; push another "
            "branch for them to merge\n");
  const Outcome bob = check({"--as", "bob", "main"});
  CAPTURE(bob);
  CHECK(bob.code == 1);
  CHECK(bob.output == refused + "the server takes you for 'bob'; 'alice' may; push another branch for them to merge\n");
  CHECK(bob.errors == "1 link: 0 ok, 1 broken, 0 undecided\n");
  const Outcome alice = check({"--as=alice", "main"});
  CAPTURE(alice);
  CHECK(alice.code == 0);
  CHECK(alice.errors == "1 link: 1 ok, 0 broken, 0 undecided\n");

  // A clone may have the policies of the server without its variable.
  server.world.registry.git({"config", "mlem-policy.production.approver", "alice"});
  server.world.registry.git({"fetch", "-q", "origin"});
  const Outcome clone = server.world.mlem({"check", "--policy", "main", "--as", "alice"});
  CAPTURE(clone);
  CHECK(clone.code == 0);
  CHECK(clone.errors ==
        "warning: 'mlem.pusher' is not set here: a server with this configuration knows no pusher\n"
        "hint: git-mlem-server(7) says what each server has it set to\n"
        "0 links: 0 ok, 0 broken, 0 undecided\n");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check", "--as", "alice"}, {"check", "--all"}}) {
    const Outcome wrong = server.world.mlem(arguments);
    CAPTURE(wrong);
    CHECK(wrong.code == 129);
    CHECK(wrong.errors ==
          "error: '" + arguments[1] + "' goes with '--policy'\nhint: 'git mlem check -h' shows the usage\n");
  }
}

TEST_CASE("policy: an audit judges what was there before, and asks nobody to approve it") {
  Production server(Keys{{"ref", "refs/heads/production"}});
  server.commit(
      {{"prod/a.mlem", server.link("main")}, {"prod/b.mlem", server.pinned()}, {"dev/c.mlem", server.link("nope")}});
  server.git_in(server.bare, {"fetch", "-q", server.world.registry.path().string(), "main:refs/hidden/x"});
  server.config("mlem-policy.production.path", "prod/**");
  server.config("mlem-policy.production.requirePinned", "true");
  server.config("mlem-policy.production.approver", "alice");
  const Sandbox& box = server.world.sandbox;
  RunOptions there;
  there.directory = server.bare;
  const auto audit = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"check", "--policy", "production", "--all"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return box.mlem(all, there);
  };
  const Outcome absent = audit({});
  CAPTURE(absent);
  CHECK(absent.code == 128);
  CHECK(absent.errors ==
        "fatal: nothing is known here of 'refs/heads/production': there is no such ref\n"
        "hint: name the commit that is to be judged as if it was pushed there\n");
  box.git_output({"update-ref", "refs/heads/production", server.world.registry.id("main")}, there);
  server.as("mallory");
  const std::string broken = "dev/c.mlem: missing-rev: no branch, tag or commit 'nope' in '" + example_url + "/'\n" +
                             "prod/a.mlem: forbidden (pinned): policy 'production' wants a full commit id as rev\n"
                             "  hint: 'git mlem pin' writes the commit's id into the link\n";
  const Outcome all = audit({});
  CAPTURE(all);
  CHECK(all.code == 1);
  CHECK(all.output == broken);
  CHECK(all.errors == "3 links: 1 ok, 2 broken, 0 undecided\n");
  // Without --all nothing changes, and nothing is judged.
  const Outcome push = box.mlem({"check", "--policy", "production", "production"}, there);
  CAPTURE(push);
  CHECK(push.code == 0);
  CHECK(push.errors == "0 links: 0 ok, 0 broken, 0 undecided\n");

  // What a push would change beside that needs its approver all the same.
  server.commit({{"prod/b.mlem", server.pinned()}, {"prod/d.mlem", server.pinned()}});
  server.git_in(server.bare, {"fetch", "-q", server.world.registry.path().string(), "main:refs/hidden/x"});
  const Outcome both = audit({"refs/hidden/x"});
  CAPTURE(both);
  CHECK(both.output ==
        broken +
            "prod/d.mlem: forbidden (approver): policy 'production' lets only its approvers have a link added\n"
            "  hint: the server takes you for 'mallory'; 'alice' may; push another branch for them to "
            "merge\n");
  CHECK(audit({"--as", "alice", "refs/hidden/x"}).output == broken);
}

TEST_CASE("policy: an audit is about folders, symbolic links and signatures of long ago too") {
  Production server({});
  server.commit({{"prod/a.mlem", server.link("main")}});
  const std::string unsigned_commit = server.world.registry.id("main");
  fs::create_symlink("/tmp", server.world.registry.path() / "prod/tmp");
  server.world.registry.git({"add", "prod/tmp"});
  server.world.registry.git({"commit", "-qm", "symlink"});
  const std::string tip = server.world.registry.id("main");
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.config("mlem-policy.folder.path", "prod/**");
  server.config("mlem-policy.folder.approver", "alice");
  server.config("mlem-policy.folder.requireSigned", "true");
  server.as_nobody();
  RunOptions there;
  there.directory = server.bare;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"main"}, {"other", "main"}, {"main", "main~1..main"}}) {
    std::vector<std::string> all{"check", "--all", "--policy"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome audit = server.world.sandbox.mlem(all, there);
    CAPTURE(audit);
    CHECK(audit.code == 1);
    const std::string wants = ": forbidden (signed): policy 'folder' wants commit '";
    CHECK(contains(audit.output, wants + tip + "' signed"));
    CHECK(contains(audit.output, wants + unsigned_commit + "' signed"));
    CHECK(contains(audit.output, "prod/tmp: forbidden (link-only"));
    CHECK(contains(audit.output, "approver") == (arguments.back() == "main~1..main"));
  }
}

TEST_CASE("policy: a rule that can never be met, or stops more than it seems, is warned of") {
  struct Row {
    std::string name;
    Keys keys;
    std::vector<std::string> warnings;
  };
  const std::string names =
      "hint: name the variable that has the pusher: GL_USER (gitolite), GL_USERNAME (GitLab), GITEA_PUSHER_NAME "
      "(Gitea), REMOTE_USER (a web server)\n";
  const std::string guard = "hint: name the branch that is to be guarded, as in 'ref = refs/heads/main'\n";
  const std::string signers = "hint: 'gpg.ssh.allowedSignersFile' names a file of ssh keys; see git-verify-commit(1)\n";
  const std::string p = "warning: policy 'p': ";
  const std::pair<std::string, std::string> known{"mlem.pusher", "GL_USER"};
  const std::pair<std::string, std::string> branch{"mlem-policy.p.ref", "refs/heads/main"};
  const std::pair<std::string, std::string> alice{"mlem-policy.p.approver", "alice"};
  const auto source = [](const std::string& glob) {
    return std::pair<std::string, std::string>{"mlem-policy.p.source", glob};
  };
  const Row rows[] = {
      {"nothing is wrong", {known, branch, alice, source("https://git.example.com/**")}, {}},
      {"no pusher", {branch, alice}, {p + "nobody is known to be an approver: 'mlem.pusher' is not set\n" + names}},
      {"no name of a variable",
       {{"mlem.pusher", "$GL_USER"}, branch, alice},
       {p + "nobody is known to be an approver: 'mlem.pusher' is '$GL_USER', which no variable is called\n" + names}},
      {"no ref",
       {known, alice},
       {p + "only approvers may change what it is about, on any branch: nobody else can propose a change there\n" +
        guard}},
      {"all branches",
       {known, {"mlem-policy.p.ref", "refs/heads/**"}, alice},
       {p + "only approvers may create a branch, and change what it is about on any\n" + guard}},
      {"no ref and no approver", {{"mlem-policy.p.path", "prod/**"}}, {}},
      {"no keys",
       {branch, {"mlem-policy.p.requireSigned", "true"}},
       {p + "no signature is trusted: there are neither allowed signers nor keys of GnuPG\n" + signers}},
      {"no file of keys",
       {branch, {"mlem-policy.p.requireSigned", "true"}, {"gpg.ssh.allowedSignersFile", "/nowhere/signers"}},
       {p + "no signature is trusted: 'gpg.ssh.allowedSignersFile' is '/nowhere/signers', where no file is\n" +
        signers}},
      {"no links",
       {branch, {"mlem-policy.p.path", "*/prod"}, {"mlem-policy.p.path", "dev"}, {"mlem-policy.p.path", "a/*.mlem"}},
       {p + "'path = */prod' is about no link: none is called so\nhint: '**' stands for all that is below, as in "
            "'prod/**'\n"}},
      {"a host in capitals",
       {branch, source("https://Git.Example.com/teams/*"), source("file:///srv/**"), source("**/x.git"),
        source("ssh://git@host:*/**")},
       {p + "'source = https://Git.Example.com/teams/*' allows nothing: addresses are compared in their normalised "
            "form\nhint: that of 'https://Git.Example.com/teams/x' is 'https://git.example.com/teams/x'\n"}},
      {"the spelling of scp",
       {branch, source("git@github.com:org/*")},
       {p + "'source = git@github.com:org/*' allows nothing: addresses are compared in their normalised form\n"
            "hint: that of 'git@github.com:org/x' is 'ssh://git@github.com/~/org/x'\n"}},
      {"no scheme",
       {branch, source("github.com/org/**")},
       {p + "'source = github.com/org/**' allows nothing: it is a path and no address\n"
            "hint: write whole addresses, as 'https://git.example.com/teams/**'\n"}},
      {"nobody in both",
       {known, branch, alice, {"mlem-policy.q.approver", "bob"}, {"mlem-policy.q.ref", "refs/heads/main"}},
       {"warning: policy 'q': nobody approves both for it and for policy 'p', which is about the same links\n"
        "hint: every policy must hold: name an approver in both\n"}},
      {"nobody in both, of all links and of some",
       {known,
        branch,
        alice,
        {"mlem-policy.p.path", "prod/**"},
        {"mlem-policy.q.approver", "bob"},
        {"mlem-policy.q.ref", "refs/heads/main"},
        {"mlem-policy.q.path", "**"}},
       {"warning: policy 'q': nobody approves both for it and for policy 'p', which is about the same links\n"
        "hint: every policy must hold: name an approver in both\n"}},
      {"nobody in both, of a directory and of one in it",
       {known,
        branch,
        alice,
        {"mlem-policy.p.path", "prod/eu/*.mlem"},
        {"mlem-policy.q.approver", "bob"},
        {"mlem-policy.q.ref", "refs/heads/main"},
        {"mlem-policy.q.path", "prod/**"}},
       {"warning: policy 'q': nobody approves both for it and for policy 'p', which is about the same links\n"
        "hint: every policy must hold: name an approver in both\n"}},
      {"nobody in both, of two directories whose names begin alike",
       {known,
        branch,
        alice,
        {"mlem-policy.p.path", "prod-eu/**"},
        {"mlem-policy.q.approver", "bob"},
        {"mlem-policy.q.ref", "refs/heads/main"},
        {"mlem-policy.q.path", "prod/**"}},
       {}},
      {"nobody in both, of what may have nothing in common",
       {known,
        branch,
        alice,
        {"mlem-policy.p.path", "*/a/**"},
        {"mlem-policy.q.approver", "bob"},
        {"mlem-policy.q.ref", "refs/heads/main"},
        {"mlem-policy.q.path", "prod/**"}},
       {}},
      {"somebody in both",
       {known, branch, alice, {"mlem-policy.q.approver", "alice"}, {"mlem-policy.q.ref", "refs/heads/main"}},
       {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    World world;
    for (const auto& [key, value] : row.keys) world.registry.git({"config", "--add", key, value});
    std::string warnings;
    for (const std::string& warning : row.warnings) warnings += warning;
    const Outcome shown = world.mlem({"policy"});
    CHECK(shown.code == 0);
    CHECK(shown.errors == warnings);
    CHECK(world.mlem({"policy", "main"}).errors == warnings);
    CHECK(world.mlem({"policy", "-q"}).errors.empty());
  }
}

TEST_CASE("policy: check takes for known on a server what the hook takes for known") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"requirePinned", "true"}});
  server.config("mlem-policy.other.path", "other/**");
  server.commit({{"broken.mlem", server.link("nope")}});
  server.world.registry.tag("known");
  const fs::path hook = server.bare / "hooks/pre-receive";
  fs::rename(hook, server.bare / "aside");
  REQUIRE(server.push({"origin", "known", "main:refs/hidden/x"}).code == 0);
  fs::rename(server.bare / "aside", hook);
  RunOptions here;
  here.directory = server.bare;
  const Outcome told = server.world.sandbox.mlem({"check", "--policy", "next", "refs/hidden/x"}, here);
  CAPTURE(told);
  CHECK(told.code == 0);
  CHECK(server.push({"origin", "main:refs/heads/next"}).code == 0);
}

TEST_CASE("policy: a ref that is replaced by what is not a commit was rewound") {
  Production server({{"ref", "refs/tags/prod-*"}, {"approver", "alice"}});
  server.commit({{"prod/a.mlem", server.link("main")}});
  server.world.registry.tag("prod-1");
  REQUIRE(server.push({"origin", "prod-1"}).code == 0);
  server.as("mallory");
  const std::string tag = "refs/tags/prod-1";
  const std::string before = server.tip(tag);
  for (const char* other : {"HEAD^{tree}", "HEAD:prod/a.mlem"}) {
    CAPTURE(std::string(other));
    const std::string id = server.world.registry.id(other);
    const Outcome refused = server.push({"-f", "origin", id + ":" + tag});
    check_refused(refused, tag, "approver");
    CHECK(contains(refused.errors, "remote:   hint: the server takes you for 'mallory'; 'alice' may"));
    CHECK(!contains(refused.errors, "push another"));
    CHECK(server.tip(tag) == before);
  }
}

TEST_CASE("policy: a project that aliases would start at needs an approver") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"approver", "alice"}});
  server.commit({{".mlem.yaml", ""},
                 {"prod/rf.mlem", server.link("main")},
                 {"prod/d/prod/rf.mlem", server.link("4-pack")},
                 {"prod/d/alias.mlem", link_text({.path = "prod/rf.mlem"})}});
  REQUIRE(server.push({"origin", "main:production"}).code == 0);
  server.as("mallory");
  // From now on the alias would be for 'prod/d/prod/rf.mlem'.
  server.commit({{"prod/d/.mlem.yaml", "core: {}\n"}});
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production: prod/d/.mlem.yaml", "approver");
}

TEST_CASE("policy: a marker that is refused is named in the summary and is not one of its links") {
  Production server({{"path", "prod/**"}, {"approver", "alice"}});
  server.commit({{"prod/a.mlem", server.link("main")}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.as("mallory");
  server.commit({{"prod/.mlem.yaml", "core: {}\n"}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(contains(said(refused), " 0 links judged: 0 ok, 0 broken, 0 undecided; also forbidden: 'prod/.mlem.yaml' "));
  RunOptions there;
  there.directory = server.bare;
  const Outcome checked = server.world.sandbox.mlem({"check", "--policy", "main", "--as", "mallory"}, there);
  CHECK(checked.code == 0);
  server.world.sandbox.git_output(
      {"-C", server.bare.string(), "fetch", "-q", server.world.registry.url(), "main:proposal"});
  const Outcome proposed =
      server.world.sandbox.mlem({"check", "--policy", "main", "--as", "mallory", "proposal"}, there);
  CAPTURE(proposed);
  CHECK(proposed.code == 1);
  CHECK(proposed.output.find("prod/.mlem.yaml: forbidden (approver): policy 'production' lets only its approvers make "
                             "or remove a project that has its links\n  hint: ") == 0);
  CHECK(proposed.errors == "0 links: 0 ok, 0 broken, 0 undecided; also forbidden: 'prod/.mlem.yaml'\n");
}

TEST_CASE("policy: a directory that becomes the marker of a project where a file was needs an approver") {
  Production server({{"ref", "refs/heads/production"}, {"path", "prod/**"}, {"approver", "alice"}});
  server.commit({{"prod/rf.mlem", server.link("main")},
                 {"prod/d/prod/rf.mlem", server.link("4-pack")},
                 {"prod/d/alias.mlem", link_text({.path = "prod/rf.mlem"})}});
  REQUIRE(server.push({"origin", "main:production"}).code == 0);
  server.as("mallory");
  server.commit({{".mlem", "a: b\n"}});
  REQUIRE(server.push({"origin", "main:production"}).code == 0);
  server.world.registry.git({"rm", "-q", ".mlem"});
  server.commit({{".mlem/x", "x"}});
  check_refused(server.push({"origin", "main:production"}), "refs/heads/production: .mlem/x", "approver");
}

TEST_CASE("policy: keys that can match nothing reject every push") {
  for (const auto& setting : Keys{{"ref", "production"},
                                  {"ref", "*"},
                                  {"ref", "*/production"},
                                  {"ref", "**production"},
                                  {"path", "/prod/**"},
                                  {"path", "./prod/**"},
                                  {"path", "prod//**"},
                                  {"path", "dev/../prod/**"},
                                  {"path", ":(glob)prod/**"},
                                  {"path", "!dev/**"},
                                  {"path", ""}}) {
    const std::string& key = setting.first;
    const std::string& value = setting.second;
    CAPTURE(key);
    CAPTURE(value);
    Production server({{key, value}});
    server.commit({{"a.mlem", server.link("main")}});
    const Outcome refused = server.push({"origin", "main"});
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "bad config key 'mlem-policy.production." + key + "'"));
  }
  // Without '=' git takes it for a boolean, and no glob is meant by that.
  Production server({});
  write_file(server.bare / "config", read_file(server.bare / "config") + "[mlem-policy \"p\"]\n\tpath\n");
  server.commit({{"a.mlem", server.link("main")}});
  CHECK(contains(server.push({"origin", "main"}).errors, "bad config key 'mlem-policy.p.path': it has no value"));
}

TEST_CASE("policy: a source that cannot be asked whether a commit is on a branch does not pass") {
  Production server({{"path", "prod/**"}, {"requireReachable", "true"}});
  const SilentServer silent;
  server.config("mlem.allowProtocol", "http,https");
  server.config("mlem.allowSource", "http://127.0.0.1:*/**");
  server.config("mlem.hookTimeout", "2");
  server.config("mlem.onUndecided", "warn");
  const std::string link = link_text({.path = "m.mlem", .repo = silent.url("m/"), .rev = server.world.model_commit});
  server.commit({{"dev/a.mlem", link}});
  CHECK(server.push({"origin", "main"}).code == 0);
  server.commit({{"prod/a.mlem", link}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
}

TEST_CASE("policy: a ref that cannot be compared in time is not called rewound") {
  Production server({{"ref", "refs/heads/main"}, {"approver", "alice"}});
  server.commit({{"a.mlem", server.pinned()}});
  REQUIRE(server.push({"origin", "main"}).code == 0);
  server.commit({{"readme", "text"}});
  const Sandbox& box = server.world.sandbox;
  const auto real = find_program("git", box.environment().at("PATH"));
  REQUIRE(real);
  write_file(box / "bin/git",
             "#!/bin/sh\ncase \" $* \" in *' merge-base '*) sleep 60 ;; esac\nexec " + real->string() + " \"$@\"\n");
  fs::permissions(box / "bin/git", fs::owner_all);
  server.as("bob");
  server.world.registry.git({"push", "-q", "origin", "main:refs/heads/other"});
  server.config("mlem.hookTimeout", "1");
  RunOptions options;
  options.directory = server.bare;
  options.environment["PATH"] = (box / "bin").string() + ":" + box.environment().at("PATH");
  options.input = server.world.registry.id("main~1") + " " + server.world.registry.id("main") + " refs/heads/main\n";
  const Outcome outcome = box.mlem({"hook", "pre-receive"}, options);
  CAPTURE(outcome);
  CHECK(outcome.code != 0);
  CHECK(contains(outcome.errors, "cannot compare a ref's old tip with its new one: there was no time left for it\n"));
  CHECK(!contains(outcome.errors, "rewound"));
}

TEST_CASE("policy: each broken rule is told with its hint and who may approve") {
  Production server({{"ref", "refs/heads/production"},
                     {"path", "prod/**"},
                     {"source", "https://git.example.com/**"},
                     {"requirePinned", "true"},
                     {"approver", "alice"}});
  server.config("mlem-policy.production.approver", "bob");
  server.as("mallory");
  server.commit({{"prod/good.mlem", server.link("main")}, {"prod/gone.mlem", server.link("nope")}});
  const Outcome refused = server.push({"origin", "main:production"});
  CAPTURE(refused);
  const std::string text = said(refused);
  const std::string who =
      "the server takes you for 'mallory'; 'alice' and 'bob' may; push another branch for them to merge";
  const std::string source = "policy 'production' does not allow the source '" + example_url + "/'";
  const std::string id = "policy 'production' wants a full commit id as rev";
  const std::string remedies =
      "; it allows 'https://git.example.com/**'; 'git mlem pin' writes the commit's id into the link ";
  const std::string approval = "policy 'production' lets only its approvers have a link added";
  const std::string all = approval + "; " + source + "; " + id + " hint: " + who + remedies;
  CHECK(contains(text, "prod/gone.mlem: missing-rev (approver, source, pinned) no branch, tag or commit 'nope' in '" +
                           example_url + "/'; " + all));
  CHECK(contains(text, "prod/good.mlem: forbidden (approver, source, pinned) " + all));
}

namespace {

/// Returns a model that `predict`s from columns, by `version` of its library.
std::string model_of(const std::string& columns, const std::string& version = "1.0.2") {
  return "artifacts:\n  data:\n    hash: 0cc175b9c0f1b6a831c399e269772661\n    size: 1\n    uri: rf\n"
         "call_orders: {predict: [[model, predict]]}\nobject_type: model\n"
         "processors:\n  model:\n    methods:\n      predict:\n        args:\n        - name: X\n"
         "          type_: {type: dataframe, columns: [" +
         columns + "], dtypes: [" + columns +
         "], index_cols: []}\n"
         "        name: predict\n        returns: {type: ndarray, dtype: int64, shape: [null]}\n    type: sklearn\n"
         "requirements:\n- {module: sklearn, version: " +
         version + "}\n";
}

/// A server whose policy forbids what breaks callers, with a link to a model that has two columns.
struct Careful : Production {
  std::string first;  ///< commits of the model
  std::string retrained;
  std::string narrower;  ///< lacks a column
  std::string unclear;   ///< has a type that nobody knows

  Careful() : Production({{"path", "prod/**"}, {"forbidBreaking", "true"}}) {
    RepoBuilder& source = world.models;
    first = source.commit({{"m.mlem", model_of("int64, float64")}});
    retrained = source.commit({{"m.mlem", model_of("int64, float64", "1.3.0")}});
    narrower = source.commit({{"m.mlem", model_of("int64")}});
    std::string text = model_of("int64");
    text.replace(text.find("type: ndarray"), 13, "type: new");
    unclear = source.commit({{"m.mlem", text}});
    commit({{"prod/a.mlem", link(first, "m.mlem")}});
    REQUIRE(push({"origin", "main"}).code == 0);
  }
  void re_point(const std::string& to, const std::string& message = "Change") {
    world.registry.commit({{"prod/a.mlem", link(to, "m.mlem")}}, message);
  }
};

const std::string forbids_breaking =
    "policy 'production' forbids what breaks callers of the object that the link led to";
const std::string hint_of_breaking =
    "'git mlem help compatibility' has the rules; a trailer 'Mlem-Breaking: <reason>' in the message of the commit "
    "lets "
    "it pass";

/// What a hook says, in one line.
std::string unwrapped(const std::string& errors) {
  std::string text;
  std::istringstream words(errors);
  for (std::string word; words >> word;) {
    if (word != "remote:" && word != "hint:") text += word + ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("policy: a link that breaks callers is refused") {
  Careful server;
  server.re_point(server.retrained);
  CHECK(server.push({"origin", "main"}).code == 0);
  server.re_point(server.narrower);
  const Outcome refused = server.push({"origin", "main"});
  check_refused(refused, "refs/heads/main: prod/a.mlem", "breaking");
  CHECK(contains(unwrapped(refused.errors), hint_of_breaking));
  // What is in the source, this server's account alone may see.
  CHECK_FALSE(contains(refused.errors, "column"));
  server.config("mlem.serverHints", "true");
  const Outcome told = server.push({"origin", "main"});
  CAPTURE(told);
  CHECK(contains(unwrapped(told.errors), forbids_breaking +
                                             ": method predict: argument X: column float64: float64 -> "
                                             "nothing " +
                                             hint_of_breaking));
  // The same in reverse order: a column is demanded that nobody sent.
  server.world.registry.git({"reset", "-q", "--hard", "origin/main"});
  server.commit({{"dev/a.mlem", server.link(server.narrower, "m.mlem")}});
  CHECK(server.push({"origin", "main"}).code == 0);  // not under the policy
}

TEST_CASE("policy: a trailer of the commit lets what breaks callers pass") {
  Careful server;
  struct Row {
    std::string name;
    std::string message;
    bool passes;
  };
  const Row rows[] = {
      {"no trailer", "Change", false},
      {"a mention", "Change\n\nno Mlem-Breaking: here\nas one sees", false},
      {"a trailer without a reason", "Change\n\nMlem-Breaking:  \n", false},
      {"another trailer", "Change\n\nMlem-Broken: agreed\n", false},
      {"a trailer", "Change\n\nMlem-Breaking: agreed with team A\nSigned-off-by: Ada <ada@example.org>\n", true},
      {"a trailer in other letters", "Change\n\nmlem-breaking: agreed\n", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    server.re_point(server.narrower, row.message);
    const Outcome outcome = server.push({"origin", "main:refs/heads/main"});
    CAPTURE(outcome);
    CHECK((outcome.code == 0) == row.passes);
    if (row.passes) {
      server.re_point(server.first, "Back\n\nMlem-Breaking: back\n");
      REQUIRE(server.push({"origin", "main"}).code == 0);
    } else {
      server.world.registry.git({"reset", "-q", "--hard", "HEAD~1"});
    }
  }
}

TEST_CASE("policy: the trailer counts where the link was changed or at the tip") {
  Careful server;
  SUBCASE("an earlier commit of the push that changed the link") {
    server.re_point(server.narrower, "Change\n\nMlem-Breaking: agreed\n");
    server.commit({{"readme", "x"}});
    CHECK(server.push({"origin", "main"}).code == 0);
  }
  SUBCASE("one that changed something else") {
    server.world.registry.commit({{"readme", "x"}}, "Change\n\nMlem-Breaking: agreed\n");
    server.re_point(server.narrower);
    check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/a.mlem", "breaking");
  }
  SUBCASE("a commit that was merged") {
    server.world.registry.git({"checkout", "-q", "-b", "side"});
    server.re_point(server.narrower, "Change\n\nMlem-Breaking: agreed\n");
    server.world.registry.checkout("main");
    server.commit({{"readme", "x"}});
    server.world.registry.git({"merge", "-q", "-m", "merge", "side"});
    CHECK(server.push({"origin", "main"}).code == 0);
  }
  SUBCASE("the commit that merges") {
    server.world.registry.git({"checkout", "-q", "-b", "side"});
    server.re_point(server.narrower);
    server.world.registry.checkout("main");
    server.world.registry.git({"merge", "-q", "--no-ff", "-m", "merge\n\nMlem-Breaking: agreed", "side"});
    CHECK(server.push({"origin", "main"}).code == 0);
  }
  SUBCASE("a new branch") {
    server.world.registry.git({"checkout", "-q", "-b", "side"});
    server.re_point(server.narrower);
    check_refused(server.push({"origin", "side"}), "refs/heads/side: prod/a.mlem", "breaking");
    server.world.registry.git({"commit", "-q", "--amend", "-m", "Change\n\nMlem-Breaking: agreed"});
    CHECK(server.push({"origin", "side"}).code == 0);
  }
}

TEST_CASE("policy: only what is known to break is refused as breaking") {
  Careful server;
  SUBCASE("a type that is not understood") {
    server.re_point(server.unclear);
    check_refused(server.push({"origin", "main"}), "refs/heads/main: prod/a.mlem", "breaking");  // the column is gone
    server.config("mlem-policy.production.forbidBreaking", "false");
    CHECK(server.push({"origin", "main"}).code == 0);
    server.config("mlem-policy.production.forbidBreaking", "true");
    server.re_point(server.narrower);
    CHECK(server.push({"origin", "main"}).code == 0);
  }
  SUBCASE("what resolved to nothing before broke nobody") {
    server.config("mlem-policy.production.forbidBreaking", "false");
    server.commit({{"prod/b.mlem", server.link("topic", "m.mlem")}});
    server.world.models.branch("topic");
    REQUIRE(server.push({"origin", "main"}).code == 0);
    server.world.models.git({"branch", "-D", "topic"});
    server.config("mlem-policy.production.forbidBreaking", "true");
    server.commit({{"prod/b.mlem", server.link(server.narrower, "m.mlem")}});
    CHECK(server.push({"origin", "main"}).code == 0);
  }
  SUBCASE("what cannot be read any more may have been called") {
    server.config("mlem-policy.production.forbidBreaking", "false");
    const std::string place = "url." + (server.world.models.path() / ".git").string();
    server.world.sandbox.add_config(place + ".insteadOf", "https://example.com/moved");
    server.commit(
        {{"prod/b.mlem", link_text({.path = "m.mlem", .repo = "https://example.com/moved/", .rev = "main"})}});
    REQUIRE(server.push({"origin", "main"}).code == 0);
    // Nobody listens on the port.
    server.world.git({"config", "--global", "--remove-section", place});
    server.world.sandbox.add_config("url.http://127.0.0.1:1/.insteadOf", "https://example.com/moved");
    server.config("mlem-policy.production.forbidBreaking", "true");
    server.commit({{"prod/b.mlem", server.link(server.narrower, "m.mlem")}});
    server.config("mlem.serverHints", "true");
    const Outcome outcome = server.push({"origin", "main"});
    check_refused(outcome, "refs/heads/main: prod/b.mlem", "breaking");
    CHECK(contains(unwrapped(outcome.errors), forbids_breaking + ", and what it led to before cannot be read"));
  }
  SUBCASE("a comment or a hold") {
    std::string text = server.link(server.first, "m.mlem");
    server.commit({{"prod/a.mlem", "# for team A\n" + text}});
    CHECK(server.push({"origin", "main"}).code == 0);
  }
  SUBCASE("a link that is new or removed") {
    server.commit({{"prod/b.mlem", server.link(server.narrower, "m.mlem")}});
    CHECK(server.push({"origin", "main"}).code == 0);
    server.commit({{"prod/b.mlem", ""}});
    CHECK(server.push({"origin", "main"}).code == 0);
  }
}

TEST_CASE("policy: check tells beforehand what breaks callers") {
  Careful server;
  server.world.registry.git({"config", "mlem-policy.production.path", "prod/**"});
  server.world.registry.git({"config", "mlem-policy.production.forbidBreaking", "true"});
  server.re_point(server.narrower);
  const Outcome told = server.world.mlem({"check", "--policy", "main"});
  CAPTURE(told);
  CHECK(told.code == 1);
  CHECK(contains(told.output, "prod/a.mlem: forbidden (breaking): " + forbids_breaking +
                                  ": method predict: argument X: column float64: float64 -> nothing\n  hint: " +
                                  hint_of_breaking + "\n"));
  const Outcome all = server.world.mlem({"check", "--policy", "main", "--all", "HEAD"});
  CAPTURE(all);
  CHECK(all.code == 0);
  const Outcome keys = server.world.mlem({"policy", "--json"});
  CHECK(contains(keys.output, R"("key":"forbidBreaking","value":"true")"));
}
