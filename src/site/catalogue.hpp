#pragma once

#include "check/check.hpp"
#include "git/registry.hpp"
#include "history/link_change.hpp"
#include "history/log.hpp"
#include "history/object_texts.hpp"
#include "model/finding.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::site {

/// What a link led to from some time on, and how that came.
struct Version {
  history::LogEntry entry;
  /// What it led to. Without a commit or an object if that cannot be known any more: of an alias, and of a link that
  /// named a branch then, or a tag that has moved.
  Finding target{};
};

/// A link and its past.
struct CataloguedLink {
  Finding finding;                ///< as it is judged
  std::optional<Link> link{};     ///< what it says; none: it cannot be read
  std::vector<Version> versions;  ///< the newest first, under former names too; none where a shallow clone ends
};

/// All that a site tells of a registry.
struct Catalogue {
  explicit Catalogue(std::size_t most_text) : texts(most_text) {}

  Oid commit;
  std::int64_t time = 0;                   ///< the commit's, in seconds since 1970
  std::vector<CataloguedLink> links;       ///< in the order of their names
  std::vector<history::LogEntry> changes;  ///< the last ones of all links, the newest first
  std::optional<history::LogEntry> first_change{};
  std::optional<Oid> shallow_end{};  ///< where the history of a shallow clone ends
  history::ObjectTexts texts;        ///< the metafiles of all that is known
  check::Summary summary{};
};

/// Reads all links of a commit, what they lead to, and what they led to at any time before: the history in one walk,
/// and each source once for what is and once for what was.
std::unique_ptr<Catalogue> read_catalogue(const git::Registry& registry, const source::Settings& settings,
                                          const Oid& commit);

}  // namespace mlem::site
