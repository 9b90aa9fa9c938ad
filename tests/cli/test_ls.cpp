#include "cli/world.hpp"

#include <signal.h>
#include <sstream>

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

namespace {

/// Returns the lines of a table without what follows the names.
std::string names_of(const std::string& table) {
  std::string names;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::size_t end = line.find("model ");
    if (end == std::string::npos) end = line.find("TYPE");
    if (end == std::string::npos) end = line.find(" -      -");
    names += line.substr(0, line.find_last_not_of(' ', end == std::string::npos ? end : end - 1) + 1) + '\n';
  }
  return names;
}

void commit_tree_of_links(World& world) {
  world.registry.commit({{"a.mlem", good},
                         {"prod/eu/churn.mlem", good},
                         {"prod/p.mlem", link_text({.path = "eu/churn.mlem"})},
                         {"prod-old/x.mlem", good},
                         {"z.mlem", "junk: ["}});
}

}  // namespace

TEST_CASE("ls --tree: links are shown in their directories, with what they name") {
  World world;
  commit_tree_of_links(world);
  RunOptions options;
  options.directory = world.registry.path();
  options.environment["LC_ALL"] = "C.UTF-8";
  const Outcome lines = world.sandbox.mlem({"ls", "--tree"}, options);
  CAPTURE(lines);
  CHECK(lines.code == 1);
  CHECK(names_of(lines.output) ==
        "NAME\n"
        ".\n"
        "├── a.mlem\n"
        "├── prod-old\n"
        "│   └── x.mlem\n"
        "├── prod\n"
        "│   ├── eu\n"
        "│   │   └── churn.mlem\n"
        "│   └── p.mlem -> prod/eu/churn.mlem\n"
        "└── z.mlem\n");
  CHECK(contains(lines.output, "\n│   │   └── churn.mlem                model  " + example_url +
                                   "/models/rf.mlem  main  " + world.model_commit.substr(0, 7) + "  "));
  CHECK(contains(lines.output, "\n└── z.mlem                            -      -  "));
  // In a directory, of a commit, below a pathspec, with reasons, where lines cannot be shown.
  options.environment["LC_ALL"] = "C";
  options.directory = world.registry.path() / "prod";
  const Outcome ascii = world.sandbox.mlem({"ls", "--tree", "-v", "HEAD", "--", ".", "../z.mlem"}, options);
  CAPTURE(ascii);
  CHECK(names_of(ascii.output)
            .find("NAME\n"
                  "..\n"
                  "|-- prod\n"
                  "|   |-- eu\n"
                  "|   |   `-- churn.mlem\n"
                  "|   `-- p.mlem -> eu/churn.mlem\n"
                  "`-- z.mlem\n"
                  "    ") == 0);
  CHECK(contains(ascii.output, "\n    malformed YAML: line 1, column 8: "));
}

TEST_CASE("ls --tree: nothing is drawn where there is no link") {
  World world;
  world.registry.commit({{"README", "hello\n"}});
  const Outcome outcome = world.mlem({"ls", "--tree"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.empty());
}

TEST_CASE("ls --tree: on a terminal it fits, has colours and a pager") {
  World world;
  const std::string long_name(60, 'n');
  world.registry.commit({{"prod/eu/" + long_name + ".mlem", good}});
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::all;
  options.environment["TERM"] = "xterm";
  options.environment["COLUMNS"] = "70";
  options.environment["LC_ALL"] = "C.UTF-8";
  options.environment["GIT_PAGER"] = "sed s/^/paged:/";
  const Outcome outcome = world.sandbox.mlem({"ls", "--tree"}, options);
  CAPTURE(outcome);
  CHECK(contains(outcome.output, "paged:└── \033[1;34mprod\033[m\r\n"));
  CHECK(contains(outcome.output, "paged:    └── \033[1;34meu\033[m\r\n"));
  CHECK(contains(outcome.output, "paged:        └── n"));
  CHECK(contains(outcome.output, "…"));
  CHECK_FALSE(contains(outcome.output, long_name));
}

TEST_CASE("ls --tree: it is for people") {
  World world;
  for (const std::string format : {"json", "porcelain", "null"}) {
    const Outcome outcome = world.mlem({"ls", "--tree", "--" + format});
    CAPTURE(outcome);
    CHECK(outcome.code == 129);
    CHECK(outcome.errors == "error: options '--tree' and '--" + format +
                                "' cannot be used together\nhint: usage: git mlem ls [<options>] [<tree-ish>] [--] "
                                "[<pathspec>...]\n");
  }
}
