// What git can read, git-mlem reads: a table of addresses and of ways to set git up, each of which `git ls-remote`
// takes at the work tree's root. A link is made and judged there and in a subdirectory.

#include "support/git_daemon.hpp"
#include "support/http_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "cli/server.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <utility>
#include <vector>

using namespace mlem::test;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// In all texts `{box}` stands for the sandbox's directory, `{http}`, `{git}` and `{redirect}` for the address of a
/// server,
/// `{registry}` for the work tree.
struct Setup {
  std::string name;
  std::string address;
  Settings local{};   ///< in the registry's own configuration
  Settings global{};  ///< in the user's
  Variables variables{};
};

const std::string ssh = "{box}/tools/ssh";
const std::string secret = "{http}private/models.git";
const std::string header = "Authorization: Basic YWxpY2U6b3BlbiBzZXNhbWU=";  // alice:open sesame, in Base64
const std::string helper = "!f() { echo username=alice; echo 'password=open sesame'; }; f";

const Setup setups[] = {
    // Directories and files of this machine.
    {"a path", "{box}/models"},
    {"a path that ends in a slash", "{box}/models/"},
    {"a file: address", "file://{box}/models"},
    {"a file: address that ends in a slash", "file://{box}/models/"},
    {"a git directory", "{box}/models/.git"},
    {"the file: address of a git directory", "file://{box}/models/.git"},
    {"a bare repository", "{box}/bare.git"},
    {"a bare repository without its .git", "{box}/bare"},
    {"the file: address of one without its .git", "file://{box}/bare"},
    {"a bare repository without .git", "file://{box}/plain"},
    {"a work tree in a bare repository", "{box}/bare.git/tree"},
    {"the file: address of a work tree in a bare repository", "file://{box}/bare.git/tree"},
    {"a linked work tree", "{box}/linked"},
    {"a file that names a git directory", "file://{box}/linked/.git"},
    {"a folder below one that ends in .git", "{box}/folder.git/models"},
    {"a blank in a path", "{box}/a b"},
    {"a blank in a file: address", "file://{box}/a%20b"},
    {"letters beyond ASCII", "{box}/mod\xc3\xa8les"},
    {"a bundle", "{box}/models.bundle"},
    {"a bundle of version 3", "{box}/models.v3"},
    {"a shallow clone", "file://{box}/shallow"},
    {"ids of SHA-256", "{box}/sha256"},
    {"safe.bareRepository=explicit", "{box}/bare.git", {}, {{"safe.bareRepository", "explicit"}}},
    // url.<base>.insteadOf.
    {"insteadOf for a whole address",
     "https://git.example/o/r",
     {{"url.{box}/models.insteadOf", "https://git.example/o/r"}}},
    {"the same with .git",
     "https://git.example/o/r.git",
     {{"url.{box}/models.insteadOf", "https://git.example/o/r.git"}}},
    {"the same with a slash", "https://git.example/o/r/", {{"url.{box}/models.insteadOf", "https://git.example/o/r/"}}},
    {"with .git on github.com",
     "https://github.com/o/r.git",
     {{"url.{box}/models.insteadOf", "https://github.com/o/r.git"}}},
    {"an scp address with .git", "git@github.com:o/r.git", {{"url.{box}/models.insteadOf", "git@github.com:o/r.git"}}},
    {"the beginning of an address", "https://git.example/models", {{"url.{box}/.insteadOf", "https://git.example/"}}},
    {"a short name", "gh:models", {{"url.{box}/.insteadOf", "gh:"}}},
    {"a base in file:", "https://git.example/models", {{"url.file://{box}/.insteadOf", "https://git.example/"}}},
    {"a relative base", "https://git.example/models", {{"url.../.insteadOf", "https://git.example/"}}},
    {"a relative base with a dot",
     "https://git.example/r",
     {{"url../mirrors/models.insteadOf", "https://git.example/r"}}},
    {"the longest of two",
     "https://git.example/o/models",
     {{"url.{box}/none/.insteadOf", "https://git.example/"}, {"url.{box}/.insteadOf", "https://git.example/o/"}}},
    {"insteadOf of the user", "https://git.example/models", {}, {{"url.{box}/.insteadOf", "https://git.example/"}}},
    {"insteadOf of git -c",
     "https://git.example/models",
     {},
     {},
     {{"GIT_CONFIG_PARAMETERS", "'url.{box}/.insteadOf'='https://git.example/'"}}},
    {"insteadOf of GIT_CONFIG_COUNT",
     "https://git.example/models",
     {},
     {},
     {{"GIT_CONFIG_COUNT", "1"},
      {"GIT_CONFIG_KEY_0", "url.{box}/.insteadOf"},
      {"GIT_CONFIG_VALUE_0", "https://git.example/"}}},
    {"insteadOf of what is included here alone",
     "https://git.example/models",
     {},
     {{"includeIf.gitdir:{registry}/.path", "{box}/included"}}},
    {"a base behind ssh",
     "https://git.example/models",
     {{"url.ssh://git@git.example{box}/.insteadOf", "https://git.example/"}, {"core.sshCommand", ssh}}},
    // ssh.
    {"ssh: with a user", "ssh://git@git.example{box}/models", {{"core.sshCommand", ssh}}},
    {"ssh: with a port", "ssh://git.example:2222{box}/models", {{"core.sshCommand", ssh}}},
    {"ssh: with an IPv6 address", "ssh://git@[::1]:2222{box}/models", {{"core.sshCommand", ssh}}},
    {"ssh: from the home directory", "ssh://git.example/~/models", {{"core.sshCommand", ssh}}},
    {"the scp form", "git@git.example:{box}/models", {{"core.sshCommand", ssh}}},
    {"the scp form without a user", "git.example:{box}/models", {{"core.sshCommand", ssh}}},
    {"the scp form from the home directory", "git@git.example:models", {{"core.sshCommand", ssh}}},
    {"the scp form with a port", "[git.example:2222]:{box}/models", {{"core.sshCommand", ssh}}},
    {"the scp form with user and port", "git@[git.example:2222]:{box}/models", {{"core.sshCommand", ssh}}},
    {"the scp form with both in brackets", "[git@git.example:2222]:{box}/models", {{"core.sshCommand", ssh}}},
    {"the scp form with a user of a domain", "me@corp.example@git.example:{box}/models", {{"core.sshCommand", ssh}}},
    {"the scp form with an IPv6 address", "git@[::1]:{box}/models", {{"core.sshCommand", ssh}}},
    {"core.sshCommand that is relative", "git@git.example:{box}/models", {{"core.sshCommand", "./tools/ssh"}}},
    {"core.sshCommand of the user", "git@git.example:{box}/models", {}, {{"core.sshCommand", ssh}}},
    {"core.sshCommand of what is included here alone",
     "git@git.example:{box}/models",
     {},
     {{"includeIf.gitdir:{registry}/.path", "{box}/included"}}},
    {"GIT_SSH_COMMAND", "git@git.example:{box}/models", {}, {}, {{"GIT_SSH_COMMAND", ssh}}},
    {"GIT_SSH", "git@git.example:{box}/models", {}, {}, {{"GIT_SSH", ssh}}},
    {"an ssh that says that it is OpenSSH",
     "git@git.example:{box}/models",
     {{"core.sshCommand", ssh}, {"ssh.variant", "ssh"}}},
    {"an ssh that knows no options",
     "git@git.example:{box}/models",
     {{"core.sshCommand", ssh}, {"ssh.variant", "simple"}}},
    // http and git.
    {"http:", "{http}models.git"},
    {"http: with a slash", "{http}models.git/"},
    {"http: with a redirect", "{redirect}"},
    {"git:", "{git}models.git"},
    {"core.gitProxy that is relative", "git://git.example/models.git", {{"core.gitProxy", "./tools/proxy"}}},
    {"protocol version 0", "{http}models.git", {{"protocol.version", "0"}}},
    // Credentials.
    {"a helper", secret, {{"credential.helper", helper}}},
    {"a helper of the user", secret, {}, {{"credential.helper", helper}}},
    {"a helper that is relative", secret, {{"credential.helper", "!./tools/helper"}}},
    {"a helper for one address", secret, {}, {{"credential.{http}.helper", helper}}},
    {"a helper in the place of another",
     secret,
     {{"credential.helper", ""}, {"credential.helper", helper}},
     {{"credential.helper", "!echo quit=1; echo"}}},
    {"a helper with a key of the user",
     secret,
     {{"credential.helper", "!./tools/keyed"}},
     {{"vault.password", "open sesame"}}},
    {"a helper with a key of the repository",
     secret,
     {{"credential.helper", "!./tools/keyed"}, {"vault.password", "open sesame"}}},
    {"a helper with an alias", secret, {{"credential.helper", "!git login"}, {"alias.login", helper}}},
    {"a file of credentials", secret, {}, {{"credential.helper", "store --file={box}/credentials"}}},
    {"a name in the configuration",
     secret,
     {{"credential.username", "alice"}, {"credential.helper", "!f() { echo 'password=open sesame'; }; f"}}},
    {"GIT_ASKPASS", secret, {}, {}, {{"GIT_ASKPASS", "{box}/tools/ask"}}},
    {"core.askPass", secret, {}, {{"core.askPass", "{box}/tools/ask"}}},
    {"core.askPass that is relative", secret, {{"core.askPass", "./tools/ask"}}},
    {"SSH_ASKPASS where it must be used",
     secret,
     {},
     {},
     {{"SSH_ASKPASS", "{box}/tools/ask"}, {"SSH_ASKPASS_REQUIRE", "force"}}},
    {"a header", secret, {{"http.extraHeader", header}}},
    {"a header of the user", secret, {}, {{"http.extraHeader", header}}},
    {"a header for one address", secret, {}, {{"http.{http}.extraHeader", header}}},
    {"a header of what is included here alone",
     secret,
     {},
     {{"includeIf.gitdir:{registry}/.path", "{box}/with-header"}}},
    {"netrc", secret, {}, {}, {{"HOME", "{box}/netrc-home"}}},
};

