// What a server meets: sources that fail in every way, pushes made to hurt, many pushes at once.
#include "support/http_server.hpp"
#include "support/stub_server.hpp"

#include "cli/server.hpp"
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string sources = "https://git.example.com/";

/// A server whose sources are said to be at `sources`, and lead to `url`.
struct WithSources : Server {
  explicit WithSources(const std::string& url) { config("url." + url + ".insteadOf", sources); }
  std::string link_to(const std::string& repo, const std::string& rev = "main") const {
    return link_text({.path = "models/rf.mlem", .repo = sources + repo + "/", .rev = rev});
  }
};

/// Feeds `git fast-import` with one commit on `main`. Blobs are given by the text of a `data` command each.
void import(const Server& server, const std::string& stream) {
  RunOptions options;
  options.directory = server.world.registry.path();
  options.input = stream;
  const Outcome outcome = server.world.sandbox.git({"fast-import", "--quiet", "--force"}, options);
  CAPTURE(outcome);
  REQUIRE(outcome.code == 0);
}

std::string data(const std::string& text) { return fmt::format("data {}\n{}\n", text.size(), text); }

std::string commit_on_main() {
  return "commit refs/heads/main\ncommitter A <a@example.com> 1700000000 +0000\n" + data("x");
}

}  // namespace

TEST_CASE("hostile: every way in which a source fails has its verdict") {
  World probe;
  const HttpServer http(probe.sandbox);
  probe.models.bare_clone(http.root() / "models.git");
  HttpStub cut({HttpStub::cut_response("001e# service=git-upload-pack\n0000", 5000,
                                       "Content-Type: application/x-git-upload-pack-advertisement\r\n")});
  HttpStub nonsense(
      {HttpStub::response("200 OK", "<html>\n<body>welcome</body>\n</html>\n", "Content-Type: text/html\r\n")});
  const SilentServer silent;
  struct Row {
    std::string name;
    std::string url;
    std::string verdict;
  };
  const Row rows[] = {
      {"401", http.status_url(401, ""), "auth-required"},
      {"403", http.status_url(403, ""), "auth-required"},
      {"404", http.status_url(404, ""), "auth-required"},  // not told from one that may not be seen
      {"429", http.status_url(429, ""), "unreachable"},
      {"500", http.status_url(500, ""), "unreachable"},
      {"cut off", cut.url(""), "unreachable"},
      {"no git server", nonsense.url(""), "unreachable"},
      {"silent", silent.url(""), "timeout"},
      {"a redirect", http.redirect_url(""), "unreachable"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    WithSources server(row.url);
    server.config("mlem.timeout", "2");
    server.world.registry.commit({{"a.mlem", server.link_to("models.git")}});
    const Outcome refused = server.push({"origin", "main"});
    CAPTURE(refused);
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "refs/heads/main: a.mlem: " + row.verdict));
    CHECK(contains(refused.errors, "git.example.com"));
    CHECK_FALSE(contains(refused.errors, "127.0.0.1"));  // where it leads is the server's affair
  }
}

TEST_CASE("hostile: a source that hangs holds a push no longer than the budget") {
  const SilentServer silent;
  WithSources server(silent.url(""));
  server.config("mlem.hookTimeout", "2");
  Files files{{"good.mlem", server.link("main")}};
  for (int i = 0; i < 20; ++i) files[fmt::format("{}.mlem", i)] = server.link_to(fmt::format("models-{}", i));
  server.world.registry.commit(files);
  const auto start = std::chrono::steady_clock::now();
  const Outcome refused = server.push({"origin", "main"});
  const auto took = std::chrono::steady_clock::now() - start;
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "0.mlem: timeout"));
  CHECK(contains(refused.errors, "21 links judged: 1 ok, 0 broken, 20 undecided"));
  // Without the budget it would be 30 seconds for each of 8 at once.
  CHECK(took < std::chrono::seconds(20));
}

