#pragma once

#include "edit/edit_links.hpp"
#include "git/registry.hpp"
#include "model/link.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// Which files are brought up to date: git-mlem-migrate(1).
struct Migration {
  std::vector<std::string> words{};  ///< as select_links() has them; `*.mlem.yaml` files, too
  std::optional<Dialect> dialect{};  ///< of links with a repository, afterwards; none: that which each has
  bool dry_run = false;
  bool reports_kept = false;
};

/// Rewrites links in another dialect, and moves files from where former versions of MLEM had them: `.mlem/link/x.mlem`
/// to `x.mlem`, `x.mlem.yaml` to `x.mlem`. Aliases go on to lead where they do, and directories that were projects by
/// `.mlem/` get a `.mlem.yaml`. Nothing is resolved. Files that are named one by one are changed all or none; of the
/// others, what cannot be is skipped. Throws as edit_links().
LinkEditSummary migrate(const git::Registry& registry, const source::Settings& settings, const Migration& migration,
                        const std::function<void(const LinkEdit&)>& report);

}  // namespace mlem::edit
