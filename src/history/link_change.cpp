#include "history/link_change.hpp"

#include "model/point.hpp"

#include <optional>
#include <string>
#include <string_view>

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
  const auto text_of = [](const std::optional<std::string>& text) {
    return text ? std::string_view(*text) : std::string_view();
  };
  // Of pinned links that differ most do so here, where there are no secrets that are hidden before they are compared.
  const bool names_the_same = before.link_type == after.link_type && before.plain == after.plain &&
                              text_of(before.pinned_blob) == text_of(after.pinned_blob) &&
                              text_of(before.pinned_ref) == text_of(after.pinned_ref) &&
                              point_of(before) == point_of(after);
  return names_the_same ? ChangeKind::edited : ChangeKind::re_pointed;
}

}  // namespace mlem::history
