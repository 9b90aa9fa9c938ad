#include "mlem/mlem.hpp"
#include "support/repo_builder.hpp"
#include "support/temp_dir.hpp"

#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using mlem::test::TempDir;
namespace fs = boost::filesystem;

TEST_CASE("library: whatever fails is its own error") {
  const fs::path before = fs::current_path();
  const TempDir scratch;
  fs::create_directory(scratch.path() / "gone");
  fs::current_path(scratch.path() / "gone");
  fs::remove(scratch.path() / "gone");
  CHECK_THROWS_AS(mlem::check(), mlem::Error);
  CHECK_THROWS_AS(mlem::link("m"), mlem::Error);
  CHECK_THROWS_AS(mlem::load_meta("m"), mlem::Error);
  fs::current_path(before);
  CHECK_THROWS_AS(mlem::check({.directory = scratch.path().string()}), mlem::Error);
}

TEST_CASE("library: a directory that is named counts more than what git tells its hooks") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder registry(box, "registry");
  mlem::test::RepoBuilder other(box, "other");
  registry.commit({{"m.mlem", "object_type: model\n"}, {"al.mlem", "link_type: model\nobject_type: link\npath: m\n"}});
  other.commit({{"README", "x"}});
  const fs::path before = fs::current_path();
  fs::current_path(registry.path());
  setenv("GIT_DIR", (other.path() / ".git").c_str(), 1);
  setenv("GIT_INDEX_FILE", (other.path() / ".git/index").c_str(), 1);
  const std::size_t named = mlem::check({.directory = registry.path().string()}).size();
  const std::size_t relative = mlem::check({.directory = "."}).size();
  const std::size_t not_named = mlem::check().size();
  unsetenv("GIT_DIR");
  unsetenv("GIT_INDEX_FILE");
  fs::current_path(before);
  CHECK(named == 1);
  CHECK(relative == 1);
  CHECK(not_named == 0);
}

TEST_CASE("library: an object and a link can be made again of what they are made of") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder registry(box, "registry");
  registry.commit(
      {{"m.mlem", "object_type: model\nsize: .inf\n"}, {"al.mlem", "link_type: model\nobject_type: link\npath: m\n"}});
  const mlem::Object read = mlem::load_meta("al", {.follow_links = false, .directory = registry.path().string()});
  const mlem::Object again(read.state());
  CHECK(again.text() == read.text());
  REQUIRE(again.link());
  const mlem::Object object = mlem::Link(again.link()->state()).load_link();
  CHECK(object.path() == "m.mlem");
  CHECK(object.json() == R"({"object_type":"model","size":".inf"})");
  CHECK(object.json(mlem::Numbers::any) == R"({"object_type":"model","size":Infinity})");
}

TEST_CASE("library: an error tells what failed, why and what it is about") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  const mlem::test::RepoBuilder registry(box, "registry");
  source.commit({{"m.mlem", "object_type: model\n"}});
  const mlem::LoadOptions options{.project = source.url(), .rev = "v9", .directory = registry.path().string()};
  try {
    mlem::load_meta("m", options);
    FAIL("it was found");
  } catch (const mlem::Error& error) {
    CHECK(error.what() == std::string("'m': missing-rev: no branch, tag or commit 'v9'"));
    CHECK(error.what_failed() == "'m'");
    CHECK(error.why() == "no branch, tag or commit 'v9'");
    CHECK(error.verdict() == "missing-rev");
    CHECK_FALSE(error.is_undecided());
    REQUIRE(error.finding());
    CHECK(error.finding()->rev == "v9");
  }
  CHECK_THROWS_WITH_AS(mlem::resolve("m", options), "'m': missing-rev: no branch, tag or commit 'v9'", mlem::Error);
  CHECK(mlem::is_undecided("timeout"));
  CHECK_FALSE(mlem::is_undecided("missing-rev"));
  CHECK_FALSE(mlem::is_undecided("none"));
}

TEST_CASE("library: a name is resolved with the links on the way, in a repository or outside of one") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  source.commit({{"m.mlem", "object_type: model\n"}, {"al.mlem", "link_type: model\nobject_type: link\npath: m\n"}});
  const std::string commit = source.commit({{"a.mlem", "link_type: model\nobject_type: link\npath: al\n"}});
  const mlem::LoadOptions options{.project = source.url(), .directory = box.path().string()};
  const mlem::Finding found = mlem::resolve("a", options);
  CHECK(found.commit == commit);
  CHECK(found.path == "m.mlem");
  REQUIRE(found.hops.size() == 1);
  CHECK(found.hops[0].path == "al.mlem");
  CHECK(found.hops[0].commit == commit);
  CHECK(mlem::load_meta("al", options).commit() == commit);
  CHECK(
      mlem::clone("al", "copy", {.project = source.url(), .dry_run = true, .directory = box.path().string()}).size() ==
      1);
}

