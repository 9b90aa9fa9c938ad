// What users meet when something is wrong: one error that says what and why, and nothing changed.
#include "support/http_server.hpp"
#include "support/stub_server.hpp"
#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <signal.h>
#include <unistd.h>
#include <utility>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::vector<std::string> link_rf{"link", "--sp", example_url, "models/rf", "rf"};

std::string state_of(const World& world) { return world.registry.git({"status", "--porcelain", "--ignored"}); }

}  // namespace

TEST_CASE("bad input: a repository without a commit works, and a bare one has nothing to judge") {
  const World world;
  CHECK(world.mlem({"check"}).errors == "0 links: 0 ok, 0 broken, 0 undecided\n");
  REQUIRE(world.mlem(link_rf).code == 0);
  const Outcome changed = world.mlem({"check", "--changed"});
  CAPTURE(changed);
  CHECK(changed.code == 0);
  CHECK(changed.errors == "1 link: 1 ok, 0 broken, 0 undecided\n");
  const Outcome head = world.mlem({"check", "HEAD"});
  CHECK(head.code == 128);
  CHECK(head.errors ==
        "fatal: ambiguous argument 'HEAD': unknown revision or path not in the working tree\n"
        "hint: use '--' to separate paths from revisions: '[<rev>] -- [<pathspec>...]'\n");
  const Outcome judged = world.mlem({"check", "HEAD", "--"});
  CHECK(judged.code == 128);
  CHECK(judged.errors == "fatal: bad revision 'HEAD': it names no commit\nhint: paths follow '--'\n");

  const RepoBuilder bare(world.sandbox, "bare", {.bare = true});
  RunOptions options;
  options.directory = bare.path();
  for (const char* command : {"check", "ls"}) {
    const Outcome empty = world.sandbox.mlem({command}, options);
    CAPTURE(empty);
    CHECK(empty.code == 128);
    CHECK(empty.output.empty());
    CHECK(empty.errors ==
          "fatal: there is nothing to judge: 'refs/heads/main', which HEAD means, has no commit\n"
          "hint: 'git symbolic-ref HEAD refs/heads/<branch>' sets the branch that is meant\n");
  }
  CHECK(world.sandbox.mlem({"check", "HEAD"}, options).code == 128);
}

TEST_CASE("bad input: an object that is cut off ends in a reason in the registry and in a source") {
  for (const std::string format : {"sha1", "sha256"}) {
    CAPTURE(format);
    const Sandbox box;
    RepoBuilder models(box, "models", {.object_format = format});
    models.commit({{"rf.mlem", model_meta()}, {".mlem.yaml", ""}});
    RepoBuilder registry(box, "registry", {.object_format = format});
    registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .repo = models.url(), .rev = "main"})}});
    RunOptions here;
    here.directory = registry.path();
    here.timeout = std::chrono::seconds(20);
    struct Row {
      const RepoBuilder* repo;
      std::string object;
      int code;
    };
    const Row rows[] = {{&registry, "HEAD", 128}, {&registry, "HEAD^{tree}", 128}, {&registry, "HEAD:a.mlem", 2},
                        {&models, "HEAD", 2},     {&models, "HEAD^{tree}", 2},     {&models, "HEAD:rf.mlem", 2}};
    for (const Row& row : rows) {
      CAPTURE(row.object);
      const std::string id = row.repo->id(row.object);
      const fs::path file = row.repo->path() / ".git/objects" / id.substr(0, 2) / id.substr(2);
      fs::permissions(file, fs::owner_all);
      const std::string whole = read_file(file);
      for (const std::size_t size : {std::size_t{0}, std::size_t{12}, std::size_t{20}, whole.size() / 2}) {
        CAPTURE(size);
        write_file(file, whole.substr(0, size));
        const Outcome outcome = box.mlem({"check", "HEAD"}, here);
        CAPTURE(outcome);
        CHECK(outcome.code == row.code);
        const std::string& told = row.code == 128 ? outcome.errors : outcome.output;
        const bool by_git = told.find("fatal: ambiguous argument 'HEAD'") == 0;
        CHECK((by_git || told.find("cannot read object '" + id + "': ") != std::string::npos));
      }
      write_file(file, whole);
    }
    CHECK(box.mlem({"check", "HEAD"}, here).code == 0);
  }
}

