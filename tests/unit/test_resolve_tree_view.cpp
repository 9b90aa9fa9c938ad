#include "git/registry.hpp"
#include "resolve/tree_view.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace mlem;
using mlem::git::Registry;
using mlem::resolve::Located;
using mlem::resolve::TreeView;
using mlem::test::environment_of;
using mlem::test::Files;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;

namespace {

using State = Located::State;

/// One repository, seen as each kind of tree.
struct Views {
  Registry registry;
  std::vector<std::unique_ptr<TreeView>> all;

  Views(const Sandbox& box, const RepoBuilder& repo)
      : registry(Registry::discover(environment_of(box), repo.path().string())) {
    all.push_back(resolve::view_index(registry));
    all.push_back(resolve::view_work_tree(registry));
    all.push_back(resolve::view_commit(registry.objects(), test::oid(repo.id("HEAD"))));
  }
};

bool has(TreeView& view, const std::string& path) { return view.find(path).state == git::Lookup::State::found; }

std::vector<std::string> names_of(TreeView& view) {
  std::vector<std::string> names;
  view.walk([&](const std::string& path, const git::Entry&) {
    names.push_back(path);
    return true;
  });
  return names;
}

}  // namespace

TEST_CASE("tree view: a path is looked up in the order of the manual") {
  struct Row {
    std::string path;
    std::string base;
    State state;
    std::string found;
  };
  const Row rows[] = {
      {"a", "", State::found, "a.mlem"},
      {"a.mlem", "", State::found, "a.mlem"},
      {"both.mlem", "", State::found, "both.mlem"},
      {"both", "", State::found, "both.mlem"},
      {"twice.mlem", "", State::found, "twice.mlem.mlem"},
      {"plain", "", State::not_an_object, "plain"},
      {"d", "", State::not_an_object, "d"},
      {"d.mlem", "", State::not_an_object, "d.mlem"},
      {"d/b", "", State::found, "d/b.mlem"},
      {"d/b", "d", State::found, "d/b.mlem"},
      {"old", "", State::found, ".mlem/model/old.mlem"},
      {"old.mlem", "", State::found, ".mlem/model/old.mlem"},
      {"x/old", "", State::found, ".mlem/data/x/old.mlem"},
      {"p/old", "p", State::found, "p/.mlem/dataset/old.mlem"},
      {"p/old", "", State::absent, ""},
      {"p", "p", State::not_an_object, "p"},
      {"two", "", State::several, "'.mlem/model/two.mlem' and '.mlem/link/two.mlem'"},
      {"s", "", State::not_a_file, "s.mlem"},
      {"s.mlem", "", State::not_a_file, "s.mlem"},
      {"none", "", State::absent, ""},
      {"s/x", "", State::absent, ""},
  };
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  fs::create_symlink("d", repo.path() / "s.mlem");
  fs::create_symlink("d", repo.path() / "s");
  repo.git({"add", "."});
  repo.commit({{"a.mlem", ""},
               {"both.mlem", ""},
               {"both.mlem.mlem", ""},
               {"twice.mlem.mlem", ""},
               {"plain", ""},
               {"d/b.mlem", ""},
               {"d.mlem/c", ""},
               {".mlem/model/old.mlem", ""},
               {".mlem/data/x/old.mlem", ""},
               {".mlem/model/two.mlem", ""},
               {".mlem/link/two.mlem", ""},
               {"p/.mlem/dataset/old.mlem", ""}});
  const Views views(box, repo);
  for (const auto& view : views.all) {
    CAPTURE(view->at());
    for (const Row& row : rows) {
      CAPTURE(row.path);
      const Located located = resolve::locate(*view, row.path, row.base);
      CHECK(static_cast<int>(located.state) == static_cast<int>(row.state));
      CHECK(located.path == row.found);
    }
  }
}