TEST_CASE("hostile: sixteen pushes at once get the right answer each") {
  World probe;
  const HttpServer http(probe.sandbox);
  probe.models.bare_clone(http.root() / "models.git");
  WithSources server(http.url(""));
  auto silent = std::make_unique<SilentServer>();
  server.config("url." + silent->url("") + ".insteadOf", "https://slow.example.com/");
  constexpr int count = 16;
  std::vector<fs::path> clones;
  std::vector<std::unique_ptr<RepoBuilder>> builders;
  for (int i = 0; i < count; ++i) {
    auto& clone =
        *builders.emplace_back(std::make_unique<RepoBuilder>(server.world.sandbox, fmt::format("clone-{}", i)));
    std::string link = server.link_to("models.git", i % 2 == 0 ? "main" : "nope");
    if (i == 0) link = link_text({.path = "m.mlem", .repo = "https://slow.example.com/m/", .rev = "main"});
    clone.commit({{fmt::format("{}.mlem", i), link}});
  }
  std::vector<Outcome> outcomes(count);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        const auto at = static_cast<std::size_t>(i);
        outcomes[at] = server.git_in(builders[at]->path(),
                                     {"push", "-q", server.bare.string(), fmt::format("main:refs/heads/b{}", i)});
      });
    }
    // Nobody waits for the source that hangs but who asked for it: while it does, all others are answered.
    for (std::size_t i = 1; i < count; ++i) threads[i].join();
    silent.reset();
  }
  for (int i = 0; i < count; ++i) {
    CAPTURE(i);
    const Outcome& outcome = outcomes[static_cast<std::size_t>(i)];
    CAPTURE(outcome);
    if (i == 0) {
      CHECK((contains(outcome.errors, "0.mlem: unreachable") || contains(outcome.errors, "0.mlem: timeout")));
    } else if (i % 2 == 0) {
      CHECK(outcome.code == 0);
    } else {
      CHECK(contains(outcome.errors, fmt::format("refs/heads/b{0}: {0}.mlem: missing-rev", i)));
    }
  }
  const fs::path cache = server.bare / "mlem/sources";
  for (fs::directory_iterator entry(cache), end; entry != end; ++entry) {
    if (!fs::is_directory(entry->path() / "objects/pack")) continue;
    CHECK(server.git_in(entry->path(), {"-c", "core.bare=true", "fsck", "--connectivity-only"}).code == 0);
  }
}

TEST_CASE("hostile: no spelling of an address of this machine is connected to") {
  CountingListener listener;
  Server server;
  int number = 0;
  Files files;
  for (const char* host : {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]",
                           "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "localhost.", "LOCALHOST", "db",
                           "db.local", "db.internal", "a.localhost", "0", "127.0.0.1."}) {
    for (const char* protocol : {"https", "ssh"}) {
      files[fmt::format("{}.mlem", ++number)] = link_text(
          {.path = "m.mlem", .repo = fmt::format("'{}://{}:{}/o/r/'", protocol, host, listener.port()), .rev = "main"});
    }
  }
  server.world.registry.commit(files);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, fmt::format("{0} links judged: 0 ok, {0} broken, 0 undecided", number)));
  for (int i = 1; i <= number; ++i) {
    const bool has_verdict = contains(refused.errors, fmt::format(": {}.mlem: forbidden", i)) ||
                             contains(refused.errors, fmt::format(": {}.mlem: invalid-link", i));
    CAPTURE(i);
    CHECK(has_verdict);
  }
  CHECK(listener.attempts() == 0);
}