TEST_CASE("bad input: an unmerged link is told of") {
  World world;
  const auto link = [](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  world.registry.commit({{"a.mlem", link("main")}});
  world.registry.branch("other");
  world.registry.commit({{"a.mlem", link("4-pack")}});
  world.registry.checkout("other");
  world.registry.commit({{"a.mlem", link("5-deploy-meta")}});
  CHECK(world.git({"merge", "main"}).code == 1);
  const Outcome outcome = world.mlem({"check"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output == "a.mlem: invalid-link: unmerged\n  hint: resolve the conflict and 'git add' the file\n");
  const Outcome named = world.mlem({"resolve", ":a", ":a.mlem", ":b.mlem"});
  CAPTURE(named);
  CHECK(named.code == 1);
  CHECK(named.errors ==
        "error: :a: invalid-link: unmerged\nhint: resolve the conflict and 'git add' the file\n"
        "error: :a.mlem: invalid-link: unmerged\nhint: resolve the conflict and 'git add' the file\n"
        "error: :b.mlem: missing-path: nothing at 'b.mlem'\n");
  // What was given up of an alias is told in the same words.
  world.registry.write("b.mlem", link_text({.path = "a.mlem"}));
  world.registry.git({"add", "b.mlem"});
  const Outcome alias = world.mlem({"check", "b.mlem"});
  CAPTURE(alias);
  CHECK(alias.output ==
        "b.mlem: not-an-object: 'a.mlem' is not a MLEM object: unmerged\n"
        "  hint: resolve the conflict and 'git add' the file\n");
}

TEST_CASE("bad input: a file that is not a valid link gets one verdict from every command") {
  struct Row {
    std::string name;
    std::string text;  // empty: a symbolic link
    std::string message;
  };
  const std::vector<Row> rows{
      {"fields are missing", "object_type: link\n", "line 1, column 1: there is no 'link_type'"},
      {"conflict markers", "<<<<<<< HEAD\nobject_type: link\n=======\n",
       "malformed YAML: line 1, column 1: a conflict marker of a merge"},
      {"a bad rev", "link_type: model\nobject_type: link\npath: a\nrepo: https://example.com/a/\nrev: HEAD~1\n",
       "invalid rev 'HEAD~1': it is not a branch, tag, full ref name or full commit id"},
      {"a symbolic link", "", "not a regular file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    World world;
    if (row.text.empty())
      fs::create_symlink("elsewhere", world.registry.path() / "s.mlem");
    else
      world.registry.write("s.mlem", row.text);
    world.registry.write("alias.mlem", link_text({.path = "s.mlem"}));
    world.registry.git({"add", "."});
    world.registry.commit({});
    const std::string verdict = "invalid-link: " + row.message + "\n";
    for (const std::vector<std::string>& check : {std::vector<std::string>{"check", "s.mlem"},
                                                  {"check", "--worktree", "s.mlem"},
                                                  {"check", "HEAD", "s.mlem"}}) {
      const Outcome checked = world.mlem(check);
      CAPTURE(checked);
      CHECK(contains(checked.output, "s.mlem: " + verdict));
    }
    for (const std::string object : {"s", "s.mlem", ":s", "HEAD:s.mlem"}) {
      for (const std::vector<std::string>& command :
           {std::vector<std::string>{"resolve", object}, {"show", object}, {"link", object, "new"}}) {
        const Outcome named = world.mlem(command);
        CAPTURE(named);
        CHECK(named.code == 1);
        CHECK(contains(named.errors, verdict));
      }
    }
    const Outcome elsewhere = world.mlem({"resolve", "-p", world.registry.url(), "s"});
    CAPTURE(elsewhere);
    CHECK(contains(elsewhere.errors, "s: " + verdict));
    // To whoever is led there it is no object.
    const Outcome alias = world.mlem({"check", "alias.mlem"});
    CAPTURE(alias);
    CHECK(contains(alias.output, row.name == "a bad rev"
                                     ? "alias.mlem: invalid-link: 's.mlem' is not a valid link: "
                                     : "alias.mlem: not-an-object: 's.mlem' is not a MLEM object: "));
  }
}

TEST_CASE("bad input: an object without a type is no object") {
  World world;
  world.registry.commit({{"e.mlem", "object_type: ''\n"}, {"alias.mlem", link_text({.path = "e.mlem"})}});
  const Outcome named = world.mlem({"resolve", "e"});
  CAPTURE(named);
  CHECK(named.code == 1);
  CHECK(named.errors == "error: e: not-an-object: 'e.mlem' has an empty object_type\n");
  const Outcome checked = world.mlem({"check"});
  CAPTURE(checked);
  CHECK(checked.output == "alias.mlem: not-an-object: 'e.mlem' has an empty object_type\n");
}

TEST_CASE("bad input: an object of the registry that cannot be read spoils one link") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})},
                         {"b.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "4-pack"})},
                         {"c.mlem", link_text({.path = "a.mlem"})}});
  const std::string bad = world.registry.id(":a.mlem");
  const fs::path file = world.registry.path() / ".git/objects" / bad.substr(0, 2) / bad.substr(2);
  fs::permissions(file, fs::owner_all);
  write_file(file, "broken");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"check", "--porcelain"}, {"ls", "--porcelain"}, {"check", "--porcelain", "HEAD"}}) {
    const Outcome outcome = world.mlem(command);
    CAPTURE(outcome);
    CHECK(outcome.code == 2);
    CHECK(contains(outcome.output, "unreachable\ta.mlem\t"));
    CHECK(contains(outcome.output, "ok\tb.mlem\t"));
    CHECK(contains(outcome.output, "unreachable\tc.mlem\t"));
  }
  CHECK(contains(world.mlem({"check"}).output, "a.mlem: unreachable: cannot read object '" + bad + "'"));
}