void write_program(const mlem::fs::path& file, const std::string& script) {
  write_file(file, "#!/bin/sh\n" + script);
  mlem::fs::permissions(file, mlem::fs::owner_all);
}

class ReachWorld {
 public:
  ReachWorld() {
    models_.commit({{"models/rf.mlem", model_meta()}, {"models/rf", "weights"}});
    models_.tag("v1");
    models_.bare_clone(server_.root() / "models.git");
    models_.bare_clone(server_.root() / "private/models.git");
    make_copies();
    make_tools(box / "tools");
    const std::string included =
        text("[url \"{box}/\"]\n\tinsteadOf = https://git.example/\n[core]\n\tsshCommand = {box}/tools/ssh\n");
    write_file(box / "included", included);
    write_file(box / "with-header", "[http]\n\textraHeader = " + header + "\n");
    write_file(box / "credentials", text("http://alice:open%20sesame@") + server_.url("").substr(7) + "\n");
    write_file(box / "netrc-home/.netrc", "machine 127.0.0.1 login alice password \"open sesame\"\n");
    usual_ = box.environment();
  }

  /// Puts what the placeholders stand for into `template_text`.
  std::string text(std::string template_text) const {
    const std::pair<std::string, std::string> values[] = {{"{box}", box.path().string()},
                                                          {"{http}", server_.url("")},
                                                          {"{redirect}", server_.redirect_url("models.git")},
                                                          {"{git}", daemon_.url("")},
                                                          {"{registry}", registry_.string()}};
    for (const auto& [name, value] : values) {
      for (std::size_t at = template_text.find(name); at != std::string::npos; at = template_text.find(name, at)) {
        template_text.replace(at, name.size(), value);
      }
    }
    return template_text;
  }

