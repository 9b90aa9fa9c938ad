#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <sstream>

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

TEST_CASE("commands: without one they are listed, each once, by their use each command once, by its use") {
  World world;
  const Outcome outcome = world.mlem({});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output.find("usage: git mlem [-q | -v] <command> [<args>]\n"
                            "\nstart a registry\n"
                            "   init        Make a directory a MLEM project\n"
                            "   link        Create a link to an object and stage it\n") == 0);
  std::vector<std::string> uses;
  std::vector<std::string> names;
  std::istringstream lines(outcome.output);
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    if (line.starts_with("   "))
      names.push_back(line.substr(3, line.find(' ', 3) - 3));
    else if (!line.empty() && line.front() != '\'')
      uses.push_back(line);
  }
  CHECK(uses == std::vector<std::string>{"start a registry", "see what is there, and what was",
                                         "change what links name", "judge links and guard them",
                                         "get what links lead to", "serve hooks, scripts and bug reports"});
  CHECK(names.size() >= 30);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
}

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

TEST_CASE("commands: a git that is too old is refused in one line") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  // What older gits do with the option that came with the least version, as 2.30 and 2.34 were seen to.
  const auto bin = world.sandbox / "old";
  create_directory(bin);
  const std::string git = world.sandbox.run({"sh", "-c", "command -v git"}).output;
  write_file(bin / "git",
             "#!/bin/sh\n"
             "for word; do\n"
             "  case $word in\n"
             "    --exclude-hidden=*) echo \"$word\" ;;\n"
             "    --version) echo 'git version 2.34.1' && exit ;;\n"
             "  esac\n"
             "done\n"
             "exec " +
                 git.substr(0, git.find('\n')) + " \"$@\"\n");
  permissions(bin / "git", fs::owner_all);
  RunOptions here;
  here.directory = world.registry.path();
  here.environment["PATH"] = bin.string() + ":" + world.sandbox.environment().at("PATH");
  for (const std::string command : {"check", "ls", "env"}) {
    CAPTURE(command);
    const Outcome outcome = world.sandbox.mlem({command}, here);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: 'git version 2.34.1' is too old: 2.39 is the oldest that git-mlem works with\n");
  }
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
  CHECK(bad.errors == "fatal: bad config value 'bogus' for 'color.ui': it is not a boolean\n");

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
  CHECK(contains(world.mlem({"check", "-q", "-v", "a.mlem"}).output, "a.mlem: ok (seen just now)\n"));
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
  CHECK(world.mlem({"lnik"}).errors ==
        "error: 'lnik' is not a git mlem command\nhint: the most similar command is 'link'\n");
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
  struct Row {
    std::string word;
    std::string title;
  };
  const Row rows[] = {{"mlem-link", "MLEM-LINK(5)"},
                      {"mlem-server", "GIT-MLEM-SERVER(7)"},
                      {"server", "GIT-MLEM-SERVER(7)"},
                      {"compatibility", "GIT-MLEM-COMPATIB"},
                      {"migration", "GIT-MLEM-MIGRATIO"},
                      {"git-mlem-server", "GIT-MLEM-SERVER(7)"},
                      {"git-mlem-link", "GIT-MLEM-LINK(1)"},
                      {"link", "GIT-MLEM-LINK(1)"},
                      {"mlem-check", "GIT-MLEM-CHECK(1)"},
                      {"git-mlem", "GIT-MLEM(1)"},
                      {"mlem", "GIT-MLEM(1)"}};
  for (const Row& row : rows) {
    CAPTURE(row.word);
    const Outcome outcome = world.sandbox.mlem({"help", row.word}, options);
    CAPTURE(outcome);
    CHECK(outcome.output.starts_with(row.title));
  }
}

