#include "check/detail/pinned_aliases.hpp"
#include "support/metafiles.hpp"
#include "support/repo_builder.hpp"
#include "support/text_file.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>

#include <chrono>

using namespace mlem::test;
using mlem::check::detail::find_pinned_aliases;
using mlem::git::Registry;
using mlem::source::Settings;

namespace {

const std::string one(40, '1');
const std::string two(40, '2');

std::string pinned_alias(const std::string& blob) {
  return link_text({.path = "m.mlem"}) + "params:\n  git-mlem:\n    blob: '" + blob + "'\n";
}

struct Fixture {
  Sandbox box;
  RepoBuilder repo{box, "repo"};
  Settings settings;

  Fixture() { settings.cache.directory = box / "cache"; }

  /// Returns `<name> <first digit of the blob>` for each alias of a commit.
  std::vector<std::string> find(const std::string& commit) const {
    const Registry registry = Registry::discover(environment_of(box), repo.path().string());
    const auto aliases = find_pinned_aliases(registry, settings, oid(commit));
    if (!aliases) return {"no time"};
    std::vector<std::string> texts;
    for (const auto& [name, blob] : *aliases) texts.push_back(name + " " + blob.hex().substr(0, 1));
    return texts;
  }
  mlem::fs::path note() const {
    for (const auto& file : mlem::fs::directory_iterator(settings.cache.directory)) return file.path();
    return {};
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("pinned aliases: they are told from other links and objects") {
  Fixture fixture;
  const std::string commit = fixture.repo.commit(
      {{"d/a.mlem", pinned_alias(one)},
       {"b.mlem", link_text({.path = "m.mlem"})},
       {"c.mlem", link_text({.path = "m.mlem", .repo = "https://example.com/", .rev = "main"}) +
                      "params:\n  git-mlem:\n    blob: '" + one + "'\n"},
       {"m.mlem", model_meta()},
       {"blob.mlem", "blob: [\n"},
       {"e.mlem",
        "link_type: model\nobject_type: link\npath: m.mlem\nparams: {git-mlem: {\"bl\\x6fb\": '" + two + "'}}\n"},
       {"f.txt", pinned_alias(one)}});
  CHECK(fixture.find(commit) == Texts{"d/a.mlem 1", "e.mlem 2"});
}

TEST_CASE("pinned aliases: a note is brought forward by what differs and any other is worth nothing") {
  Fixture fixture;
  const std::string first = fixture.repo.commit({{"a.mlem", pinned_alias(one)}, {"b.mlem", pinned_alias(one)}});
  fixture.repo.remove({"a.mlem"});
  const std::string second = fixture.repo.commit({{"b.mlem", pinned_alias(two)}, {"c.mlem", pinned_alias(one)}});
  CHECK(fixture.find(first) == Texts{"a.mlem 1", "b.mlem 1"});
  CHECK(fixture.find(second) == Texts{"b.mlem 2", "c.mlem 1"});
  CHECK(fixture.find(first) == Texts{"a.mlem 1", "b.mlem 1"});
  // What did not change is taken from the note and not read again.
  const auto with_nul = [](std::string text) {
    for (char& c : text) c = c == '\n' ? '\0' : c;
    return text;
  };
  write_file(fixture.note(), with_nul(first + "\n" + one + " a.mlem\n" + two + " kept.mlem\n"));
  CHECK(fixture.find(second) == Texts{"b.mlem 2", "c.mlem 1", "kept.mlem 2"});
  for (const std::string& damaged : {std::string(), std::string("x"), with_nul(first + "\n" + one + "\n"), first,
                                     with_nul(one + "\n" + one + " gone.mlem\n"), with_nul("\n\n")}) {
    CAPTURE(damaged);
    write_file(fixture.note(), damaged);
    CHECK(fixture.find(second) == Texts{"b.mlem 2", "c.mlem 1"});
  }
  fixture.settings.budget.deadline = std::chrono::steady_clock::now();
  CHECK(fixture.find(first) == Texts{"no time"});
  fixture.settings = {};
  fixture.settings.cache.directory = (fixture.box / "cache") / "none";
  write_file((fixture.box / "cache") / "none", "not a directory");
  CHECK(fixture.find(first) == Texts{"a.mlem 1", "b.mlem 1"});
}