  /// Makes a registry that is set up so.
  void set_up(const Setup& setup, std::size_t number) {
    registry_ = box / ("registry" + std::to_string(number));
    box.environment() = usual_;
    box.git_output({"init", "-q", registry_.string()});
    mlem::fs::create_directories(registry_ / "sub");
    make_tools(registry_ / "tools");
    mlem::fs::create_symlink(box / "models", registry_ / "models");
    mlem::fs::create_directories(registry_ / "mirrors");
    mlem::fs::create_symlink(box / "models", registry_ / "mirrors/models");
    for (const auto& [key, value] : setup.local) {
      box.git_output({"-C", registry_.string(), "config", "--add", text(key), text(value)});
    }
    box.environment()["GIT_CONFIG_GLOBAL"] = (box / ("gitconfig" + std::to_string(number))).string();
    write_file(box / ("gitconfig" + std::to_string(number)), "");
    for (const auto& [key, value] : setup.global) {
      box.git_output({"config", "--global", "--add", text(key), text(value)});
    }
    for (const auto& [name, value] : setup.variables) box.environment()[name] = text(value);
  }

  Outcome git(const std::vector<std::string>& arguments) const { return box.git(arguments, in("")); }
  /// Runs git-mlem in a directory of the registry, with a cache that has nothing yet.
  Outcome mlem(const std::string& directory, const std::vector<std::string>& arguments) const {
    mlem::fs::remove_all(registry_ / ".git/mlem");
    return box.mlem(arguments, in(directory));
  }

