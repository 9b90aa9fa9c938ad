#include "cli/world.hpp"

#include <signal.h>

using namespace mlem::test;

TEST_CASE("resolve: an alias over a link ends at the object") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf", .repo = example_url + "/", .rev = "main"})},
                         {"b.mlem", link_text({.path = "a"})}});
  const Outcome outcome = world.mlem({"resolve", "b"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const std::string blob = world.models.id("main:models/rf.mlem");
  CHECK(outcome.output == world.model_commit + " " + blob + " model models/rf.mlem " + example_url + "/\n");
}

TEST_CASE("resolve: a link that is named as an object is held to its type") {
  World world;
  world.registry.commit(
      {{"w.mlem", link_text({.type = "data", .path = "models/rf", .repo = example_url + "/", .rev = "main"})}});
  const std::string why = "wrong-type: 'models/rf.mlem' is a model, not a data\nhint: write 'link_type: model'\n";
  const Outcome resolved = world.mlem({"resolve", "w"});
  CAPTURE(resolved);
  CHECK(resolved.code == 1);
  CHECK(resolved.errors == "error: w: " + why);
  CHECK(world.mlem({"show", "w"}).errors == "error: w: " + why);
  const Outcome linked = world.mlem({"link", "w", "x"});
  CHECK(linked.code == 1);
  CHECK(linked.errors == "error: cannot link to 'w': " + why);
  CHECK(world.mlem({"resolve", "--no-follow-links", "w"}).code == 0);
}

TEST_CASE("resolve: JSON says of a link what check says of it") {
  World world;
  world.models.commit({{"al.mlem", link_text({.path = "models/rf.mlem"})}});
  world.registry.commit({{"d/a.mlem", link_text({.path = "al", .repo = world.models.url(), .rev = "main"}) + "x: 1\n"},
                         {"b.mlem", link_text({.path = "d/a"})},
                         {"gone.mlem", link_text({.path = "al", .repo = "file:///nonexistent/", .rev = "v1"})}});
  RunOptions below;
  below.directory = world.registry.path() / "d";
  for (const std::string name : {"d/a", "b", "gone"}) {
    const Outcome checked = world.mlem({"check", "--worktree", "--json", "--", name + ".mlem"});
    const Outcome resolved = world.sandbox.mlem({"resolve", "--json", "../" + name}, below);
    CAPTURE(checked);
    CAPTURE(resolved);
    CHECK(resolved.output == checked.output);
    if (name == "b") continue;  // a hop through this repository's commit has that commit here
    const Outcome at_head = world.mlem({"check", "--json", "HEAD", "--", name + ".mlem"});
    CHECK(world.mlem({"resolve", "--json", "HEAD:" + name}).output == at_head.output);
  }
  const Outcome gone = world.mlem({"check", "--json", "--", "gone.mlem"});
  CHECK(gone.output.find("\"rev\":\"v1\"") != std::string::npos);
  const Outcome named = world.mlem({"resolve", "--json", "--project", world.models.url(), "al"});
  CAPTURE(named);
  CHECK(named.output.find("{\"schema\":1,\"link\":\"al\",") == 0);
  CHECK(named.output.find("\"hops\"") == std::string::npos);
  CHECK(named.output.find("\"at\":\"" + world.models.id("main") + "\"") != std::string::npos);
}

TEST_CASE("resolve: a chain is as long as check has it") {
  World world;
  Files files{{"o.mlem", model_meta()}};
  for (int i = 1; i <= 18; ++i) {
    const std::string next = i == 18 ? "o" : "l" + std::to_string(i + 1);
    files["l" + std::to_string(i) + ".mlem"] = link_text({.path = next + ".mlem"});
  }
  world.registry.commit(files);
  CHECK(world.mlem({"check", "--", "l1.mlem"}).code == 1);
  CHECK(world.mlem({"resolve", "l1"}).code == 1);
  CHECK(world.mlem({"check", "--", "l2.mlem"}).code == 0);
  CHECK(world.mlem({"resolve", "l2"}).code == 0);
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

TEST_CASE("show: the metadata is printed as it is in its file") {
  const World world;
  const Outcome outcome = world.mlem({"show", "--project", example_url, "models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == model_meta());
}

TEST_CASE("ls: links are listed with their sources") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  const Outcome outcome = world.mlem({"ls"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("NAME    TYPE   SOURCE") == 0);
  CHECK(outcome.output.find("a.mlem  model  " + example_url + "/models/rf.mlem  main  " +
                            world.model_commit.substr(0, 7)) != std::string::npos);
}

TEST_CASE("ls: columns are as wide as a terminal shows what is in them") {
  World world;
  const std::string link = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"});
  world.registry.commit({{"\xc3\xa9\xc3\xa9.mlem", link}, {"\xe6\xa8\xa1.mlem", link}, {"four.mlem", link}});
  const Outcome outcome = world.mlem({"ls"});
  CAPTURE(outcome);
  CHECK(outcome.output.find("NAME       TYPE ") == 0);
  CHECK(outcome.output.find("\n\xc3\xa9\xc3\xa9.mlem    model ") != std::string::npos);
  CHECK(outcome.output.find("\n\xe6\xa8\xa1.mlem    model ") != std::string::npos);
  CHECK(outcome.output.find("\nfour.mlem  model ") != std::string::npos);
}

TEST_CASE("init: the marker is made and staged once") {
  const World world;
  CHECK(world.mlem({"init"}).output == "Initialized MLEM project: '.mlem.yaml'\n");
  CHECK(world.mlem({"init"}).output == "MLEM project exists already: '.mlem.yaml'\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  .mlem.yaml");
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
    CHECK(refused.errors.find("error: 'bogus' is no value for '--color', which takes always, never, auto\nhint: ") ==
          0);
  }
  CHECK(world.mlem({}).code == 1);
  CHECK(world.mlem({"nonsense"}).code == 129);
}

TEST_CASE("resolve: a directory whose name begins with a blank is looked in") {
  World world;
  world.registry.commit({{" a/m.mlem", model_meta()}});
  RunOptions options;
  options.directory = world.registry.path() / " a";
  for (const std::string object : {"m", ":./m", "HEAD:./m"}) {
    const Outcome outcome = world.sandbox.mlem({"resolve", object}, options);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.find(" model  a/m.mlem .\n") != std::string::npos);
  }
}

TEST_CASE("resolve: --at takes a rev or a date and nothing that git would take for now") {
  World world;
  const std::string first = world.registry.commit({{"m.mlem", model_meta()}});
  world.registry.commit({{"m.mlem", data_meta()}});
  for (const std::string at : {"HEAD~1", "main~1", "2024-01-01 00:01:30 +0000", "2024-01-01T00:01:30Z", "1704067290",
                               "Jan 1 2024 00:01:30 UTC", "Jan 1 2024 01:01:30 CET"}) {
    const Outcome outcome = world.mlem({"resolve", "--at", at, "m"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.find(first) == 0);
  }
  for (const std::string at :
       {"now", "yesterday", "noon yesterday", "2.weeks.ago", "last friday", "3 days ago", "tea"}) {
    const Outcome outcome = world.mlem({"resolve", "--at", at, "m"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.find(" data m.mlem .\n") != std::string::npos);
  }
  for (const std::string at : {"yesteryear", "mian", "v1.O", "v9", "", "-", "main~2~"}) {
    const Outcome outcome = world.mlem({"resolve", "--at", at, "m"});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: bad revision or date '" + at + "': it is neither\n");
  }
  for (const std::string& object : {std::string("HEAD:m"), example_url + "/models/rf"}) {
    const Outcome outcome = world.mlem({"resolve", "--at", "HEAD~1", object});
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(outcome.errors.find("error: '--at' is about this repository as it was: '" + object +
                              "' names a rev or another repository\nhint: ") == 0);
  }
  CHECK(world.mlem({"resolve", "--at", "never", "m"}).errors ==
        "fatal: bad revision or date 'never': no commit is that old or of that name\n");
}

TEST_CASE("ls: a table goes through the pager that git would use") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  world.sandbox.add_config("core.pager", "sed s/^/core:/");
  struct Row {
    std::string value;
    std::string git_pager;
    std::string lead;
  };
  const std::vector<Row> rows = {{"true", "", "core:"},
                                 {"1", "", "core:"},
                                 {"no", "", ""},
                                 {"0", "", ""},
                                 {"off", "", ""},
                                 {"sed s/^/own:/", "", "own:"},
                                 {"sed s/^/own:/", "sed s/^/env:/", "env:"},
                                 {"no", "sed s/^/env:/", ""},
                                 {"echo $LESS $LV; cat", "", "FRX -c\r\n"},
                                 {"head -c 4; exit 1", "", "NAME"}};
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::all;
  for (const Row& row : rows) {
    CAPTURE(row.value);
    world.registry.git({"config", "pager.mlem", row.value});
    if (!row.git_pager.empty()) options.environment["GIT_PAGER"] = row.git_pager;
    const Outcome outcome = world.sandbox.mlem({"ls"}, options);
    options.environment.clear();
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.find(row.lead + (row.lead == "NAME" ? "" : "NAME    TYPE")) == 0);
  }
  options.environment["LESS"] = "R";
  world.registry.git({"config", "pager.mlem", "echo $LESS; cat"});
  CHECK(world.sandbox.mlem({"ls"}, options).output.find("R\r\nNAME") == 0);
  // An interrupt is the pager's, and ours when it has ended.
  world.registry.git({"config", "pager.mlem", "trap : INT; kill -INT 0; sleep 0.3; sed s/^/late:/"});
  const Outcome interrupted = world.sandbox.mlem({"ls"}, options);
  CAPTURE(interrupted);
  CHECK(interrupted.signal == SIGINT);
  CHECK(interrupted.output.find("late:NAME") != std::string::npos);
}

TEST_CASE("commands: options are parsed as git does") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf", .repo = example_url + "/", .rev = "gone"})}});
  world.registry.tag("t1");
  const std::string red = "a.mlem: \033[31mmissing-rev\033[m";
  struct Row {
    std::vector<std::string> arguments;
    std::string answer;  ///< begins the output
  };
  const Row good[] = {
      {{"check", "--color", "t1"}, red},
      {{"check", "t1", "--color"}, red},
      {{"check", "--col=always"}, red},
      {{"check", "--color", "--no-color"}, "a.mlem: missing-rev"},
      {{"check", "--policy", "main", "--no-policy"}, "a.mlem: missing-rev"},
      {{"check", "--porc"}, "missing-rev\t"},
      {{"link", "-n", "--source", example_url, "models/rf", "b"}, "⏳️ Loading"},
      {{"link", "-n", "--source=" + example_url, "--rev=4-pack", "models/rf", "b"}, "⏳️ Loading"},
      {{"link", "-n", "--no-fol", "--sp", example_url, "models/rf", "b"}, "⏳️ Loading"},
  };
  for (const Row& row : good) {
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

TEST_CASE("env: outside a repository the facts of the program are told") {
  const World world;
  const Outcome inside = world.mlem({"env"});
  CHECK(inside.code == 0);
  CHECK(inside.output.find("\ngit-dir " + (world.registry.path() / ".git").string() + "\n") != std::string::npos);
  const Outcome outside = world.sandbox.mlem({"env"});
  CAPTURE(outside);
  CHECK(outside.code == 0);
  CHECK(outside.output.find("git-mlem version ") == 0);
  CHECK(outside.output.find("\ngit-dir - (not a git repository") != std::string::npos);
  CHECK(outside.errors.empty());
}

TEST_CASE("resolve: a rev beside a name that has one is refused everywhere unless they agree") {
  World world;
  const std::string commit = world.registry.commit({{"m.mlem", model_meta()}});
  const std::vector<std::vector<std::string>> commands = {{"resolve"}, {"show"}, {"link", "-n"}};
  for (const auto& command : commands) {
    for (const std::string object : {":m", "HEAD:m"}) {
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(), {"--rev", "other", object});
      if (command.front() == "link") arguments.emplace_back("x");
      const Outcome outcome = world.mlem(arguments);
      CAPTURE(outcome);
      CHECK(outcome.code == 128);
      CHECK(outcome.output.empty());
      CHECK(outcome.errors == "fatal: invalid rev 'other': '" + object + "' names " +
                                  (object == ":m" ? "what is in the index" : "a rev of its own") +
                                  "\nhint: leave out '--rev'\n");
    }
  }
  CHECK(world.mlem({"show", "--rev", "HEAD", "HEAD:m"}).output == model_meta());
}

TEST_CASE("resolve: a directory that is not there is a missing repository") {
  const World world;
  const Outcome outcome = world.mlem({"resolve", "--project", "../none", "m"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == "error: m: missing-repo: no repository at '" + RepoBuilder::file_url(world.sandbox / "none") +
                              "'\nhint: or this account may not see it\n");
  CHECK(world.mlem({"link", "--sp", "../none", "m", "x"}).code == 1);
}

TEST_CASE("resolve: a name of no file says so") {
  World world;
  world.registry.commit({{"m.mlem", model_meta()}});
  for (const std::string object : {".", "../registry/", "../models", "d/.."}) {
    const Outcome outcome = world.mlem({"resolve", object});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: invalid object name '" + object + "': it names no file in the repository\n");
  }
  const Outcome outcome = world.mlem({"link", "git://host/src/models/rf", "x"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors ==
        "fatal: invalid address 'git://host/src/models/rf': it names no file in the repository\n"
        "hint: where it has both, name the repository by '--sp' or '--project' and the path beside it\n");
}