TEST_CASE("hostile: revs and paths that look like options or lead elsewhere are refused") {
  Server server;
  const fs::path trap = server.world.sandbox / "trap";
  const auto with = [&](const std::string& path, const std::string& rev) {
    return link_text({.path = path, .repo = example_url + "/", .rev = rev});
  };
  const Files files{
      {"option.mlem", with("m.mlem", "--upload-pack=touch " + trap.string())},
      {"dash.mlem", with("m.mlem", "-x")},
      {"refspec.mlem", with("m.mlem", "main:refs/heads/x")},
      {"expression.mlem", with("m.mlem", "HEAD~1")},
      {"dots.mlem", with("../../etc/passwd", "main")},
      {"git.mlem", with(".git/config.mlem", "main")},
      {"gIt.mlem", with("a/.gIt/config.mlem", "main")},
      {"ntfs.mlem", with("a/git~1/config.mlem", "main")},
      {"control.mlem", with("\"a\\nb.mlem\"", "main")},
      {"command.mlem",
       link_text({.path = "m.mlem", .repo = "\"ext::sh -c touch% " + trap.string() + "\"", .rev = "main"})},
      {"fd.mlem", link_text({.path = "m.mlem", .repo = "\"fd::7\"", .rev = "main"})},
      {"sshopt.mlem", link_text({.path = "m.mlem", .repo = "ssh://-oProxyCommand=x/y/", .rev = "main"})},
  };
  server.world.registry.commit(files);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  for (const auto& file : files) {
    const std::string& name = file.first;
    CAPTURE(name);
    const bool has_verdict = contains(refused.errors, "refs/heads/main: " + name + ": invalid-link") ||
                             contains(refused.errors, "refs/heads/main: " + name + ": forbidden");
    CHECK(has_verdict);
  }
  CHECK_FALSE(fs::exists(trap));
}

TEST_CASE("hostile: names that would confuse a terminal or a file system are judged and shown escaped") {
  Server server;
  const std::string long_name = std::string(4000, 'n') + ".mlem";
  std::string stream = commit_on_main();
  for (const std::string& name : {std::string("\"esc\\033[31m.mlem\""), std::string("\"new\\nline.mlem\""),
                                  "\"deep/" + long_name + "\"", std::string("\"bad\\377utf.mlem\"")}) {
    stream += "M 100644 inline " + name + "\n" + data(server.link("nope"));
  }
  import(server, stream);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused.code);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "4 links judged: 0 ok, 4 broken"));
  CHECK(contains(refused.errors, "esc\\033[31m.mlem"));
  CHECK(contains(refused.errors, "new\\nline.mlem"));
  CHECK(refused.errors.find('\033') == std::string::npos);
}

TEST_CASE("hostile: files too large or too deep to be links have a verdict") {
  Server server;
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    bomb += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1}]\n", c, static_cast<char>(c - 1));
  }
  const std::string link = server.link("main");
  std::string stream = commit_on_main();
  constexpr std::size_t huge = 100'000'000;
  std::string padding;
  padding.resize(huge, '#');
  stream += "M 100644 inline huge.mlem\n" + data(link + padding + "\n");
  stream += "M 100644 inline large.mlem\n" + data(link + std::string(100'000, '#') + "\n");
  stream += "M 100644 inline bomb.mlem\n" + data(bomb + link);
  stream += "M 100644 inline deep.mlem\n" + data(link + "x: " + std::string(30'000, '[') + std::string(30'000, ']'));
  import(server, stream);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  for (const char* name : {"huge", "large", "bomb", "deep"}) {
    CAPTURE(std::string(name));
    CHECK(contains(refused.errors, fmt::format("refs/heads/main: {}.mlem: invalid-link", name)));
  }
}

TEST_CASE("hostile: a hundred thousand links in one push are judged") {
  Server server;
  std::string stream =
      "blob\nmark :1\n" + data(server.link("main")) + "blob\nmark :2\n" + data(server.link("nope")) + commit_on_main();
  constexpr int count = 100'000;
  for (int i = 0; i < count; ++i) stream += fmt::format("M 100644 :{} d{}/{}.mlem\n", i % 2 + 1, i % 100, i);
  import(server, stream);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused.code);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "100000 links judged: 50000 ok, 50000 broken, 0 undecided"));
  CHECK(contains(refused.errors, "error: refs/heads/main: 50000 links: missing-rev "));
  CHECK(contains(refused.errors, "    and 49980 more "));  // nobody reads them all
}

