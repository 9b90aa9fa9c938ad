#include "support/http_server.hpp"
#include "support/stub_server.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <sstream>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

std::string link_to(const World& world, const std::string& path, const std::string& rev,
                    const std::string& type = "model") {
  return link_text({.type = type, .path = path, .repo = world.models.url(), .rev = rev});
}

}  // namespace

TEST_CASE("check: every broken link has its verdict") {
  struct Row {
    std::string file;
    std::string text;
    std::string verdict;
  };
  World world;
  world.models.branch("twice", "HEAD~0");
  world.models.commit({{"models/plain", "x"},
                       {"models/notes.mlem", "a: 1\n"},
                       {"data.mlem", data_meta()},
                       {"loop.mlem", "link_type: model\nobject_type: link\npath: loop.mlem\n"}});
  world.models.tag("twice");
  const std::vector<Row> rows{
      {"ok.mlem", link_to(world, "models/rf.mlem", "main"), "ok"},
      {"commit.mlem", link_to(world, "models/rf.mlem", world.model_commit), "ok"},
      {"no-rev.mlem", link_to(world, "models/rf.mlem", "v9"), "missing-rev"},
      {"short.mlem", link_to(world, "models/rf.mlem", "'" + world.model_commit.substr(0, 8) + "'"), "missing-rev"},
      {"ambiguous.mlem", link_to(world, "models/rf.mlem", "twice"), "ambiguous-rev"},
      {"no-path.mlem", link_to(world, "models/xgb.mlem", "main"), "missing-path"},
      {"plain.mlem", link_to(world, "models/plain", "main"), "not-an-object"},
      {"notes.mlem", link_to(world, "models/notes.mlem", "main"), "not-an-object"},
      {"type.mlem", link_to(world, "data.mlem", "main"), "wrong-type"},
      {"loop.mlem", link_to(world, "loop.mlem", "main"), "cycle"},
      {"no-repo.mlem", link_text({.path = "a.mlem", .repo = "file:///nonexistent/", .rev = "main"}), "missing-repo"},
      {"forbidden.mlem", link_text({.path = "a.mlem", .repo = "ext::sh -c x", .rev = "main"}), "forbidden"},
      {"expression.mlem", link_to(world, "models/rf.mlem", "HEAD~1"), "invalid-link"},
      {"yaml.mlem", "<<<<<<< ours\n", "invalid-link"},
  };
  Files files;
  for (const Row& row : rows) files[row.file] = row.text;
  world.registry.commit(files);
  const Outcome outcome = world.mlem({"check", "--json"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  std::map<std::string, std::string> verdicts;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    verdicts[json.at("link")] = json.at("verdict");
  }
  for (const Row& row : rows) {
    CAPTURE(row.file);
    CHECK(verdicts[row.file] == row.verdict);
  }
  CHECK(verdicts.size() == rows.size());
}

TEST_CASE("check: a range judges only what it changes") {
  World world;
  world.registry.commit({{"old.mlem", link_to(world, "models/rf.mlem", "gone")}});
  world.registry.commit({{"new.mlem", link_to(world, "models/rf.mlem", "main")}});
  const Outcome outcome = world.mlem({"check", "--porcelain", "HEAD~1..HEAD"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const std::string blob = world.models.id("main:models/rf.mlem");
  CHECK(outcome.output == "ok\tnew.mlem\tmodel\t" + world.model_commit + "\t" + blob + "\tmodels/rf.mlem\t" +
                              world.models.url() + "\tmain\n");
  CHECK(outcome.errors == "1 link: 1 ok, 0 broken, 0 undecided\n");
  CHECK(world.mlem({"check"}).code == 1);
  CHECK(world.mlem({"check", "--", "new.mlem"}).code == 0);
}

TEST_CASE("check: how deep a chain of links may be does not depend on what else is judged") {
  World world;
  Files files{{"o.mlem", model_meta()}};
  for (int i = 1; i <= 20; ++i) {
    const std::string next = i == 20 ? "o" : "l" + std::to_string(i + 1);
    files["l" + std::to_string(i) + ".mlem"] = link_text({.path = next + ".mlem"});
  }
  for (int i = 1; i <= 17; ++i) {
    files["c" + std::to_string(i) + ".mlem"] = link_text({.path = "c" + std::to_string(i % 17 + 1) + ".mlem"});
  }
  world.registry.commit(files);
  std::map<std::string, std::string> verdicts;
  std::istringstream whole(world.mlem({"check", "--porcelain"}).output);
  for (std::string line; std::getline(whole, line);) {
    const std::size_t tab = line.find('\t');
    verdicts[line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1)] = line.substr(0, tab);
  }
  // From the fourth link, sixteen others lie between it and the object.
  CHECK(verdicts["l3.mlem"] == "too-deep");
  CHECK(verdicts["l4.mlem"] == "ok");
  CHECK(verdicts["c1.mlem"] == "cycle");
  for (const std::string name : {"l1.mlem", "l3.mlem", "l4.mlem", "c1.mlem"}) {
    const Outcome alone = world.mlem({"check", "--porcelain", "--", name});
    CAPTURE(alone);
    CHECK(alone.output.find(verdicts[name] + "\t" + name) == 0);
  }
}

TEST_CASE("check: a link pinned to a blob holds its own target to it") {
  World world;
  const std::string blob = world.models.id("main:models/rf.mlem");
  world.models.commit({{"alias.mlem", link_text({.path = "models/rf.mlem"})}});
  const std::string alias = world.models.id("main:alias.mlem");
  const auto pinned = [&](const std::string& path, const std::string& to) {
    return link_to(world, path, "main") + "params:\n  git-mlem:\n    blob: " + to + "\n";
  };
  world.registry.commit({{"a.mlem", pinned("models/rf.mlem", blob)},
                         {"b.mlem", pinned("models/rf.mlem", alias)},
                         {"c.mlem", pinned("models/rf.mlem", "abc")},
                         {"d.mlem", pinned("alias.mlem", alias)},
                         {"e.mlem", link_text({.path = "b.mlem"})},
                         {"f.mlem", link_to(world, "models/rf.mlem", "main")}});
  const Outcome outcome = world.mlem({"check", "-v"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  const std::string local = "  warning: local-path: '" + world.models.url() + "' is a directory of one machine\n";
  const std::string changed =
      ": changed: 'models/rf.mlem' is blob " + blob + ", not " + alias + " in '" + world.models.url() + "' at 'main'";
  const std::string remedy = "  hint: if that is what is wanted, 'git mlem pin --refresh <link>' records it\n";
  CHECK(outcome.output == "a.mlem: ok (seen just now)\n" + local + "b.mlem" + changed + "\n" + local + remedy +
                              "c.mlem: invalid-link: invalid params.git-mlem.blob 'abc': it is not a full object id\n" +
                              "d.mlem: ok (seen just now)\n" + local + "e.mlem" + changed + ", via 'b.mlem'\n" +
                              remedy + "f.mlem: ok (seen just now)\n" + local);
}

TEST_CASE("check: revs and paths are told apart as git does") {
  World world;
  const std::string link = link_to(world, "models/rf.mlem", "main");
  world.registry.commit({{"prod/p1.mlem", link}, {"a.mlem", link}, {"twice", "x"}});
  world.registry.commit({{"prod/p2.mlem", link}, {"b.mlem", link}});
  world.registry.branch("twice");
  world.registry.branch("a/b");
  world.registry.git({"rm", "-q", "-r", "--cached", "b.mlem"});
  mlem::fs::remove_all(world.registry.path() / "prod" / "p2.mlem");
  struct Row {
    std::vector<std::string> arguments;
    int links;
  };
  const Row good[] = {
      {{"a.mlem"}, 1},
      {{"prod"}, 2},
      {{"prod/p2.mlem"}, 1},  // only in the index
      {{"HEAD", "prod", "b.mlem"}, 3},
      {{"--cached", "prod", "a.mlem"}, 3},
      {{"*1.mlem"}, 1},
      {{":(glob)**/p?.mlem"}, 2},
      {{"HEAD~1..HEAD", "prod"}, 1},
      {{"HEAD~1.."}, 2},
      {{"./prod/../a.mlem"}, 1},
      {{"HEAD^{tree}"}, 4},
      {{"HEAD:prod"}, 2},
      {{"twice", "--"}, 4},
      {{"--", "twice"}, 0},
      {{"a/b"}, 4},
      {{"HEAD:"}, 4},
      {{"HEAD:./prod/"}, 2},
      {{"--staged"}, 3},
  };
  for (const Row& row : good) {
    std::vector<std::string> arguments{"check", "-v"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    const std::string summary = std::to_string(row.links) + " link";
    CHECK((outcome.errors.starts_with(summary) || contains(outcome.errors, "\n" + summary)));
  }
  CHECK(world.mlem({"ls", "--porcelain", "HEAD^{tree}", "prod"}).output.find("ok\tprod/p1.mlem") == 0);
  CHECK(world.mlem({"ls", "a.mlem"}).code == 0);

  const std::string hint = "hint: use '--' to separate paths from revisions: '[<rev>] -- [<pathspec>...]'\n";
  const std::string unknown = ": unknown revision or path not in the working tree\n" + hint;
  const auto errors_of = [&](const std::vector<std::string>& arguments) {
    const Outcome outcome = world.mlem(arguments);
    CHECK(outcome.code >= 128);
    return outcome.errors;
  };
  CHECK(errors_of({"check", "twice"}) == "fatal: ambiguous argument 'twice': both revision and filename\n" + hint);
  CHECK(errors_of({"check", "gone"}) == "fatal: ambiguous argument 'gone'" + unknown);
  CHECK(errors_of({"ls", "HEAD", "gone"}) == "fatal: ambiguous argument 'gone'" + unknown);
  CHECK(errors_of({"check", ""}).find("fatal: bad revision ''") == 0);
  CHECK(errors_of({"check", "gone", "--"}).find("fatal: bad revision 'gone'") == 0);
  CHECK(errors_of({"check", "HEAD", "HEAD~1"}).find("more than one revision") != std::string::npos);
  CHECK(errors_of({"check", "--cached", "HEAD"}).find("more than one thing to judge") != std::string::npos);
}

TEST_CASE("check: JSON has the line of the link file that the fault is in") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem"}) + "rev: v1\nrev: v2\n"}});
  const Outcome outcome = world.mlem({"check", "--json", "--cached"});
  CAPTURE(outcome);
  CHECK(outcome.output ==
        "{\"schema\":1,\"link\":\"a.mlem\",\"verdict\":\"invalid-link\",\"message\":\"line 5, column 1: the key 'rev' "
        "appears twice\",\"at\":\"index\",\"line\":5}\n");
}

TEST_CASE("check: objects are not judged") {
  World world;
  world.registry.commit({{"models/rf.mlem", model_meta()}, {"other.mlem", "a: 1\n"}});
  const Outcome outcome = world.mlem({"check", "--json"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output.empty());
}

TEST_CASE("check: a file that git checks out as something else is not a link") {
  struct Row {
    std::string attributes;
    std::string why;  ///< empty: nothing is wrong
    std::string remedy;
  };
  const Row rows[] = {
      {"*.mlem filter=lfs", "filter", "-filter"},
      {"*.mlem ident", "ident", "-ident"},
      {"*.mlem working-tree-encoding=ISO-8859-1", "working-tree-encoding", "!working-tree-encoding"},
      {"*.mlem export-subst", "export-subst", "-export-subst"},
      {"*.mlem working-tree-encoding=UTF-8 eol=crlf text", "", ""},
      {"*.mlem filter=lfs\n*.mlem -filter", "", ""},
      {"*.bin filter=lfs", "", ""},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.attributes);
    world.registry.commit({{"prod/.gitattributes", row.attributes + "\n"},
                           {"prod/a.mlem", link_to(world, "models/rf.mlem", "main")},
                           {"b.mlem", link_to(world, "models/rf.mlem", "main")}});
    // Of the tree that is judged, and no other.
    world.registry.write(".gitattributes", "*.mlem ident\n");
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"check"}, {"check", "HEAD"}}) {
      const Outcome outcome = world.mlem(arguments);
      CAPTURE(outcome);
      CHECK((outcome.output.find("'.gitattributes' gives it '" + row.why) != std::string::npos) == !row.why.empty());
      CHECK((outcome.output.find(row.remedy) != std::string::npos || row.why.empty()));
      CHECK(outcome.output.find("b.mlem: invalid-link") == std::string::npos);
      CHECK(outcome.code == (row.why.empty() ? 0 : 1));
    }
    fs::remove(world.registry.path() / ".gitattributes");
  }
}

TEST_CASE("check: files with names that MLEM gave before 0.1.10 are told of once") {
  World world;
  world.registry.commit({{".mlem.yaml", ""}, {".mlem/link/latest.mlem.yaml", link_text({.path = "gone"})}});
  const Outcome outcome = world.mlem({"check"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors.find("warning: 1 file is named '*.mlem.yaml', as MLEM before 0.1.10 did, and not judged\n"
                            "hint: 'git mlem migrate' renames them to '*.mlem'\n") != std::string::npos);
  CHECK(world.mlem({"check", "-q"}).errors.empty());
}

TEST_CASE("check: index and work tree are told apart") {
  World world;
  world.registry.commit({{"a.mlem", link_to(world, "models/rf.mlem", "main")}});
  world.registry.write("a.mlem", link_to(world, "models/rf.mlem", "gone"));
  CHECK(world.mlem({"check"}).code == 0);
  CHECK(world.mlem({"check", "--worktree"}).code == 1);
}

TEST_CASE("check: a directory of a commit is judged where it is") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "pj/o.mlem"})},
                         {"pj/.mlem.yaml", ""},
                         {"pj/al.mlem", link_text({.path = "o.mlem"})},
                         {"pj/o.mlem", model_meta()},
                         {"pj/in/al.mlem", link_text({.path = "o.mlem"})},
                         {"pj[x]/b.mlem", link_to(world, "models/rf.mlem", "gone")}});
  const std::string head = world.registry.id("HEAD");
  RunOptions below;
  below.directory = world.registry.path() / "pj";
  for (const std::string rev : {"HEAD:pj", "HEAD:./", "HEAD:../pj", "HEAD:pj/", "main^{commit}:pj"}) {
    const Outcome shown = world.sandbox.mlem({"check", "-v", rev}, below);
    CAPTURE(shown);
    CHECK(shown.code == 0);
    CHECK(shown.output == "al.mlem: ok\nin/al.mlem: ok\n");
    const Outcome json = world.sandbox.mlem({"check", "--json", rev}, below);
    CHECK(contains(json.output, "\"link\":\"pj/in/al.mlem\""));
    CHECK(contains(json.output, "\"at\":\"" + head + "\""));
    CHECK(contains(world.sandbox.mlem({"ls", rev}, below).output, "\nin/al.mlem  model  pj/o.mlem  "));
  }
  CHECK(world.mlem({"check", "-v", "HEAD:pj/in"}).output == "pj/in/al.mlem: ok\n");
  CHECK(contains(world.mlem({"check", "HEAD:pj[x]"}).output, "pj[x]/b.mlem: missing-rev"));
  below.environment["GIT_LITERAL_PATHSPECS"] = "1";
  for (const std::string rev : {"HEAD:pj", "HEAD:./"}) {
    CHECK(world.sandbox.mlem({"check", "-v", rev}, below).output == "al.mlem: ok\nin/al.mlem: ok\n");
  }
  CHECK(contains(world.sandbox.mlem({"check", "HEAD:pj[x]"}, below).output, "/b.mlem: missing-rev"));
  below.environment.clear();
  const Outcome both = world.mlem({"check", "HEAD:pj", "--", "al.mlem"});
  CHECK(both.code == 129);
  CHECK(contains(both.errors, "error: 'HEAD:pj' is a directory already; paths follow a commit\n"));
  // Of a tree alone it is not known where it is.
  const Outcome tree = world.sandbox.mlem({"check", "-v", world.registry.id("HEAD:pj")}, below);
  CHECK(contains(tree.output, "al.mlem: ok\nin/al.mlem: ok\n"));
  CHECK_FALSE(contains(tree.output, "../"));
}

