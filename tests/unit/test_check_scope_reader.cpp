#include "check/detail/policed_file.hpp"
#include "check/detail/scope_reader.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"
#include "support/metafiles.hpp"
#include "support/repo_builder.hpp"

#include "git_fixtures.hpp"
#include <boost/filesystem/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory_resource>

using namespace mlem::test;
using mlem::Oid;
using mlem::Verdict;
using mlem::check::Policy;
using mlem::check::Rules;
using mlem::check::Scope;
using mlem::check::detail::has_policed_link;
using mlem::check::detail::JudgedFile;
using mlem::check::detail::JudgedScope;
using mlem::check::detail::ScopeReader;
using mlem::git::Registry;
using mlem::resolve::Resolver;
using mlem::source::Settings;

namespace {

std::string link_to(const std::string& path) {
  return link_text({.path = path, .repo = "https://example.com/", .rev = "main"});
}

struct Fixture {
  Sandbox box;
  RepoBuilder repo{box, "repo"};
  Settings settings;

  /// Returns what is read of a scope, one text for each file: its name, and `link` or its verdict and message.
  std::vector<std::string> read(const Scope& scope, bool other_aliases = false, bool* touches_aliases = nullptr,
                                bool other_pins = false) {
    const Registry registry = Registry::discover(environment_of(box), repo.path().string());
    std::pmr::monotonic_buffer_resource memory;
    ScopeReader reader(registry, settings);
    JudgedScope judged(registry, scope, &memory);
    Resolver resolver(registry, settings);
    if (other_aliases)
      reader.read_unchanged(judged, ScopeReader::Unchanged::aliases, resolver);
    else
      reader.read(judged, resolver);
    if (other_pins) reader.read_unchanged(judged, ScopeReader::Unchanged::pinned, resolver);
    std::vector<std::string> texts;
    for (const auto& [name, file] : judged.files) {
      std::string text = name + ":";
      if (file.number) text += " link to a " + *file.link_type;
      if (file.finding) text += " " + std::string(mlem::name(file.finding->verdict)) + ": " + file.finding->message;
      if (file.is_changed) text += " (changed)";
      if (file.is_as_before) text += " (as before)";
      texts.push_back(text);
    }
    if (judged.has_unread_aliases) texts.emplace_back("unread aliases");
    if (touches_aliases != nullptr) *touches_aliases = judged.touches_aliases;
    return texts;
  }
  /// The same with what changes may break besides aliases in general.
  std::vector<std::string> read_unchanged(const Scope& scope) { return read(scope, false, nullptr, true); }
  void let_time_run_out() { settings.budget.deadline = std::chrono::steady_clock::now(); }
};

Rules links_only_below(const std::string& glob) {
  Rules rules;
  rules.policy.name = "production";
  rules.policy.paths = {glob};
  return rules;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("scope reader: links of an index are taken up and what is not a link is told or passed over") {
  Fixture fixture;
  fixture.repo.commit({{"a.mlem", link_to("m")},
                       {"b.mlem", link_text({.type = "data", .path = "a"})},
                       {"c.mlem", "object_type: link\n"},
                       {"m.mlem", model_meta()},
                       {"x.txt", "object_type: link\n"}});
  fixture.repo.git({"update-index", "--add", "--cacheinfo", "120000," + fixture.repo.id(":x.txt") + ",s.mlem"});
  RunOptions conflict;
  conflict.input = "100644 " + fixture.repo.id(":a.mlem") + " 2\tu.mlem\n";
  fixture.repo.git({"update-index", "--index-info"}, conflict);
  CHECK(fixture.read({}) == Texts{"a.mlem: link to a model", "b.mlem: link to a data",
                                  "c.mlem: invalid-link: line 1, column 1: there is no 'link_type'",
                                  "s.mlem: invalid-link: not a regular file", "u.mlem: invalid-link: unmerged"});
  CHECK(fixture.read({}, true) == Texts{"b.mlem: link to a data (as before)"});
}

TEST_CASE("scope reader: each kind of scope has files of its own") {
  Fixture fixture;
  const Oid first = oid(fixture.repo.commit({{"a.mlem", link_to("m")}}));
  fixture.repo.commit({{"b.mlem", link_to("m")}});
  fixture.repo.write("c.mlem", link_to("m"));
  const std::string is_link = ": link to a model";
  CHECK(fixture.read({}) == Texts{"a.mlem" + is_link, "b.mlem" + is_link});
  CHECK(fixture.read({.kind = Scope::Kind::work_tree}) ==
        Texts{"a.mlem" + is_link, "b.mlem" + is_link, "c.mlem" + is_link});
  CHECK(fixture.read({.kind = Scope::Kind::commit, .commit = first}) == Texts{"a.mlem" + is_link});
  CHECK(fixture.read({.kind = Scope::Kind::changes, .before = first}) == Texts{"b.mlem" + is_link});
}

TEST_CASE("scope reader: changes tell whether unchanged aliases are to be read") {
  Fixture fixture;
  const Oid first = oid(fixture.repo.commit({{"a.mlem", link_to("m")}, {"b.mlem", link_to("m")}}));
  const Oid second = oid(fixture.repo.commit({{"a.mlem", link_to("n")}, {"c.mlem", link_to("m")}}));
  const Oid third = oid(fixture.repo.remove({"b.mlem"}));
  bool touches = true;
  CHECK(fixture.read({.kind = Scope::Kind::changes, .commit = second, .before = first}, false, &touches) ==
        Texts{"a.mlem: link to a model (changed)", "c.mlem: link to a model"});
  CHECK_FALSE(touches);
  CHECK(fixture.read({.kind = Scope::Kind::changes, .commit = third, .before = second}, false, &touches).empty());
  CHECK(touches);
}

TEST_CASE("scope reader: of unchanged links those are read that the change could have broken") {
  Fixture fixture;
  fixture.repo.commit({{"a.mlem", link_to("m")}, {"b.mlem", link_text({.path = "a"})}});
  const auto pinned_to = [](const std::string& blob) {
    return "link_type: model\nobject_type: link\nparams: {git-mlem: {blob: \"" + blob + "\"}}\npath: a\n";
  };
  const auto escaped = [](const std::string& text) { return fmt::format("\\x{:02x}{}", text[0], text.substr(1)); };
  std::string upper = fixture.repo.id("HEAD:a.mlem");
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  fixture.repo.commit({{"c.mlem", pinned_to(fixture.repo.id("HEAD:a.mlem"))},
                       {"d.mlem", pinned_to(upper)},
                       {"e.mlem", pinned_to(escaped(upper))},
                       {"f.mlem", pinned_to(std::string(40, '1'))}});
  const Oid second = oid(fixture.repo.id("HEAD"));
  const Oid third = oid(fixture.repo.commit({{"a.mlem", link_to("n")}}));
  CHECK(fixture.read_unchanged({.kind = Scope::Kind::changes, .commit = third, .before = second}) ==
        Texts{"a.mlem: link to a model (changed)", "c.mlem: link to a model (as before)",
              "d.mlem: link to a model (as before)", "e.mlem: link to a model (as before)"});
  const Oid fourth = oid(fixture.repo.commit({{"x/.gitattributes", "y text\n"}, {"x/e.mlem", link_to("m")}}));
  const Oid fifth = oid(fixture.repo.commit({{"x/.gitattributes", "z text\n"}}));
  CHECK(fixture.read_unchanged({.kind = Scope::Kind::changes, .commit = fifth, .before = fourth}) ==
        Texts{"x/e.mlem: link to a model (as before)"});
}

TEST_CASE("scope reader: what there is no time for is told") {
  Fixture fixture;
  const Oid first = oid(fixture.repo.commit({{"a.mlem", link_to("m")}, {"b.mlem", link_text({.path = "a"})}}));
  fixture.let_time_run_out();
  const std::string untold = ": timeout: there was no time left to read it";
  CHECK(fixture.read({}) == Texts{"a.mlem" + untold, "b.mlem" + untold});
  CHECK(fixture.read({}, true) == Texts{"unread aliases"});
  bool touches = false;
  fixture.read({.kind = Scope::Kind::changes, .commit = first}, false, &touches);
  CHECK(touches);
}

TEST_CASE("scope reader: a policy is about every file below its path") {
  Fixture fixture;
  const Oid first = oid(fixture.repo.commit({{"a.mlem", link_to("m")}}));
  fixture.repo.commit({{"dev/m.mlem", model_meta()}, {"prod/b.mlem", link_to("m")}, {"prod/m.mlem", model_meta()}});
  fixture.repo.git({"update-index", "--add", "--cacheinfo", "160000," + first.hex() + ",prod/sub"});
  const std::string forbidden = ": forbidden: policy 'production' allows ";
  CHECK(fixture.read({.rules = {links_only_below("prod/**")}}) ==
        Texts{"a.mlem: link to a model", "prod/b.mlem: link to a model", "prod/m.mlem" + forbidden + "only links here",
              "prod/sub" + forbidden + "no symbolic link or submodule here"});
  Scope of_new_ref{.kind = Scope::Kind::changes,
                   .commit = first,
                   .before = first,
                   .rules = {links_only_below("a.mlem")},
                   .all_policed = true};
  CHECK(fixture.read(of_new_ref).empty());
  // A new ref that the policy names has to have nothing but good links.
  of_new_ref.rules.front().policy.refs = {"refs/heads/production"};
  CHECK(fixture.read(of_new_ref) == Texts{"a.mlem: link to a model"});
}

TEST_CASE("scope reader: a shard has some of the files and all have each once") {
  Fixture fixture;
  fixture.repo.commit({{"a.mlem", link_to("m")}, {"b.mlem", link_to("m")}, {"c.mlem", link_to("m")}});
  const Oid commit = oid(fixture.repo.id("HEAD"));
  for (const Scope::Kind kind : {Scope::Kind::commit, Scope::Kind::changes}) {
    Texts all;
    for (std::size_t number = 1; number <= 3; ++number) {
      for (const std::string& text : fixture.read({.kind = kind, .commit = commit, .shard = {number, 3}})) {
        all.push_back(text);
      }
    }
    std::sort(all.begin(), all.end());
    CHECK(all == fixture.read({.kind = kind, .commit = commit}));
    CHECK(all.size() == 3);
  }
}

TEST_CASE("scope reader: a pinned link is asked with its ref too where answers are to be fresh") {
  Fixture fixture;
  const std::string pin = "params:\n  git-mlem:\n    ref: refs/heads/main\n";
  fixture.repo.commit({{"a.mlem", "link_type: model\nobject_type: link\n" + pin +
                                      "path: m\nrepo: https://example.com/\nrev: " + std::string(40, '1') + "\n"}});
  const Registry registry = Registry::discover(environment_of(fixture.box), fixture.repo.path().string());
  for (const bool fresh : {false, true}) {
    fixture.settings.fresh = fresh;
    std::pmr::monotonic_buffer_resource memory;
    ScopeReader reader(registry, fixture.settings);
    const Scope scope;
    JudgedScope judged(registry, scope, &memory);
    Resolver resolver(registry, fixture.settings);
    reader.read(judged, resolver);
    REQUIRE(judged.files.size() == 1);
    const JudgedFile& file = judged.files.begin()->second;
    CHECK((file.followed != nullptr) == fresh);
    if (file.followed) CHECK(file.followed->ref == "refs/heads/main");
  }
}

TEST_CASE("scope reader: a directory that cannot be read may have policed links") {
  Fixture at;
  const std::string commit = at.repo.commit({{"d/note", "x"}, {"d/e/note", "x"}, {"prod/other", "x"}});
  const Policy all;
  Policy prod;
  prod.paths = {"prod/**"};
  const auto has_link = [&](const Policy& policy, const std::string& directory) {
    const Registry registry = Registry::discover(environment_of(at.box), at.repo.path().string());
    return has_policed_link(policy, registry.objects(), Oid::parse(commit).value(), directory);
  };
  CHECK_FALSE(has_link(all, "d"));
  const std::string tree = at.repo.id("HEAD:d/e");
  boost::filesystem::remove(at.repo.path() / ".git/objects" / tree.substr(0, 2) / tree.substr(2));
  CHECK(has_link(all, "d"));
  CHECK(has_link(all, ""));
  CHECK_FALSE(has_link(all, "prod"));
  CHECK_FALSE(has_link(prod, "d"));
}
