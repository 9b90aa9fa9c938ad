#include "resolve/take_answer.hpp"

namespace mlem::resolve {

void take_answer(const Answer& answer, Finding& finding) {
  finding.verdict = answer.verdict;
  finding.message = answer.message;
  finding.hint = answer.hint;
  finding.repo = answer.source.repo ? answer.source.repo->printable() : "";
  // What could not be asked was asked for all the same.
  finding.rev = answer.rev.empty() && answer.source.rev ? answer.source.rev->text() : answer.rev;
  finding.ref = answer.ref;
  finding.commit = answer.commit;
  finding.commit_time = answer.commit_time;
  finding.path = answer.path.empty() ? answer.source.path : answer.path;
  finding.blob = answer.blob;
  const bool is_asked = answer.verdict != Verdict::invalid_link && answer.verdict != Verdict::forbidden;
  if (answer.source.repo && is_asked) finding.sources.push_back(*answer.source.repo);
}

}  // namespace mlem::resolve