TEST_CASE("check: what --strict fails for is printed with -q too") {
  World world;
  world.registry.commit({{"a.mlem", link_to(world, "models/rf.mlem", "main")}});
  const Outcome passed = world.mlem({"check", "-q"});
  CHECK(passed.code == 0);
  CHECK(passed.output + passed.errors == "");
  const Outcome strict = world.mlem({"check", "-q", "--strict"});
  CHECK(strict.code == 1);
  CHECK(strict.output ==
        "a.mlem: ok\n  warning: local-path: '" + world.models.url() + "' is a directory of one machine\n");
  CHECK(strict.errors.empty());
}

TEST_CASE("check: outside a repository there is one clear error") {
  const Sandbox sandbox;
  const Outcome outcome = sandbox.mlem({"check"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors.find("fatal: ") == 0);
  CHECK(outcome.errors.find("not a git repository") != std::string::npos);
}

TEST_CASE("check: --reachable wants the commit on a branch or tag") {
  World world;
  const std::string orphan = world.models.commit({{"x", "1"}});
  world.models.git({"reset", "-q", "--hard", "HEAD~1"});
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = orphan})}});
  CHECK(world.mlem({"check"}).code == 0);
  const Outcome refused = world.mlem({"check", "--reachable"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.output == "a.mlem: off-branch: commit '" + orphan + "' is on no branch or tag of '" + example_url +
                              "/'\n  hint: push a tag or branch that has it\n");
  CHECK(world.mlem({"check", "--reachable", "--offline"}).code == 129);
}

