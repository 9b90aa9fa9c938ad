// Pushes over each kind of server that the manual speaks of, set up as git-mlem-server(7) says.
#include "support/http_server.hpp"
#include "support/ssh_server.hpp"

#include "cli/manual.hpp"
#include "cli/server.hpp"
#include <fmt/format.h>

#include <algorithm>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

/// Expects a push to be refused for the links, to say so to the pusher, and to leave the refs as they were.
void check_refused(const Server& server, const fs::path& bare, const std::vector<std::string>& arguments,
                   const std::string& message) {
  const std::string before = server.git_in(bare, {"for-each-ref"}).output;
  const Outcome refused = server.push(arguments);
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "remote: error: " + message));
  CHECK(contains(refused.errors, "[remote rejected]"));
  CHECK(server.git_in(bare, {"for-each-ref"}).output == before);
}

void check_lands(const Server& server, const std::vector<std::string>& arguments) {
  const Outcome landed = server.push(arguments);
  CAPTURE(landed);
  CHECK(landed.code == 0);
}

/// Each kind of ref update, once with good links and once with a broken one, to the remote `origin`.
void check_pushes(Server& server, const fs::path& bare) {
  RepoBuilder& registry = server.world.registry;
  registry.commit({{"a.mlem", server.link("main")}});
  check_lands(server, {"origin", "main"});
  registry.tag("good");
  registry.commit({{"a.mlem", server.link("5-deploy-meta")}});
  check_lands(server, {"origin", "main", "main:refs/heads/topic", "good"});  // update, new branch, tag
  const std::string good = registry.id("HEAD");
  registry.commit({{"b.mlem", server.link("nope")}});
  const std::string broken = "b.mlem: missing-rev";
  check_refused(server, bare, {"origin", "main"}, "refs/heads/main: " + broken);
  check_refused(server, bare, {"origin", "main:refs/heads/fresh"}, "refs/heads/fresh: " + broken);
  check_refused(server, bare, {"origin", "main:refs/tags/v1"}, "refs/tags/v1: " + broken);
  check_refused(server, bare, {"origin", good + ":refs/heads/other", "main"}, "refs/heads/main: " + broken);
  check_refused(server, bare, {"--atomic", "origin", good + ":refs/heads/other", "main"}, "refs/heads/main: " + broken);

  registry.git({"checkout", "-q", "--detach", "good"});
  registry.commit({{"c.mlem", server.link("nope")}});
  check_refused(server, bare, {"--force", "origin", "HEAD:topic"}, "refs/heads/topic: c.mlem: missing-rev");
  registry.git({"reset", "-q", "--hard", "good"});
  registry.commit({{"c.mlem", server.link("main")}});
  check_lands(server, {"--force", "origin", "HEAD:topic"});
  check_lands(server, {"--atomic", "origin", good + ":refs/heads/one", good + ":refs/heads/two"});
  check_lands(server, {"origin", ":topic", ":refs/tags/good"});
  CHECK(server.git_in(bare, {"rev-parse", "-q", "--verify", "topic"}).code == 1);
}

void set_origin(const Server& server, const std::string& url) {
  server.world.registry.git({"remote", "set-url", "origin", url});
}

}  // namespace

TEST_CASE("real servers: plain ssh") {
  Server server;
  const SshServer ssh(server.world.sandbox);
  set_origin(server, ssh.url(server.bare));
  server.world.registry.git({"config", "core.sshCommand", ssh.command()});
  check_pushes(server, server.bare);
}

TEST_CASE("real servers: ssh with a forced command that names the pusher") {
  Server server;
  const SshServer ssh(server.world.sandbox);
  set_origin(server, ssh.url(server.bare));
  server.world.registry.git({"config", "core.sshCommand", ssh.command()});
  server.config("mlem.pusher", "MLEM_PUSHER");
  server.config("mlem-policy.main.approver", "alice");
  const auto push_as = [&](const std::string& name) {
    ssh.force_command("MLEM_PUSHER=" + name + " git-shell -c \"$SSH_ORIGINAL_COMMAND\"");
    return server.push({"origin", "main"});
  };
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  const Outcome refused = push_as("mallory");
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "forbidden (approver)"));
  const Outcome landed = push_as("alice");
  CAPTURE(landed);
  CHECK(landed.code == 0);
}

