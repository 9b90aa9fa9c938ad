#pragma once

#include "model/link.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mlem::history {

/// How a link differs between two states of a registry.
enum class ChangeKind {
  added,
  removed,
  re_pointed,  ///< it names another object, or the same by another rev
  edited,      ///< anything else: a hold, a comment, the dialect
  renamed,     ///< its file has another name, and may say something else besides
};

/// Returns the word that users read: `re-pointed`.
std::string_view name(ChangeKind kind) noexcept;

/// One link that differs.
struct LinkChange {
  ChangeKind kind = ChangeKind::edited;
  std::string name;            ///< the link file from the root; of a removed one, its former name
  std::string former_name{};   ///< of a renamed one
  std::optional<Link> before;  ///< none: added, or what was there before could not be read as a link
  std::optional<Link> after;   ///< none: removed, or what is there cannot be read as a link
  std::string flaw{};          ///< then why
};

/// Returns the kind of what became of a link that kept its name.
ChangeKind kind_of(const Link& before, const Link& after);

}  // namespace mlem::history