TEST_CASE("hostile: a push of more links than a server can hold is refused however many refs they are on") {
  Server server;
  const RepoBuilder& registry = server.world.registry;
  registry.write("x.mlem", server.link("main"));
  std::string id = registry.git({"hash-object", "-w", "x.mlem"});
  // Three levels of 80 entries each, all the same: half a million links in a few kilobytes.
  const auto make_tree = [&](const std::string& kind, const std::string& prefix, const std::string& suffix) {
    RunOptions options;
    for (int i = 0; i < 80; ++i) options.input += fmt::format("{} {}\t{}{:02}{}\n", kind, id, prefix, i, suffix);
    return registry.git({"mktree"}, options);
  };
  id = make_tree("100644 blob", "f", ".mlem");
  id = make_tree("040000 tree", "d", "");
  std::vector<std::string> arguments{"origin"};
  for (const std::string number : {"0", "1", "2"}) {
    // Each ref has files of its own, for what another one of the push has too is judged there.
    const std::string tree = make_tree("040000 tree", number + "d", "");
    arguments.push_back(registry.git({"commit-tree", "-m", number, tree}) + ":refs/heads/b" + number);
  }
  const Outcome refused = server.push(arguments);
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "cannot list what changes: there are more than 1000000 changes of links"));
}

TEST_CASE("hostile: a source with a million refs is read") {
  World probe;
  const HttpServer http(probe.sandbox);
  const fs::path served = http.root() / "models.git";
  probe.models.bare_clone(served);
  std::string refs = "# pack-refs with: peeled fully-peeled sorted \n";
  constexpr int count = 1'000'000;
  for (int i = 0; i < count; ++i) refs += fmt::format("{} refs/heads/b{:07}\n", probe.model_commit, i);
  refs += probe.model_commit + " refs/heads/main\n";
  write_file(served / "packed-refs", refs);
  WithSources server(http.url(""));
  server.world.registry.commit(
      {{"a.mlem", server.link_to("models.git")}, {"b.mlem", server.link_to("models.git", "b0999999")}});
  const Outcome landed = server.push({"origin", "main"});
  CAPTURE(landed);
  CHECK(landed.code == 0);
}

TEST_CASE("hostile: trees that lead to nothing but empty trees are no burden on however many refs they are") {
  Server server;
  const RepoBuilder& registry = server.world.registry;
  const auto multiply = [&](const std::string& tree, const std::string& prefix) {
    RunOptions options;
    for (int i = 0; i < 100; ++i) options.input += fmt::format("040000 tree {}\t{}{}\n", tree, prefix, i);
    return registry.git({"mktree"}, options);
  };
  std::string tree = registry.git({"mktree"});
  for (int level = 0; level < 6; ++level) tree = multiply(tree, "a");
  std::vector<std::string> arguments = {"origin"};
  for (int ref = 0; ref < 4; ++ref) {
    const std::string commit = registry.git({"commit-tree", "-m", "x", multiply(tree, std::to_string(ref))});
    arguments.push_back(fmt::format("{}:refs/heads/b{}", commit, ref));
  }
  const Outcome landed = server.push(arguments);
  CAPTURE(landed);
  CHECK(landed.code == 0);
}

TEST_CASE("hostile: a path that is missing from a tree without end is missing") {
  World world;
  const RepoBuilder& models = world.models;
  const auto make_tree = [&](const std::string& entries) {
    RunOptions options;
    options.input = entries;
    return models.git({"mktree"}, options);
  };
  const std::string blob = models.git({"rev-parse", "HEAD:models/rf.mlem"});
  std::string deep = make_tree("100644 blob " + blob + "\tother.mlem\n");
  for (int i = 0; i < 17; ++i) deep = make_tree("040000 tree " + deep + "\t" + std::string(250, 'a') + "\n");
  const std::string tree = make_tree("100644 blob " + blob + "\trf2.mlem\n040000 tree " + deep + "\tx\n");
  models.git({"tag", "bomb", models.git({"commit-tree", "-m", "x", tree})});
  world.registry.commit({{"a.mlem", link_text({.path = "rf1.mlem", .repo = example_url + "/", .rev = "bomb"})}});
  const Outcome checked = world.mlem({"check", "a.mlem"});
  CAPTURE(checked);
  CHECK(checked.code == 1);
  CHECK(checked.output == "a.mlem: missing-path: nothing at 'rf1.mlem' in '" + example_url +
                              "/' at 'bomb'\n  hint: there is 'rf2.mlem'\n");
}

