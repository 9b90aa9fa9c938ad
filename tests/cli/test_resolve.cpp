#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

using namespace mlem::test;
namespace fs = boost::filesystem;

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
  const std::string why = "wrong-type: 'models/rf.mlem' is of type 'model', the link says 'data' in '" + example_url +
                          "/' at 'main'\nhint: write 'link_type: model'\n";
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
  for (const std::string at : {"yesteryear", "mian", "v1.O", "v9", "-", "main~2~"}) {
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
    const std::string directory = object == "../registry/" ? "../registry" : object;
    CHECK(outcome.errors == "fatal: invalid object name '" + object +
                                "': it names no file in the repository\nhint: name an object in it, as '" + directory +
                                "/<path>'\n");
  }
  const Outcome outcome = world.mlem({"link", "git://host/src/models/rf", "x"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors ==
        "fatal: invalid address 'git://host/src/models/rf': it names no file in the repository\n"
        "hint: name an object in it: the repository by '--project', and the path beside it; 'git mlem link --plain' "
        "links "
        "to all of it\n");
}

TEST_CASE("resolve: an object above the current directory keeps its whole name") {
  World world;
  world.registry.commit({{"first.mlem", model_meta()}, {"d/a.mlem", model_meta()}, {"d/e/b.mlem", model_meta()}});
  RunOptions below;
  below.directory = world.registry.path() / "d";
  const std::string root = world.registry.path().string();
  for (const std::string& object : {std::string("../first"), std::string("../d/../first"), std::string("e/../../first"),
                                    root + "/first", root + "//d/.././first"}) {
    CAPTURE(object);
    const Outcome shown = world.sandbox.mlem({"show", object}, below);
    CAPTURE(shown);
    CHECK(shown.output == model_meta());
    CHECK(shown.code == 0);
  }
  const Outcome resolved = world.sandbox.mlem({"resolve", "--json", "../d/a"}, below);
  CAPTURE(resolved);
  CHECK(resolved.code == 0);
  CHECK(contains(resolved.output, "\"d/a.mlem\""));
  const Outcome linked = world.sandbox.mlem({"link", "-q", "--nf", "../first", "../second"}, below);
  CAPTURE(linked);
  CHECK(linked.code == 0);
  CHECK(world.staged("second.mlem") == "link_type: model\nobject_type: link\npath: first.mlem");
}

TEST_CASE("resolve: what names a repository itself needs none around it") {
  const World world;
  fs::create_directories(world.sandbox / "elsewhere");
  RunOptions options;
  options.directory = world.sandbox / "elsewhere";
  const auto run = [&](const std::vector<std::string>& arguments) { return world.sandbox.mlem(arguments, options); };
  const std::string model = model_meta();
  CHECK(run({"show", example_url + "/tree/4-pack/models/rf"}).output == model);
  CHECK(run({"pprint", "--project", example_url, "models/rf"}).output == model);
  CHECK(run({"show", (world.models.path() / "models/rf").string()}).output == model);
  const Outcome resolved = run({"resolve", "--project", example_url, "--rev", "5-deploy-meta", "models/rf"});
  CAPTURE(resolved);
  CHECK(resolved.code == 0);
  CHECK(resolved.output.starts_with(world.model_commit + " "));
  CHECK(resolved.output.ends_with(" model models/rf.mlem " + example_url + "/\n"));
  CHECK(run({"resolve", "--project", example_url, "--rev", "5-deploy", "models/rf"}).code == 1);
  CHECK(fs::is_empty(world.sandbox / "elsewhere"));
  // What only a registry has is still refused.
  const std::string nowhere = "fatal: cannot read a repository in '" + (world.sandbox / "elsewhere").string() +
                              "': not a git repository (or any of the parent directories): .git\n";
  CHECK(run({"resolve", ":a"}).errors == nowhere);
  CHECK(run({"show", "main:a"}).errors == nowhere);
  CHECK(run({"resolve", "--at", "main", "a"}).errors == nowhere);
  CHECK(run({"resolve", "a"}).errors ==
        "fatal: '" + (world.sandbox / "elsewhere/a").string() + "' is in no Git repository\n");
}

