#include "support/text_file.hpp"

#include "cli/json_rows.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string old_rev = "5-deploy-meta";

std::string link_at(const std::string& rev, const std::string& path = "models/rf.mlem") {
  return link_text({.path = path, .repo = example_url + "/", .rev = rev});
}

/// A link that is pinned to a commit, where the object is `blob`.
std::string pinned_link(const std::string& commit, const std::string& blob, const std::string& ref) {
  return "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
         (ref.empty() ? "" : "\n    ref: " + ref) + "\npath: models/rf.mlem\nrepo: " + example_url +
         "/\nrev: " + commit + "\n";
}

std::string blob_of(const World& world, const std::string& commit) {
  return world.models.id(commit + ":models/rf.mlem");
}

/// The text of a file of the registry's index.
std::string staged_text(const World& world, const std::string& name) { return world.staged(name) + "\n"; }

}  // namespace

TEST_CASE("pin: a link is pinned to what it leads to and staged") {
  World world;
  const std::string commit = world.model_commit;
  const std::string blob = blob_of(world, "main");
  world.registry.commit({{"prod/a.mlem", link_at("main")}, {"b.mlem", link_at("main")}});
  const std::string told =
      "rev 'main' -> '" + commit + "', ref none -> 'refs/heads/main', blob none -> '" + blob + "'\n";

  const Outcome dry = world.mlem({"pin", "-n", "prod/a"});
  CAPTURE(dry);
  CHECK(dry.code == 0);
  CHECK(dry.output.starts_with("re-pointed  prod/a.mlem: " + example_url + "/models/rf.mlem from main to "));
  CHECK(dry.errors == "1 link: 1 would be pinned\n");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  const Outcome outcome = world.mlem({"pin", "prod/a"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Pinned 'prod/a.mlem': " + told);
  CHECK(world.mlem({"diff", "--", "prod/a"}).output == dry.output);
  CHECK(outcome.errors == "1 link: 1 pinned\n");
  CHECK(staged_text(world, "prod/a.mlem") == pinned_link(commit, blob, "refs/heads/main"));
  CHECK(read_file(world.registry.path() / "prod/a.mlem") == pinned_link(commit, blob, "refs/heads/main"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  prod/a.mlem");
  CHECK(world.mlem({"check", "--strict"}).code == 0);

  const Outcome again = world.mlem({"pin", "prod/a.mlem"});
  CHECK(again.code == 0);
  CHECK(again.output.empty());
  CHECK(again.errors == "1 link: 1 kept\n");
}

TEST_CASE("pin: what is followed is the ref that the rev named") {
  World world;
  world.models.annotated_tag("v2");
  const std::string commit = world.model_commit;
  const std::string blob = blob_of(world, "main");
  struct Row {
    std::string rev;
    std::string ref;
  };
  const std::vector<Row> rows = {{"main", "refs/heads/main"},      {"v2", "refs/tags/v2"},
                                 {"refs/tags/v2", "refs/tags/v2"}, {"heads/main", "refs/heads/main"},
                                 {"", "refs/heads/main"},          {commit, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.rev);
    world.registry.commit({{"a.mlem", link_at(row.rev)}});
    const Outcome outcome = world.mlem({"pin", "a"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(staged_text(world, "a.mlem") == pinned_link(commit, blob, row.ref));
  }
}

TEST_CASE("pin: of files of every kind only the lines change that must") {
  World world;
  const std::string commit = world.model_commit;
  const std::string blob = blob_of(world, "main");
  const std::string url = example_url;
  const std::string ours = "params:\n  git-mlem:\n    blob: " + blob + "\n    ref: refs/heads/main\n";
  const std::string ours_crlf = "params:\r\n  git-mlem:\r\n    blob: " + blob + "\r\n    ref: refs/heads/main\r\n";
  struct Row {
    std::string name;
    std::string before;
    std::string after;
  };
  const std::vector<Row> rows = {
      {"comments and quotes",
       "# mine\nrev: \"main\" # moves\n\nrepo: " + url +
           "/\npath: 'models/rf.mlem'\nobject_type: link\nlink_type: model\n",
       "# mine\nrev: \"" + commit + "\" # moves\n\nrepo: " + url +
           "/\npath: 'models/rf.mlem'\nobject_type: link\nlink_type: model\n" + ours},
      {"CRLF and a mark",
       "\xef\xbb\xbflink_type: model\r\nobject_type: link\r\npath: models/rf\r\nproject: " + url + "/\r\nrev: main\r\n",
       "\xef\xbb\xbflink_type: model\r\nobject_type: link\r\n" + ours_crlf + "path: models/rf\r\nproject: " + url +
           "/\r\nrev: " + commit + "\r\n"},
      {"flow style", "{object_type: link, link_type: model, path: models/rf.mlem, repo: " + url + "/, rev: main}\n",
       "{object_type: link, link_type: model, path: models/rf.mlem, repo: " + url + "/, rev: " + commit +
           ", params: {git-mlem: {blob: " + blob + ", ref: refs/heads/main}}}\n"},
      {"an old typed link without a rev", "object_type: link_model\npath: models/rf\nrepo: " + url + "/\n",
       "object_type: link_model\n" + ours + "path: models/rf\nrepo: " + url + "/\nrev: " + commit + "\n"},
      {"an address in the path", "link_type: model\nobject_type: link\npath: " + url + "/tree/main/models/rf\n",
       "link_type: model\nobject_type: link\n" + ours + "path: models/rf.mlem\nrepo: " + url + "/\nrev: " + commit +
           "\n"},
      {"a rev in the repository's address",
       "link_type: model\nobject_type: link\npath: rf\nrepo: " + url + "/tree/main/models/\n",
       "link_type: model\nobject_type: link\n" + ours + "path: models/rf.mlem\nrepo: " + url + "/\nrev: " + commit +
           "\n"},
      {"other params",
       "link_type: model\nobject_type: link\nparams:\n  x: [1]\npath: models/rf.mlem\nrepo: " + url + "/\nrev: main\n",
       "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + blob +
           "\n    ref: refs/heads/main\n  x: [1]\npath: models/rf.mlem\nrepo: " + url + "/\nrev: " + commit + "\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.registry.commit({{"a.mlem", row.before}});
    const Outcome outcome = world.mlem({"pin", "a"});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(read_file(world.registry.path() / "a.mlem") == row.after);
    CHECK(world.mlem({"check"}).code == 0);
  }
}

TEST_CASE("pin: links that are named are pinned all or none") {
  World world;
  world.registry.commit({{"a.mlem", link_at("main")}, {"b.mlem", link_at("gone")}, {"c.mlem", link_at("main")}});
  const Outcome outcome = world.mlem({"pin", "a", "b", "c"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.output.empty());
  CHECK(contains(outcome.errors, "error: cannot pin 'b.mlem': missing-rev: no branch, tag or commit 'gone'"));
  CHECK(contains(outcome.errors, "\nnothing was changed\n"));
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  const Outcome rows = world.mlem({"pin", "--json", "a", "b"});
  CAPTURE(rows);
  CHECK(rows.code == 1);
  const auto json = json_rows(rows);
  REQUIRE(json.size() == 2);
  CHECK(json[0]["action"] == "skipped");
  CHECK_FALSE(json[0].contains("from"));
  CHECK(json[0]["message"] == "another link that was named cannot be changed");
  CHECK_FALSE(json[0].contains("verdict"));
  CHECK(json[1]["action"] == "skipped");
  CHECK(json[1]["verdict"] == "missing-rev");
}

TEST_CASE("pin: of links that a pathspec or nothing selects the broken ones are skipped and named") {
  World world;
  world.registry.commit({{".mlem.yaml", ""},
                         {"prod/alias.mlem", link_text({.path = "models/own.mlem"})},
                         {"models/own.mlem", model_meta()},
                         {"prod/bad.mlem", link_at("gone")},
                         {"prod/good.mlem", link_at("main")},
                         {"prod/junk.mlem", "object_type: link\npath: [\n"},
                         {"prod/pinned.mlem", link_at(world.model_commit)},
                         {"x.mlem", link_at("main")}});
  const Outcome outcome = world.mlem({"pin", "prod"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.output, "Pinned 'prod/good.mlem': "));
  CHECK(contains(outcome.output, "Pinned 'prod/pinned.mlem': blob none -> "));
  CHECK(contains(
      outcome.errors,
      "warning: skipped 'prod/alias.mlem': it is an alias, which goes with the tree that it is in\n"
      "hint: 'git mlem link --pin <address of this registry>/@<rev>:<path> <target>' pins what it leads to\n"));
  CHECK(contains(outcome.errors, "warning: skipped 'prod/bad.mlem': missing-rev: "));
  CHECK(contains(outcome.errors, "warning: skipped 'prod/junk.mlem': invalid-link: "));
  CHECK(contains(outcome.errors, "5 links: 2 pinned, 3 skipped\n"));
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  prod/good.mlem\nM  prod/pinned.mlem");

  // The registry as a whole, from wherever.
  RunOptions below;
  below.directory = world.registry.path() / "models";
  const Outcome all = world.sandbox.mlem({"pin", "--porcelain"}, below);
  CAPTURE(all);
  CHECK(all.code == 1);
  CHECK(contains(all.output, "skipped\tprod/bad.mlem\t"));
  CHECK(contains(all.output, "pinned\tx.mlem\tmodel\t" + world.model_commit + "\t" + blob_of(world, "main")));
  CHECK(contains(all.output, "kept\tprod/good.mlem\tmodel\t"));
  // Exclusions are git's.
  CHECK(world.mlem({"pin", "-q", "prod", ":!prod/bad.mlem", ":!prod/junk.mlem"}).code == 0);
}

TEST_CASE("pin: rows for scripts have the points before and after") {
  World world;
  const std::string commit = world.model_commit;
  const std::string blob = blob_of(world, "main");
  world.registry.commit({{"a.mlem", link_at(old_rev)}, {"b.mlem", pinned_link(commit, blob, "")}});
  const Outcome outcome = world.mlem({"pin", "--json"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  const auto rows = json_rows(outcome);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["verdict"] == "ok");
  CHECK(rows[0]["action"] == "pinned");
  CHECK(rows[0]["from"] == nlohmann::json{{"rev", old_rev},
                                          {"ref", "refs/tags/" + old_rev},
                                          {"commit", commit},
                                          {"path", "models/rf.mlem"},
                                          {"repo", example_url + "/"}});
  CHECK(rows[0]["to"] == nlohmann::json{{"rev", commit},
                                        {"ref", "refs/tags/" + old_rev},
                                        {"commit", commit},
                                        {"path", "models/rf.mlem"},
                                        {"repo", example_url + "/"},
                                        {"blob", blob}});
  CHECK(rows[1]["action"] == "kept");
  CHECK_FALSE(rows[1].contains("from"));
  CHECK(outcome.output.find("\"at\":\"index\",\"action\":\"pinned\",\"from\":{") != std::string::npos);
}

TEST_CASE("pin: a link is changed as the work tree has it") {
  World world;
  const std::string blob = blob_of(world, "main");
  world.registry.commit({{"a.mlem", link_at("gone")}, {"b.mlem", link_at("main")}});
  world.registry.write("a.mlem", "# mended\n" + link_at("main"));
  const Outcome outcome = world.mlem({"pin", "a"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(staged_text(world, "a.mlem") == "# mended\n" + pinned_link(world.model_commit, blob, "refs/heads/main"));
  // What somebody has deleted does not come back.
  remove(world.registry.path() / "b.mlem");
  const Outcome deleted = world.mlem({"pin", "b"});
  CHECK(deleted.code == 1);
  CHECK(deleted.errors ==
        "error: cannot pin 'b.mlem': its file is deleted\nhint: 'git restore b.mlem' brings it back\n"
        "nothing was changed\n");
  CHECK(world.mlem({"pin", "."}).code == 0);
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  a.mlem\n D b.mlem");
  // Where git looks away, this does not.
  world.registry.git({"checkout", "-q", "b.mlem"});
  world.registry.git({"update-index", "--assume-unchanged", "b.mlem"});
  world.registry.write("b.mlem", "# seen\n" + link_at("main"));
  CHECK(world.mlem({"pin", "b"}).code == 0);
  CHECK(staged_text(world, "b.mlem") == "# seen\n" + pinned_link(world.model_commit, blob, "refs/heads/main"));
}

TEST_CASE("pin: line ends that git converts stay as the work tree has them") {
  World world;
  world.registry.commit({{".gitattributes", "*.mlem text eol=crlf\n"}, {"a.mlem", link_at("main")}});
  remove(world.registry.path() / "a.mlem");
  world.registry.git({"checkout", "-q", "a.mlem"});
  REQUIRE(contains(read_file(world.registry.path() / "a.mlem"), "\r\n"));
  CHECK(world.mlem({"pin", "a"}).code == 0);
  const std::string pinned = pinned_link(world.model_commit, blob_of(world, "main"), "refs/heads/main");
  CHECK(staged_text(world, "a.mlem") == pinned);
  std::string in_work_tree = read_file(world.registry.path() / "a.mlem");
  CHECK(std::count(in_work_tree.begin(), in_work_tree.end(), '\r') ==
        std::count(in_work_tree.begin(), in_work_tree.end(), '\n'));
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  a.mlem");
}

TEST_CASE("pin: what cannot be pinned says why and changes nothing") {
  World world;
  world.registry.commit({{"dir/object.mlem", model_meta()},
                         {"bad.mlem", "link_type: model\n"},
                         {"good.mlem", link_at("main")},
                         {"wide.mlem", link_at("main")},
                         {".gitattributes", "wide.mlem ident\n"}});
  world.registry.write("new.mlem", link_at("main"));
  create_symlink("good.mlem", world.registry.path() / "symbolic.mlem");
  world.registry.git({"add", "symbolic.mlem"});
  struct Row {
    std::vector<std::string> arguments;
    int code;
    std::string errors;
  };
  const std::vector<Row> rows = {
      {{"new"}, 128, "fatal: 'new' is not in the index: no other links are changed\nhint: 'git add new' adds it\n"},
      {{"nothing"}, 128, "fatal: pathspec 'nothing' did not match any link of the index\n"},
      {{"good", "no*"}, 128, "fatal: pathspec 'no*' did not match any link of the index\n"},
      {{"dir/object"}, 1, "error: cannot pin 'dir/object.mlem': it is not a link\nnothing was changed\n"},
      {{"symbolic"}, 1, "error: cannot pin 'symbolic.mlem': invalid-link: not a regular file\nnothing was changed\n"},
      {{"wide"},
       1,
       "error: cannot pin 'wide.mlem': invalid-link: '.gitattributes' gives it 'ident', so a checkout may have another "
       "content than is judged\nhint: add '*.mlem -ident' at the end of '.gitattributes'\nnothing was changed\n"},
      {{"--at"},
       129,
       "error: unrecognised option '--at'\nhint: usage: git mlem pin [<options>] [--] [<link> | <pathspec>...]\n"}};
  for (const Row& row : rows) {
    std::vector<std::string> arguments{"pin"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Outcome outcome = world.mlem(arguments);
    CAPTURE(outcome);
    CHECK(outcome.code == row.code);
    CHECK(outcome.errors == row.errors);
  }
  CHECK(world.registry.git({"status", "--porcelain"}) == "A  symbolic.mlem\n?? new.mlem");
  const RepoBuilder bare(world.sandbox, "bare.git", {.bare = true});
  RunOptions inside;
  inside.directory = bare.path();
  const Outcome outcome = world.sandbox.mlem({"pin"}, inside);
  CHECK(outcome.code == 128);
  CHECK(outcome.errors == "fatal: this operation must be run in a work tree\n");
}

TEST_CASE("pin: a locked index leaves files and index as they were") {
  World world;
  world.registry.commit({{"a.mlem", link_at("main")}, {"b/c.mlem", link_at("main")}});
  world.registry.write(".git/index.lock", "");
  const Outcome outcome = world.mlem({"pin"});
  CAPTURE(outcome);
  CHECK(outcome.code == 128);
  CHECK(contains(outcome.errors, "fatal: cannot update the index: "));
  remove(world.registry.path() / ".git/index.lock");
  CHECK(world.registry.git({"status", "--porcelain"}).empty());
}

TEST_CASE("pin: a source that is away leaves it undecided") {
  World world;
  world.registry.commit({{"a.mlem", link_text({.path = "m.mlem", .repo = "https://127.0.0.1:1/x/", .rev = "main"})},
                         {"b.mlem", link_at("main")}});
  const Outcome outcome = world.mlem({"pin"});
  CAPTURE(outcome);
  CHECK(outcome.code == 2);
  CHECK(contains(outcome.errors, "warning: skipped 'a.mlem': unreachable: "));
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  b.mlem");
}

TEST_CASE("pin: each part of a pin that is altered alone is told and mended by what fits") {
  World world;
  const std::string first = world.model_commit;
  const std::string blob = blob_of(world, "main");
  const std::string second = world.models.commit({{"models/rf.mlem", model_meta({"rf", "other weights\n"})}});
  const std::string other = blob_of(world, "main");
  const std::string ref = "refs/heads/main";
  const std::string unknown(40, 'd');
  const std::string mend = "  hint: if that is what is wanted, 'git mlem pin --refresh <link>' records it\n";
  struct Row {
    std::string name;
    std::string text;
    std::string told;       ///< by `check --fresh`
    std::string refreshed;  ///< the file after `pin --refresh`; empty: it is refused
  };
  const std::vector<Row> rows = {
      {"nothing", pinned_link(second, other, ref), "", pinned_link(second, other, ref)},
      {"the commit", pinned_link(first, other, ref),
       "a.mlem: changed: 'models/rf.mlem' is blob " + blob + ", not " + other + " in '" + example_url + "/' at '" +
           first + "'\n  warning: moved: 'refs/heads/main' now names commit '" + second + "'\n" + mend,
       pinned_link(first, blob, ref)},
      {"the blob", pinned_link(second, blob, ref),
       "a.mlem: changed: 'models/rf.mlem' is blob " + other + ", not " + blob + " in '" + example_url + "/' at '" +
           second + "'\n" + mend,
       pinned_link(second, other, ref)},
      {"the blob is not an id", pinned_link(second, "none", ref),
       "a.mlem: invalid-link: invalid params.git-mlem.blob 'none': it is not a full object id\n",
       pinned_link(second, other, ref)},
      {"the ref", pinned_link(second, other, "refs/heads/gone"),
       "a.mlem: ok\n  warning: moved: 'refs/heads/gone' is gone\n", pinned_link(second, other, "refs/heads/gone")},
      {"the ref is another", pinned_link(second, other, "refs/tags/" + old_rev),
       "a.mlem: ok\n  warning: moved: 'refs/tags/" + old_rev + "' now names commit '" + first + "'\n",
       pinned_link(second, other, "refs/tags/" + old_rev)},
      {"the commit is no longer there", pinned_link(unknown, other, ref), "a.mlem: missing-rev: ", ""},
      {"another program has written a tag", pinned_link(old_rev, other, ref),
       "a.mlem: changed: 'models/rf.mlem' is blob " + blob + ", not " + other + " in '" + example_url + "/' at '" +
           old_rev + "'\n",
       pinned_link(first, blob, "refs/tags/" + old_rev)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.registry.commit({{"a.mlem", row.text}}, row.name);
    const Outcome check = world.mlem({"check", "--fresh"});
    CAPTURE(check);
    CHECK(check.output.find(row.told) == 0);
    const Outcome outcome = world.mlem({"pin", "--refresh"});
    CAPTURE(outcome);
    CHECK(outcome.code == (row.refreshed.empty() ? 1 : 0));
    CHECK(staged_text(world, "a.mlem") == (row.refreshed.empty() ? row.text : row.refreshed));
    const bool is_kept = row.refreshed == row.text;
    CHECK(contains(outcome.errors, row.refreshed.empty() ? "1 skipped" : is_kept ? "1 kept" : "1 refreshed"));
    CHECK(world.mlem({"pin", "-q", "a"}).code == (row.refreshed.empty() ? 1 : 0));
    if (!row.refreshed.empty()) CHECK(world.mlem({"check"}).code == 0);
  }
}

TEST_CASE("pin: what was changed is not taken for a new pin unasked") {
  World world;
  const std::string first = world.model_commit;
  const std::string blob = blob_of(world, "main");
  world.models.commit({{"models/rf.mlem", model_meta({"rf", "other weights\n"})}});
  const std::string other = blob_of(world, "main");
  world.registry.commit({{"a.mlem", pinned_link(first, other, "")}});
  const Outcome outcome = world.mlem({"pin", "a"});
  CAPTURE(outcome);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors ==
        "error: cannot pin 'a.mlem': changed: 'models/rf.mlem' is blob " + blob + ", not " + other + " in '" +
            example_url + "/' at '" + first + "'\n" +
            "hint: if that is what is wanted, 'git mlem pin --refresh <link>' records it\nnothing was changed\n");
}

TEST_CASE("pin: a refresh leaves alone what is not pinned") {
  World world;
  world.registry.commit({{".mlem.yaml", ""},
                         {"alias.mlem", link_text({.path = "own.mlem"})},
                         {"fixed.mlem", link_at(world.model_commit)},
                         {"floating.mlem", link_at("main")},
                         {"own.mlem", model_meta()}});
  const Outcome outcome = world.mlem({"pin", "--refresh"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors ==
        "warning: skipped 'alias.mlem': it is an alias, which goes with the tree that it is in\n"
        "hint: 'git mlem link --pin <address of this registry>/@<rev>:<path> <target>' pins what it leads to\n"
        "warning: skipped 'floating.mlem': it is not pinned\n"
        "hint: 'git mlem pin' without '--refresh' pins it\n"
        "3 links: 1 kept, 2 skipped\n");
  const Outcome named = world.mlem({"pin", "--refresh", "floating"});
  CHECK(named.code == 1);
  CHECK(named.errors ==
        "error: cannot refresh 'floating.mlem': it is not pinned\n"
        "hint: 'git mlem pin' without '--refresh' pins it\nnothing was changed\n");
  // An alias that somebody has pinned to a blob is mended like the others.
  const std::string blob = world.registry.id("HEAD:own.mlem");
  const std::string alias = "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: ";
  world.registry.commit({{"alias.mlem", alias + std::string(40, 'a') + "\npath: own.mlem\n"}});
  CHECK(world.mlem({"pin", "--refresh", "alias"}).code == 0);
  CHECK(staged_text(world, "alias.mlem") == alias + blob + "\npath: own.mlem\n");
}

TEST_CASE("pin: many links in many directories are pinned in one go or not at all") {
  World world;
  Files files;
  constexpr int count = 10'000;
  for (int i = 0; i < count; ++i) {
    files["d" + std::to_string(i % 2000) + "/l" + std::to_string(i) + ".mlem"] = link_at("main");
  }
  files["bad.mlem"] = link_at("gone");
  world.registry.commit(files);
  std::vector<std::string> arguments{"pin"};
  for (const auto& [name, text] : files) arguments.push_back(name);
  const Outcome refused = world.mlem(arguments);
  CAPTURE(refused.errors);
  CHECK(refused.code == 1);
  CHECK(contains(refused.errors, "error: cannot pin 'bad.mlem': missing-rev: "));
  CHECK(world.registry.git({"status", "--porcelain"}).empty());

  RunOptions options;
  options.directory = world.registry.path();
  const Outcome outcome =
      world.sandbox.run({"sh", "-c", "ulimit -n 64; exec \"$0\" pin", program_directory() + "/git-mlem"}, options);
  CAPTURE(outcome.errors);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.errors, "10001 links: 10000 pinned, 1 skipped\n"));
  CHECK(world.registry.git({"diff", "--name-only"}).empty());
  CHECK(world.registry.git({"diff", "--cached", "--shortstat"}) ==
        " 10000 files changed, 50000 insertions(+), 10000 deletions(-)");
}

TEST_CASE("pin: what is in the work tree alone is staged as after a run that was ended between the two") {
  World world;
  world.registry.commit({{"a.mlem", link_at("main")}, {"b.mlem", link_at("main")}});
  REQUIRE(world.mlem({"pin", "-q"}).code == 0);
  world.registry.git({"reset", "-q", "--", "a.mlem"});
  const Outcome outcome = world.mlem({"pin"});
  CAPTURE(outcome);
  CHECK(outcome.output == "Pinned 'a.mlem'\n");
  CHECK(outcome.errors == "2 links: 1 pinned, 1 kept\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  a.mlem\nM  b.mlem");

  // What a link says is staged so, and not what else somebody is writing.
  write_file(world.registry.path() / "b.mlem", "# not yet\n" + staged_text(world, "b.mlem"));
  CHECK(world.mlem({"pin"}).errors == "2 links: 2 kept\n");
  CHECK(world.registry.git({"status", "--porcelain"}) == "M  a.mlem\nMM b.mlem");
}
