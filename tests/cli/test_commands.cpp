#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string good = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"});
const std::string gone = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "gone"});
const std::string red = "\033[31mmissing-rev\033[m";

std::string yellow(const std::string& text) { return "\033[33m" + text + "\033[m"; }

/// In the registry, on a terminal.
RunOptions on_terminal(const World& world) {
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::all;
  options.environment["TERM"] = "xterm";
  return options;
}

}  // namespace

TEST_CASE("commands: no password on the command line or in the configuration is printed") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  const std::string address = "https://user:s3cret@127.0.0.1:1/x.git/models/rf";
  const std::string ssh = "ssh://u:s3cret@127.0.0.1:1/x.git/models/rf";
  const std::vector<std::vector<std::string>> rows = {{"resolve", address},
                                                      {"resolve", "--json", address},
                                                      {"resolve", "--porcelain", address},
                                                      {"resolve", "-z", address},
                                                      {"resolve", "--nf", ssh},
                                                      {"resolve", "--at", "HEAD", address},
                                                      {"resolve", "--at", address, "a"},
                                                      {"show", address},
                                                      {"show", ssh},
                                                      {"check", address},
                                                      {"check", address, "--"},
                                                      {"check", "--policy", address},
                                                      {"check", "--color=" + address},
                                                      {"check", "--" + address},
                                                      {"check", "-" + address},
                                                      {"ls", address},
                                                      {"fetch", address},
                                                      {"policy", address},
                                                      {"hook", address},
                                                      {address}};
  for (const std::vector<std::string>& arguments : rows) {
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code != 0);
    CHECK(contains(outcome.output + outcome.errors, "***"));
    CHECK_FALSE(contains(outcome.output + outcome.errors, "s3cret"));
  }
  world.registry.git({"config", "mlem.allowSource", "https://user:s3cret@example.org/**"});
  const Outcome facts = world.mlem({"env"});
  CHECK(contains(facts.output, "config mlem.allowsource=https://***@example.org/**\n"));
}

TEST_CASE("commands: colours are wanted as git wants them") {
  World world;
  world.registry.commit({{"a.mlem", gone}});
  struct Row {
    std::string key;
    std::string value;
    bool on_terminal;
    bool in_pipe;
  };
  const Row rows[] = {
      {"color.ui", "0", false, false},    {"color.ui", "False", false, false},   {"color.ui", "NEVER", false, false},
      {"color.ui", "", false, false},     {"color.ui", "auto", true, false},     {"color.ui", "True", true, false},
      {"color.ui", "1", true, false},     {"color.ui", "Always", true, true},    {"color.mlem", "always", true, true},
      {"color.mlem", "no", false, false}, {"color.branch", "never", true, false}};
  for (const Row& row : rows) {
    CAPTURE(row.key);
    CAPTURE(row.value);
    RunOptions options = on_terminal(world);
    const std::vector<std::string> arguments{"-c", row.key + "=" + row.value, "mlem", "check"};
    CHECK(contains(world.sandbox.git(arguments, options).output, red) == row.on_terminal);
    CHECK_FALSE(contains(
        world.sandbox.git({"-c", row.key + "=" + row.value, "mlem", "check", "--no-color"}, options).output, red));
    options.terminal = Terminal::none;
    CHECK(contains(world.sandbox.git(arguments, options).output, red) == row.in_pipe);
  }
  const Outcome bad = world.git({"-c", "color.ui=bogus", "mlem", "check"});
  CAPTURE(bad);
  CHECK(bad.code == 128);
  CHECK(bad.errors == "fatal: bad config value 'bogus' for 'color.ui': it is no boolean\n");

  RunOptions paged = on_terminal(world);
  paged.terminal = Terminal::none;
  paged.environment["GIT_PAGER_IN_USE"] = "true";
  CHECK(contains(world.sandbox.mlem({"check"}, paged).output, red));
  CHECK_FALSE(contains(world.sandbox.git({"-c", "color.pager=false", "mlem", "check"}, paged).output, red));
  paged.environment["GIT_PAGER_IN_USE"] = "false";
  CHECK_FALSE(contains(world.sandbox.mlem({"check"}, paged).output, red));
}