 private:
  RunOptions in(const std::string& directory) const {
    RunOptions options;
    options.directory = registry_ / directory;
    return options;
  }

  void make_copies() const {
    const std::string script =
        "git clone -q --bare models bare.git; git clone -q --bare models plain; git -C bare.git branch tree\n"
        "git -C bare.git worktree add -q tree tree; git -C models worktree add -q -b linked ../linked\n"
        "mkdir folder.git; git clone -q models folder.git/models; git clone -q models 'a b'\n"
        "git clone -q models \"$1\"; git clone -q models home/models; git clone -q --depth=1 \"file://$PWD/models\" "
        "shallow\n"
        "git -C models bundle create -q ../models.bundle --all; git -C models bundle create -q --version=3 "
        "../models.v3 --all\n"
        "git init -q --object-format=sha256 sha256; cp -r models/models sha256; git -C sha256 add .\n"
        "git -C sha256 commit -q -m one; git -C sha256 tag v1\n";
    RunOptions options;
    options.directory = box.path();
    const Outcome made = box.run({"sh", "-ec", script, "sh", "mod\xc3\xa8les"}, options);
    CAPTURE(made);
    REQUIRE(made.code == 0);
  }

  void make_tools(const mlem::fs::path& directory) const {
    write_program(directory / "ssh",
                  "cd \"$HOME\"; for last; do :; done\ncase $* in *-G*) exit 1;; esac\nexec sh -c \"$last\"\n");
    write_program(directory / "ask", "case $1 in User*) echo alice;; *) echo 'open sesame';; esac\n");
    write_program(directory / "helper", "echo username=alice; echo 'password=open sesame'\n");
    write_program(directory / "keyed", "echo username=alice; echo \"password=$(git config vault.password)\"\n");
    write_program(directory / "proxy",
                  "exec git daemon --inetd --export-all --base-path='" + server_.root().string() + "'\n");
  }

  Sandbox box;
  RepoBuilder models_{box, "models"};
  HttpServer server_{box};
  GitDaemon daemon_{box, server_.root()};
  mlem::fs::path registry_;
  Variables usual_;
};

}  // namespace

TEST_CASE("reach: what git reads is linked and judged at the root and in a subdirectory") {
  ReachWorld world;
  std::size_t number = 0;
  for (const Setup& setup : setups) {
    CAPTURE(setup.name);
    world.set_up(setup, number++);
    const std::string address = world.text(setup.address);
    const Outcome listed = world.git({"ls-remote", address});
    CAPTURE(listed);
    CHECK(listed.code == 0);
    for (const std::string directory : {"", "sub"}) {
      CAPTURE(directory);
      const Outcome linked = world.mlem(directory, {"link", "-q", "--rev", "v1", "--sp", address, "models/rf", "a"});
      CAPTURE(linked);
      CHECK(linked.code == 0);
    }
    for (const std::string directory : {"", "sub"}) {
      CAPTURE(directory);
      const Outcome judged = world.mlem(directory, {"check"});
      CAPTURE(judged);
      CHECK(judged.code == 0);
      CHECK(contains(judged.errors, "2 links: 2 ok"));
    }
  }
  CHECK(number >= 60);
}

