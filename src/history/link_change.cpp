#include "history/link_change.hpp"

#include "model/point.hpp"

namespace mlem::history {

std::string_view name(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::added:
      return "added";
    case ChangeKind::removed:
      return "removed";
    case ChangeKind::re_pointed:
      return "re-pointed";
    case ChangeKind::edited:
      return "edited";
    case ChangeKind::renamed:
      return "renamed";
  }
  return "";
}

ChangeKind kind_of(const Link& before, const Link& after) {
  const bool names_the_same =
      before.link_type == after.link_type && before.plain == after.plain && point_of(before) == point_of(after);
  return names_the_same ? ChangeKind::edited : ChangeKind::re_pointed;
}

}  // namespace mlem::history