TEST_CASE("commands: quiet and verbose may come before the command as in MLEM") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"b.mlem", gone}});
  for (const std::string option : {"-q", "--quiet", "-v", "--verbose"}) {
    CAPTURE(option);
    const Outcome before = world.mlem({option, "check"});
    const Outcome behind = world.mlem({"check", option});
    CAPTURE(before);
    CHECK(before.output == behind.output);
    CHECK(before.errors == behind.errors);
    CHECK(before.code == 1);
  }
  CHECK(world.mlem({"-v", "-q", "check"}).errors.empty());
  CHECK(world.mlem({"-q", "link", "--sp", example_url, "models/rf", "c"}).output.empty());
  CHECK(world.mlem({"-q", "help", "chekc"}).code == 129);
  CHECK(world.mlem({"-q"}).output == world.mlem({}).output);
  const Outcome unknown = world.mlem({"-v", "-x"});
  CAPTURE(unknown);
  CHECK(unknown.errors == "error: '-x' is not a git mlem command\nhint: 'git mlem' lists them\n");
}

TEST_CASE("commands: MLEM's own spellings are taken where links are followed") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"al.mlem", link_text({.path = "a.mlem"})}});
  for (const std::string command : {"resolve", "show", "pprint"}) {
    CHECK(world.mlem({command, "--nf", "al"}).output == world.mlem({command, "--no-follow-links", "al"}).output);
    CHECK(world.mlem({command, "--nf", "--f", "al"}).output == world.mlem({command, "al"}).output);
  }
}

TEST_CASE("commands: usage goes to stdout with 129 and no command is 1") {
  const World world;
  for (const std::string command : {"check", "env", "fetch", "hook", "init", "install", "link", "ls", "policy",
                                    "pprint", "resolve", "show", "uninstall", "version"}) {
    const Outcome outcome = world.mlem({command, "-h"});
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(outcome.output.find("usage: git mlem " + command) == 0);
    CHECK(outcome.errors.empty());
    for (const std::string when : {"", "=always", "=never", "=auto"}) {
      CHECK(world.mlem({command, "-q", "-v", "--color" + when, "--progress", "--no-progress", "-h"}).code == 129);
    }
    const Outcome refused = world.mlem({command, "--color=bogus", "x"});
    CHECK(refused.code == 129);
    CHECK(refused.errors.find("error: 'bogus' is not a value for '--color', which takes always, never, auto\nhint: ") ==
          0);
  }
  CHECK(world.mlem({}).code == 1);
  CHECK(world.mlem({"nonsense"}).code == 129);
}

TEST_CASE("commands: options are parsed as git does") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf", .repo = example_url + "/", .rev = "gone"})}});
  world.registry.tag("t1");
  const std::string in_red = "a.mlem: \033[31mmissing-rev\033[m";
  struct Row {
    std::vector<std::string> arguments;
    std::string answer;  ///< begins the output
  };
  const Row parsed[] = {
      {{"check", "--color", "t1"}, in_red},
      {{"check", "t1", "--color"}, in_red},
      {{"check", "--col=always"}, in_red},
      {{"check", "--color", "--no-color"}, "a.mlem: missing-rev"},
      {{"check", "--policy", "main", "--no-policy"}, "a.mlem: missing-rev"},
      {{"check", "--porc"}, "missing-rev\t"},
      {{"link", "-n", "--source", example_url, "models/rf", "b"}, "⏳️ Loading"},
      {{"link", "-n", "--source=" + example_url, "--rev=4-pack", "models/rf", "b"}, "⏳️ Loading"},
      {{"link", "-n", "--no-fol", "--sp", example_url, "models/rf", "b"}, "⏳️ Loading"},
  };
  for (const Row& row : parsed) {
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(outcome);
    CHECK(outcome.output.find(row.answer) == 0);
  }
  const Row bad[] = {
      {{"check", "--nonsense"}, "unrecognised option '--nonsense'"},
      {{"check", "--json=1"}, "option '--json' takes no value"},
      {{"check", "--no-jobs=1"}, "option '--no-jobs' takes no value"},
      {{"check", "--jobs"}, "option '--jobs' requires a value"},
      {{"check", "--c"}, "ambiguous option '--c': could be '--cached' or '--changed'"},
  };
  for (const Row& row : bad) {
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(outcome.errors.find(row.answer) != std::string::npos);
  }
}