TEST_CASE("tree view: an alias starts at the nearest project") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit(
      {{"p/.mlem.yaml", ""}, {"p/q/a.mlem", ""}, {"o/.mlem/link/a.mlem", ""}, {"x/y/a.mlem", ""}, {"a.mlem", ""}});
  const Views views(box, repo);
  for (const auto& view : views.all) {
    CAPTURE(view->at());
    CHECK(resolve::find_project(*view, "p/q") == "p");
    CHECK(resolve::find_project(*view, "p") == "p");
    CHECK(resolve::find_project(*view, "") == std::nullopt);
    CHECK(resolve::alias_base(*view, "p/q/a.mlem") == "p");
    CHECK(resolve::alias_base(*view, "o/.mlem/link/a.mlem") == "o");
    CHECK(resolve::alias_base(*view, "x/y/a.mlem") == "x/y");
    CHECK(resolve::alias_base(*view, "a.mlem").empty());
  }
}

TEST_CASE("tree view: what is unmerged is nowhere and is told of") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"a.mlem", "0"}, {"b.mlem", "0"}});
  repo.branch("other");
  repo.commit({{"a.mlem", "1"}});
  repo.checkout("other");
  repo.commit({{"a.mlem", "2"}});
  CHECK_THROWS(repo.git({"merge", "main"}));
  const Views views(box, repo);
  TreeView& index = *views.all.front();
  CHECK_FALSE(has(index, "a.mlem"));
  CHECK(index.is_unmerged("a.mlem"));
  CHECK_FALSE(index.is_unmerged("b.mlem"));
  CHECK_FALSE(index.is_unmerged("a"));
  CHECK(names_of(index) == std::vector<std::string>{"b.mlem"});
  for (const std::string path : {"a", "a.mlem"}) {
    const Located located = resolve::locate(index, path, "");
    CHECK(located.state == State::unmerged);
    CHECK(located.path == "a.mlem");
  }
  CHECK(resolve::locate(*views.all.at(1), "a", "").state == State::found);
}

TEST_CASE("tree view: a sparse checkout hides nothing of a work tree") {
  const Sandbox box;
  RepoBuilder repo(box, "repo");
  repo.commit({{"in/a.mlem", "1"}, {"out/.mlem.yaml", ""}, {"out/b.mlem", "2"}});
  repo.git({"sparse-checkout", "set", "--no-cone", "/in/"});
  REQUIRE_FALSE(fs::exists(repo.path() / "out"));
  const Views views(box, repo);
  TreeView& tree = *views.all.at(1);
  CHECK(git::is_directory(tree.find("out").entry));
  const git::Lookup found = tree.find("out/b.mlem");
  CHECK(found.entry.oid.hex() == repo.id(":out/b.mlem"));
  CHECK(tree.read("out/b.mlem", found.entry, 10) == "2");
  CHECK(resolve::find_project(tree, "out") == "out");
  CHECK(names_of(tree) == std::vector<std::string>{"in/a.mlem", "out/.mlem.yaml", "out/b.mlem"});
  test::write_file(repo.path() / "out/b.mlem", "3");
  const Views later(box, repo);
  TreeView& written = *later.all.at(1);
  CHECK(written.read("out/b.mlem", written.find("out/b.mlem").entry, 10) == "3");
  CHECK(names_of(written) == std::vector<std::string>{"in/a.mlem", "out/b.mlem", "out/.mlem.yaml"});
}

TEST_CASE("tree view: without a work tree nothing is looked for on the disk") {
  const Sandbox box;
  const RepoBuilder repo(box, "repo", {.bare = true});
  test::write_file(box / "x.mlem", "");
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  const auto view = resolve::view_work_tree(registry);
  // From a root without a name, this would be a path of the whole system.
  const std::string path = (box / "x.mlem").string().substr(1);
  CHECK_FALSE(has(*view, path));
  CHECK_FALSE(has(*view, "tmp"));
  CHECK(names_of(*view).empty());
  CHECK(resolve::locate(*view, path, "").state == State::absent);
}
