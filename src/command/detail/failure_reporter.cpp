#include "command/detail/failure_reporter.hpp"

#include "command/output.hpp"

#include <ostream>
#include <utility>

namespace mlem::command {

FailureReporter::FailureReporter(std::ostream& err, std::string prefix, bool color, Undecided undecided)
    : GroupingReporter(Beyond::told), err_(err), prefix_(std::move(prefix)), color_(color), undecided_(undecided) {}

bool FailureReporter::is_told(const Finding& finding) const { return finding.verdict != Verdict::ok; }

void FailureReporter::print(const FindingGroup& group) {
  FindingGroup shown = group;
  for (std::string& link : shown.links) link = relative_to(link, prefix_);
  const Finding& finding = shown.finding;
  // What is about a source has no link.
  const std::string subject = finding.link.empty() ? finding.repo : subject_of(shown);
  const bool is_error = undecided_ == Undecided::error || decision(finding.verdict) == Decision::no;
  print_failure(err_, is_error ? "error" : "warning", subject, finding, color_);
  print_links(err_, shown, "  ");
}

}  // namespace mlem::command
