#include "base/text.hpp"
#include "git/detail/diagnosis.hpp"
#include "git/registry.hpp"
#include "git/rewrite_url.hpp"
#include "git/transport.hpp"
#include "support/git_daemon.hpp"
#include "support/http_server.hpp"
#include "support/repo_builder.hpp"
#include "support/ssh_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <ostream>
#include <random>

namespace mlem::git {

// For doctest, which finds it by its argument.
std::ostream& operator<<(std::ostream& out, TransportFailure failure) {
  const char* const names[] = {"missing_repo", "missing_ref",       "missing_object", "refused_filter",
                               "not_allowed",  "broken_repository", "auth_required",  "unreachable",
                               "redirected",   "timeout",           "too_large"};
  return out << names[static_cast<int>(failure)];
}

}  // namespace mlem::git

namespace {

using mlem::Environment;
using mlem::ErrorKind;
using mlem::git::RemoteRefs;
using mlem::git::Transport;
using mlem::git::TransportError;
using mlem::git::TransportFailure;
using mlem::git::TransportOptions;
using namespace mlem::test;
namespace fs = mlem::fs;
using namespace std::chrono_literals;

using Settings = std::vector<std::pair<std::string, std::string>>;

/// A transport of the sandbox's user, whose configuration is what git lists there.
Transport transport(const Sandbox& box, const TransportOptions& options = {}) {
  Environment environment;
  for (const auto& [name, value] : box.environment()) environment.set(name, value);
  const auto config = mlem::git::Config::parse_with_scopes(box.git({"config", "-z", "--show-scope", "--list"}).output);
  return {mlem::git::with_transport_config(environment, config), options};
}

/// Returns the error of a call that must fail.
TransportError failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const TransportError& error) {
    return error;
  }
  throw std::runtime_error("the call did not fail");
}