TEST_CASE("reach: one login is enough for all sources of a host and nothing of it is left") {
  World world;
  const HttpServer http(world.sandbox);
  Files links;
  for (const std::string name : {"one", "two"}) {
    world.models.bare_clone(http.root() / ("private/" + name + ".git"));
    const std::string repo = http.url("private/" + name + ".git") + "/";
    links[name + ".mlem"] = link_text({.path = "models/rf.mlem", .repo = repo, .rev = "main"});
  }
  world.registry.commit(links);
  const mlem::fs::path runtime = world.sandbox / "runtime";
  mlem::fs::create_directory(runtime);
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::all;
  options.environment["GIT_TERMINAL_PROMPT"] = std::nullopt;
  options.environment["XDG_RUNTIME_DIR"] = runtime.string();
  options.replies = {{"Username for", std::string(HttpServer::user) + "\n"},
                     {"Password for", std::string(HttpServer::password) + "\n"}};
  const Outcome asked = world.sandbox.mlem({"check", "--no-progress", "--color=never"}, options);
  CAPTURE(asked);
  CHECK(asked.code == 0);
  CHECK(contains(asked.output, "2 links: 2 ok"));
  CHECK(asked.output.find("Password for") == asked.output.rfind("Password for"));
  for (const char* chatter : {"remote: ", "From ", "fatal: "}) CHECK_FALSE(contains(asked.output, chatter));
  CHECK(mlem::fs::is_empty(runtime));

  // A wrong password is asked for once as well.
  options.replies = {{"Username for", "alice\n"}, {"Password for", "wrong\n"}};
  mlem::fs::remove_all(world.registry.path() / ".git/mlem");
  const Outcome refused = world.sandbox.mlem({"check", "--no-progress", "--color=never"}, options);
  CAPTURE(refused);
  CHECK(refused.code == 2);
  CHECK(refused.output.find("Password for") == refused.output.rfind("Password for"));
  CHECK(contains(refused.output, "two.mlem: auth-required: "));
  CHECK(mlem::fs::is_empty(runtime));
}

TEST_CASE("reach: a program that is asked for logins is asked once for a source") {
  World world;
  const HttpServer http(world.sandbox);
  world.models.bare_clone(http.root() / "private/models.git");
  const std::string repo = http.url("private/models.git") + "/";
  world.registry.commit({{"rf.mlem", link_text({.path = "models/rf.mlem", .repo = repo, .rev = "main"})}});
  const mlem::fs::path ask = world.sandbox / "ask";
  write_file(ask, "#!/bin/sh\necho \"$1\" >>" + (world.sandbox / "asked").string() + "\ncase $1 in User*) echo " +
                      HttpServer::user + ";; *) echo '" + HttpServer::password + "';; esac\n");
  mlem::fs::permissions(ask, mlem::fs::owner_all);
  const mlem::fs::path runtime = world.sandbox / "runtime";
  mlem::fs::create_directory(runtime);
  RunOptions options;
  options.directory = world.registry.path();
  options.environment["GIT_ASKPASS"] = ask.string();
  options.environment["XDG_RUNTIME_DIR"] = runtime.string();
  const Outcome checked = world.sandbox.mlem({"check"}, options);
  CAPTURE(checked);
  CHECK(checked.code == 0);
  const std::string asked = read_file(world.sandbox / "asked");
  CAPTURE(asked);
  CHECK(std::count(asked.begin(), asked.end(), '\n') == 2);
  CHECK(mlem::fs::is_empty(runtime));
}

TEST_CASE("reach: hints about revs do not depend on the transport") {
  World world;
  world.models.tag("feature_engine@v0.0.2");
  const std::string branch = world.models.git({"branch", "--show-current"});
  const HttpServer http(world.sandbox);
  world.models.bare_clone(http.root() / "models.git");
  world.models.branch("dev");
  for (const std::string& repo : {world.models.url(), http.url("models.git") + "/"}) {
    const Outcome misspelled =
        world.mlem({"resolve", "--project", repo, "--rev", "feature-engine@v0.0.2", "models/rf"});
    CAPTURE(misspelled);
    CHECK(misspelled.code == 1);
    CHECK(misspelled.errors == "error: models/rf: missing-rev: no branch, tag or commit 'feature-engine@v0.0.2' in '" +
                                   repo +
                                   "'\n"
                                   "hint: the nearest name is 'feature_engine@v0.0.2'\n");
    const std::string link =
        link_text({.path = "models/rf.mlem", .repo = repo, .rev = "'" + world.model_commit.substr(0, 9) + "'"});
    world.registry.commit({{"a.mlem", link}});
    const Outcome abbreviated = world.mlem({"check"});
    CAPTURE(abbreviated);
    CHECK(contains(abbreviated.output,
                   "an abbreviated commit id is not a rev; write the full id, '" + world.model_commit + "'"));
  }
  world.models.git({"symbolic-ref", "HEAD", "refs/heads/gone"});
  const Outcome unborn = world.mlem({"resolve", "--project", world.models.url(), "models/rf"});
  CHECK(unborn.errors == "error: models/rf: missing-rev: the source has no commit at its HEAD in '" +
                             world.models.url() + "'\nhint: its branches are 'dev' and '" + branch + "'\n");
}