TEST_CASE("hostile: a tree with a slash in a name is refused") {
  Server server;
  const RepoBuilder& registry = server.world.registry;
  const auto blob = [&](const std::string& rev) {
    registry.write("x.mlem", server.link(rev));
    return registry.git({"hash-object", "-w", "x.mlem"});
  };
  const auto entry = [](const std::string& mode, const std::string& name, const std::string& id) {
    std::string text = mode + " " + name + '\0';
    for (std::size_t i = 0; i < id.size(); i += 2) text += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
    return text;
  };
  RunOptions options;
  options.input = entry("100644", "a.mlem", blob("nope"));
  const std::vector<std::string> write_tree = {"hash-object", "-t", "tree", "-w", "--literally", "--stdin"};
  const std::string inner = registry.git(write_tree, options);
  // Who looks for 'prod/a.mlem' finds one of two links.
  options.input = entry("40000", "prod", inner) + entry("100644", "prod/a.mlem", blob("main"));
  const std::string commit = registry.git({"commit-tree", "-m", "x", registry.git(write_tree, options)});
  const Outcome refused = server.push({"origin", commit + ":refs/heads/main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "it has a name that is empty or has a slash"));
}

TEST_CASE("hostile: large objects are read no longer than there is time") {
  Server server;
  server.config("mlem.hookTimeout", "2");
  // Flow style takes the parser a second and more for each.
  std::string flow = "object_type: model\nparams: {";
  for (int i = 0; i < 300'000; ++i) flow += fmt::format("key{}: 1, ", i);
  constexpr int count = 20;
  std::string stream = commit_on_main();
  for (int i = 0; i < count; ++i)
    stream += fmt::format("M 100644 inline {}.mlem\n", i) + data(flow + fmt::format("i: {}}}\n", i));
  RunOptions options;
  options.directory = server.world.models.path();
  options.input = stream;
  REQUIRE(server.world.sandbox.git({"fast-import", "--quiet", "--force"}, options).code == 0);
  Files links;
  for (int i = 0; i < count; ++i) links[fmt::format("{}.mlem", i)] = server.link("main", fmt::format("{}.mlem", i));
  server.world.registry.commit(links);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, ": timeout"));
}

TEST_CASE("hostile: a file that takes the parser longer than there is time is not waited for") {
  Server server;
  server.config("mlem.hookTimeout", "1");
  std::string stream = commit_on_main() + "M 100644 inline 0.mlem\n" + data(server.link("main"));
  std::string block = "object_type: \"model\"\n";
  while (block.size() < 15'000'000) block += "a: b\n";
  for (const char* name : {"1", "2"})
    stream += fmt::format("M 100644 inline {}.mlem\n", name) + data(block + name + ": 1\n");
  import(server, stream);
  const Outcome refused = server.push({"origin", "main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "1.mlem: timeout"));
  CHECK(contains(refused.errors, "2.mlem: timeout"));
}

TEST_CASE("hostile: a tree with a git directory in it is judged like any other") {
  Server server;
  server.world.registry.commit({{"x.mlem", server.link("nope")}});
  const std::string blob = server.world.registry.id("HEAD:x.mlem");
  RunOptions options;
  options.directory = server.world.registry.path();
  options.input = "100644 blob " + blob + "\thooks.mlem\n";
  const std::string inner = server.world.sandbox.git_output({"mktree"}, options);
  options.input = "040000 tree " + inner + "\t.git\n100644 blob " + blob + "\tx.mlem\n";
  const std::string tree = server.world.sandbox.git_output({"mktree"}, options);
  const std::string commit = server.world.registry.git({"commit-tree", "-m", "x", tree});
  const Outcome refused = server.push({"origin", commit + ":refs/heads/main"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "x.mlem: missing-rev"));
}