TEST_CASE("commands: every command with findings colours them and no format for scripts does") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"longer.mlem", gone}});
  const std::string commit = world.model_commit;
  const Outcome plain = world.mlem({"ls"});
  const Outcome table = world.mlem({"ls", "--color"});
  CAPTURE(table);
  CHECK(contains(table.output, "  " + yellow(commit.substr(0, 7)) + "      "));
  CHECK(contains(table.output, "  " + red + "  -\n"));
  std::string uncoloured = table.output;
  for (const std::string code : {"\033[31m", "\033[33m", "\033[m"}) {
    for (std::size_t at = 0; (at = uncoloured.find(code)) != std::string::npos;) uncoloured.erase(at, code.size());
  }
  CHECK(uncoloured == plain.output);
  CHECK(contains(world.mlem({"resolve", "--color", "a"}).output, yellow(commit) + " "));
  CHECK(contains(world.mlem({"resolve", "--color", "longer"}).errors, "error: longer: " + red + ": no branch"));
  CHECK(contains(world.mlem({"show", "--color", "longer"}).errors, "error: longer: " + red + ": no branch"));
  CHECK(contains(world.mlem({"fetch", "--color"}).errors, "error: longer.mlem: " + red + ": no branch"));
  world.registry.write("b.mlem", gone);
  world.registry.git({"add", "b.mlem"});
  CHECK(contains(world.mlem({"hook", "--color", "pre-commit"}).errors, "error: b.mlem: " + red + ": no branch"));
  for (const std::string format : {"--json", "--porcelain", "-z"}) {
    for (const std::string command : {"check", "ls", "fetch", "resolve"}) {
      std::vector<std::string> arguments{command, "--color", format};
      if (command == "resolve") arguments.insert(arguments.end(), {"a", "longer"});
      const Outcome outcome = world.mlem(arguments);
      CAPTURE(outcome);
      CHECK_FALSE(contains(outcome.output, "\033"));
    }
  }
  // What stderr has is coloured if that is the terminal.
  RunOptions options = on_terminal(world);
  options.terminal = Terminal::errors;
  CHECK(contains(world.sandbox.mlem({"resolve", "longer"}, options).errors, red));
  CHECK_FALSE(contains(world.sandbox.mlem({"resolve", "a"}, options).output, "\033"));
  CHECK_FALSE(contains(
      world.sandbox.git({"-c", "color.pager=false", "-c", "core.pager=sed s/^/p:/", "mlem", "ls"}, on_terminal(world))
          .output,
      "\033"));
  CHECK(contains(world.sandbox.git({"-c", "core.pager=sed s/^/p:/", "mlem", "ls"}, on_terminal(world)).output, red));
}

TEST_CASE("commands: -v says more and of -q and -v the last counts") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"al.mlem", link_text({.path = "a.mlem"})}, {"b.mlem", gone}});
  CHECK(world.mlem({"fetch", "-v", "a.mlem", "al.mlem"}).errors ==
        "From " + example_url + "/\n2 links: 2 fetched, 0 broken, 0 undecided\n");
  const std::string place = world.mlem({"resolve", "al"}).output;
  CHECK(world.mlem({"resolve", "-v", "al"}).output == place + "  - a.mlem .\n");
  CHECK(contains(world.mlem({"ls", "-v"}).output, "missing-rev  -\n  no branch, tag or commit 'gone'\n"));
  CHECK(contains(world.mlem({"check", "-q", "-v", "a.mlem"}).output, "a.mlem: ok\n"));
  const Outcome quiet = world.mlem({"check", "-v", "-q", "a.mlem"});
  CHECK(quiet.output + quiet.errors == "");

  const std::string hooks = (world.registry.path() / ".git/hooks").string();
  const Outcome installed = world.mlem({"install", "-v"});
  CHECK(contains(installed.output, "Installed hooks in '" + hooks + "'\n  wrote '" + hooks + "/pre-commit'\n"));
  CHECK(world.mlem({"install", "-v"}).output == "Installed hooks in '" + hooks + "'\n");
  CHECK(contains(world.mlem({"uninstall", "-v"}).output, "\n  removed '" + hooks + "/pre-push'\n"));
}

TEST_CASE("commands: formats that exclude each other are refused and porcelain has a version") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  for (const std::string command : {"check", "ls", "fetch", "resolve", "policy"}) {
    const Outcome both = world.mlem({command, "--json", "--porcelain"});
    CAPTURE(both);
    CHECK(both.code == 129);
    CHECK(both.errors.find("error: options '--json' and '--porcelain' cannot be used together\nhint: ") == 0);
    CHECK(world.mlem({command, "-z", "--json"}).errors.find("error: options '--json' and '--null' cannot") == 0);
    CHECK(world.mlem({command, "--porcelain=v2"}).code == 129);
  }
  CHECK(world.mlem({"check", "--porcelain=v1"}).output == world.mlem({"check", "--porcelain"}).output);
  CHECK(world.mlem({"check", "--json", "--porcelain", "--no-json"}).output.find("ok\ta.mlem") == 0);
  CHECK(world.mlem({"check", "-z", "--porcelain"}).output == world.mlem({"check", "-z"}).output);
}

TEST_CASE("commands: options are judged before a repository is looked for") {
  const Sandbox sandbox;
  const std::vector<std::vector<std::string>> rows = {{"check", "--shard", "0/0"},
                                                      {"check", "-j", "0"},
                                                      {"check", "-j", "1001"},
                                                      {"check", "--cached", "--worktree"},
                                                      {"check", "--offline", "--fresh"},
                                                      {"check", "--policy", "x", "--cached"},
                                                      {"check", "--offline", "--reachable"},
                                                      {"fetch", "--prune", "a.mlem"},
                                                      {"resolve"},
                                                      {"resolve", "--at", "x", "--rev", "y", "z"}};
  for (const std::vector<std::string>& arguments : rows) {
    const Outcome outcome = sandbox.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
  }
  CHECK(sandbox.mlem({"check", "-j", "1000"}).code == 128);
}

