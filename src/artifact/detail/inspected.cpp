#include "artifact/detail/inspected.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <map>

namespace mlem::artifact::detail {

using State = FoundArtifact::State;

void fail(Inspection& inspection, Verdict verdict, std::string message, std::string hint) {
  inspection.verdict = verdict;
  inspection.message = std::move(message);
  inspection.hint = std::move(hint);
}

Outcome outcome_of(const source::Refusal& refusal) {
  if (refusal.verdict == Verdict::artifact_missing) return {State::missing, refusal.message, Verdict::ok, refusal.hint};
  if (refusal.verdict == Verdict::artifact_mismatch) return {State::mismatch, refusal.message};
  return {State::unverified, refusal.message, refusal.verdict, refusal.hint};
}

void tell(std::span<const InspectedFile> files, Inspection& inspection) {
  auto artifacts = std::make_shared<std::vector<FoundArtifact>>();
  std::map<State, std::vector<const InspectedFile*>> by_state;
  for (const InspectedFile& item : files) {
    // What is right of a directory is said of its files.
    if (item.record && item.outcome.state != State::mismatch) continue;
    artifacts->push_back({.name = item.file.name,
                          .path = item.file.path,
                          .size = item.file.size,
                          .hash = item.file.hash ? text_of(*item.file.hash) : "",
                          .state = item.outcome.state});
    by_state[item.outcome.state].push_back(&item);
  }
  inspection.artifacts = std::move(artifacts);
  const auto told = [](const std::vector<const InspectedFile*>& some, const char* what) {
    const InspectedFile& first = *some.front();
    const std::string& name = first.file.path.empty() ? first.file.name : first.file.path;
    std::string text = (name.empty() ? "a file" : "'" + escape_for_terminal(name) + "'") + " " + what;
    if (!first.outcome.why.empty()) text += ": " + first.outcome.why;
    return some.size() > 1 ? text + fmt::format("; and {} more", some.size() - 1) : text;
  };
  struct Row {
    State state;
    Verdict verdict;
    const char* what;
  };
  constexpr Row rows[] = {{State::mismatch, Verdict::artifact_mismatch, "is not what is recorded"},
                          {State::missing, Verdict::artifact_missing, "is missing"},
                          {State::forbidden, Verdict::forbidden, "may not be read"},
                          {State::unverified, Verdict::ok, "could not be looked at"}};
  for (const Row& row : rows) {
    const auto found = by_state.find(row.state);
    if (found == by_state.end() || inspection.verdict != Verdict::ok) continue;
    const Outcome& outcome = found->second.front()->outcome;
    fail(inspection, row.verdict == Verdict::ok ? outcome.verdict : row.verdict, told(found->second, row.what),
         outcome.hint);
  }
  if (const auto found = by_state.find(State::external); found != by_state.end()) {
    inspection.warnings.push_back({"external-artifact", told(found->second, "is where only another program can look")});
  }
}

}  // namespace mlem::artifact::detail
