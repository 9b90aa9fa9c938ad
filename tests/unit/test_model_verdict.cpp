#include "model/verdict.hpp"

#include <doctest/doctest.h>

#include <string_view>

using mlem::Decision;
using mlem::Verdict;

TEST_CASE("verdict: the words and answers are those of the manual") {
  struct Row {
    Verdict verdict;
    std::string_view name;
    Decision decision;
  };
  const Row rows[] = {
      {Verdict::ok, "ok", Decision::yes},
      {Verdict::invalid_link, "invalid-link", Decision::no},
      {Verdict::not_an_object, "not-an-object", Decision::no},
      {Verdict::artifact_mismatch, "artifact-mismatch", Decision::no},
      {Verdict::not_signed, "unsigned", Decision::no},
      {Verdict::auth_required, "auth-required", Decision::undecided},
      {Verdict::too_large, "too-large", Decision::undecided},
      {Verdict::unverified, "unverified", Decision::undecided},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(name(row.verdict) == row.name);
    CHECK(decision(row.verdict) == row.decision);
  }
}