TEST_CASE("real servers: git http-backend") {
  Server server;
  const HttpServer http(server.world.sandbox);
  const fs::path bare = http.root() / "private/registry.git";
  fs::rename(server.bare, bare);
  server.bare = bare;
  set_origin(server, http.url("private/registry.git"));
  const fs::path helper = server.world.sandbox / "credentials";
  write_file(helper,
             fmt::format("#!/bin/sh\necho username={}\necho 'password={}'\n", HttpServer::user, HttpServer::password));
  fs::permissions(helper, fs::owner_all);
  server.world.registry.git({"config", "credential.helper", helper.string()});
  SUBCASE("any pusher") { check_pushes(server, bare); }
  SUBCASE("approvers are known by REMOTE_USER") {
    server.config("mlem.pusher", "REMOTE_USER");
    server.config("mlem-policy.main.approver", "bob");
    server.world.registry.commit({{"a.mlem", server.link("main")}});
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(contains(refused.errors, "forbidden (approver)"));
    server.config("mlem-policy.main.approver", HttpServer::user);
    CHECK(server.push({"origin", "main"}).code == 0);
  }
}

namespace {

/// gitolite in the sandbox's home, behind an ssh server, with one registry that `alice` may push to.
struct Gitolite {
  Server server;
  SshServer ssh{server.world.sandbox};
  fs::path home = server.world.sandbox.home();
  fs::path bare = home / "repositories/registry.git";

  explicit Gitolite(const std::string& rules) {
    const fs::path key = server.world.sandbox / "alice.pub";
    write_file(key, read_file(server.world.sandbox / "sshd/user_key.pub"));
    gitolite({"setup", "-pk", key.string()});
    std::string settings = read_file(home / ".gitolite.rc");
    const std::string commented = "# LOCAL_CODE                =>  \"$ENV{HOME}/local\"";
    const std::size_t place = settings.find(commented);
    REQUIRE(place != std::string::npos);
    settings.replace(place, 1, "");
    write_file(home / ".gitolite.rc", settings);
    write_file(home / ".gitolite/conf/gitolite.conf", "repo registry\n    RW+ = alice\n" + rules);
    ssh.force_command("/usr/share/gitolite3/gitolite-shell alice");
    server.world.registry.git({"config", "core.sshCommand", ssh.command()});
    const std::string url = ssh.url(bare);
    set_origin(server, url.substr(0, url.size() - bare.string().size()) + "/registry");
  }
  void gitolite(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"gitolite"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = server.world.sandbox.run(all);
    CAPTURE(outcome);
    REQUIRE(outcome.code == 0);
  }
  /// Runs commands of the manual, with our files in the place of the installed ones.
  void follow(std::string block) const {
    const std::string installed = "/usr/local/share/git-mlem/hooks";
    const std::string ours = (fs::path(program_directory()) / "../share/git-mlem/hooks").string();
    for (std::size_t at = block.find(installed); at != std::string::npos; at = block.find(installed, at)) {
      block.replace(at, installed.size(), ours);
    }
    const Outcome outcome = server.world.sandbox.run({"sh", "-c", commands_of(block)});
    CAPTURE(outcome);
    REQUIRE(outcome.code == 0);
  }
  /// What the manual says: the commands for a common hook, those for a virtual ref, its configuration, the commands for
  /// policies, and a line of `.gitolite.rc`.
  std::vector<std::string> manual = manual_blocks("man7/git-mlem-server.7", ".Sh GITOLITE");
};

}  // namespace

TEST_CASE("real servers: gitolite with a common hook") {
  Gitolite place("");
  place.gitolite({"setup"});
  place.follow(place.manual.at(0));
  check_pushes(place.server, place.bare);

  place.server.git_in(place.bare, {"config", "mlem.pusher", "GL_USER"});
  place.server.git_in(place.bare, {"config", "mlem-policy.p.approver", "bob"});
  const Outcome refused = place.server.push({"origin", "HEAD:refs/heads/new"});
  CAPTURE(refused);
  CHECK(contains(refused.errors, "forbidden (approver)"));

  std::string settings = read_file(place.home / ".gitolite.rc");
  const std::size_t end = settings.find("\n1;\n");
  REQUIRE(end != std::string::npos);
  settings.insert(end + 1, place.manual.at(4));
  write_file(place.home / ".gitolite.rc", settings);
  REQUIRE(place.server.push({"origin", "HEAD:refs/heads/new"}).code == 1);
  CHECK(contains(read_file(place.home / "trace"), R"(git-mlem: {"schema":1,)"));
}

