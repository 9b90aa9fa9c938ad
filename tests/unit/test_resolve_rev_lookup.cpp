#include "resolve/detail/rev_lookup.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace mlem;
using namespace mlem::resolve;

namespace {

/// An id of 40 times this digit.
Oid oid(char digit) { return *Oid::parse(std::string(40, digit)); }

const std::string hex_name(40, 'a');
const std::string host = "https://git.example.org/org/models";

source::Refs refs_of(const std::map<std::string, Oid>& refs, const std::string& head_branch = "refs/heads/main") {
  return {.find = [refs](const std::string& name) -> std::optional<Oid> {
            const auto found = refs.find(name);
            return found == refs.end() ? std::nullopt : std::optional(found->second);
          },
          .names =
              [refs] {
                std::vector<std::string> names;
                for (const auto& [name, oid] : refs) names.push_back(source::short_name(name));
                return names;
              },
          .head_branch = head_branch};
}

Answer look_up(const source::Refs& refs, const std::string& url, const std::optional<std::string>& rev = {}) {
  Answer answer;
  answer.source = Source::from_url(url, rev);
  if (detail::divide(refs, answer)) detail::find_rev(refs, answer, [](const Oid& oid) { return oid; });
  return answer;
}

}  // namespace

TEST_CASE("find_rev: the kind that an address says is stored where the short name would not say it") {
  const source::Refs refs = refs_of({{"refs/heads/diff", oid('1')},
                                     {"refs/tags/diff", oid('2')},
                                     {"refs/heads/same", oid('1')},
                                     {"refs/tags/same", oid('1')},
                                     {"refs/heads/feat/x", oid('1')},
                                     {"refs/tags/v1", oid('1')}});
  struct Row {
    std::string page;
    std::string ref;
    std::string stored_rev;
  };
  const Row rows[] = {
      {"/src/branch/diff/models/rf", "refs/heads/diff", "refs/heads/diff"},
      {"/src/tag/diff/models/rf", "refs/tags/diff", "refs/tags/diff"},
      {"/src/branch/same/models/rf", "refs/heads/same", "refs/heads/same"},
      {"/src/branch/feat/x/models/rf", "refs/heads/feat/x", "feat/x"},
      {"/src/tag/v1/models/rf", "refs/tags/v1", "v1"},
      {"/-/tree/refs/heads/feat/x/models/rf", "refs/heads/feat/x", "refs/heads/feat/x"},
      {"/-/tree/feat/x/models/rf", "refs/heads/feat/x", "feat/x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.page);
    const Answer answer = look_up(refs, host + row.page);
    CHECK(answer.message == "");
    CHECK(answer.ref == row.ref);
    CHECK(answer.stored_rev == row.stored_rev);
    CHECK(answer.source.path == "models/rf");
    // What a link then stores leads to the same.
    CHECK(look_up(refs, host + ".git/models/rf", answer.stored_rev).ref == row.ref);
  }
}

TEST_CASE("find_rev: a default branch of any name is stored as a rev that leads to it") {
  struct Row {
    std::string branch;
    std::string stored_rev;
  };
  const Row rows[] = {
      {"main", "main"},
      {"v1", "refs/heads/v1"},
      {hex_name, "refs/heads/" + hex_name},
      {"tags/v1", "refs/heads/tags/v1"},
      {"tags/v2", "tags/v2"},
      {"refs/heads/main", "refs/heads/refs/heads/main"},
      {"HEAD", "refs/heads/HEAD"},
      {"-x", "refs/heads/-x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.branch);
    const std::string ref = "refs/heads/" + row.branch;
    const source::Refs refs = refs_of({{"HEAD", oid('1')}, {ref, oid('1')}, {"refs/tags/v1", oid('2')}}, ref);
    const Answer answer = look_up(refs, host + ".git/models/rf");
    CHECK(answer.stored_rev == row.stored_rev);
    CHECK(look_up(refs, host + ".git/models/rf", answer.stored_rev).ref == ref);
  }
}

TEST_CASE("find_rev: what is missing or ambiguous comes with what to write instead") {
  const Oid tip = *Oid::parse("abc1234567890123456789012345678901234567");
  const source::Refs refs = refs_of(
      {{"refs/heads/main", tip}, {"refs/tags/v1.0", tip}, {"refs/heads/diff", oid('1')}, {"refs/tags/diff", oid('2')}});
  struct Row {
    std::string rev;
    std::string message;
    std::string hint;
  };
  const std::string abbreviated = "an abbreviated commit id is not a rev; write the full id";
  const Row rows[] = {
      {"diff", "'refs/tags/diff' and 'refs/heads/diff' are different commits",
       "use one of the full names, 'refs/tags/diff' or 'refs/heads/diff'"},
      {"ABC1234", "no branch, tag or commit 'ABC1234'", abbreviated + ", '" + tip.hex() + "'"},
      {"abc9", "no branch, tag or commit 'abc9'", abbreviated},
      {"v1.1", "no branch, tag or commit 'v1.1'", "the nearest name is 'v1.0'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rev);
    const Answer answer = look_up(refs, host + ".git/models/rf", row.rev);
    CHECK(answer.message == row.message);
    CHECK(answer.hint == row.hint);
  }
}