TEST_CASE("check: --reachable wants own commits on a branch or tag of the namespace") {
  World world;
  const std::string commit = world.registry.commit({{"m.mlem", model_meta()}});
  world.registry.git({"update-ref", "refs/namespaces/team/refs/heads/main", commit});
  world.registry.write("a.mlem", link_text({.path = "m.mlem", .rev = commit}));
  world.registry.git({"add", "a.mlem"});
  CHECK(world.mlem({"check", "--reachable"}).code == 0);
  world.sandbox.environment()["GIT_NAMESPACE"] = "team";
  CHECK(world.mlem({"check", "--reachable"}).code == 0);
  world.sandbox.environment()["GIT_NAMESPACE"] = "other";
  const Outcome refused = world.mlem({"check", "--reachable"});
  CAPTURE(refused);
  CHECK(refused.code == 1);
  CHECK(refused.output.find("a.mlem: off-branch: commit '" + commit + "' is on no branch or tag of this") == 0);
}

TEST_CASE("check: an answer from the cache says how old it is") {
  World world;
  const HttpServer server(world.sandbox);
  world.models.bare_clone(server.root() / "models.git");
  world.registry.commit(
      {{"a.mlem", link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = "main"})}});
  const Outcome never = world.mlem({"check", "--offline"});
  CAPTURE(never);
  CHECK(never.code == 2);
  CHECK(never.output.find("a.mlem: unreachable: ") == 0);
  REQUIRE(world.mlem({"check"}).code == 0);
  const std::size_t asked = server.requests().size();
  const Outcome offline = world.mlem({"check", "--offline"});
  CAPTURE(offline);
  CHECK(offline.code == 0);
  CHECK(offline.errors == "1 link: 1 ok, 0 broken, 0 undecided\nsources as they were seen just now\n");
  CHECK(server.requests().size() == asked);
}