TEST_CASE("bad input: a link is not written through a symbolic link or in a bare repository") {
  World world;
  fs::create_directory(world.sandbox / "elsewhere");
  fs::create_symlink(world.sandbox / "elsewhere", world.registry.path() / "out");
  const std::string before = state_of(world);
  Outcome outcome = world.mlem({"link", "--sp", example_url, "models/rf", "out/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot write 'out/rf.mlem': it is beyond the symbolic link 'out'\n");
  CHECK(fs::is_empty(world.sandbox / "elsewhere"));
  fs::create_directory(world.registry.path() / "inside");
  fs::create_symlink("inside", world.registry.path() / "in");
  outcome = world.mlem({"link", "--sp", example_url, "models/rf", "in/deep/rf"});
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot write 'in/deep/rf.mlem': it is beyond the symbolic link 'in'\n");
  CHECK(fs::is_empty(world.registry.path() / "inside"));
  CHECK(world.mlem({"init", "in"}).code == 128);
  // The work tree itself may go by another name.
  fs::create_directory_symlink(world.registry.path(), world.sandbox / "alias");
  const std::string by_alias = (world.sandbox / "alias/inside/rf").string();
  CHECK(world.mlem({"link", "--sp", example_url, "models/rf", by_alias}).code == 0);
  CHECK(world.registry.git({"ls-files"}) == "inside/rf.mlem");

  RunOptions bare;
  bare.directory = world.models.bare_clone(world.sandbox / "bare.git");
  const Outcome refused = world.sandbox.mlem(link_rf, bare);
  CHECK(refused.code == 128);
  CHECK(refused.errors == "fatal: this operation must be run in a work tree\n");
}

TEST_CASE("bad input: nothing is written into another repository or where the index has a file") {
  World world;
  world.registry.commit({{"file", ""}, {"dir.mlem/a", ""}, {"there/.mlem.yaml/a", ""}});
  fs::remove_all(world.registry.path() / "dir.mlem");
  fs::remove(world.registry.path() / "file");
  fs::remove_all(world.registry.path() / "there");
  world.git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", world.models.url(), "sub"});
  world.git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", world.models.url(), "gone"});
  fs::remove_all(world.registry.path() / "gone");
  const RepoBuilder nested(world.sandbox, "registry/nested");
  const std::string before = state_of(world);
  struct Row {
    std::string name;
    std::vector<std::string> arguments;
    std::string errors;
  };
  const std::string in_sub = "it is in the submodule 'sub'\nhint: run the command in there\n";
  const std::vector<Row> rows = {
      {"a submodule", {"link", "-f", "--sp", example_url, "models/rf", "sub/x"}, "'sub/x.mlem': " + in_sub},
      {"a project in a submodule", {"init", "sub"}, "'sub/.mlem.yaml': " + in_sub},
      {"a submodule that is not there",
       {"link", "--sp", example_url, "models/rf", "gone/d/x"},
       "'gone/d/x.mlem': it is in the submodule 'gone'\nhint: run the command in there\n"},
      {"another repository",
       {"link", "--sp", example_url, "models/rf", "nested/d/x"},
       "'nested/d/x.mlem': it is in the repository 'nested'\nhint: run the command in there\n"},
      {"below a file of the index",
       {"link", "-f", "--sp", example_url, "models/rf", "file/x"},
       "'file/x.mlem': 'file' is a file in the index\n"},
      {"a directory of the index",
       {"link", "-f", "--sp", example_url, "models/rf", "dir"},
       "'dir.mlem': it is a directory in the index\n"},
      {"a project where a directory is", {"init", "there"}, "'there/.mlem.yaml': it is a directory in the index\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: cannot write " + row.errors);
    CHECK(state_of(world) == before);
  }
}

TEST_CASE("bad input: a full disk leaves file and index as they were") {
  if (is_skipped_without_root("mounting is root's")) return;
  const World world;
  world.registry.git({"commit", "-q", "--allow-empty", "-m", "first"});
  // All of the registry on a file system that has no block left.
  const std::string script =
      "cp -R registry small; mount -t tmpfs -o size=512k,nr_inodes=2000 none registry; cp -R small/. registry; "
      "cd registry; dd if=/dev/zero of=.git/filler bs=4k 2>/dev/null || true; "
      "git-mlem link --sp " +
      example_url + " models/rf d/rf; code=$?; rm .git/filler; git status --porcelain; exit $code";
  const Outcome outcome = world.sandbox.run({"unshare", "--mount", "sh", "-c", script});
  CAPTURE(outcome);
  if (is_skipped_without_unshare(outcome)) return;
  CHECK(outcome.code == 128);
  CHECK(outcome.errors.find("fatal: ") != std::string::npos);
  CHECK(outcome.errors.find("No space left on device") != std::string::npos);
  CHECK(outcome.output.find("?? ") == std::string::npos);
  CHECK(outcome.output.find("A  ") == std::string::npos);
}

TEST_CASE("bad input: a directory that may not be written is left as it was, and the index too") {
  if (is_skipped_without_root("mounting is root's")) return;
  // For root no directory is read-only but by how it is mounted.
  struct Row {
    std::string mounted;
    std::string error;
  };
  const std::vector<Row> rows = {{"d", "fatal: cannot write 'd/rf.mlem': Read-only file system\n"},
                                 {".git", "Read-only file system"},
                                 {".", "Read-only file system"}};
  for (const Row& row : rows) {
    CAPTURE(row.mounted);
    World world;
    world.registry.commit({{"d/readme", "text"}});
    const std::string script = "mount --bind " + row.mounted + " " + row.mounted + " && mount -o remount,bind,ro " +
                               row.mounted + " && cd ../registry || exit 99; git-mlem link --sp " + example_url +
                               " models/rf d/rf; code=$?; git status --porcelain; exit $code";
    RunOptions here;
    here.directory = world.registry.path();
    const Outcome outcome = world.sandbox.run({"unshare", "--mount", "sh", "-c", script}, here);
    CAPTURE(outcome);
    if (is_skipped_without_unshare(outcome)) return;
    CHECK(outcome.code == 128);
    CHECK(outcome.errors.find("fatal: ") == 0);
    CHECK(outcome.errors.find(row.error) != std::string::npos);
    CHECK(outcome.output.find("Saving link") == std::string::npos);
    CHECK(outcome.output.find("?? ") == std::string::npos);
    CHECK(outcome.output.find("A  ") == std::string::npos);
  }
}

TEST_CASE("bad input: an answer that cannot be written is no answer") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  RunOptions options;
  options.directory = world.registry.path();
  const Outcome outcome = world.sandbox.run({"sh", "-c", "git-mlem ls >/dev/full"}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: cannot write to standard output\n");
}

TEST_CASE("bad input: an interrupt ends what the program waits for") {
  World world;
  const SilentServer silent;
  world.registry.commit({{"a.mlem", link_text({.path = "m.mlem", .repo = silent.url("models") + "/", .rev = "main"})}});
  RunOptions options;
  options.directory = world.registry.path();
  for (const auto& [name, number] : {std::pair("INT", SIGINT), {"TERM", SIGTERM}, {"HUP", SIGHUP}}) {
    const Outcome outcome = world.sandbox.run(
        {"timeout", "--preserve-status", std::string("--signal=") + name, "1", "git-mlem", "check"}, options);
    CAPTURE(outcome);
    const bool ended_by_it = outcome.code == 128 + number || outcome.signal == number;
    CHECK(ended_by_it);
    CHECK(outcome.output.empty());
    // No child of its own session is left behind.
    const std::string url = silent.url("models");
    CHECK(world.sandbox.run({"pgrep", "-f", url}).code == 1);
  }
}

TEST_CASE("bad input: children are waited for though the parent ignored that they end") {
  const World world;
  REQUIRE(world.mlem(link_rf).code == 0);
  RunOptions here;
  here.directory = world.registry.path();
  const Outcome outcome =
      world.sandbox.run({"bash", "-c", "trap '' CHLD; exec \"$0\" check", program_directory() + "/git-mlem"}, here);
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
}

TEST_CASE("bad input: a signal that is ignored stays ignored") {
  World world;
  const SilentServer silent;
  world.registry.git({"config", "mlem.timeout", "2"});
  world.registry.commit({{"a.mlem", link_text({.path = "m.mlem", .repo = silent.url("models") + "/", .rev = "main"})}});
  RunOptions options;
  options.directory = world.registry.path();
  const std::string script = "trap '' INT HUP; git-mlem check & sleep 0.5; kill -INT $!; kill -HUP $!; wait $!";
  const Outcome outcome = world.sandbox.run({"sh", "-c", script}, options);
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  CHECK(outcome.output.find("a.mlem: ") == 0);
}

TEST_CASE("bad input: a signal between the file and the index leaves neither or both changed") {
  // A git that ends whoever asks it to write the index, and then does so or does not.
  for (const bool works : {true, false}) {
    CAPTURE(works);
    World world;
    world.registry.commit({{"readme", ""}});
    const auto real = find_program("git", world.sandbox.environment().at("PATH"));
    REQUIRE(real);
    const std::string git = "#!/bin/sh\ncase \" $* \" in *' update-index '*) kill -TERM $PPID; sleep 0.2" +
                            std::string(works ? "" : "; exit 1") + " ;; esac\nexec " + real->string() + " \"$@\"\n";
    write_file(world.sandbox / "bin/git", git);
    fs::permissions(world.sandbox / "bin/git", fs::owner_all);
    RunOptions options;
    options.directory = world.registry.path();
    options.environment["PATH"] = (world.sandbox / "bin").string() + ":" + world.sandbox.environment().at("PATH");
    const Outcome outcome = world.sandbox.mlem({"link", "--sp", example_url, "models/rf", "d/rf"}, options);
    CAPTURE(outcome);
    CHECK(outcome.signal == SIGTERM);
    CHECK(world.registry.git({"status", "--porcelain", "-uall"}) == (works ? "A  d/rf.mlem" : ""));
    CHECK(fs::exists(world.registry.path() / "d") == works);

    world.registry.commit({{"old.mlem", link_text({.path = "m"})}});
    CHECK(world.sandbox.mlem({"link", "--sp", example_url, "models/rf", "old"}, options).signal == SIGTERM);
    CHECK(world.registry.git({"status", "--porcelain", "-uall"}) == (works ? "M  old.mlem" : ""));
  }
}

TEST_CASE("bad input: what the system refuses is an error and not the end of the program") {
  World world;
  world.registry.commit({{"m.mlem", model_meta()}});
  const std::string long_name(300, 'x');
  struct Row {
    std::vector<std::string> arguments;
    std::string error;
  };
  const std::vector<Row> rows = {
      {{"link", "m", long_name}, "fatal: cannot read '" + world.registry.path().string()},
      {{"link", "m", long_name + "/a"}, "fatal: cannot read '" + world.registry.path().string()},
      {{"link", "--sp", "./" + long_name, "m", "a"}, "fatal: './" + long_name + "' is neither a directory"},
      {{"show", "--project", "./" + long_name, "m"}, "fatal: './" + long_name + "' is neither a directory"},
      {{"init", long_name}, "fatal: cannot read '"}};
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors.find(row.error) == 0);
  }
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  for (const std::string command : {"check", "install --template hooks", "env"}) {
    const Outcome outcome = world.sandbox.run({"sh", "-c", "mkdir gone; cd gone; rmdir ../gone; git-mlem " + command});
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: cannot read the current directory: No such file or directory\n");
  }
}

