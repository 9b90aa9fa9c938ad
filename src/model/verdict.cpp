#include "model/verdict.hpp"

#include <array>
#include <cstddef>

namespace mlem {
namespace {

struct Row {
  Verdict verdict;
  std::string_view name;
  Decision decision;
};

/// In the order of the enumeration.
constexpr std::array rows = {
    Row{Verdict::ok, "ok", Decision::yes},
    Row{Verdict::invalid_link, "invalid-link", Decision::no},
    Row{Verdict::missing_repo, "missing-repo", Decision::no},
    Row{Verdict::missing_rev, "missing-rev", Decision::no},
    Row{Verdict::ambiguous_rev, "ambiguous-rev", Decision::no},
    Row{Verdict::missing_path, "missing-path", Decision::no},
    Row{Verdict::not_an_object, "not-an-object", Decision::no},
    Row{Verdict::wrong_type, "wrong-type", Decision::no},
    Row{Verdict::cycle, "cycle", Decision::no},
    Row{Verdict::too_deep, "too-deep", Decision::no},
    Row{Verdict::forbidden, "forbidden", Decision::no},
    Row{Verdict::changed, "changed", Decision::no},
    Row{Verdict::off_branch, "off-branch", Decision::no},
    Row{Verdict::artifact_missing, "artifact-missing", Decision::no},
    Row{Verdict::artifact_mismatch, "artifact-mismatch", Decision::no},
    Row{Verdict::not_signed, "unsigned", Decision::no},
    Row{Verdict::auth_required, "auth-required", Decision::undecided},
    Row{Verdict::unreachable, "unreachable", Decision::undecided},
    Row{Verdict::timeout, "timeout", Decision::undecided},
    Row{Verdict::too_large, "too-large", Decision::undecided},
    Row{Verdict::unverified, "unverified", Decision::undecided},
};

constexpr bool is_complete() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].verdict) != i) return false;
  return rows.back().verdict == Verdict::unverified;
}
static_assert(is_complete(), "a row for each verdict, in the order of the enumeration");

const Row& row(Verdict verdict) noexcept { return rows[static_cast<std::size_t>(verdict)]; }

}  // namespace

std::string_view name(Verdict verdict) noexcept { return row(verdict).name; }

Decision decision(Verdict verdict) noexcept { return row(verdict).decision; }

}  // namespace mlem