TEST_CASE("check: the shards of a registry are the whole and share nothing") {
  World world;
  Files files;
  for (int i = 0; i < 50; ++i) files["links/" + std::to_string(i) + ".mlem"] = link_to(world, "models/rf.mlem", "main");
  world.registry.commit(files);
  const std::string whole = world.mlem({"check", "--porcelain"}).output;
  for (const int count : {1, 2, 3, 7}) {
    CAPTURE(count);
    std::multiset<std::string> lines;
    for (int i = 1; i <= count; ++i) {
      const Outcome part =
          world.mlem({"check", "--porcelain", "--shard", std::to_string(i) + "/" + std::to_string(count)});
      CHECK(part.code == 0);
      CHECK_FALSE(part.output.empty());
      std::istringstream text(part.output);
      for (std::string line; std::getline(text, line);) lines.insert(line + "\n");
    }
    std::multiset<std::string> expected;
    std::istringstream text(whole);
    for (std::string line; std::getline(text, line);) expected.insert(line + "\n");
    CHECK(lines == expected);
  }
  for (const char* bad : {"0/2", "3/2", "1", "1/", "/2", "a/b", "1/2x", "-1/2"}) {
    CAPTURE(std::string(bad));
    CHECK(world.mlem({"check", "--shard", bad}).code == 129);
  }
}