TEST_CASE("commands: an unknown one is told of with one like it and help opens the manual") {
  World world;
  CHECK(world.mlem({"chekc"}).errors ==
        "error: 'chekc' is not a git mlem command\nhint: the most similar command is 'check'\n");
  CHECK(world.mlem({"xyzzy"}).errors == "error: 'xyzzy' is not a git mlem command\nhint: 'git mlem' lists them\n");
  CHECK(world.mlem({"-v"}).output == world.mlem({"version"}).output);
  CHECK(world.mlem({"help", "chekc"}).code == 129);
  CHECK(world.mlem({"help", "-h"}).output == world.mlem({"-h"}).output);
  CHECK(world.mlem({"help", "check", "ls"}).code == 129);
  RunOptions options;
  options.environment["MANPAGER"] = "cat";
  for (const std::string page : {"check", "link"}) {
    CHECK(world.sandbox.mlem({"help", page}, options).output == world.sandbox.mlem({page, "--help"}, options).output);
  }
}

TEST_CASE("commands: MLEM's own spellings are taken where links are followed") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"al.mlem", link_text({.path = "a.mlem"})}});
  for (const std::string command : {"resolve", "show", "pprint"}) {
    CHECK(world.mlem({command, "--nf", "al"}).output == world.mlem({command, "--no-follow-links", "al"}).output);
    CHECK(world.mlem({command, "--nf", "--f", "al"}).output == world.mlem({command, "al"}).output);
  }
}

TEST_CASE("ls: an alias shows what it leads to and what cannot be known is a dash") {
  World world;
  world.registry.commit(
      {{"bad.mlem", "junk: ["}, {"prod/p.mlem", link_text({.path = "second.mlem"})}, {"prod/second.mlem", good}});
  RunOptions below;
  below.directory = world.registry.path() / "prod";
  const Outcome outcome = world.sandbox.mlem({"ls"}, below);
  CAPTURE(outcome);
  CHECK(contains(outcome.output, "../bad.mlem            -      -  "));
  CHECK(contains(outcome.output, "\np.mlem -> second.mlem  model  " + example_url + "/models/rf.mlem  main  "));
  CHECK(contains(outcome.output, "\nsecond.mlem            model  " + example_url));
}

TEST_CASE("ls: the table fits the terminal and is whole in a pipe") {
  World world;
  const std::string name = "production/" + std::string(60, 'n') + ".mlem";
  world.registry.commit({{name, good}});
  const std::string row =
      name + "  model  " + example_url + "/models/rf.mlem  main  " + world.model_commit.substr(0, 7) + "  ";
  RunOptions options = on_terminal(world);
  options.environment["COLUMNS"] = "60";  // of a pipe it says nothing
  options.terminal = Terminal::none;
  CHECK(contains(world.sandbox.mlem({"ls"}, options).output, "\n" + row));
  options.terminal = Terminal::all;
  options.environment["GIT_PAGER"] = "cat";
  const auto widest = [&] {
    const Outcome outcome = world.sandbox.mlem({"ls", "--no-color"}, options);
    CAPTURE(outcome);
    CHECK(contains(outcome.output, "…"));
    CHECK(contains(outcome.output, world.model_commit.substr(0, 7)));
    std::size_t width = 0;
    for (std::size_t at = 0; at < outcome.output.size();) {
      const std::size_t end = outcome.output.find("\r\n", at);
      std::size_t columns = 0;
      for (std::size_t i = at; i < end; ++i) columns += (outcome.output[i] & 0xc0) != 0x80 ? 1 : 0;
      width = std::max(width, columns);
      at = end + 2;
    }
    return width;
  };
  CHECK(widest() == 60);
  options.environment["COLUMNS"] = std::nullopt;
  CHECK(widest() == 80);
}

TEST_CASE("ls: a pager that cannot be run loses nothing") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  RunOptions options = on_terminal(world);
  for (const std::string& pager : {std::string("no-such-pager"), world.registry.path().string()}) {
    options.environment["GIT_PAGER"] = pager;
    const Outcome outcome = world.sandbox.mlem({"ls"}, options);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.output, "NAME    TYPE"));
    CHECK(contains(outcome.output, "a.mlem  model"));
  }
}

TEST_CASE("fetch: pathspecs need no separator if they can be nothing else") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"b.mlem", gone}});
  CHECK(world.mlem({"fetch", "a.mlem"}).errors == "1 link: 1 fetched, 0 broken, 0 undecided\n");
  CHECK(world.mlem({"fetch", "a*", "--", "none"}).errors == "1 link: 1 fetched, 0 broken, 0 undecided\n");
  const Outcome unknown = world.mlem({"fetch", "main"});
  CHECK(unknown.code == 128);
  CHECK(unknown.errors ==
        "fatal: pathspec 'main' did not match any file\nhint: paths that are nowhere now follow '--'\n");
}