TEST_CASE("library: calls end when they are cancelled") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  mlem::test::RepoBuilder registry(box, "registry");
  source.commit({{"m.mlem", "object_type: model\n"}});
  registry.commit({{"m.mlem", "object_type: model\n"}, {"al.mlem", "link_type: model\nobject_type: link\npath: m\n"}});
  const std::string directory = registry.path().string();
  mlem::Cancel cancel;
  CHECK(mlem::check({.directory = directory, .cancel = &cancel}).size() == 1);
  cancel.request();
  CHECK_THROWS_AS(mlem::check({.directory = directory, .cancel = &cancel}), mlem::Cancelled);
  CHECK_THROWS_AS(mlem::clone("m", "copy", {.project = source.url(), .directory = directory, .cancel = &cancel}),
                  mlem::Cancelled);
}

TEST_CASE("library: an object is described in the words of who uses it") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder registry(box, "registry");
  registry.commit({{"m.mlem",
                    "artifacts: {data: {hash: 5d41402abc4b2a76b9719d911017c592, size: 5, uri: m}}\n"
                    "object_type: model\n"
                    "model_type: {type: sklearn, methods: {predict: {name: predict, args: [{name: X, type_: "
                    "{type: primitive, ptype: int}}], returns: {type: primitive, ptype: int}}}}\n"
                    "requirements: [{module: sklearn, version: 1.2.0}]\n"},
                   {"d.mlem", "object_type: data\nreader: {type: json, data_type: {type: primitive, ptype: int}}\n"}});
  const std::string directory = registry.path().string();
  const mlem::Description model = mlem::load_meta("m", {.directory = directory}).description();
  CHECK(model.format == "sklearn");
  REQUIRE(model.methods.size() == 1);
  CHECK(model.methods[0].signature == "(X: int) -> int");
  CHECK(model.methods[0].arguments.at(0).name == "X");
  CHECK(model.methods[0].returns == "int");
  CHECK(model.requirements.at(0).name == "sklearn");
  CHECK(model.requirements.at(0).version == "1.2.0");
  CHECK(model.files.at(0).uri == "m");
  CHECK(mlem::load_meta("d", {.directory = directory}).description().data == "int");
}

TEST_CASE("library: a link inside a source is followed there") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  mlem::test::RepoBuilder registry(box, "registry");
  const std::string model = "object_type: model\nartifacts: {}\n";
  const std::string alias = "link_type: model\nobject_type: link\npath: m.mlem\n";
  source.commit({{".mlem.yaml", ""}, {"m.mlem", model + "# theirs\n"}, {"al.mlem", alias}});
  const std::string commit =
      registry.commit({{".mlem.yaml", ""}, {"m.mlem", model + "# ours\n"}, {"al.mlem", alias}, {"d/a", ""}});
  registry.write("m.mlem", model + "# changed\n");
  struct Row {
    std::string name;
    mlem::LoadOptions options;
    std::string comment;
  };
  const std::string directory = (registry.path() / "d").string();
  const std::vector<Row> rows = {
      {"al", {.project = source.url(), .follow_links = false, .directory = directory}, "# theirs\n"},
      {commit + ":al", {.follow_links = false, .directory = directory}, "# ours\n"},
      {"../al", {.follow_links = false, .directory = directory}, "# changed\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto link = mlem::load_meta(row.name, row.options).link();
    REQUIRE(link);
    CHECK(link->load_link().text() == model + row.comment);
  }
}

TEST_CASE("library: a plain link leads to a file without a metafile") {
  const mlem::test::Sandbox sandbox;
  mlem::test::RepoBuilder source(sandbox, "source");
  mlem::test::RepoBuilder registry(sandbox, "registry");
  const std::string commit = source.commit({{"data/rows.csv", "a,b"}});
  registry.commit({{"README", "r"}});
  const std::string directory = registry.path().string();
  const mlem::Link link = mlem::link(
      "data",
      {.source_project = source.url(), .target = "rows", .plain = true, .type = "data", .directory = directory});
  CHECK(link.link_type() == "data");
  const mlem::Object object = link.load_link();
  CHECK(object.object_type() == "data");
  CHECK(object.commit() == commit);
  CHECK(object.path() == "data");
  CHECK(mlem::load_meta("rows", {.directory = directory}).object_type() == "data");
}