TEST_CASE("check: thousands of links are read at once and judged like one") {
  const World world;
  const auto id_of = [&](const std::string& text) {
    RunOptions options;
    options.input = text;
    return world.registry.git({"hash-object", "-w", "--stdin"}, options);
  };
  const std::vector<std::string> ids = {id_of(link_to(world, "models/rf.mlem", "main")),
                                        id_of(link_to(world, "models/rf.mlem", "gone")),
                                        id_of("object_type: model\n"),
                                        id_of("no: [yaml\n"),
                                        id_of(std::string(70'000, '#') + "\nobject_type: link\n"),
                                        std::string(40, '5')};  // and there is no such object
  std::string entries;
  constexpr std::size_t count = 6000;
  for (std::size_t i = 0; i < count; ++i) {
    entries += "100644 " + ids[i < 5000 ? 0 : i % ids.size()] + "\td/" + std::to_string(i) + ".mlem\n";
  }
  RunOptions options;
  options.input = entries;
  world.registry.git({"update-index", "--index-info"}, options);

  const Outcome at_once = world.mlem({"check", "--porcelain"});
  CHECK(at_once.code == 1);
  CHECK(at_once.errors ==
        "warning: 6000 '*.mlem' files of the work tree differ from the index\n"
        "hint: 'git mlem check --worktree' judges them\n"
        "5833 links: 5166 ok, 500 broken, 167 undecided\n");
  CHECK(at_once.output.find("unreachable\td/5999.mlem\t") != std::string::npos);
  std::multiset<std::string> parts;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    std::istringstream text(world.mlem({"check", "--porcelain", "--shard", shard}).output);
    for (std::string line; std::getline(text, line);) parts.insert(line);
  }
  std::multiset<std::string> whole;
  std::istringstream text(at_once.output);
  for (std::string line; std::getline(text, line);) whole.insert(line);
  CHECK(parts == whole);
}

TEST_CASE("check: hints for thousands of broken links name what is alike") {
  World world;
  constexpr int count = 1000;
  Files objects{{"dash.mlem", model_meta()}};
  for (int i = 0; i < 5000; ++i) objects["other/objects/number-" + std::to_string(i) + ".mlem"] = model_meta();
  world.models.commit(objects);
  RunOptions tags;
  for (int i = 0; i < 3000; ++i) tags.input += "create refs/tags/build-" + std::to_string(i) + " HEAD\n";
  world.models.git({"update-ref", "--stdin"}, tags);
  Files links;
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(i) + ".mlem";
    links["path/" + name] = link_to(world, "elsewhere/number-" + std::to_string(i), "main");
    links["gone/" + name] = link_to(world, "~/rf" + std::to_string(i) + ".mlem", "main");
    links["rev/" + name] = link_to(world, "models/rf.mlem", "buidl-1");
  }
  world.registry.commit(links);
  const Outcome outcome = world.mlem({"check", "--json"});
  CHECK(outcome.errors == "3000 links: 0 ok, 3000 broken, 0 undecided\n");
  const auto count_of = [&](const std::string& text) {
    int found = 0;
    for (std::size_t at = 0; (at = outcome.output.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  CHECK(count_of("\"hint\":\"there is 'other/objects/number-") == count);
  CHECK(count_of("\"hint\":\"the nearest names are 'build-1', ") == count);
  CHECK(count_of("dash.mlem") == 0);
}

TEST_CASE("check: progress is shown on a terminal alone and after a while") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = "main"})}});
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::errors;
  CHECK(world.sandbox.mlem({"check"}, options).errors.find("Reading") == std::string::npos);
  options.environment["GIT_PROGRESS_DELAY"] = "0";
  const Outcome shown = world.sandbox.mlem({"check"}, options);
  CAPTURE(shown);
  CHECK(shown.errors.find("Reading sources: 100% (1/1), done.") != std::string::npos);
  CHECK(world.sandbox.mlem({"check", "--no-progress"}, options).errors.find("Reading") == std::string::npos);
  options.terminal = Terminal::none;
  CHECK(world.sandbox.mlem({"check"}, options).errors.find("Reading") == std::string::npos);
}

TEST_CASE("check: progress is shown while a source hangs") {
  World world;
  const SilentServer silent;
  world.registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .repo = silent.url("m.git") + "/", .rev = "main"})}});
  world.registry.git({"config", "mlem.timeout", "3"});
  RunOptions options;
  options.directory = world.registry.path();
  options.terminal = Terminal::errors;
  options.environment["GIT_PROGRESS_DELAY"] = "1";
  const Outcome hung = world.sandbox.mlem({"check"}, options);
  CAPTURE(hung);
  CHECK(hung.code == 2);
  // As wide as the terminal may be, less one.
  const std::string waiting = "Reading sources:   0% (0/1), waiting for " + silent.url("m.git") + "/";
  CHECK(hung.errors.find("\r" + waiting + "\r" + std::string(waiting.size(), ' ') +
                         "\r\rReading sources: 100% (1/1), done.") != std::string::npos);
  CHECK(world.sandbox.mlem({"check", "--no-progress"}, options).errors.find("Reading") == std::string::npos);
}

TEST_CASE("check: --fresh asks again for what is cached and tells of a ref that moved") {
  World world;
  const HttpServer server(world.sandbox);
  const mlem::fs::path served = server.root() / "models.git";
  world.models.bare_clone(served);
  world.registry.commit(
      {{"a.mlem",
        link_text({.path = "models/rf.mlem", .repo = server.url("models.git") + "/", .rev = world.model_commit}) +
            "params:\n  git-mlem:\n    ref: refs/heads/main\n"}});
  REQUIRE(world.mlem({"check"}).code == 0);
  const std::size_t asked = server.requests().size();
  const Outcome quiet = world.mlem({"check"});
  CAPTURE(quiet);
  CHECK(quiet.output.empty());
  CHECK(server.requests().size() == asked);

  CHECK(world.mlem({"check", "--fresh", "--strict"}).code == 0);
  CHECK(server.requests().size() > asked);
  const std::string next = world.models.commit({{"models/rf", "more weights"}});
  world.models.git({"push", "-q", served.string(), "main"});
  const Outcome moved = world.mlem({"check", "--fresh"});
  CAPTURE(moved);
  CHECK(moved.code == 0);
  CHECK(moved.output == "a.mlem: ok\n  warning: moved: 'refs/heads/main' now names commit '" + next + "'\n");
  CHECK(world.mlem({"check", "--fresh", "--strict"}).code == 1);

  // A commit that its server lost is only noticed by asking.
  mlem::fs::remove_all(served);
  world.sandbox.git({"init", "-q", "--bare", served.string()});
  CHECK(world.mlem({"check"}).code == 0);
  const Outcome lost = world.mlem({"check", "--fresh"});
  CAPTURE(lost);
  CHECK(lost.code == 1);
}

