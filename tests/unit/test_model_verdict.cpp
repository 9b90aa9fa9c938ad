#include "model/verdict.hpp"

#include <doctest/doctest.h>

#include <string_view>

using mlem::Answer;
using mlem::Verdict;

TEST_CASE("verdict: the words and answers are those of the contract") {
  struct Row {
    Verdict verdict;
    std::string_view name;
    Answer answer;
  };
  const Row rows[] = {
      {Verdict::ok, "ok", Answer::yes},
      {Verdict::invalid_link, "invalid-link", Answer::no},
      {Verdict::not_an_object, "not-an-object", Answer::no},
      {Verdict::artifact_mismatch, "artifact-mismatch", Answer::no},
      {Verdict::auth_required, "auth-required", Answer::undecided},
      {Verdict::too_large, "too-large", Answer::undecided},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(name(row.verdict) == row.name);
    CHECK(answer(row.verdict) == row.answer);
  }
}
