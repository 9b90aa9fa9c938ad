#include "model/verdict.hpp"

#include <array>
#include <cstddef>

namespace mlem {
namespace {

struct Row {
  Verdict verdict;
  std::string_view name;
  Answer answer;
};

/// In the order of the enumeration.
constexpr std::array rows = {
    Row{Verdict::ok, "ok", Answer::yes},
    Row{Verdict::invalid_link, "invalid-link", Answer::no},
    Row{Verdict::missing_repo, "missing-repo", Answer::no},
    Row{Verdict::missing_rev, "missing-rev", Answer::no},
    Row{Verdict::ambiguous_rev, "ambiguous-rev", Answer::no},
    Row{Verdict::missing_path, "missing-path", Answer::no},
    Row{Verdict::not_an_object, "not-an-object", Answer::no},
    Row{Verdict::wrong_type, "wrong-type", Answer::no},
    Row{Verdict::cycle, "cycle", Answer::no},
    Row{Verdict::too_deep, "too-deep", Answer::no},
    Row{Verdict::forbidden, "forbidden", Answer::no},
    Row{Verdict::changed, "changed", Answer::no},
    Row{Verdict::unreachable_commit, "unreachable-commit", Answer::no},
    Row{Verdict::artifact_missing, "artifact-missing", Answer::no},
    Row{Verdict::artifact_mismatch, "artifact-mismatch", Answer::no},
    Row{Verdict::auth_required, "auth-required", Answer::undecided},
    Row{Verdict::unreachable, "unreachable", Answer::undecided},
    Row{Verdict::timeout, "timeout", Answer::undecided},
    Row{Verdict::too_large, "too-large", Answer::undecided},
};

constexpr bool is_complete() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].verdict) != i) return false;
  return rows.back().verdict == Verdict::too_large;
}
static_assert(is_complete(), "a row for each verdict, in the order of the enumeration");

const Row& row(Verdict verdict) noexcept { return rows[static_cast<std::size_t>(verdict)]; }

}  // namespace

std::string_view name(Verdict verdict) noexcept { return row(verdict).name; }

Answer answer(Verdict verdict) noexcept { return row(verdict).answer; }

}  // namespace mlem
