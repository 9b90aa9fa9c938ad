#pragma once

#include "edit/link_rule.hpp"
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
  /// Links, with or without `.mlem`, and git's pathspecs, relative to the registry's directory; none: all links of the
  /// index. What is the name of a link is that link alone.
  std::vector<std::string> links{};
  bool dry_run = false;
  bool reports_kept = false;  ///< whether links with nothing to do are to be reported, not only counted
};

/// What became of one link.
struct LinkEdit {
  LinkDecision decision;           ///< its finding has `link` and `at`
  std::optional<Link> before;  ///< of a link that changes
  bool is_refusal = false;     ///< it was named and cannot be changed
};

/// How many links there were, by what became of them.
struct LinkEditSummary {
  std::size_t changed = 0;
  std::size_t kept = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;     ///< of the skipped ones: broken, or named
  std::size_t undecided = 0;  ///< of the skipped ones, too
  bool is_refused = false;  ///< a link that was named cannot be changed, and so nothing was
  std::size_t total() const noexcept { return changed + kept + skipped; }
};

/// Changes links of the index and their files by a rule, and stages them: all in one transaction. Each is changed as
/// the work tree has it, and of its file only the lines that must change.
///
/// Links that are named one by one are changed all or none. Of those that a pathspec or nothing selects, what cannot be
/// changed is skipped. What became of each is told to `report` in path order, once it is written.
///
/// Throws Error(not_found) for a name or pathspec that matches no link, Error(invalid) where there is no work tree, and
/// like save_files().
LinkEditSummary edit_links(const git::Registry& registry, const source::Settings& settings, LinkRule& rule,
                           const LinkEditRequest& request, const std::function<void(const LinkEdit&)>& report);

}  // namespace mlem::edit