TEST_CASE("reach: hints about paths name neither the link itself nor the object of another environment") {
  World world;
  world.registry.commit({{"prod/rf.mlem", link_text({.path = "prod/rf-1.mlem"})},
                         {".mlem.yaml", ""},
                         {"staging/rf-1.mlem", model_meta()},
                         {"prod/rf-2.mlem", model_meta()}});
  const Outcome judged = world.mlem({"check", "--json"});
  CAPTURE(judged);
  CHECK(contains(judged.output, R"("hint":"there is 'prod/rf-2.mlem'")"));
}

TEST_CASE("reach: a hint for an alias names nothing that has only the directory in common with it") {
  World world;
  world.registry.commit({{"detectors/alias.mlem", link_text({.path = "detectors/rf.mlem"})},
                         {".mlem.yaml", ""},
                         {"detectors/main.mlem", model_meta()}});
  const Outcome judged = world.mlem({"check"});
  CAPTURE(judged);
  CHECK(judged.output == "detectors/alias.mlem: missing-path: nothing at 'detectors/rf.mlem'\n");
}

TEST_CASE("reach: a hint about a renamed object comes from the change itself") {
  World world;
  world.registry.commit({{"prod.mlem", link_text({.path = "models/churn.mlem"})},
                         {".mlem.yaml", ""},
                         {"models/churn.mlem", model_meta()},
                         {"models/chorn.mlem", data_meta()}});
  world.registry.git({"mv", "models/churn.mlem", "models/attrition.mlem"});
  const Outcome judged = world.mlem({"check", "--changed", "--json"});
  CAPTURE(judged);
  CHECK(judged.code == 1);
  CHECK(contains(judged.output, R"("link":"prod.mlem","verdict":"missing-path")"));
  CHECK(contains(judged.output, R"("hint":"it is now 'models/attrition.mlem'")"));
}

TEST_CASE("reach: what link prints as an address is read") {
  const World world;
  const std::string hosts[] = {"https://gitlab.com/group/sub/repo.git", "https://huggingface.co/datasets/org/name",
                               "https://git.example.com/team/repo.git", "git@git.example.com:team/repo"};
  for (const std::string& repo : hosts) {
    for (const std::string& spelling : {repo, repo.substr(0, repo.find(".git", repo.size() - 4))}) {
      world.sandbox.add_config("url." + world.models.path().string() + ".insteadOf", spelling);
    }
    const Outcome linked = world.mlem({"link", "-n", "--rev", "4-pack", "--sp", repo, "models/rf", "x"});
    CAPTURE(linked);
    REQUIRE(linked.code == 0);
    const std::string words = "Loading meta from ";
    const std::size_t start = linked.output.find(words) + words.size();
    const std::string printed = linked.output.substr(start, linked.output.find('\n', start) - start);
    const Outcome resolved = world.mlem({"resolve", printed});
    CAPTURE(resolved);
    CHECK(resolved.code == 0);
    CHECK(contains(resolved.output, " models/rf.mlem "));
  }
}