TEST_CASE("library: what is checked is what the command checks") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder registry(box, "registry");
  const mlem::test::RepoBuilder bare(box, "bare", {.bare = true});
  CHECK_THROWS_WITH_AS(mlem::check({.directory = bare.path().string()}),
                       "there is nothing to judge: 'refs/heads/main', which HEAD means, has no commit", mlem::Error);
  registry.commit({{"m.mlem", "object_type: model\n"}, {"al.mlem", "link_type: model\nobject_type: link\npath: m\n"}});
  const std::string directory = registry.path().string();
  CHECK(mlem::check({.directory = directory}).size() == 1);
  CHECK(mlem::check({.rev = "HEAD^{tree}", .directory = directory}).size() == 1);
  CHECK(mlem::check({.directory = registry.bare_clone(box / "clone").string()}).size() == 1);
  CHECK_THROWS_WITH_AS(mlem::check({.rev = "none", .directory = directory}), "bad revision 'none'", mlem::Error);
  CHECK(mlem::check({.paths = {"al"}, .directory = directory}).size() == 1);
  CHECK_THROWS_WITH_AS(mlem::check({.paths = {"none"}, .directory = directory}),
                       "pathspec 'none' did not match any files", mlem::Error);
}

TEST_CASE("library: files are looked at, and carried in a bundle") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder registry(box, "registry");
  const std::string model =
      "artifacts:\n  data: {hash: 5d41402abc4b2a76b9719d911017c592, size: 5, uri: m}\nobject_type: model\n";
  registry.commit({{"m.mlem", model}, {"m", "hello"}, {"al.mlem", "link_type: model\nobject_type: link\npath: m\n"}});
  const std::string directory = registry.path().string();
  const auto findings = mlem::check({.deep = "hash", .directory = directory});
  REQUIRE(findings.size() == 1);
  REQUIRE(findings[0].artifacts.size() == 1);
  CHECK(findings[0].artifacts[0].path == "m");
  CHECK(findings[0].artifacts[0].state == "ok");
  CHECK_THROWS_WITH_AS(mlem::check({.deep = "deeper", .directory = directory}), "there is no depth 'deeper'",
                       mlem::Error);
  CHECK_THROWS_AS(mlem::check({.signed_by = "none", .directory = directory}), mlem::Error);

  const std::string file = (box / "b").string();
  const mlem::Bundle made = mlem::create_bundle(file, {.directory = directory});
  CHECK(made.commit == registry.id("HEAD"));
  CHECK(made.links == std::vector<std::string>{"al.mlem"});
  CHECK(mlem::verify_bundle(file).id == made.id);
  const std::string there = (box / "there").string();
  CHECK(mlem::import_bundle(file, {.into = there}).id == made.id);
  CHECK(mlem::check({.deep = "hash", .directory = there}).size() == 1);
  CHECK(mlem::import_bundle(file, {.directory = directory}).id == made.id);
  CHECK_THROWS_WITH_AS(mlem::verify_bundle(directory + "/m"), "not a bundle of git mlem: it ends before it is whole",
                       mlem::Error);
}

TEST_CASE("library: links are compared with what they follow and go there") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  mlem::test::RepoBuilder registry(box, "registry");
  const std::string model = "object_type: model\nartifacts: {}\n";
  const std::string old = source.commit({{"m.mlem", model}});
  const std::string text =
      "link_type: model\nobject_type: link\nparams:\n  git-mlem:\n    blob: " + source.id("main:m.mlem") +
      "\n    ref: refs/heads/main\npath: m.mlem\nrepo: " + source.url() + "\nrev: " + old + "\n";
  const std::string tip = source.commit({{"m.mlem", model + "# 2\n"}});
  registry.commit({{"a.mlem", text}, {"b.mlem", "link_type: model\nobject_type: link\n"}});
  const std::string directory = registry.path().string();
  const auto standings = mlem::status({.directory = directory});
  REQUIRE(standings.size() == 2);
  CHECK(standings[0].link == "a.mlem");
  CHECK(standings[0].state == "behind");
  CHECK(standings[0].verdict == "ok");
  CHECK(standings[0].behind == 1U);
  CHECK(standings[0].touching == 1U);
  CHECK(standings[0].tip->commit == tip);
  CHECK(!standings[0].newest);
  CHECK(standings[1].state.empty());
  CHECK(standings[1].verdict == "invalid-link");
  CHECK_THROWS_AS(mlem::status({.links = {"none"}, .directory = directory}), mlem::Error);

  CHECK(mlem::update({.links = {"a"}, .branch = "mlem/{link}", .directory = directory}).front().action == "updated");
  CHECK(mlem::status({.links = {"a"}, .offline = true, .directory = directory}).front().state == "behind");
  CHECK(mlem::update({.links = {"a"}, .directory = directory}).front().action == "updated");
  CHECK(mlem::status({.links = {"a"}, .directory = directory}).front().state == "same");
  CHECK(registry.git({"diff", "--cached", "mlem/a"}).empty());
  CHECK_THROWS_WITH_AS(mlem::update({.links = {"b"}, .directory = directory}),
                       "'b.mlem': invalid-link: line 1, column 1: there is no 'path'", mlem::Error);
}

