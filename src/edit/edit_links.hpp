#pragma once

#include "edit/link_rule.hpp"
#include "edit/placement.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "model/link.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// Which links are to be changed, and how.
struct LinkEditRequest {
  /// As select_links() has them.
  std::vector<std::string> links{};
  bool dry_run = false;
  bool reports_kept = false;  ///< whether links with nothing to do are to be reported, not only counted
};

/// What became of one link.
struct LinkEdit {
  LinkDecision decision;         ///< its finding has `link`, the file that is written, and `at`
  std::string source{};          ///< the link that was selected
  std::optional<Link> before{};  ///< of a link that changes; none if its file is new
  bool is_refusal = false;       ///< it was named and cannot be changed
};

/// How many links there were, by what became of them.
struct LinkEditSummary {
  std::size_t changed = 0;
  std::size_t kept = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;     ///< of the skipped ones: broken, or named
  std::size_t undecided = 0;  ///< of the skipped ones, too
  bool is_refused = false;    ///< a link that was named cannot be changed, and so nothing was
  std::size_t total() const noexcept { return changed + kept + skipped; }
};

/// Changes links by a rule and writes them where `placement` says: all in one transaction. Each is changed as the work
/// tree has it, if that is where it is written, and of its file only the lines that must change.
///
/// Links that are named one by one are changed all or none. Of those that a pathspec or nothing selects, what cannot be
/// changed is skipped. What became of each is told to `report` in path order, once it is written.
///
/// Throws Error(not_found) for a name or pathspec that matches no link, and like
/// Placement::save().
LinkEditSummary edit_links(const git::Registry& registry, const source::Settings& settings, LinkRule& rule,
                           Placement& placement, const LinkEditRequest& request,
                           const std::function<void(const LinkEdit&)>& report);

}  // namespace mlem::edit