TransportError list_failure(const Sandbox& box, const std::string& url, const TransportOptions& options = {}) {
  return failure_of([&] { transport(box, options).list_refs(url, "the source"); });
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The ids of the objects that a repository has.
std::vector<std::string> objects(const Sandbox& box, const fs::path& git_dir) {
  std::vector<std::string> ids;
  const std::string listing = box.git_output({"--git-dir=" + git_dir.string(), "cat-file", "--batch-all-objects",
                                              "--batch-check=%(objectname)", "--unordered"});
  for (const std::string_view line : mlem::split(listing, '\n')) ids.emplace_back(line);
  return ids;
}

bool has(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Makes `script` the user's ssh; its `$last` is the command for the server.
void write_ssh(const Sandbox& box, const std::string& script) {
  const fs::path program = box / "ssh";
  write_file(program, "#!/bin/sh\nfor last; do :; done\n" + script + "\n");
  fs::permissions(program, fs::owner_all);
  box.add_config("core.sshCommand", program.string());
}

/// A source with a metafile and its model, served by HTTP in public and below `private/`, and an empty cache.
struct World {
  Sandbox box;
  HttpServer server{box};
  RepoBuilder models{box, "models"};
  std::string commit = models.commit({{"dir/m.mlem", "meta"}, {"dir/m", std::string(100'000, 'x')}});
  std::string tag = models.annotated_tag("v1");
  RepoBuilder cache{box, "cache.git", {.bare = true}};

  World() {
    models.bare_clone(server.root() / "models.git");
    models.bare_clone(server.root() / "private/models.git");
  }
  std::string url() const { return server.url("models.git"); }
};

}  // namespace

TEST_CASE("transport: the refs of a repository are listed unpeeled with the branch of HEAD") {
  const World world;
  const RemoteRefs remote = transport(world.box).list_refs(world.url(), "the source");
  CHECK(remote.head_branch == "refs/heads/main");
  std::vector<std::pair<std::string, std::string>> refs;
  for (const auto& ref : remote.refs) refs.emplace_back(ref.name, ref.oid.hex());
  const std::vector<std::pair<std::string, std::string>> expected{
      {"HEAD", world.commit}, {"refs/heads/main", world.commit}, {"refs/tags/v1", world.tag}};
  CHECK(refs == expected);
}

TEST_CASE("transport: an empty repository has no refs") {
  const Sandbox box;
  const RepoBuilder empty(box, "empty.git", {.bare = true});
  CHECK(transport(box).list_refs(empty.url(), "the source").refs.empty());
}

TEST_CASE("transport: commits and trees are fetched without blobs and then blobs by id") {
  const World world;
  const std::string config = read_file(world.cache.path() / "config");
  const std::string metafile = world.models.id("HEAD:dir/m.mlem");
  const Transport transport_here = transport(world.box);
  transport_here.fetch(world.cache.path(), world.url(), "the source",
                       {.refspecs = {world.commit}, .filter = "combine:tree:2+blob:none"});
  std::vector<std::string> have = objects(world.box, world.cache.path());
  CHECK(has(have, world.commit));
  CHECK(has(have, world.models.id("HEAD:dir")));
  CHECK(have.size() == 3);
  transport_here.fetch(world.cache.path(), world.url(), "the source",
                       {.refspecs = {metafile}, .filter = "blob:none", .shallow = false});
  have = objects(world.box, world.cache.path());
  CHECK(has(have, metafile));
  CHECK(have.size() == 4);
  CHECK(read_file(world.cache.path() / "config") == config);
  CHECK_FALSE(fs::exists(world.cache.path() / "FETCH_HEAD"));
}

TEST_CASE("transport: a filter that is refused is told from an address that has the word") {
  const World world;
  const fs::path served = world.server.root() / "models.git";
  struct Row {
    std::string key;
    std::string value;
  };
  const Row rows[] = {{"uploadpackfilter.tree.allow", "false"}, {"uploadpackfilter.tree.maxDepth", "1"}};
  for (const Row& row : rows) {
    CAPTURE(row.key);
    world.box.git_output({"--git-dir=" + served.string(), "config", row.key, row.value});
    const TransportError error = failure_of([&] {
      transport(world.box).fetch(world.cache.path(), world.url(), "s",
                                 {.refspecs = {world.commit}, .filter = "combine:tree:2+blob:none"});
    });
    CAPTURE(error.why());
    CHECK(error.failure() == TransportFailure::refused_filter);
    world.box.git_output({"--git-dir=" + served.string(), "config", "--unset", row.key});
  }
  const TransportError error = failure_of([&] {
    transport(world.box).fetch(world.cache.path(), world.server.status_url(500, "filter.git"), "s",
                               {.refspecs = {world.commit}, .filter = "blob:none"});
  });
  CHECK(contains(error.why(), "filter.git"));
  CHECK(error.failure() == TransportFailure::unreachable);
}

TEST_CASE("transport: refs are fetched where the refspec says and pruned") {
  const World world;
  const Transport transport_here = transport(world.box);
  const Transport::Fetch all{.refspecs = {"+refs/heads/*:refs/source/heads/*"}, .shallow = false, .prune = true};
  world.cache.git({"fetch", "-q", "--no-tags", world.models.url(), "main:refs/source/heads/gone"});
  transport_here.fetch(world.cache.path(), world.url(), "the source", all);
  CHECK(world.cache.git({"for-each-ref", "--format=%(refname) %(objectname)"}) ==
        "refs/source/heads/main " + world.commit);
}

TEST_CASE("transport: each failure of a listing has its class and git's reason") {
  const World world;
  const GitDaemon daemon(world.box, world.server.root());
  const HttpStub cut({HttpStub::cut_response("001e# service=git-upload-pack\n", 1000,
                                             "Content-Type: application/x-git-upload-pack-advertisement\r\n")});
  struct Row {
    std::string url;
    TransportFailure failure;
    std::string why;
  };
  const Row rows[] = {
      {world.server.url("none.git"), TransportFailure::missing_repo,
       "repository '" + world.server.url("none.git/") + "' not found"},
      {daemon.url("none.git"), TransportFailure::missing_repo, "access denied or repository not exported: /none.git"},
      {"file:///nonexistent", TransportFailure::missing_repo, "'/nonexistent' does not appear to be a git repository"},
      {world.server.url("private/models.git"), TransportFailure::auth_required, "could not read Username for"},
      {world.server.status_url(401, "x.git"), TransportFailure::auth_required, "could not read Username for"},
      {world.server.status_url(403, "x.git"), TransportFailure::auth_required, "The requested URL returned error: 403"},
      {world.server.status_url(429, "x.git"), TransportFailure::unreachable, "The requested URL returned error: 429"},
      {world.server.status_url(500, "x.git"), TransportFailure::unreachable, "The requested URL returned error: 500"},
      {"http://127.0.0.1:1/x.git", TransportFailure::unreachable, "Failed to connect to 127.0.0.1 port 1"},
      {"http://nosuchhost.invalid/x.git", TransportFailure::unreachable, "Could not resolve host: nosuchhost.invalid"},
      {cut.url("x.git"), TransportFailure::unreachable, " with 970 bytes "},
      {"ext::sh -c true", TransportFailure::unreachable, "transport 'ext' not allowed"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const TransportError error = list_failure(world.box, row.url);
    CAPTURE(error.why());
    CHECK(error.failure() == row.failure);
    CHECK(error.what_failed() == "cannot read 'the source'");
    CHECK(contains(error.why(), row.why));
    CHECK_FALSE(error.why().starts_with("fatal"));
    CHECK((error.kind() == ErrorKind::not_found) == (row.failure == TransportFailure::missing_repo));
  }
}

TEST_CASE("transport: what may not be written here is no matter of logging in") {
  using mlem::git::TransportFailure;
  using mlem::git::detail::diagnose;
  struct Row {
    std::string errors;
    TransportFailure failure;
  };
  const Row rows[] = {
      {"error: unable to create temporary file: Permission denied\nfatal: failed to write object\n",
       TransportFailure::unreachable},
      {"fatal: Unable to create temporary file '/c/objects/pack/tmp_pack_XXXXXX': Permission denied\n"
       "fatal: fetch-pack: invalid index-pack output\n",
       TransportFailure::unreachable},
      {"error: insufficient permission for adding an object to repository database /c/objects\n",
       TransportFailure::unreachable},
      {"error: cannot lock ref 'refs/a': Unable to create '/c/refs/a.lock': File exists\n",
       TransportFailure::broken_repository},
      {"git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
       TransportFailure::auth_required},
  };
  for (const Row& row : rows) {
    CAPTURE(row.errors);
    CHECK(diagnose(row.errors).failure == row.failure);
  }
}

TEST_CASE("transport: a hint says what may help") {
  const World world;
  CHECK(list_failure(world.box, world.server.url("none.git")).hint() == "or this account may not see it");
  CHECK(list_failure(world.box, world.server.url("private/models.git")).hint() ==
        "log in with 'git ls-remote the source'");
}

TEST_CASE("transport: what a server lacks is named") {
  const World world;
  const std::string absent(40, 'b');
  struct Row {
    std::string refspec;
    std::string missing;
    TransportFailure failure;
  };
  const Row rows[] = {
      {absent, absent, TransportFailure::missing_object},
      {"+refs/heads/none:refs/source/none", "refs/heads/none", TransportFailure::missing_ref},
  };
  for (const Row& row : rows) {
    CAPTURE(row.refspec);
    const TransportError error = failure_of(
        [&] { transport(world.box).fetch(world.cache.path(), world.url(), "s", {.refspecs = {row.refspec}}); });
    CAPTURE(error.why());
    CHECK(error.failure() == row.failure);
    CHECK(error.missing() == row.missing);
    CHECK(error.kind() == ErrorKind::not_found);
  }
}

TEST_CASE("transport: ssh as the user has it is used and never asks") {
  const World world;
  const SshServer server(world.box);
  struct Row {
    std::string command;
    std::string directory;
    TransportFailure failure;
    std::string why;
  };
  const Row rows[] = {
      {server.command_with_refused_key(), "models", TransportFailure::auth_required, "Permission denied (publickey)"},
      {server.command_with_unknown_host(), "models", TransportFailure::auth_required, "Host key verification failed"},
      {server.command(), "none", TransportFailure::missing_repo, "does not appear to be a git repository"},
  };
  for (const Row& row : rows) {
    Sandbox box;
    box.add_config("core.sshCommand", row.command);
    const TransportError error = list_failure(box, server.url(world.box / row.directory));
    CAPTURE(error.why());
    CHECK(error.failure() == row.failure);
    CHECK(contains(error.why(), row.why));
  }
  Sandbox box;
  box.environment()["GIT_SSH_COMMAND"] = server.command();
  CHECK(transport(box).list_refs(server.url(world.models.path()), "s").head_branch == "refs/heads/main");
}

TEST_CASE("transport: BatchMode is given to OpenSSH and to no other ssh") {
  struct Row {
    std::string program;
    std::string variant;
    bool batch;
  };
  const Row rows[] = {{"ssh", "", true},     {"ssh", "auto", true},   {"ssh", "simple", false},
                      {"my-ssh", "", false}, {"my-ssh", "ssh", true}, {"tortoiseplink", "", false}};
  for (const Row& row : rows) {
    CAPTURE(row.program);
    CAPTURE(row.variant);
    Sandbox box;
    const fs::path program = box / row.program;
    write_file(program, "#!/bin/sh\necho \"$*\" >>'" + (box / "asked").string() + "'\nexit 1\n");
    fs::permissions(program, fs::owner_all);
    box.add_config("core.sshCommand", program.string() + " -v");
    if (!row.variant.empty()) box.add_config("ssh.variant", row.variant);
    list_failure(box, "ssh://example.invalid/x");
    const std::string asked = read_file(box / "asked");
    CAPTURE(asked);
    CHECK(contains(asked, "-v -o BatchMode=yes ") == row.batch);
  }
}

TEST_CASE("transport: credentials come from the user's helper") {
  const World world;
  const std::string url = world.server.url("private/models.git");
  world.box.add_config("credential.helper", std::string("!f() { echo username=") + HttpServer::user +
                                                "; echo 'password=" + HttpServer::password + "'; }; f");
  CHECK(transport(world.box).list_refs(url, "the source").refs.size() == 3);
  world.box.add_config("credential.helper", "");
  world.box.add_config("credential.helper", "!f() { echo username=alice; echo password=wrong; }; f");
  const TransportError error = list_failure(world.box, url);
  CHECK(error.failure() == TransportFailure::auth_required);
  CHECK(error.why() == "Authentication failed for '" + world.server.url("private/models.git/") + "'");
}

TEST_CASE("transport: a setting that git collects is sent once") {
  const Sandbox box;
  HttpStub stub({HttpStub::response("404 Not Found", "")});
  box.add_config("http.extraHeader", "X-Key: secret");
  CHECK(list_failure(box, stub.url("x.git")).failure() == TransportFailure::missing_repo);
  const std::string request = stub.requests().at(0);
  const std::size_t first = request.find("X-Key: secret");
  CHECK(first != std::string::npos);
  CHECK(first == request.rfind("X-Key: secret"));
}

TEST_CASE("transport: an address is rewritten by insteadOf and its secrets are not printed") {
  const World world;
  const std::string port = world.url().substr(0, world.url().rfind('/'));
  const std::string secret_base = "http://token:hunter2@" + port.substr(std::string("http://").size());
  world.box.add_config("url." + secret_base + "/.insteadOf", "https://models.example/");
  CHECK(transport(world.box).list_refs("https://models.example/models.git", "s").refs.size() == 3);
  transport(world.box).fetch(world.cache.path(), "https://models.example/models.git", "s",
                             {.refspecs = {world.commit}, .filter = "tree:0"});
  CHECK(objects(world.box, world.cache.path()) == std::vector<std::string>{world.commit});
  for (const char* path : {"none.git", "private/models.git"}) {
    const TransportError error = list_failure(world.box, std::string("https://models.example/") + path);
    CAPTURE(error.why());
    CHECK_FALSE(contains(error.why(), "hunter2"));
    CHECK_FALSE(contains(error.why(), "token"));
  }
}

TEST_CASE("transport: a silent server ends in time with all children of git") {
  const Sandbox box;
  const SilentServer server;
  const auto start = std::chrono::steady_clock::now();
  const TransportError idle = list_failure(box, server.url("x.git"), {.idle = 1000ms});
  CHECK(idle.failure() == TransportFailure::timeout);
  CHECK(idle.why() == "no progress for 1 seconds");
  const TransportError late = list_failure(box, server.url("x.git"), {.idle = 0ms, .deadline = start + 1500ms});
  CHECK(late.failure() == TransportFailure::timeout);
  CHECK(late.why() == "it took too long");
  CHECK(std::chrono::steady_clock::now() - start < 30s);
  // git-remote-http has the address among its arguments.
  CHECK(box.run({"pgrep", "-f", server.url("x.git")}).output.empty());
}

TEST_CASE("transport: a fetch ends when the repository grows too much and leaves nothing behind") {
  World world;
  std::mt19937 random;
  std::string noise(1'000'000, ' ');
  std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(random()); });
  const std::string commit = world.models.commit({{"dir/m", noise}});
  // A server that stops in the middle, so that only the limit can end the fetch.
  write_ssh(world.box, R"(sh -c "$last" | { stdbuf -o0 head -c 500000; sleep 60; })");
  write_file(world.cache.path() / "objects/pack/tmp_pack_old", noise);
  write_file(world.cache.path() / "shallow.lock", "");
  const auto fetch = [&](const std::string& url, std::uint64_t limit) {
    transport(world.box, {.max_growth = limit}).fetch(world.cache.path(), url, "the source", {.refspecs = {commit}});
  };
  const TransportError error = failure_of([&] { fetch("ssh://host" + world.models.path().string(), 100'000); });
  CHECK(error.failure() == TransportFailure::too_large);
  CHECK(error.why() == "it sends more than 100000 bytes");
  CHECK(error.hint() == "mlem.maxFetch sets the limit");
  CHECK(fs::is_empty(world.cache.path() / "objects/pack"));
  CHECK_FALSE(fs::exists(world.cache.path() / "shallow.lock"));
  fetch(world.models.url(), 10'000'000);
  CHECK(has(objects(world.box, world.cache.path()), commit));
}

TEST_CASE("transport: a server of plain files is held to the limit too and nothing of what is too large is kept") {
  World world;
  std::mt19937 random;
  std::string noise(3'000'000, ' ');
  std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(random()); });
  world.models.commit({{"dir/m", noise}});
  const fs::path served = world.server.root() / "plain.git";
  fs::create_directories(served);
  // Loose objects, as the repository has them.
  world.box.run({"cp", "-R", (world.models.path() / ".git").string() + "/.", served.string()});
  world.box.git({"--git-dir=" + served.string(), "update-server-info"});
  world.box.environment()["GIT_SMART_HTTP"] = "0";
  const Transport::Fetch all{.refspecs = {"+refs/heads/*:refs/source/heads/*"}, .shallow = false};
  for (int run = 0; run < 2; ++run) {
    const TransportError error = failure_of([&] {
      transport(world.box, {.max_growth = 100'000})
          .fetch(world.cache.path(), world.server.url("plain.git"), "the source", all);
    });
    CHECK(error.failure() == TransportFailure::too_large);
    CHECK(world.box.run({"find", (world.cache.path() / "objects").string(), "-type", "f"}).output.empty());
  }
  transport(world.box).fetch(world.cache.path(), world.server.url("plain.git"), "the source", all);
  CHECK(world.cache.id("refs/source/heads/main:dir/m") == world.models.id("main:dir/m"));
}

TEST_CASE("transport: what a killed fetch left is removed wherever it is") {
  const World world;
  const fs::path git_dir = world.cache.path();
  const char* const leftovers[] = {"shallow.lock",
                                   "refs/source/heads/main.lock",
                                   "refs/source/heads/team/a/b.lock",
                                   "objects/pack/tmp_pack_x",
                                   "objects/pack/pack-1.pack.temp",
                                   "objects/ab/tmp_obj_x",
                                   "objects/ab/cd.temp",
                                   "objects/ab/cd.prev"};
  for (const char* name : leftovers) write_file(git_dir / name, "");
  transport(world.box).fetch(git_dir, world.url(), "the source", {.refspecs = {"+refs/heads/*:refs/source/heads/*"}});
  for (const char* name : leftovers) {
    CAPTURE(std::string(name));
    CHECK_FALSE(fs::exists(git_dir / name));
  }
  CHECK(world.cache.id("refs/source/heads/main") == world.commit);
}

TEST_CASE("transport: refs that cannot be written are the fault of the repository here") {
  const World world;
  write_file(world.cache.path() / "refs/source/heads/main", "garbage\n");
  const TransportError error = failure_of([&] {
    transport(world.box).fetch(world.cache.path(), world.url(), "the source",
                               {.refspecs = {"+refs/heads/*:refs/source/heads/*"}});
  });
  CAPTURE(error.why());
  CHECK(error.failure() == TransportFailure::broken_repository);
}

TEST_CASE("transport: git and ssh may ask only if interactive or by a program that the user has for it") {
  const World world;
  write_ssh(world.box, "{ echo \"$*\"; env; } >'" + (world.box / "asked").string() + "'; exec sh -c \"$last\"");
  const std::string url = "ssh://host" + world.models.path().string();
  struct Row {
    std::string name;
    bool interactive;
    mlem::test::Variables variables;
    std::string program;  ///< of core.askPass
    bool git_may_ask;
    bool ssh_may_ask;
  };
  const Row rows[] = {
      {"nothing", false, {}, "", false, false},
      {"a terminal", true, {}, "", true, true},
      {"GIT_ASKPASS", false, {{"GIT_ASKPASS", "/ask"}}, "", true, false},
      {"core.askPass", false, {}, "/ask", true, false},
      {"SSH_ASKPASS of a desktop", false, {{"SSH_ASKPASS", "/ask"}}, "", false, false},
      {"SSH_ASKPASS", false, {{"SSH_ASKPASS", "/ask"}, {"SSH_ASKPASS_REQUIRE", "force"}}, "", true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Sandbox box;
    for (const auto& [name, value] : world.box.environment()) box.environment()[name] = value;
    for (const auto& [name, value] : row.variables) box.environment()[name] = value;
    if (!row.program.empty()) box.environment()["GIT_CONFIG_PARAMETERS"] = "'core.askPass'='" + row.program + "'";
    transport(box, {.interactive = row.interactive}).list_refs(url, "the source");
    const std::string asked = read_file(world.box / "asked");
    CAPTURE(asked);
    CHECK(contains(asked, "BatchMode=yes") != row.ssh_may_ask);
    CHECK(contains(asked, "\nSSH_ASKPASS_REQUIRE=never\n") != row.ssh_may_ask);
    CHECK(contains(asked, "\nGIT_ASKPASS=\n") != row.git_may_ask);
    CHECK(contains(asked, "\nGIT_NO_LAZY_FETCH=1\n"));
    if (!row.interactive) CHECK(contains(asked, "\nGIT_TERMINAL_PROMPT=0\n"));
  }
}

TEST_CASE("transport: of a repository's settings those of transports and of helpers are handed on") {
  const auto handed_on = [](const std::vector<std::array<std::string, 3>>& settings, mlem::git::Redirects redirects) {
    std::string listing;
    for (const auto& [scope, key, value] : settings) listing += scope + '\0' + key + '\n' + value + '\0';
    Environment environment;
    environment.set("GIT_CONFIG_COUNT", "7");
    const Environment result =
        mlem::git::with_transport_config(environment, mlem::git::Config::parse_with_scopes(listing), redirects);
    std::string text;
    for (int i = 0; i < std::stoi(result.find("GIT_CONFIG_COUNT").value_or("0")); ++i) {
      const std::string number = std::to_string(i);
      text += *result.find("GIT_CONFIG_KEY_" + number) + "=" + *result.find("GIT_CONFIG_VALUE_" + number) + "\n";
    }
    return text + result.find("GIT_CONFIG_GLOBAL").value_or("");
  };
  using mlem::git::Redirects;
  CHECK(handed_on({{"local", "core.bare", "false"},
                   {"local", "url.https://a/.insteadof", "b:"},
                   {"local", "user.name", "a"},
                   {"worktree", "http.proxy", "p"},
                   {"command", "credential.helper", ""},
                   {"local", "core.sshcommand", "ssh"},
                   {"local", "core.hookspath", "/h"},
                   {"local", "core.askpass", "ask"},
                   {"local", "core.gitproxy", "g"},
                   {"local", "ssh.variant", "simple"},
                   {"local", "protocol.file.allow", "never"},
                   {"local", "alias.x", "!x"},
                   {"local", "my-helper.key", "v"},
                   {"local", "mlem.jobs", "1"}},
                  Redirects::user) ==
        "url.https://a/.insteadof=b:\nhttp.proxy=p\ncredential.helper=\ncore.sshcommand=ssh\ncore.askpass=ask\n"
        "core.gitproxy=g\nssh.variant=simple\nprotocol.file.allow=never\nalias.x=!x\nmy-helper.key=v\n");
  // git reads these files itself; what we look at is handed on all the same.
  CHECK(handed_on({{"system", "credential.helper", "a"},
                   {"global", "my-helper.key", "v"},
                   {"global", "http.extraheader", "h"},
                   {"global", "core.sshcommand", "ssh"}},
                  Redirects::user) == "core.sshcommand=ssh\n");
  // Where what is included depends on the repository, all is handed on, and git reads no file.
  CHECK(handed_on({{"global", "includeif.gitdir:~/office/.path", "work"},
                   {"global", "user.name", "a"},
                   {"global", "http.extraheader", "h"},
                   {"local", "core.bare", "false"}},
                  Redirects::user) == "user.name=a\nhttp.extraheader=h\n/dev/null");
  CHECK(handed_on({{"global", "http.https://h/.followredirects", "true"}}, Redirects::never) ==
        "http.followredirects=false\nhttp.https://h/.followredirects=false\n");
}

TEST_CASE("transport: what the user has set up for repositories of their own is not done in another") {
  const World world;
  const fs::path hooks = world.box / "hooks";
  write_file(hooks / "reference-transaction", "#!/bin/sh\ntouch '" + (world.box / "ran").string() + "'\n");
  fs::permissions(hooks / "reference-transaction", fs::owner_all);
  world.box.add_config("core.hooksPath", hooks.string());
  world.box.add_config("fetch.prune", "true");
  world.box.add_config("fetch.writeCommitGraph", "true");
  world.box.add_config("core.logAllRefUpdates", "always");
  const std::string other = "+refs/heads/main:refs/source/other";
  transport(world.box).fetch(world.cache.path(), world.url(), "s", {.refspecs = {other}, .shallow = false});
  transport(world.box).fetch(world.cache.path(), world.url(), "s",
                             {.refspecs = {"+refs/heads/main:refs/source/main"}, .shallow = false});
  CHECK_FALSE(fs::exists(world.box / "ran"));
  CHECK_FALSE(fs::exists(world.cache.path() / "logs"));
  CHECK_FALSE(fs::exists(world.cache.path() / "objects/info/commit-graphs"));
  CHECK(world.box.git_output({"--git-dir=" + world.cache.path().string(), "for-each-ref", "--format=%(refname)"}) ==
        "refs/source/main\nrefs/source/other");
}

TEST_CASE("transport: a helper sees the keys and aliases of the user and of the repository") {
  const World world;
  world.box.add_config("alias.pass", "!echo 'password=open sesame'");
  world.box.add_config("my-helper.user", "alice");
  world.box.add_config("credential.helper", "!f() { echo username=$(git config my-helper.user); git pass; }; f");
  CHECK(transport(world.box).list_refs(world.server.url("private/models.git"), "the source").refs.size() == 3);
}

TEST_CASE("transport: relative settings start where git would run") {
  const World world;
  const fs::path tools = world.box / "work/tools";
  write_file(tools / "ssh", "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n");
  fs::permissions(tools / "ssh", fs::owner_all);
  world.box.add_config("core.sshCommand", "./tools/ssh");
  const std::string url = "ssh://host" + world.models.path().string();
  const std::string directory = (world.box / "work").string();
  CHECK(transport(world.box, {.directory = directory}).list_refs(url, "the source").refs.size() == 3);
}

TEST_CASE("transport: what is not said in git's protocol is no empty list of refs") {
  const Sandbox box;
  const std::string page = "<html><body>Sign in</body></html>";
  const HttpStub without_newline({HttpStub::response("200 OK", page, "Content-Type: text/html\r\n")});
  const TransportError empty = list_failure(box, without_newline.url("x.git"));
  CHECK(empty.failure() == TransportFailure::unreachable);
  CHECK(empty.why() == "the answer has no refs and is not in git's protocol");
  CHECK(empty.hint() == "it may be a page to log in on");
  const HttpStub with_newline({HttpStub::response("200 OK", page + "\n", "Content-Type: text/html\r\n")});
  const TransportError invalid = list_failure(box, with_newline.url("x.git"));
  CHECK(invalid.failure() == TransportFailure::unreachable);
  CHECK(invalid.why() == with_newline.url("x.git/info/refs") + " not valid: is this a git repository?");
}

TEST_CASE("transport: a redirect that may not be followed is told of as one") {
  const World world;
  world.box.add_config("http.followRedirects", "false");
  const TransportError error = list_failure(world.box, world.server.redirect_url("models.git"));
  CHECK(error.failure() == TransportFailure::redirected);
  CHECK(error.why() == "it redirects to another address: unable to access '" + world.server.redirect_url("models.git") +
                           "/': The requested URL returned error: 301");
}

TEST_CASE("transport: an address is rewritten by the longest insteadOf as git does it") {
  const Settings config{{"url.https://short/.insteadof", "gh:"},
                        {"url.https://long/.insteadof", "gh:org/"},
                        {"url.https://late/.insteadof", "gh:org/"},
                        {"url.https://push/.pushinsteadof", "gh:org/models"},
                        {"url..insteadof", "raw:"},
                        {"url.insteadof", "gh:org/mod"}};
  struct Row {
    std::string url;
    std::string rewritten;
  };
  const Row rows[] = {{"gh:a/b", "https://short/a/b"},
                      {"gh:org/models", "https://long/models"},
                      {"raw:/x", "/x"},
                      {"https://example.com/gh:", "https://example.com/gh:"},
                      {"", ""}};
  const Sandbox box;
  for (const auto& [key, value] : config) {
    if (key != "url.insteadof") box.add_config(key, value);
  }
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(mlem::git::rewrite_url(row.url, config).url == row.rewritten);
    if (!row.url.empty()) CHECK(box.git_output({"ls-remote", "--get-url", row.url}) == row.rewritten);
  }
}