TEST_CASE("reach: a refused address gets the spelling that would do as hint") {
  const World world;
  struct Row {
    std::string address;
    std::string error;
    std::string hint;
  };
  const Row rows[] = {
      {"https://org@dev.azure.com/org/proj/_git/repo",
       "forbidden: 'https://***@dev.azure.com/org/proj/_git/repo/' may not be used: it has a user, which only ssh "
       "addresses may have",
       "write 'https://dev.azure.com/org/proj/_git/repo/'"},
      {"git+ssh://git@host.example/r",
       "forbidden: 'git+ssh://git@host.example/r/' may not be used: 'git+ssh' is an old name of the protocol 'ssh'",
       "write 'ssh://git@host.example/r/'"},
      {"FILE:///srv/r", "invalid-link: cannot read 'FILE:///srv/r/': git knows no protocol 'FILE'",
       "write 'file:///srv/r/'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.address);
    const Outcome refused = world.mlem({"resolve", "--project", row.address, "m"});
    CHECK(refused.code == 1);
    CHECK(refused.errors == "error: m: " + row.error + "\nhint: " + row.hint + "\n");
  }
  const std::string page = "https://gitlab.com/group/repo/-/blob/main/models/rf.mlem";
  const Outcome pasted = world.mlem({"resolve", page + "?ref_type=heads"});
  CHECK(pasted.code == 128);
  CHECK(pasted.errors == "fatal: invalid address '" + page + "?***': it has a query\nhint: write '" + page + "'\n");
}

TEST_CASE("reach: each spelling of an address is judged by its own") {
  World world;
  world.sandbox.add_config("url." + world.models.path().string() + ".insteadOf", "https://git.example.invalid/r");
  const auto link_to = [](const std::string& repo) {
    return link_text({.path = "models/rf.mlem", .repo = repo, .rev = "main"});
  };
  const std::string file = world.models.url();
  world.registry.commit({{"0.mlem", link_to("FILE" + file.substr(4))},
                         {"1.mlem", link_to(file)},
                         {"2.mlem", link_to("https://git.example.invalid/r/")},
                         {"3.mlem", link_to("https://GIT.example.invalid/r/")}});
  const Outcome judged = world.mlem({"check", "--json"});
  CAPTURE(judged);
  CHECK(contains(judged.output, R"("link":"0.mlem","verdict":"invalid-link")"));
  CHECK(contains(judged.output, R"("link":"1.mlem","verdict":"ok")"));
  CHECK(contains(judged.output, R"("link":"2.mlem","verdict":"ok")"));
  CHECK(contains(judged.output, R"("link":"3.mlem","verdict":"unreachable")"));
}

TEST_CASE("reach: a tree and a blob in it are fetched together") {
  World world;
  const std::string meta = model_meta();
  world.models.commit({{"rf.mlem", meta}, {".mlem/model/old.mlem", meta}});
  const HttpServer http(world.sandbox);
  world.models.bare_clone(http.root() / "models.git");
  const std::string repo = http.url("models.git") + "/";
  world.registry.commit({{"a.mlem", link_text({.path = "rf", .repo = repo, .rev = "main"})},
                         {"b.mlem", link_text({.path = "old", .repo = repo, .rev = "main"})}});
  const Outcome judged = world.mlem({"check"});
  CAPTURE(judged);
  CHECK(judged.code == 0);
}

TEST_CASE("server: where the pusher is told all, it is not he who has to log in") {
  Server server;
  const HttpServer http(server.world.sandbox);
  server.world.models.bare_clone(http.root() / "private/models.git");
  server.config("mlem.allowProtocol", "http");
  server.config("mlem.allowSource", http.url("**"));
  server.config("mlem.serverHints", "true");
  server.world.registry.commit(
      {{"a.mlem", link_text({.path = "m.mlem", .repo = http.url("private/models.git/"), .rev = "main"})}});
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: refs/heads/main: a.mlem: auth-required"));
  CHECK(contains(refused.errors, "remote:   hint: the server's account has to log in with 'git"));
}

TEST_CASE("server: a source that redirects is asked once more with .git behind its name") {
  Server server;
  server.config("mlem.allowProtocol", "http");
  server.config("mlem.serverHints", "true");
  const std::string moved = HttpStub::response("301 Moved Permanently", "", "Location: /elsewhere\r\n");
  const std::string id = server.world.model_commit;
  HttpStub redirects_all({moved});
  HttpStub wants_suffix({moved,
                         HttpStub::response("200 OK", id + "\trefs/heads/main\n", "Content-Type: text/plain\r\n"),
                         HttpStub::response("200 OK", "ref: refs/heads/main\n", "Content-Type: text/plain\r\n")});
  struct Row {
    HttpStub& stub;
    std::string verdict;
  };
  const Row rows[] = {{redirects_all, "redirects to another address"}, {wants_suffix, "missing-rev"}};
  for (const Row& row : rows) {
    server.config("mlem.allowSource", row.stub.url("**"));
    server.world.registry.commit(
        {{"a.mlem", link_text({.path = "m.mlem", .repo = row.stub.url("group/repo") + "/", .rev = "none"})}});
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    std::string said;  // without the breaks of long lines
    for (std::size_t at = 0; at < refused.errors.size(); ++at) {
      if (refused.errors.compare(at, 8, "\nremote:") == 0)
        at += 7;
      else if (refused.errors[at] != ' ' || said.empty() || said.back() != ' ')
        said += refused.errors[at];
    }
    CAPTURE(said);
    CHECK(contains(said, row.verdict));
    REQUIRE(row.stub.requests().size() >= 2);
    CHECK(contains(row.stub.requests()[0], "GET /group/repo/info/refs"));
    CHECK(contains(row.stub.requests()[1], "GET /group/repo.git/info/refs"));
  }
}