TEST_CASE("bad input: a password is asked for on a terminal and nowhere else") {
  World world;
  const HttpServer http(world.sandbox);
  world.models.bare_clone(http.root() / "private/models.git");
  const std::string url = http.url("private/models.git");
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = url + "/", .rev = "main"})}});
  const Outcome refused = world.mlem({"check"});
  CAPTURE(refused);
  CHECK(refused.code == 2);
  CHECK(refused.output.find("a.mlem: auth-required: ") == 0);
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::all;
  options.environment["GIT_TERMINAL_PROMPT"] = std::nullopt;
  options.replies = {{"Username for", std::string(HttpServer::user) + "\n"},
                     {"Password for", std::string(HttpServer::password) + "\n"}};
  const Outcome asked = world.sandbox.mlem({"check"}, options);
  CAPTURE(asked);
  CHECK(asked.code == 0);
  CHECK(asked.output.find("1 link: 1 ok") != std::string::npos);
}

TEST_CASE("bad input: a secret is printed in no form") {
  const World world;
  const std::string links[] = {
      "link_type: model\nobject_type: link\npath: https://user:s3cret@example.com/o/r/m\n",
      "link_type: model\nobject_type: link\npath: https://u:s3cret@example.com/m\nrepo: https://example.com/o/r/\n",
      "link_type: model\nobject_type: link\npath: m\nrepo: https://example.com/o/r/\nrev: https://u:s3cret@x/\n",
      "link_type: model\nobject_type: link\npath: m\nrepo: https://example.com/o/r?token=s3cret\nrev: main\n",
  };
  Files files;
  for (const std::string& link : links) files[std::to_string(files.size()) + ".mlem"] = link;
  RepoBuilder registry = world.registry;
  registry.commit(files);
  for (const char* format : {"--json", "--porcelain", "-v"}) {
    CAPTURE(std::string(format));
    const Outcome checked = world.mlem({"check", format});
    CAPTURE(checked);
    CHECK(contains(checked.errors, "4 links: 0 ok, 4 broken"));
    CHECK_FALSE(contains(checked.output + checked.errors, "s3cret"));
  }
}