TEST_CASE("check: what a partial clone lacks of the registry is fetched at once") {
  const World world;
  Files files;
  for (int i = 0; i < 20; ++i) {
    files["l" + std::to_string(i) + ".mlem"] =
        link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = i % 2 == 0 ? "main" : "4-pack"});
  }
  RepoBuilder registry = world.registry;
  // An object that is only in a past commit, and a submodule whose commit is not to be had from there.
  const std::string past = registry.commit({{"o.mlem", model_meta()}});
  registry.remove({"o.mlem"});
  files["own.mlem"] = link_text({.path = "o.mlem", .rev = past});
  registry.git({"update-index", "--add", "--cacheinfo", "160000," + world.model_commit + ",sub.mlem"});
  registry.commit(files);
  registry.git({"config", "uploadpack.allowFilter", "true"});
  registry.git({"config", "uploadpack.allowAnySHA1InWant", "true"});
  const fs::path clone = world.sandbox / "clone";
  world.sandbox.git_output({"clone", "-q", "--no-checkout", "--filter=blob:none", registry.url(), clone.string()});
  RunOptions options;
  options.directory = clone;
  const Outcome offline = world.sandbox.mlem({"check", "--offline", "HEAD"}, options);
  CAPTURE(offline);
  CHECK(offline.code == 1);
  CHECK(contains(offline.errors, "22 links: 0 ok, 1 broken, 21 undecided"));
  const Outcome checked = world.sandbox.mlem({"check", "HEAD"}, options);
  CAPTURE(checked);
  CHECK(checked.code == 1);
  CHECK(contains(checked.errors, "22 links: 21 ok, 1 broken, 0 undecided"));
}

TEST_CASE("check: trees that are not here are fetched or an error and never no links") {
  World world;
  RepoBuilder registry = world.registry;
  const std::string good = link_to(world, "models/rf.mlem", "main");
  registry.commit({{"a.mlem", good}, {"d/b.mlem", good}, {"d/e/c.mlem", good}});
  registry.commit({{"d/e/c.mlem", link_to(world, "models/rf.mlem", "nope")}});
  registry.git({"config", "uploadpack.allowFilter", "true"});
  registry.git({"config", "uploadpack.allowAnySHA1InWant", "true"});
  RunOptions there;
  const auto clone = [&](const std::string& name) {
    const fs::path directory = world.sandbox / name;
    world.sandbox.git_output({"clone", "-q", "--no-checkout", "--filter=tree:0", registry.url(), directory.string()});
    there.directory = directory;
  };
  const auto check = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    return world.sandbox.mlem(arguments, there);
  };
  clone("whole");
  CHECK(check({"HEAD"}).errors == "3 links: 2 ok, 1 broken, 0 undecided\n");
  clone("part");
  CHECK(check({"HEAD", "--", "d"}).errors == "2 links: 1 ok, 1 broken, 0 undecided\n");
  clone("range");
  const Outcome range = check({"HEAD~1..HEAD"});
  CAPTURE(range);
  CHECK(range.errors == "1 link: 0 ok, 1 broken, 0 undecided\n");

  clone("offline");
  const std::string tree = registry.id("HEAD^{tree}");
  const std::string commit = registry.id("HEAD");
  const Outcome offline = check({"--offline", "HEAD"});
  CAPTURE(offline);
  CHECK(offline.code == 128);
  CHECK(offline.errors == "fatal: cannot list the files of '" + commit + "': tree " + tree +
                              " is missing\nhint: this is a partial clone; 'git fetch --refetch --filter=blob:none' "
                              "brings all trees\n");
  CHECK(check({"--offline", "HEAD~1..HEAD"}).code == 128);
  // One that is damaged.
  there.directory = registry.path();
  fs::remove(registry.path() / ".git/objects" / tree.substr(0, 2) / tree.substr(2));
  const Outcome damaged = check({"HEAD"});
  CHECK(damaged.code == 128);
  CHECK(damaged.errors == "fatal: cannot list the files of '" + commit + "': tree " + tree +
                              " is missing\nhint: 'git fsck' says what is broken\n");
}

TEST_CASE("check: what is missing in a whole repository is not called a partial clone") {
  World world;
  const std::string good = link_to(world, "models/rf.mlem", "main");
  world.registry.commit({{"a.mlem", good}});
  const auto lose = [](const RepoBuilder& repository, const std::string& blob) {
    fs::remove(repository.path() / ".git/objects" / blob.substr(0, 2) / blob.substr(2));
  };
  lose(world.registry, world.registry.id("HEAD:a.mlem"));
  CHECK(world.mlem({"check", "HEAD"}).output ==
        "a.mlem: unreachable: its content is missing here\n  hint: 'git fsck' says what is broken\n");
  const std::string object = world.models.id("HEAD:models/rf.mlem");
  lose(world.models, object);
  const Outcome linked = world.mlem({"link", "--sp", world.models.path().string(), "models/rf", "b"});
  CAPTURE(linked);
  CHECK(contains(linked.errors, "unreachable: the repository lacks object " + object +
                                    "\nhint: 'git fsck' there says what is broken\n"));
}

