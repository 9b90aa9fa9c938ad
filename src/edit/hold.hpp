#pragma once

#include "base/error.hpp"
#include "edit/link_rule.hpp"
#include "model/link.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mlem::edit {

/// How links are treated that are held.
struct Holds {
  std::string today;   ///< the date in UTC: `2027-01-31`
  bool force = false;  ///< re-point them all the same, and lift their holds
};

/// Throws Error(invalid) for a reason to hold a link that it cannot have: more than a line of text.
void require_hold_reason(const std::string& reason);

/// Thrown, or returned, where a link is not re-pointed because it is held: the answer is no, and nothing has failed.
class HoldRefusal : public Error {
  using Error::Error;
};

/// Returns why a link that is held is not re-pointed.
HoldRefusal hold_refusal(const std::string& name, const Link& link);

/// Has `after`, which leads elsewhere than `before`, respect a hold: it is refused, or with force the hold is lifted.
/// Returns why it is refused.
std::optional<HoldRefusal> respect_hold(const std::string& name, const Link& before, Link& after, const Holds& holds);

/// Returns the rule of git-mlem-hold(1): links are held for `reason`, a line of text, and to the end of the day
/// `until`, if any. Throws Error(invalid) for a reason that a link cannot have, and for what is not a date from `today`
/// on.
std::unique_ptr<LinkRule> hold_rule(const std::string& reason, const std::optional<std::string>& until,
                                    const std::string& today);

/// Returns the rule of git-mlem-unhold(1): holds are lifted, expired ones too.
std::unique_ptr<LinkRule> unhold_rule();

}  // namespace mlem::edit
