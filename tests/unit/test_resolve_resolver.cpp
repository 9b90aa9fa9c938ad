#include "git/registry.hpp"
#include "resolve/resolver.hpp"
#include "source/settings.hpp"
#include "support/metafiles.hpp"
#include "support/repo_builder.hpp"
#include "yaml/metafile.hpp"

#include "git_fixtures.hpp"
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace mlem;
using mlem::git::Registry;
using mlem::resolve::Resolver;
using mlem::test::environment_of;
using mlem::test::link_text;
using mlem::test::model_meta;
using mlem::test::RepoBuilder;
using mlem::test::Sandbox;

namespace {

/// A registry whose index is looked at, and a repository of models.
struct Fixture {
  Sandbox box;
  RepoBuilder models{box, "models"};
  RepoBuilder repo{box, "registry"};
  std::string commit = models.commit({{"m.mlem", model_meta()}, {"bad.mlem", "object_type: link\n"}});

  Registry registry() const { return Registry::discover(environment_of(box), repo.path().string()); }
  Link link(const std::string& path, const std::string& rev = "main") const {
    Link link;
    link.link_type = "model";
    link.path = path;
    link.repo = models.url();
    link.rev = rev;
    return link;
  }
};

Link alias(const std::string& path) {
  Link link;
  link.link_type = "model";
  link.path = path;
  return link;
}

Source object(const std::string& path) {
  Source source;
  source.path = path;
  return source;
}

}  // namespace

TEST_CASE("resolver: links are followed hop by hop and each keeps its own answer") {
  Fixture fixture;
  fixture.repo.commit({{"a.mlem", link_text({.path = "m.mlem", .repo = fixture.models.url(), .rev = "main"})},
                       {"b.mlem", link_text({.path = "a.mlem"})}});
  const Registry registry = fixture.registry();
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  const std::size_t through = resolver.add(*view, "c.mlem", alias("b"));
  const std::size_t direct = resolver.add(*view, "d.mlem", fixture.link("m.mlem"));
  const std::size_t missing = resolver.add(*view, "e.mlem", fixture.link("none"));
  const std::size_t malformed = resolver.add(*view, "f.mlem", fixture.link("m.mlem", "main~1"));
  resolver.run();

  const Finding found = resolver.finding(through, "model");
  CHECK(found.verdict == Verdict::ok);
  CHECK(found.commit->hex() == fixture.commit);
  CHECK(found.path == "m.mlem");
  REQUIRE(found.hops.size() == 2);
  CHECK(found.hops[0].path == "b.mlem");
  CHECK(found.hops[1].path == "a.mlem");
  CHECK(resolver.chain(through).answers.size() == 3);
  CHECK(resolver.finding(direct, "model").hops.empty());
  CHECK(resolver.finding(direct, "data").verdict == Verdict::wrong_type);
  CHECK(resolver.finding(missing, "model").verdict == Verdict::missing_path);
  CHECK(resolver.finding(malformed, "model").verdict == Verdict::invalid_link);
  CHECK(resolver.chain(malformed).answers.empty());
}