TEST_CASE("library: the past of links and how they differ and who leads there") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  mlem::test::RepoBuilder registry(box, "registry");
  const std::string model = "object_type: model\nartifacts: {}\n";
  source.commit({{"m.mlem", model}});
  source.tag("v1");
  source.commit({{"m.mlem", model + "# 2\n"}}, "Second");
  source.tag("v2");
  const auto link_to = [&](const std::string& rev) {
    return "link_type: model\nobject_type: link\npath: m.mlem\nrepo: " + source.url() + "\nrev: " + rev + "\n";
  };
  const std::string first = registry.commit({{"a.mlem", link_to("v1")}});
  registry.commit({{"a.mlem", link_to("v2")}});
  const std::string directory = registry.path().string();

  const auto past = mlem::log({.links = {"a"}, .directory = directory});
  REQUIRE(past.size() == 2);
  CHECK(past[0].change == "re-pointed");
  CHECK(past[0].from->rev == "v1");
  CHECK(past[0].to->rev == "v2");
  CHECK(past[0].until.empty());
  CHECK(past[1].registry_commit == first);
  CHECK(past[1].date == "2024-01-01T00:01:00Z");
  CHECK(past[1].until == "2024-01-01T00:02:00Z");
  CHECK(mlem::log({.until = "2024-01-01 00:01", .directory = directory}).size() == 1);
  CHECK(mlem::log({.range = "HEAD~1", .directory = directory}).size() == 1);
  CHECK_THROWS_WITH_AS(mlem::log({.links = {"b"}, .directory = directory}),
                       "pathspec 'b' did not match any link of this history", mlem::Error);

  CHECK(mlem::diff({.directory = directory}).empty());
  const auto changed = mlem::diff({.revs = {"HEAD~1..HEAD"}, .directory = directory});
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].change == "re-pointed");
  CHECK(changed[0].compatibility == "compatible");
  REQUIRE(changed[0].commits.size() == 1);
  CHECK(changed[0].commits[0].subject == "Second");

  const auto users = mlem::who(source.url() + ":m", {.directory = directory});
  REQUIRE(users.size() == 1);
  CHECK(users[0].link == "a.mlem");
  CHECK(users[0].floats);
  CHECK(users[0].refs == std::vector<std::string>{"refs/heads/main"});
  CHECK(mlem::who(source.url() + ":n", {.directory = directory}).empty());
  CHECK(mlem::who(source.url(), {.registries = {registry.url()}, .directory = box.path().string()}).size() == 1);
}

TEST_CASE("library: links are promoted and rolled back") {
  const mlem::test::Sandbox box;
  mlem::test::RepoBuilder source(box, "source");
  mlem::test::RepoBuilder registry(box, "registry");
  const std::string model = "object_type: model\nartifacts: {}\n";
  const std::string directory = registry.path().string();
  for (const std::string version : {"1", "2"}) {
    source.commit({{"m.mlem", model + "# " + version + "\n"}});
    mlem::link("m", {.source_project = source.url(), .target = "staging/m", .pin = true, .directory = directory});
    const auto promoted = mlem::promote({"staging"}, {.to = "prod", .directory = directory});
    REQUIRE(promoted.size() == 1);
    CHECK(promoted.front().link == "prod/m.mlem");
    CHECK(promoted.front().action == "promoted");
    registry.commit({}, version);
  }
  registry.branch("production", "HEAD~1");
  mlem::promote({"prod"}, {.onto = "production", .message = "Ship it", .directory = directory});
  CHECK(registry.git({"log", "-1", "--format=%s", "production"}) == "Ship it");
  CHECK(registry.git({"diff", "--name-only", "production", "--", "prod"}).empty());

  CHECK(mlem::rollback({"prod/m"}, {.dry_run = true, .directory = directory}).front().action == "rolled-back");
  CHECK(registry.git({"diff", "--cached", "--name-only"}).empty());
  mlem::rollback({"prod/m"}, {.reason = "too slow", .directory = directory});
  CHECK(registry.git({"show", ":prod/m.mlem"}).find("hold: too slow") != std::string::npos);
  CHECK_THROWS_AS(mlem::rollback({"prod/m"}, {.directory = directory}), mlem::Error);
  CHECK_THROWS_AS(mlem::rollback({"prod/m"}, {.to = "nowhere", .directory = directory}), mlem::Error);
  CHECK_THROWS_AS(mlem::promote({"prod"}, {.onto = "nowhere", .directory = directory}), mlem::Error);
}