TEST_CASE("porcelain: names are quoted as core.quotePath says and never with -z") {
  World world;
  const std::string name = "caf\xc3\xa9.mlem";
  world.registry.commit({{name, link_text({.path = "models/rf", .repo = example_url + "/", .rev = "main"})}});
  for (const std::string command : {"check", "ls", "resolve"}) {
    CAPTURE(command);
    const auto name_in = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), command);
      if (command == "resolve") arguments.push_back(name);
      const std::string output = world.mlem(arguments).output;
      return output.substr(3, output.find_first_of(std::string_view("\t\0", 2), 3) - 3);
    };
    world.registry.git({"config", "core.quotePath", "true"});
    CHECK(name_in({"--porcelain"}) == "\"caf\\303\\251.mlem\"");
    CHECK(name_in({"-z"}) == name);
    world.registry.git({"config", "core.quotePath", "false"});
    CHECK(name_in({"--porcelain"}) == name);
  }
}

TEST_CASE("fetch: pathspecs need no separator if they can be nothing else") {
  World world;
  world.registry.commit({{"a.mlem", good}, {"b.mlem", gone}});
  CHECK(world.mlem({"fetch", "a.mlem"}).errors == "1 link: 1 fetched, 0 broken, 0 undecided\n");
  CHECK(world.mlem({"fetch", "a*", "--", "a.mlem"}).errors == "1 link: 1 fetched, 0 broken, 0 undecided\n");
  const Outcome unknown = world.mlem({"fetch", "main"});
  CHECK(unknown.code == 128);
  CHECK(unknown.errors == "fatal: pathspec 'main' did not match any files\n");
}

TEST_CASE("commands: the value of an option that is wrong is wrong usage") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  struct Row {
    std::vector<std::string> arguments;
    std::string errors;  ///< their beginning
  };
  const Row rows[] = {{{"link", "--rev", "", "a", "b"}, "error: the value of '--rev' is empty\n"},
                      {{"link", "--sp", "", "a", "b"}, "error: the value of '--source-project' is empty\n"},
                      {{"resolve", "--at", "", "a"}, "error: the value of '--at' is empty\n"},
                      {{"resolve", "--rev=", "a"}, "error: the value of '--rev' is empty\n"},
                      {{"show", "--project", "", "a"}, "error: the value of '--project' is empty\n"},
                      {{"clone", "--rev", "", "a", "b"}, "error: the value of '--rev' is empty\n"},
                      {{"promote", "--onto", "", "a"}, "error: the value of '--onto' is empty\n"},
                      {{"update", "--to", ""}, "error: the value of '--to' is empty\n"},
                      {{"check", "--signed="}, "error: the value of '--signed' is empty\n"},
                      // What their pages have.
                      {{"check", "--deep=x"}, "error: 'x' is not a value for '--deep', which takes size, hash\n"},
                      {{"diff", "--exit-code=x"}, "error: 'x' is not a value for '--exit-code', which takes breaking\n"},
                      {{"bundle"}, "error: a subcommand is needed: create, verify or import\n"}};
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(outcome.errors.starts_with(row.errors));
  }
}

TEST_CASE("commands: every one takes the common options, and -h has those that do something") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  const std::vector<std::string> common = {"-q", "-v", "--color=never", "--no-progress"};
  const auto takes = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, common.begin(), common.end());
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == (arguments[0] == "policy" ? 1 : 0));
  };
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"init"},
                                                    {"link", "a", "b"},
                                                    {"check"},
                                                    {"ls"},
                                                    {"show", "a"},
                                                    {"resolve", "a"},
                                                    {"fetch"},
                                                    {"install"},
                                                    {"uninstall"},
                                                    {"policy"},
                                                    {"env"},
                                                    {"version"}}) {
    takes(arguments);
  }
  CHECK(world.mlem({"init", "-h"}).output ==
        "usage: git mlem init [<options>] [<dir>]\n\n    -q, --quiet           say only what went wrong\n");
  CHECK(world.mlem({"env", "-h"}).output == "usage: git mlem env\n\n");
  CHECK(contains(world.mlem({"check", "-h"}).output, "--color"));
}