TEST_CASE("resolver: an alias that MLEM starts at another directory is not a link") {
  struct Row {
    std::string name;
    std::string message;
    std::string hint;
  };
  Fixture fixture;
  const std::string model = model_meta();
  fixture.models.commit({{"n/.mlem.yaml", ""}, {"n/m.mlem", model}, {"n/a.mlem", link_text({.path = "m.mlem"})}});
  fixture.repo.commit(
      {{".mlem.yaml", ""},
       {"m.mlem", model},
       {"n/.mlem.yaml", ""},
       {"n/m.mlem", model},
       {"n/b.mlem", link_text({.path = "m.mlem"})},
       {"chain.mlem", link_text({.path = "n/b.mlem"})},
       {"source.mlem", link_text({.path = "n/a.mlem", .repo = fixture.models.url(), .rev = "main"})},
       {"nested.mlem", link_text({.path = "a.mlem", .repo = fixture.models.url() + "n/", .rev = "main"})},
       {"old/.mlem/keep", ""},
       {"old/m.mlem", model},
       {"old/a.mlem", link_text({.path = "m.mlem"})},
       {"d/.mlem.yaml/keep", ""},
       {"d/m.mlem", model},
       {"d/a.mlem", link_text({.path = "m.mlem"})},
       {"up.mlem", link_text({.path = "n/../m.mlem"})},
       {"gone.mlem", link_text({.path = "gone/../m.mlem"})}});
  const std::string elsewhere = "invalid path 'm.mlem': git-mlem and MLEM start it at different directories";
  const Row rows[] = {
      {"n/b.mlem", "", ""},
      {"chain.mlem", "git-mlem and MLEM start the alias 'n/b.mlem' at different directories",
       "git-mlem starts at 'n', MLEM at the repository's root, as the link that leads there; link to the object "
       "itself"},
      {"source.mlem", "git-mlem and MLEM start the alias 'n/a.mlem' at different directories",
       "git-mlem starts at 'n', MLEM at the repository's root, as the link that leads there; link to the object "
       "itself"},
      {"nested.mlem", "", ""},
      {"old/a.mlem", elsewhere,
       "git-mlem starts at 'old', MLEM at the repository's root; add 'old/.mlem.yaml', or remove 'old/.mlem'"},
      {"d/a.mlem", elsewhere, "git-mlem starts at the repository's root, MLEM at 'd'; 'd/.mlem.yaml' has to be a file"},
      {"up.mlem", "", ""},
      {"gone.mlem", "invalid path 'gone/../m.mlem': 'gone' is not a directory to go up from", ""},
  };
  const Registry registry = fixture.registry();
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  std::vector<std::size_t> numbers;
  for (const Row& row : rows) {
    const auto text = view->read(row.name, view->find(row.name).entry, yaml::max_link_size);
    numbers.push_back(resolver.add(*view, row.name, yaml::read_metafile(*text).link));
  }
  resolver.run();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CAPTURE(rows[i].name);
    const Finding finding = resolver.finding(numbers[i], "model");
    CHECK(finding.verdict == (rows[i].message.empty() ? Verdict::ok : Verdict::invalid_link));
    CHECK(finding.message == rows[i].message);
    CHECK(finding.hint == rows[i].hint);
  }
}

TEST_CASE("resolver: a cycle ends and so does what is too deep") {
  Fixture fixture;
  test::Files files{{"x.mlem", link_text({.path = "y.mlem"})}, {"y.mlem", link_text({.path = "x.mlem"})}};
  for (int i = 0; i < 20; ++i) {
    files["n" + std::to_string(i) + ".mlem"] = link_text({.path = "n" + std::to_string(i + 1) + ".mlem"});
  }
  files["n20.mlem"] = model_meta();
  fixture.repo.commit(files);
  const Registry registry = fixture.registry();
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  const std::size_t cycle = resolver.add(*view, "x.mlem", alias("y.mlem"));
  // Behind n3 there are 16 further links.
  const std::size_t deep = resolver.add(*view, "n2.mlem", alias("n3.mlem"));
  const std::size_t deepest = resolver.add(*view, "n3.mlem", alias("n4.mlem"));
  resolver.run();
  CHECK(resolver.finding(cycle, "model").verdict == Verdict::cycle);
  CHECK(resolver.finding(deep, "model").verdict == Verdict::too_deep);
  CHECK(resolver.finding(deepest, "model").verdict == Verdict::ok);
}

TEST_CASE("resolver: a file that is not a link is one thing by itself and another where a link leads") {
  Fixture fixture;
  fixture.repo.commit(
      {{"bad.mlem", "object_type: link\n"}, {"empty.mlem", "object_type: ''\n"}, {"map.mlem", "a: 1\n"}});
  const Registry registry = fixture.registry();
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  const std::size_t named = resolver.add(*view, "", object("bad.mlem"));
  const std::size_t led = resolver.add(*view, "a.mlem", alias("bad.mlem"));
  const std::size_t abroad = resolver.add(*view, "b.mlem", fixture.link("bad.mlem"));
  const std::size_t empty = resolver.add(*view, "", object("empty.mlem"));
  const std::size_t map = resolver.add(*view, "", object("map.mlem"));
  resolver.run();
  const Finding itself = resolver.finding(named, "");
  CHECK(itself.verdict == Verdict::invalid_link);
  CHECK(itself.message == "line 1, column 1: there is no 'link_type'");
  for (const std::size_t number : {led, abroad}) {
    const Finding finding = resolver.finding(number, "model");
    CHECK(finding.verdict == Verdict::not_an_object);
    CHECK(finding.message == "'bad.mlem' is not a MLEM object: line 1, column 1: there is no 'link_type'");
  }
  CHECK(resolver.finding(empty, "").message == "'empty.mlem' has an empty object_type");
  CHECK(resolver.finding(map, "").message == "'map.mlem' has no object_type");
  CHECK(resolver.finding(map, "").verdict == Verdict::not_an_object);
}

