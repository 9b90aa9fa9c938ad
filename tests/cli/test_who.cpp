#include "support/trace.hpp"

#include "cli/json_rows.hpp"
#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

std::string link_at(const std::string& rev, const std::string& path = "models/rf.mlem") {
  return link_text({.path = path, .repo = example_url + "/", .rev = rev});
}
std::string alias_of(const std::string& path) { return link_text({.path = path}); }

/// A line each: `a.mlem > via.mlem: refs/heads/main`.
std::string summary_of(const Outcome& outcome) {
  std::string text;
  for (const nlohmann::json& row : json_rows(outcome)) {
    text += row["link"].get<std::string>();
    for (const nlohmann::json& link : row.value("via", nlohmann::json::array()))
      text += " > " + link.get<std::string>();
    text += ":";
    for (const nlohmann::json& ref : row["refs"]) text += " " + ref.get<std::string>();
    text += row.contains("warnings") ? " floats\n" : "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("who: links on all refs are found and each with the refs that have it") {
  World world;
  const std::string commit = world.model_commit;
  world.registry.commit({{"prod/a.mlem", link_at(commit)},
                         {"other.mlem", link_at("main", "models/other.mlem")},
                         {"o.mlem", model_meta()}});
  world.registry.annotated_tag("r1");
  world.registry.branch("same");
  world.registry.git({"checkout", "-q", "-b", "side"});
  world.registry.commit({{"prod/a.mlem", link_at("main")}, {"b.mlem", link_at(commit)}});
  world.registry.git({"update-ref", "refs/remotes/origin/x", "side"});
  world.registry.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/x"});
  world.registry.git({"checkout", "-q", "main"});
  const std::string all =
      "b.mlem: refs/heads/side refs/remotes/origin/x\n"
      "prod/a.mlem: refs/heads/main refs/heads/same refs/tags/r1\n"
      "prod/a.mlem: refs/heads/side refs/remotes/origin/x floats\n";
  for (const std::string path : {"models/rf.mlem", "models/rf"}) {
    const Outcome outcome = world.mlem({"who", "--json", example_url + ":" + path});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(summary_of(outcome) == all);
  }
  const nlohmann::json row = json_rows(world.mlem({"who", "--json", example_url + ":models/rf"})).at(2);
  CHECK(row["warnings"].dump() == R"([{"code":"floating","message":"it leads elsewhere when 'main' moves"}])");
  CHECK(row["rev"] == "main");
  const Outcome readable = world.mlem({"who", example_url + ":models/rf"});
  CAPTURE(readable);
  const std::string place = example_url + "/models/rf.mlem at ";
  CHECK(contains(readable.output, "\nprod/a.mlem  " + place + commit.substr(0, 7)));
  CHECK(contains(readable.output, "  main, same, r1\n"));
  CHECK(contains(readable.output, "  side, origin/x\n"));
  CHECK(readable.errors ==
        "warning: floating: 1 of these links names a branch, a tag or nothing, and leads elsewhere when that moves\n");
  CHECK(contains(world.mlem({"who", "--porcelain", example_url + ":models/rf"}).output,
                 "direct\tprod/a.mlem\t-\t-\t-\tmodels/rf.mlem\t" + example_url + "/\tmain\n"));
  // Of the whole repository, and of a directory.
  for (const std::string& asked :
       {std::string(example_url), example_url + "/", example_url + ".git", example_url + ":models"}) {
    CAPTURE(asked);
    CHECK(contains(summary_of(world.mlem({"who", "--json", asked})), "other.mlem: "));
  }
}

TEST_CASE("who: nobody is the answer no") {
  World world;
  world.registry.commit({{"a.mlem", link_at("main")}});
  for (const std::string& asked : {example_url + ":models/r", std::string("https://github.com/iterative/example"),
                                   example_url + "@v9:models/rf.mlem"}) {
    const Outcome outcome = world.mlem({"who", asked});
    CAPTURE(outcome);
    CHECK(outcome.code == 1);
    CHECK(outcome.output.empty());
    CHECK(outcome.errors.empty());
  }
  CHECK(world.mlem({"who"}).code == 129);
  const Outcome nowhere = world.mlem({"who", "nowhere"});
  CHECK(nowhere.code == 128);
  CHECK(nowhere.errors == "fatal: '" + (world.registry.path() / "nowhere").string() +
                              "' is not a repository\nhint: for a repository on another machine, give its URL\n");
}

TEST_CASE("who: a rev is compared with what a link says and with its commit") {
  World world;
  const std::string first = world.model_commit;
  world.models.commit({{"models/rf.mlem", model_meta() + "# 2\n"}});
  const std::string second = world.models.id("HEAD");
  world.models.annotated_tag("v2");
  const std::string followed =
      "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    ref: refs/tags/v7\npath: models/rf.mlem\nrepo: " +
      example_url + "/\nrev: " + first + "\n";
  world.registry.commit({{"first.mlem", link_at(first)},
                         {"second.mlem", link_at(second)},
                         {"tag.mlem", link_at("v2")},
                         {"branch.mlem", link_at("main")},
                         {"full.mlem", link_at("refs/heads/main")},
                         {"old.mlem", link_at("5-deploy-meta")},
                         {"followed.mlem", followed}});
  struct Row {
    std::string rev;
    std::string links;
  };
  const std::vector<Row> rows = {{"main", "branch full second tag "},
                                 {"v2", "branch full second tag "},
                                 {"refs/tags/v2", "branch full second tag "},
                                 {second, "branch full second tag "},
                                 {first, "first followed old "},
                                 {first.substr(0, 9), "first followed "},
                                 {"v7", "followed "}};
  for (const Row& row : rows) {
    CAPTURE(row.rev);
    const Outcome outcome = world.mlem({"who", "--json", example_url + "@" + row.rev + ":models/rf.mlem"});
    CAPTURE(outcome);
    std::string links;
    for (const nlohmann::json& found : json_rows(outcome)) {
      const std::string name = found["link"];
      links += name.substr(0, name.size() - 5) + " ";
    }
    CHECK(links == row.links);
  }
  // With the source gone, what links say is all there is.
  fs::rename(world.models.path(), world.models.path().string() + "-gone");
  const Outcome gone = world.mlem({"who", "--json", example_url + "@v2"});
  CAPTURE(gone);
  CHECK(gone.code == 0);
  CHECK(json_rows(gone).size() == 1);
  CHECK(contains(gone.errors, "warning: cannot tell which commit 'v2' is, so names alone were compared: "));
}

TEST_CASE("who: links that lead there over links of their registry are told with the way") {
  World world;
  world.registry.commit({{".mlem.yaml", ""},
                         {"a.mlem", link_at(world.model_commit)},
                         {"prod/alias.mlem", alias_of("a")},
                         {"prod/again.mlem", alias_of("prod/alias.mlem")},
                         {"prod/nobody.mlem", alias_of("b")},
                         {"x/a.mlem", alias_of("x/gone")}});
  world.registry.tag("then");
  world.registry.commit(
      {{"own.mlem", link_text({.path = "a.mlem", .rev = "then"})}, {"a.mlem", link_at("main", "models/z.mlem")}});
  const Outcome outcome = world.mlem({"who", "--json", example_url + ":models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(summary_of(outcome) ==
        "a.mlem: refs/tags/then\nown.mlem > then:a.mlem: refs/heads/main\n"
        "prod/again.mlem > prod/alias.mlem > a.mlem: refs/tags/then\nprod/alias.mlem > a.mlem: refs/tags/then\n");
  CHECK(contains(world.mlem({"who", example_url + ":models/rf"}).output, "\nprod/alias.mlem -> a.mlem "));
  CHECK(contains(world.mlem({"who", "--porcelain", example_url + ":models/rf"}).output, "via\tprod/alias.mlem\t"));
}

TEST_CASE("who: links that lead there over the address of their own registry are told with the way") {
  World world;
  const std::string own = "https://example.com/team/registry";
  world.registry.commit({{".mlem.yaml", ""}, {"a.mlem", link_at(world.model_commit)}, {"alias.mlem", alias_of("a")}});
  world.registry.tag("then");
  world.registry.git({"update-ref", "refs/remotes/origin/next", "HEAD"});
  world.registry.git({"rm", "-q", "a.mlem", "alias.mlem"});
  const auto at = [&](const std::string& rev, const std::string& path, const std::string& repo) {
    return link_text({.path = path, .repo = repo + "/", .rev = rev});
  };
  world.registry.commit({{"tag.mlem", at("then", "alias.mlem", own)},
                         {"branch.mlem", at("next", "a", own)},
                         {"again.mlem", alias_of("branch")},
                         {"local.mlem", at("then", "a.mlem", "file://" + world.registry.path().string())},
                         {"gone.mlem", at("nowhere", "a.mlem", own)},
                         {"other.mlem", at("then", "a.mlem", "https://example.com/team/other")}});
  world.registry.git({"tag", "-d", "then"});
  const std::string then = world.registry.id("HEAD~1");
  world.registry.commit({{"tag.mlem", at(then, "alias.mlem", own)},
                         {"local.mlem", at(then, "a.mlem", "file://" + world.registry.path().string())}});
  world.registry.git({"config", "remote.origin.url", own + ".git"});
  const Outcome outcome = world.mlem({"who", "--json", example_url + ":models/rf"});
  CAPTURE(outcome);
  CHECK(outcome.code == 0);
  CHECK(contains(summary_of(outcome), "a.mlem: refs/remotes/origin/next\n"));
  CHECK(contains(summary_of(outcome), "tag.mlem > " + then + ":alias.mlem > " + then + ":a.mlem: refs/heads/main\n"));
  CHECK(contains(summary_of(outcome), "local.mlem > " + then + ":a.mlem: refs/heads/main\n"));
  CHECK(contains(summary_of(outcome), "again.mlem > branch.mlem > next:a.mlem: refs/heads/main\n"));
  CHECK(contains(summary_of(outcome), "\nbranch.mlem > next:a.mlem: refs/heads/main\n"));
  CHECK_FALSE(contains(summary_of(outcome), "gone.mlem"));
  CHECK_FALSE(contains(summary_of(outcome), "other.mlem"));
  CHECK(contains(world.mlem({"who", example_url + ":models/rf"}).output, "\nbranch.mlem -> next:a.mlem "));

  // Another registry by its own address.
  const auto server = world.registry.bare_clone(world.sandbox / "server.git");
  const std::string address = "file://" + server.string();
  world.sandbox.add_config("url." + address + ".insteadOf", own);
  RunOptions options;
  options.directory = server;
  world.sandbox.git_output({"update-ref", "refs/heads/next", then}, options);
  const Outcome remote = world.mlem({"who", "--json", "--registry", own, example_url + ":models/rf"});
  CAPTURE(remote);
  CHECK(contains(summary_of(remote), "branch.mlem > next:a.mlem: refs/heads/main\n"));
}

TEST_CASE("who: other registries are searched too and bare ones") {
  World world;
  RepoBuilder other(world.sandbox, "other");
  other.commit({{"theirs.mlem", link_at(world.model_commit)}});
  other.tag("v1");
  other.branch("stable");
  world.registry.commit({{"ours.mlem", link_at(world.model_commit)}});
  const fs::path bare = other.bare_clone(world.sandbox.path() / "bare.git");
  for (const std::string& registry : {other.path().string(), RepoBuilder::file_url(bare)}) {
    CAPTURE(registry);
    const Outcome outcome = world.mlem({"who", "--json", example_url, "--registry", registry});
    CAPTURE(outcome);
    CHECK(outcome.code == 0);
    CHECK(summary_of(outcome) ==
          "ours.mlem: refs/heads/main\ntheirs.mlem: refs/heads/main refs/heads/stable refs/tags/v1\n");
    CHECK(!json_rows(outcome)[0].contains("registry"));
    CHECK(contains(json_rows(outcome)[1]["registry"], "file:///"));
  }
  CHECK(json_rows(world.mlem(
                      {"who", "--json", example_url, "--registry", other.path().string(), "--registry", bare.string()}))
            .size() == 3);
  RunOptions options;
  options.directory = bare;
  CHECK(summary_of(world.sandbox.mlem({"who", "--json", example_url}, options)) ==
        "theirs.mlem: refs/heads/main refs/heads/stable refs/tags/v1\n");
  // Outside of any repository, and of a source that is named by its directory.
  options.directory = world.sandbox.path();
  const Outcome outside = world.sandbox.mlem({"who", "--json", "./models:models/rf", "--registry", "other"}, options);
  CAPTURE(outside);
  CHECK(outside.code == 0);
  CHECK(json_rows(outside).size() == 1);
  const Outcome gone = world.mlem({"who", example_url, "--registry", "https://gone.invalid/registry"});
  CHECK(gone.code == 128);
  CHECK(contains(gone.errors, "fatal: cannot read the registry 'https://gone.invalid/registry/': "));
}
