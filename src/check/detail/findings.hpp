#pragma once

#include "check/check.hpp"
#include "check/detail/commits_on_refs.hpp"
#include "check/detail/judged_scope.hpp"
#include "model/finding.hpp"
#include "resolve/answer.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::check::detail {

/// Takes over what the resolver found of a file, if that has not been done.
void take_answer(JudgedFile& file);

/// Completes the findings of a scope before they are reported: takes over what was resolved, and holds it to the
/// policies. What has to be on a branch is put to `commits`. What is complete already stays as it is.
void settle(JudgedScope& judged, CommitsOnRefs& commits);

/// Reports the findings of a scope, those about the whole ref first and then those of files in path order, each counted
/// in `summary`. Takes over what was resolved where that has not been done; so a million findings need not be kept.
void report_findings(JudgedScope& judged, Summary& summary, const std::function<void(const Finding&)>& report);

/// Returns the warning that the ref which a link is pinned to no longer names the link's commit; none if it does, or if
/// nobody knows. `chain` is what the ref leads to now.
std::optional<Warning> find_move(const std::string& ref, const std::optional<Oid>& commit,
                                 const std::vector<resolve::Answer>& chain);

}  // namespace mlem::check::detail