TEST_CASE("check: a pathspec that matches no file of what is judged is fatal") {
  World world;
  const std::string good = link_to(world, "models/rf.mlem", "main");
  world.registry.commit({{"d/a.mlem", good}, {"note", "x"}});
  world.registry.commit({{"b.mlem", good}});
  world.registry.git({"rm", "-q", "--cached", "b.mlem"});
  world.registry.write("c.mlem", good);
  struct Row {
    std::vector<std::string> arguments;
    std::string unmatched;  // empty: all match
  };
  const Row rows[] = {
      {{"check", "d", "note"}, ""},
      {{"check", "--", "gone"}, "gone"},
      {{"check", "--", "d", "d/*.txt"}, "d/*.txt"},
      {{"check", "--", "d", ":!d/a.mlem"}, ""},
      {{"check", "--", "b.mlem"}, "b.mlem"},  // in HEAD and in the work tree, not in the index
      {{"check", "--worktree", "--", "b.mlem", "c.mlem"}, ""},
      {{"check", "--worktree", "--", "gone"}, "gone"},
      {{"check", "--changed", "--", "b.mlem"}, ""},
      {{"check", "--changed", "--", "c.mlem"}, "c.mlem"},
      {{"check", "HEAD", "--", "b.mlem"}, ""},
      {{"check", "HEAD~1", "--", "b.mlem"}, "b.mlem"},
      {{"check", "HEAD~1..HEAD", "--", "b.mlem"}, ""},
      {{"check", "HEAD..HEAD~1", "--", "b.mlem"}, ""},
      {{"check", "HEAD~1..HEAD", "--", "c.mlem"}, "c.mlem"},
      {{"ls", "--", "gone"}, "gone"},
      {{"ls", "HEAD", "--", "gone"}, "gone"},
      {{"fetch", "--", "gone"}, "gone"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = world.mlem(row.arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == (row.unmatched.empty() ? 0 : 128));
    if (!row.unmatched.empty()) {
      CHECK(outcome.errors == "fatal: pathspec '" + row.unmatched + "' did not match any files\n");
    }
  }
  // In a bare repository, where there is no index.
  const fs::path bare = world.sandbox / "bare.git";
  world.sandbox.git_output({"clone", "-q", "--bare", world.registry.url(), bare.string()});
  RunOptions there;
  there.directory = bare;
  CHECK(world.sandbox.mlem({"check", "--", "d"}, there).code == 0);
  CHECK(world.sandbox.mlem({"check", "--", "gone"}, there).code == 128);
  CHECK(world.sandbox.mlem({"check", "HEAD", "--", "note"}, there).code == 0);
}

TEST_CASE("check: a link may be named without its '.mlem'") {
  World world;
  const std::string good = link_to(world, "models/rf.mlem", "main");
  // 'rf' is a file too, and 'd' a directory.
  world.registry.commit({{"rf", "x"}, {"rf.mlem", good}, {"d/a.mlem", good}, {"d.mlem", good}});
  struct Row {
    std::vector<std::string> arguments;
    std::string names;
  };
  const Row rows[] = {
      {{"rf"}, "rf.mlem"},
      {{"--", "./rf"}, "rf.mlem"},
      {{"--", "d"}, "d.mlem d/a.mlem"},
      {{"--", "d/"}, "d/a.mlem"},
      {{"--", world.registry.path().string() + "/d"}, "d.mlem d/a.mlem"},
      {{"d/a"}, "d/a.mlem"},
      {{"--", ":(top)d/a", "rf.mlem"}, "d/a.mlem rf.mlem"},
      {{"--worktree", "rf"}, "rf.mlem"},
      {{"HEAD", "d/a", "rf"}, "d/a.mlem rf.mlem"},
      {{"--changed", "rf", "d/a"}, ""},
      {{"--", world.registry.path().string()}, "d.mlem d/a.mlem rf.mlem"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> arguments = {"check", "-v"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    std::string names;
    std::istringstream lines(outcome.output);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(' ')) names += (names.empty() ? "" : " ") + line.substr(0, line.find(':'));
    }
    CHECK(names == row.names);
  }
  CHECK(world.mlem({"ls", "--porcelain", "d/a"}).output.starts_with("ok\td/a.mlem\t"));
  CHECK(world.mlem({"fetch", "d/a"}).errors == "1 link: 1 fetched, 0 broken, 0 undecided\n");
}

TEST_CASE("check: where there is no index or no commit there is nothing to judge, and that is said") {
  World world;
  const std::string good = link_to(world, "models/rf.mlem", "main");
  world.registry.commit({{"a.mlem", good}});
  const fs::path lost = world.sandbox / "lost";
  world.sandbox.git_output({"clone", "-q", "--no-checkout", world.registry.url(), lost.string()});
  RunOptions there;
  there.directory = lost;
  const std::string no_index =
      "fatal: there is nothing to judge: there is no index\n"
      "hint: 'git reset' makes one of the last commit; 'git mlem check HEAD' judges that commit itself\n";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"check"}, {"check", "--cached"}, {"check", "--changed"}, {"ls"}, {"fetch"}}) {
    const Outcome outcome = world.sandbox.mlem(arguments, there);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == no_index);
  }
  const std::string remedy = "hint: 'git reset' makes one of the last commit\n";
  const Outcome compared = world.sandbox.mlem({"status"}, there);
  CHECK(compared.code == 128);
  CHECK(compared.errors == "fatal: there is nothing to compare: there is no index\n" + remedy);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"update"},
                                                                                         {"pin"},
                                                                                         {"unpin"},
                                                                                         {"hold", "-m", "why"},
                                                                                         {"unhold"},
                                                                                         {"promote", "a", "--to", "b"},
                                                                                         {"rollback", "a"},
                                                                                         {"migrate"}}) {
    const Outcome outcome = world.sandbox.mlem(arguments, there);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == "fatal: there is nothing to change: there is no index\n" + remedy);
  }
  CHECK(world.sandbox.mlem({"check", "HEAD"}, there).errors == "1 link: 1 ok, 0 broken, 0 undecided\n");

  const fs::path bare = world.sandbox / "bare.git";
  world.sandbox.git_output({"init", "-q", "--bare", "-b", "main", bare.string()});
  there.directory = bare;
  const std::string no_commit =
      "fatal: there is nothing to judge: 'refs/heads/main', which HEAD means, has no commit\n"
      "hint: 'git symbolic-ref HEAD refs/heads/<branch>' sets the branch that is meant\n";
  for (const std::string command : {"check", "ls", "fetch"}) {
    const Outcome outcome = world.sandbox.mlem({command}, there);
    CAPTURE(outcome);
    CHECK(outcome.code == 128);
    CHECK(outcome.errors == no_commit);
  }
  // Before the first commit, an index is empty by right.
  const fs::path fresh = world.sandbox / "fresh";
  world.sandbox.git_output({"init", "-q", fresh.string()});
  there.directory = fresh;
  CHECK(world.sandbox.mlem({"check"}, there).errors == "0 links: 0 ok, 0 broken, 0 undecided\n");
}

