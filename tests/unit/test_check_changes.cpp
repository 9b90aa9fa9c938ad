#include "check/changes.hpp"
#include "git/registry.hpp"
#include "support/metafiles.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"

#include <vector>

using namespace mlem::test;
using mlem::Finding;
using mlem::Oid;
using mlem::Verdict;
using mlem::check::can_break_aliases;
using mlem::check::concerns_links;
using mlem::check::directory_of_attributes;
using mlem::check::empties_directory;
using mlem::check::lost_blob;
using mlem::check::moved_project;
using mlem::git::Change;
using mlem::git::Entry;
using mlem::git::Registry;

namespace {

/// Returns whether the change of one file, alone, from what `before` has to what `after` has can break aliases.
bool can_break(const Files& before, const Files& after) {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const Oid old_commit = oid(repo.commit(before));
  for (const auto& [name, content] : before) {
    if (!after.contains(name)) repo.remove({name});
  }
  const Oid new_commit = oid(repo.commit(after));
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  const std::vector<Change> changes = registry.changes(old_commit, new_commit, {});
  REQUIRE(changes.size() == 1);
  const auto view = mlem::resolve::view_commit(registry.objects(), old_commit);
  return can_break_aliases(changes.front(), view.get(), registry.objects());
}

std::string link_to(const std::string& path, const std::string& type = "model") {
  return link_text({.type = type, .path = path, .repo = "https://example.com/", .rev = "main"});
}

}  // namespace

