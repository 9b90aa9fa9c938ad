#include "edit/link_rule.hpp"

namespace mlem::edit {

std::string_view name(Action action) noexcept {
  switch (action) {
    case Action::pinned:
      return "pinned";
    case Action::refreshed:
      return "refreshed";
    case Action::unpinned:
      return "unpinned";
    case Action::kept:
      return "kept";
    case Action::skipped:
      return "skipped";
  }
  return {};
}

}  // namespace mlem::edit