TEST_CASE("check: it says when the work tree is not what was judged") {
  World world;
  const std::string good = link_to(world, "models/rf.mlem", "main");
  world.registry.commit({{"a.mlem", good}, {"b.mlem", good}, {"note", "x"}});
  const std::string summary = "2 links: 2 ok, 0 broken, 0 undecided\n";
  world.registry.write("note", "y");
  world.registry.write("object.mlem", model_meta());
  CHECK(world.mlem({"check"}).errors == summary);
  world.registry.write("a.mlem", good + "\n");
  const std::string one =
      "warning: 1 link file of the work tree differs from the index\nhint: 'git mlem check --worktree' judges it\n";
  CHECK(world.mlem({"check"}).errors == one + summary);
  world.registry.write("c.mlem", good);
  fs::remove(world.registry.path() / "b.mlem");
  CHECK(world.mlem({"check"}).errors ==
        "warning: 3 link files of the work tree differ from the index\n"
        "hint: 'git mlem check --worktree' judges them\n" +
            summary);
  CHECK(world.mlem({"check", "a.mlem"}).errors == one + "1 link: 1 ok, 0 broken, 0 undecided\n");
  CHECK(world.mlem({"check", "-q"}).errors.empty());
  CHECK(world.mlem({"check", "--cached"}).errors == summary);
  CHECK(world.mlem({"check", "HEAD"}).errors == summary);
}

TEST_CASE("check: an alias whose object was renamed in the index has its new name as hint as in the hook") {
  World world;
  world.registry.commit({{"rf.mlem", model_meta()}, {"alias.mlem", link_text({.path = "rf.mlem"})}});
  fs::create_directory(world.registry.path() / "models");
  world.registry.git({"mv", "rf.mlem", "models/best.mlem"});
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check"}, {"check", "--cached"}, {"check", "--changed"}}) {
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.output == "alias.mlem: missing-path: nothing at 'rf.mlem'\n  hint: it is now 'models/best.mlem'\n");
  }
}

TEST_CASE("check: a link into its own registry to a tag that is not pushed yet says to push that first") {
  World world;
  const RepoBuilder server(world.sandbox, "server.git", {.bare = true});
  world.registry.commit({{"rf.mlem", model_meta()}});
  world.registry.git({"remote", "add", "hub", server.url()});
  world.registry.git({"push", "-q", "hub", "main"});
  world.registry.tag("v2");
  world.registry.commit({{"a.mlem", link_text({.path = "rf.mlem", .repo = server.url(), .rev = "v2"})},
                         {"b.mlem", link_text({.path = "rf.mlem", .repo = server.url(), .rev = "v3"})},
                         {"c.mlem", link_text({.path = "models/rf.mlem", .repo = world.models.url(), .rev = "v2"})}});
  const Outcome outcome = world.mlem({"check"});
  CAPTURE(outcome);
  const std::string hint =
      "  hint: 'refs/tags/v2' is here and was not pushed: 'git push hub refs/tags/v2' comes first\n";
  CHECK(contains(outcome.output, hint + "b.mlem: missing-rev: "));
  CHECK(outcome.output.find("comes first") == outcome.output.rfind("comes first"));
  world.registry.git({"push", "-q", "hub", "refs/tags/v2"});
  CHECK_FALSE(contains(world.mlem({"check"}).output, "a.mlem: missing-rev"));
}

TEST_CASE("check: --format is what CI systems read, with the exit code and the summary of any check") {
  World world;
  const auto link = [](const std::string& rev) {
    return link_text({.path = "models/rf.mlem", .repo = example_url + "/", .rev = rev});
  };
  world.registry.commit({{"ok.mlem", link("main")}, {"prod/gone.mlem", link("v9")}});
  RunOptions below;
  below.directory = world.registry.path() / "prod";
  // Names are from the root, wherever it is run.
  const Outcome annotated = world.sandbox.mlem({"check", "--format=github"}, below);
  CHECK(annotated.code == 1);
  CHECK(
      annotated.output ==
      "::error file=prod/gone.mlem,title=missing-rev::prod/gone.mlem: missing-rev: no branch, tag or commit 'v9' in '" +
          example_url + "/'\n");
  CHECK(annotated.errors == "2 links: 1 ok, 1 broken, 0 undecided\n");
  CHECK(contains(world.mlem({"check", "--format", "junit"}).output, " tests=\"2\" failures=\"1\" errors=\"0\">\n"));
  CHECK(contains(world.mlem({"check", "--format", "sarif"}).output, "\"uri\":\"prod/gone.mlem\""));

  const std::string hint = "hint: 'git mlem check -h' shows the usage\n";
  const Outcome unknown = world.mlem({"check", "--format=xml"});
  CHECK(unknown.code == 129);
  CHECK(unknown.errors == "error: '--format' is 'github', 'sarif' or 'junit'\n" + hint);
  for (const std::string other : {"--json", "--porcelain", "--null"}) {
    const Outcome both = world.mlem({"check", "--format=junit", other});
    CHECK(both.code == 129);
    CHECK(both.errors == "error: options '--format' and '" + other + "' cannot be used together\n" + hint);
  }
}

TEST_CASE("check: warnings that --strict fails for are told to CI systems as what is broken") {
  World world;
  world.registry.commit({{"w.mlem", link_to(world, "models/rf.mlem", "main") + "bogus: 1\n"}});
  const std::string rest =
      " file=w.mlem,line=6,title=unknown-key::w.mlem: unknown-key: line 6: unknown key 'bogus', which MLEM 0.4.3 and "
      "later refuse\n";
  const Outcome told = world.mlem({"check", "--format=github"});
  CHECK(told.code == 0);
  CHECK(contains(told.output, "::warning" + rest));
  const Outcome strict = world.mlem({"check", "--format=github", "--strict"});
  CHECK(strict.code == 1);
  CHECK(contains(strict.output, "::error" + rest));
}