TEST_CASE("resolver: two links to one object are held to their own pins") {
  Fixture fixture;
  const Registry registry = fixture.registry();
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  Link good = fixture.link("m.mlem", fixture.commit);
  good.pinned_blob = fixture.models.id("HEAD:m.mlem");
  Link bad = good;
  bad.pinned_blob = fixture.commit;
  const std::size_t first = resolver.add(*view, "a.mlem", good);
  const std::size_t second = resolver.add(*view, "b.mlem", bad);
  resolver.run();
  CHECK(resolver.finding(first, "model").verdict == Verdict::ok);
  CHECK(resolver.finding(second, "model").verdict == Verdict::changed);
}

TEST_CASE("resolver: what is told of a rev is told of each link to it") {
  Fixture fixture;
  const Registry registry = fixture.registry();
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  const std::size_t first = resolver.add(*view, "a.mlem", fixture.link("m.mlem", "mian"));
  const std::size_t second = resolver.add(*view, "b.mlem", fixture.link("bad.mlem", "mian"));
  const std::size_t there = resolver.add(*view, "c.mlem", fixture.link("m.mlem"));
  resolver.run();

  for (const std::size_t number : {first, second}) {
    const Finding finding = resolver.finding(number, "model");
    CHECK(finding.verdict == Verdict::missing_rev);
    CHECK(finding.message == "no branch, tag or commit 'mian'");
    CHECK(finding.hint == "the nearest name is 'main'");
    CHECK(finding.rev == "mian");
  }
  CHECK(resolver.answer(first).source.path == "m.mlem");
  CHECK(resolver.answer(second).source.path == "bad.mlem");
  CHECK(resolver.finding(there, "model").verdict == Verdict::ok);
}

TEST_CASE("resolver: of one source more is asked than is held in memory at a time") {
  constexpr int objects = 4200;
  Sandbox box;
  RepoBuilder models(box, "models");
  RepoBuilder repo(box, "registry");
  mlem::test::Files files;
  for (int i = 0; i < objects; ++i) files["m" + std::to_string(i) + ".mlem"] = model_meta();
  const std::string first = models.commit(files);
  models.tag("v1");
  const std::string second = models.commit({{"m0.mlem", "object_type: data\n"}});
  const Registry registry = Registry::discover(environment_of(box), repo.path().string());
  const auto view = resolve::view_index(registry);
  Resolver resolver(registry, source::load_settings(registry));
  Link link;
  link.link_type = "model";
  link.repo = models.url();
  for (int i = 0; i < objects; ++i) {
    link.path = "m" + std::to_string(i) + ".mlem";
    for (const std::string rev : {"v1", "main"}) {
      link.rev = rev;
      resolver.add(*view, "a.mlem", link);
    }
  }
  link.path = "none.mlem";
  const std::size_t missing = resolver.add(*view, "a.mlem", link);
  resolver.run();

  for (std::size_t number = 0; number < missing; ++number) {
    const Finding finding = resolver.finding(number, "");
    CAPTURE(number);
    REQUIRE(finding.verdict == Verdict::ok);
    REQUIRE(finding.path == "m" + std::to_string(number / 2) + ".mlem");
    REQUIRE(finding.commit.value().hex() == (number % 2 == 0 ? first : second));
    REQUIRE(finding.object_type == std::string(number == 1 ? "data" : "model"));
  }
  CHECK(resolver.finding(missing, "model").verdict == Verdict::missing_path);
}