TEST_CASE("real servers: gitolite with a virtual ref") {
  Gitolite place("");
  place.follow(place.manual.at(1));
  write_file(place.home / ".gitolite/conf/gitolite.conf", place.manual.at(2));
  place.gitolite({"setup"});
  RepoBuilder& registry = place.server.world.registry;
  registry.commit({{"a.mlem", place.server.link("main")}});
  check_lands(place.server, {"origin", "main"});
  registry.commit({{"b.mlem", place.server.link("nope")}});
  const Outcome refused = place.server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "b.mlem: missing-rev"));
  CHECK(contains(refused.errors, "the links of this push are refused"));
  check_lands(place.server, {"origin", "main~1:refs/heads/topic"});
  check_lands(place.server, {"origin", ":topic"});
}

TEST_CASE("real servers: policies of gitolite are in a file of their own") {
  // What the manual warns of: gitolite keeps one value of a key.
  Gitolite place("    config mlem-policy.p.approver = bob\n    config mlem-policy.p.approver = carol\n");
  std::string settings = read_file(place.home / ".gitolite.rc");
  const std::string unset = "GIT_CONFIG_KEYS                 =>  ''";
  const std::size_t keys = settings.find(unset);
  REQUIRE(keys != std::string::npos);
  settings.replace(keys, unset.size(), "GIT_CONFIG_KEYS => 'mlem-policy\\..*'");
  write_file(place.home / ".gitolite.rc", settings);
  place.gitolite({"setup"});
  place.follow(place.manual.at(0));
  const auto approvers = [&](const std::string& policy) {
    return place.server.git_in(place.bare, {"config", "--get-all", "mlem-policy." + policy + ".approver"}).output;
  };
  CHECK(approvers("p") == "carol\n");
  place.server.git_in(place.bare, {"config", "--remove-section", "mlem-policy.p"});
  write_file(place.home / ".gitolite/conf/gitolite.conf", "repo registry\n    RW+ = @all\n");

  place.follow(place.manual.at(3));
  place.gitolite({"setup"});
  CHECK(approvers("main") == "alice\nbob\n");
  place.server.world.registry.commit({{"a.mlem", place.server.link("main")}});
  const auto push_as = [&](const std::string& name, const std::string& to) {
    place.ssh.force_command("/usr/share/gitolite3/gitolite-shell " + name);
    return place.server.push({"origin", "main:refs/heads/" + to});
  };
  const Outcome refused = push_as("mallory", "main");
  CAPTURE(refused);
  CHECK(contains(refused.errors, "forbidden (approver)"));
  CHECK(push_as("mallory", "topic").code == 0);
  CHECK(push_as("alice", "main").code == 0);
  place.server.world.registry.commit({{"b.mlem", place.server.link("main")}});
  CHECK(push_as("bob", "main").code == 0);
}

TEST_CASE("real servers: Gitea's pull requests can be opened by anybody where the policy is about branches") {
  // Gitea itself is no package of Debian: this is the push that it makes for a pull request, and its hooks directory.
  Server server;
  const fs::path hook = server.bare / "hooks/pre-receive";
  fs::create_directory(server.bare / "hooks/pre-receive.d");
  const fs::path data = fs::path(program_directory()) / "../share/git-mlem/hooks";
  fs::copy_file(data / "server.d/git-mlem", server.bare / "hooks/pre-receive.d/git-mlem");
  write_file(hook,
             "#!/bin/sh\ndata=$(cat)\nexport GITEA_PUSHER_NAME=mallory\n"
             "for hook in \"${0%/*}/pre-receive.d\"/*; do echo \"$data\" | sh \"$hook\" || exit; done\n");
  fs::permissions(hook, fs::owner_all);
  server.config("mlem.pusher", "GITEA_PUSHER_NAME");
  server.config("mlem-policy.all.approver", "alice");
  server.world.registry.commit({{"a.mlem", server.link("main")}});
  const Outcome proposed = server.push({"origin", "main:refs/pull/1/head"});
  CAPTURE(proposed);
  CHECK(contains(proposed.errors, "forbidden (approver)"));
  server.config("mlem-policy.all.ref", "refs/heads/**");
  CHECK(server.push({"origin", "main:refs/pull/1/head"}).code == 0);
  const Outcome pushed = server.push({"origin", "main"});
  CAPTURE(pushed);
  CHECK(contains(pushed.errors, "forbidden (approver)"));
  // A broken link is told of when it is proposed.
  server.world.registry.commit({{"b.mlem", server.link("nope")}});
  CHECK(contains(server.push({"origin", "main:refs/pull/2/head"}).errors, "b.mlem: missing-rev"));
}