TEST_CASE("changes: an alias can be broken by what it leads to") {
  struct Row {
    std::string name;
    Files before;
    Files after;
    bool can_break;
  };
  const Files other{{"x", "1"}};
  const Row rows[] = {
      {"a link is removed", {{"a.mlem", link_to("m")}, {"x", "1"}}, other, true},
      {"a link is added", other, {{"a.mlem", link_to("m")}, {"x", "1"}}, false},
      {"a link leads elsewhere", {{"a.mlem", link_to("m")}}, {{"a.mlem", link_to("n")}}, false},
      {"a link is of another type", {{"a.mlem", link_to("m")}}, {{"a.mlem", link_to("m", "data")}}, true},
      {"a link becomes an alias", {{"a.mlem", link_to("m")}}, {{"a.mlem", link_text({.path = "m"})}}, true},
      {"a link becomes an object", {{"a.mlem", link_to("m")}}, {{"a.mlem", model_meta()}}, true},
      {"an object is another one", {{"a.mlem", model_meta()}}, {{"a.mlem", model_meta({"b", "1"})}}, false},
      {"a link is not a link any more", {{"a.mlem", link_to("m")}}, {{"a.mlem", "[]"}}, true},
      {"a name comes before <name>.mlem",
       {{"a.mlem.mlem", link_to("m")}},
       {{"a.mlem", link_to("m")}, {"a.mlem.mlem", link_to("m")}},
       true},
      {"a name comes before what an old marker has",
       {{"d/.mlem/model/a.mlem", model_meta()}},
       {{"d/e/a.mlem", link_to("m")}, {"d/.mlem/model/a.mlem", model_meta()}},
       true},
      {"an old marker is beside it",
       {{"e/.mlem/model/a.mlem", model_meta()}},
       {{"d/a.mlem", link_to("m")}, {"e/.mlem/model/a.mlem", model_meta()}},
       false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(can_break(row.before, row.after) == row.can_break);
  }
}

TEST_CASE("changes: an alias may be pinned to what a file no longer is") {
  const Entry one{mlem::git::mode_file, *Oid::parse(std::string(40, '1'))};
  const Entry two{mlem::git::mode_file, *Oid::parse(std::string(40, '2'))};
  const Entry program{0100755, one.oid};
  const Entry symlink{mlem::git::mode_symlink, one.oid};
  CHECK(lost_blob({"a.mlem", one, two}) == one.oid);
  CHECK(lost_blob({"a.mlem", one, Entry{mlem::git::mode_symlink, two.oid}}) == one.oid);
  CHECK_FALSE(lost_blob({"a.mlem", one, program}));
  CHECK_FALSE(lost_blob({"a.mlem", symlink, two}));
  CHECK_FALSE(lost_blob({"a.mlem", one, {}}));
  CHECK_FALSE(lost_blob({"a.mlem", {}, one}));
  CHECK_FALSE(lost_blob({"a.mlem", one, two, true}));
  CHECK_FALSE(lost_blob({"a.txt", one, two}));
}

TEST_CASE("changes: attributes of a directory concern its links") {
  const auto change_of = [](const std::string& name) { return Change{name, {}, {}}; };
  CHECK(directory_of_attributes(change_of(".gitattributes")) == "");
  CHECK(directory_of_attributes(change_of("a/b/.gitattributes")) == "a/b");
  CHECK_FALSE(directory_of_attributes(change_of("a/x.gitattributes")));
  CHECK(concerns_links(change_of("a/.gitattributes")));
  CHECK_FALSE(concerns_links(change_of("a/.gitignore")));
}

TEST_CASE("changes: a marker moves aliases if it changes what MLEM or git-mlem takes for a project") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a/.mlem/x", "x"}, {"a/.mlem.yaml", ""}, {"b/x", "x"}, {"d/note", "x"}, {"d/e/note", "x"}});
  const Oid before = oid(repo.id("HEAD"));
  repo.remove({"a/.mlem.yaml", "d/e/note"});
  repo.write("b/.mlem.yaml/x", "x");
  const Oid after = oid(repo.commit({{"b/.mlem.yaml/x", "x"}}));
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  const auto old_view = mlem::resolve::view_commit(registry.objects(), before);
  const auto new_view = mlem::resolve::view_commit(registry.objects(), after);
  const Entry file{mlem::git::mode_file, before};
  // It is a project by its old marker all the same, but no longer to MLEM.
  CHECK(moved_project({"a/.mlem.yaml", file, {}}, old_view.get(), new_view.get()) == "a");
  CHECK(moved_project({"b/.mlem.yaml/x", {}, file}, old_view.get(), new_view.get()) == "b");
  CHECK_FALSE(moved_project({"a/.mlem/y", {}, file}, new_view.get(), new_view.get()));
  CHECK_FALSE(moved_project({"a/.mlem.yaml", file, file}, old_view.get(), old_view.get()));
  CHECK_FALSE(moved_project({"b/x", file, {}}, old_view.get(), new_view.get()));
  // A path may lead up through a directory only while there is one.
  CHECK(empties_directory({"d/e/note", file, {}}, *new_view));
  CHECK_FALSE(empties_directory({"d/gone", file, {}}, *new_view));
  CHECK_FALSE(empties_directory({"gone", file, {}}, *new_view));
  CHECK_FALSE(empties_directory({"d/e/note", {}, file}, *new_view));
}

TEST_CASE("changes: a conflict is judged by itself and breaks no alias but by its name") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  const Oid commit = oid(repo.commit({{"a.mlem", link_to("m")}, {"b.mlem.mlem", link_to("m")}}));
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  const auto view = mlem::resolve::view_commit(registry.objects(), commit);
  const auto entry = view->find("a.mlem").entry;
  CHECK_FALSE(can_break_aliases({"a.mlem", entry, {}, true}, view.get(), registry.objects()));
  CHECK_FALSE(can_break_aliases({"c.mlem", {}, {}, true}, view.get(), registry.objects()));
  CHECK(can_break_aliases({"b.mlem", {}, {}, true}, view.get(), registry.objects()));
}

TEST_CASE("changes: what was found of a link tells whether aliases to it can be broken") {
  Finding finding;
  CHECK_FALSE(can_break_aliases(finding, true));
  finding.hops.resize(1);
  CHECK(can_break_aliases(finding, true));
  CHECK_FALSE(can_break_aliases(finding, false));
  finding.hops.clear();
  finding.verdict = Verdict::missing_rev;
  CHECK(can_break_aliases(finding, false));
}
