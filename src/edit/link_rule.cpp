#include "edit/link_rule.hpp"

#include <utility>

namespace mlem::edit {

std::string_view name(Action action) noexcept {
  switch (action) {
    case Action::pinned:
      return "pinned";
    case Action::refreshed:
      return "refreshed";
    case Action::unpinned:
      return "unpinned";
    case Action::held:
      return "held";
    case Action::released:
      return "released";
    case Action::promoted:
      return "promoted";
    case Action::rolled_back:
      return "rolled-back";
    case Action::updated:
      return "updated";
    case Action::migrated:
      return "migrated";
    case Action::kept:
      return "kept";
    case Action::skipped:
      return "skipped";
  }
  return {};
}

LinkDecision skipped(std::string message, std::string hint, Decision standing) {
  LinkDecision decision;
  decision.action = Action::skipped;
  decision.standing = standing;
  decision.finding.message = std::move(message);
  decision.finding.hint = std::move(hint);
  return decision;
}

LinkDecision skipped_alias() {
  return skipped("it is an alias, which goes with the tree that it is in",
                 "'git mlem link --pin <address of this registry>/@<rev>:<path> <target>' pins what it leads to");
}

LinkDecision broken(Finding finding) {
  LinkDecision decision;
  decision.action = Action::skipped;
  decision.standing = mlem::decision(finding.verdict);
  decision.finding = std::move(finding);
  decision.is_judged = true;
  return decision;
}

LinkDecision broken(Verdict verdict, std::string message, std::string hint, std::size_t line) {
  Finding finding;
  finding.verdict = verdict;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  finding.line = line;
  return broken(std::move(finding));
}

}  // namespace mlem::edit
