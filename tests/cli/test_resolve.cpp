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
