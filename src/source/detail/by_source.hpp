#pragma once

#include "model/repo_url.hpp"
#include "source/in_parallel.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

/// What questions about histories have in common: a `repo`, which is none for the registry itself, and a `verdict`, a
/// `message` and a `hint` for why nobody knows.
namespace mlem::source::detail {

/// Calls `ask_own` once with those of `questions` that are about the registry, if there are any; then `ask_source` with
/// those about each source, for several sources at a time, with settings under which nobody is asked for a password.
template <typename Question, typename AskOwn, typename AskSource>
void ask_by_source(const std::vector<Question*>& questions, const Settings& settings, const AskOwn& ask_own,
                   const AskSource& ask_source) {
  std::map<std::string, std::vector<Question*>> by_repository;
  std::vector<Question*> own;
  for (Question* question : questions) {
    (question->repo ? by_repository[question->repo->text()] : own).push_back(question);
  }
  if (!own.empty()) ask_own(own);
  std::vector<const std::vector<Question*>*> groups;
  for (const auto& [url, group] : by_repository) groups.push_back(&group);
  Settings quiet = settings;  // several prompts on one terminal would mix
  quiet.access.interactive = false;
  in_parallel(groups.size(), settings.budget.jobs, [&](std::size_t i) { ask_source(*groups[i], quiet); });
}

/// Has all of `questions` say why their source could not be asked.
template <typename Question>
void refuse(const std::vector<Question*>& questions, const Refusal& refusal) {
  for (Question* question : questions) {
    question->verdict = refusal.verdict;
    question->message = refusal.message;
    question->hint = refusal.hint;
  }
}

/// Returns what limits git when it walks a history.
inline Limits limits_of_walk(const Settings& settings) {
  Limits limits;
  limits.deadline = settings.budget.deadline;
  return limits;
}

}  // namespace mlem::source::detail