TEST_CASE("resolve: --at goes by first parents and a day ends when it ends here") {
  World world;
  const auto at = [&](const std::string& time) {
    RunOptions options;
    options.directory = world.registry.path();
    options.environment = {{"GIT_AUTHOR_DATE", time}, {"GIT_COMMITTER_DATE", time}};
    return options;
  };
  world.registry.write("m.mlem", model_meta());
  world.registry.git({"add", "."});
  world.registry.git({"commit", "-q", "-m", "Before"}, at("2024-03-01T10:00:00Z"));
  const std::string before = world.registry.id("HEAD");
  world.registry.git({"checkout", "-q", "-b", "side"});
  world.registry.write("m.mlem", data_meta());
  world.registry.git({"commit", "-q", "-a", "-m", "Made early"}, at("2024-03-02T10:00:00Z"));
  world.registry.git({"checkout", "-q", "main"});
  world.registry.git({"merge", "-q", "--no-ff", "-m", "Merged late", "side"}, at("2024-03-05T22:30:00Z"));
  const std::string after = world.registry.id("HEAD");
  struct Row {
    std::string zone;
    std::string date;
    std::string commit;
  };
  const std::vector<Row> rows = {
      {"UTC", "2024-03-01", before},    {"UTC", "2024-03-02", before},       {"UTC", "2024-03-04 23:59:59", before},
      {"UTC", "2024-03-05", after},     {"UTC", "2024-03-05 10:00", before}, {"UTC", "Mar 5 2024", after},
      {"UTC", "5 March 2024", after},   {"<+02>-2", "2024-03-05", before},  // there, it was merged on the 6th
      {"<+02>-2", "2024-03-06", after}, {"<-02>2", "2024-03-05", after}};
  const fs::path bare = world.registry.bare_clone(world.sandbox.path() / "bare.git");
  for (const Row& row : rows) {
    CAPTURE(row.zone);
    CAPTURE(row.date);
    for (const fs::path& directory : {world.registry.path(), bare}) {
      RunOptions options;
      options.directory = directory;
      options.environment["TZ"] = row.zone;
      const Outcome outcome = world.sandbox.mlem({"resolve", "--at", row.date, "m"}, options);
      CAPTURE(outcome);
      CHECK(outcome.code == 0);
      CHECK(outcome.output.find(row.commit) == 0);
    }
  }
}

TEST_CASE("resolve: --at asks no network for pinned links and says of the others that they float") {
  World world;
  const std::string blob = world.models.id("main:models/rf.mlem");
  const std::string pinned =
      "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
      "\n    ref: refs/heads/main\npath: models/rf\nrepo: https://gone.invalid/models/\nrev: " + world.model_commit +
      "\n";
  const std::string floating = link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"});
  world.registry.commit({{"pinned.mlem", pinned},
                         {"alias.mlem", "link_type: model\nobject_type: link\npath: pinned.mlem\n"},
                         {"floating.mlem", floating},
                         {".mlem.yaml", ""}});
  world.registry.remove({"pinned.mlem", "alias.mlem"});
  for (const std::string name : {"pinned", "alias"}) {
    const Outcome outcome = world.mlem({"resolve", "--at", "HEAD~1", name});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(outcome.output == world.model_commit + " " + blob + " model models/rf.mlem https://gone.invalid/models/\n");
    CHECK(outcome.errors.empty());
  }
  // So is a directory that is gone.
  const std::string place = "file://" + (world.sandbox / "gone").string() + "/";
  std::string local = pinned;
  local.replace(local.find("https://gone.invalid/models/"), 28, place);
  world.registry.commit({{"local.mlem", local}});
  const Outcome gone = world.mlem({"resolve", "--at", "HEAD", "local"});
  CAPTURE(gone);
  CHECK(gone.code == 0);
  CHECK(gone.output == world.model_commit + " " + blob + " model models/rf.mlem " + place + "\n");
  CHECK(world.mlem({"resolve", "local"}).code == 1);
  world.registry.remove({"local.mlem"});

  const std::string now = world.models.commit({{"models/rf.mlem", model_meta() + "# 2\n"}});
  const Outcome outcome = world.mlem({"resolve", "--at", "HEAD~1", "floating"});
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  CHECK(outcome.output.find(now + " ") == 0);
  CHECK(outcome.errors == "warning: 'floating': floating: the commit is that of 'main' now, not of then\n");
  const Outcome json = world.mlem({"resolve", "--json", "--at", "HEAD", "floating"});
  CHECK(json.code == 2);
  CHECK(contains(
      json.output,
      R"("verdict":"ok","warnings":[{"code":"floating","message":"the commit is that of 'main' now, not of then"}])"));
  CHECK(world.mlem({"resolve", "--at", "HEAD", "--no-follow-links", "floating"}).code == 0);
  CHECK(world.mlem({"resolve", "floating"}).code == 0);
}

TEST_CASE("resolve: a host with a port and without a protocol gets the spelling that would do as hint") {
  const World world;
  for (const std::string address : {"127.0.0.1:8000/x.git/m", "localhost:8000/x.git/m", "git.example.com:8443/o/r/m"}) {
    CAPTURE(address);
    const Outcome refused = world.mlem({"resolve", address});
    CHECK(refused.code == 128);
    CHECK(refused.errors == "fatal: bad revision '" + address.substr(0, address.find(':')) +
                                "': it names no commit\nhint: write 'http://" + address +
                                "', or with the protocol that is meant instead of 'http'\n");
  }
  for (const std::string rev : {"mian:2024/m", "v1.2.3.4:m", "1.2.3:2024/m"}) {
    CAPTURE(rev);
    CHECK_FALSE(contains(world.mlem({"resolve", rev}).errors, "hint:"));
  }
}
