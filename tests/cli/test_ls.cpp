#include "cli/world.hpp"

#include <signal.h>

using namespace mlem::test;

namespace {

const std::string good = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"});

}  // namespace

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

TEST_CASE("ls: a branch of a bare repository can be listed though its HEAD has no commit") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  const auto bare = world.sandbox / "bare.git";
  world.sandbox.git_output({"clone", "-q", "--bare", world.registry.url(), bare.string()});
  RunOptions there;
  there.directory = bare;
  world.sandbox.git_output({"-C", bare.string(), "symbolic-ref", "HEAD", "refs/heads/gone"});
  const Outcome outcome = world.sandbox.mlem({"ls", "--porcelain", "main"}, there);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("ok\ta.mlem\tmodel\t" + world.model_commit) == 0);
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
  RunOptions options;
  options.directory = world.registry.path();
  options.environment["COLUMNS"] = "60";  // of a pipe it says nothing
  options.terminal = Terminal::none;
  CHECK(contains(world.sandbox.mlem({"ls"}, options).output, "\n" + row));
  options.terminal = Terminal::all;
  options.environment["TERM"] = "xterm";
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

TEST_CASE("ls: on a terminal a rev that is a commit's id is abbreviated as commits are") {
  World world;
  const std::string& id = world.model_commit;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = id})}});
  RunOptions options;
  options.directory = world.registry.path();
  options.environment["TERM"] = "xterm";
  options.environment["GIT_PAGER"] = "cat";
  options.terminal = Terminal::none;
  CHECK(contains(world.sandbox.mlem({"ls"}, options).output, "  " + id + "  " + id.substr(0, 7) + "  "));
  options.terminal = Terminal::all;
  const Outcome outcome = world.sandbox.mlem({"ls", "--no-color"}, options);
  CAPTURE(outcome);
  CHECK(contains(outcome.output, "  " + id.substr(0, 7) + "  " + id.substr(0, 7) + "  "));
}

TEST_CASE("ls: a pager that cannot be run loses nothing") {
  World world;
  world.registry.commit({{"a.mlem", good}});
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::all;
  for (const std::string& pager : {std::string("no-such-pager"), world.registry.path().string()}) {
    options.environment["GIT_PAGER"] = pager;
    const Outcome outcome = world.sandbox.mlem({"ls"}, options);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.output, "NAME    TYPE"));
    CHECK(contains(outcome.output, "a.mlem  model"));
  }
}
