#include "check/detail/receiver.hpp"

#include "base/error.hpp"

#include <utility>

namespace mlem::check::detail {

Receiver::Receiver(const git::Registry& its_registry, const source::Settings& its_settings)
    : registry(its_registry), settings(its_settings), history_(registry, limits(), settings.observer.interrupt) {}

void Receiver::require_time(const char* what_failed) const {
  if (!settings.budget.has_time())
    throw Error(ErrorKind::unavailable, what_failed, "there was no time left for it", hint_of_time);
}

Limits Receiver::limits() const {
  Limits limits;
  limits.deadline = settings.budget.deadline;
  return limits;
}

bool Receiver::is_forward(const Oid& before, const Oid& tip) const {
  const auto answer = history_.is_ancestor(before, tip);
  if (!answer) require_time("cannot compare a ref's old tip with its new one");
  return answer.value_or(false);
}

std::vector<git::Commit> Receiver::list_commits(const std::vector<Oid>& tips, const std::vector<Oid>& known,
                                                const git::RefSelection& known_refs) const {
  auto commits = history_.list_commits(tips, known, known_refs);
  if (!commits) require_time("cannot list commits");
  return std::move(commits).value();
}

}  // namespace mlem::check::detail
