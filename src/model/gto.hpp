#pragma once

#include "model/oid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

// Tags as GTO reads them (https://github.com/iterative/gto): `churn@v3.1.0` registers a version of an artifact,
// `churn#prod#4` assigns the one that is at its commit to a stage, `!` behind version or stage takes that back, and
// `churn@latest`, `churn@greatest` and `churn#prod` ask for what that comes to.

/// Such a question.
struct GtoQuery {
  std::string artifact;  ///< as tags have it
  std::string stage;     ///< empty: the greatest version

  /// Returns the question that `text` is; nothing if it is none. An artifact's directory may end in `:`, as it does in
  /// GTO, or in `=`, as it does in tags.
  static std::optional<GtoQuery> parse(std::string_view text);
};

/// Returns whether a link may follow `text`: the name of a ref, or a question.
bool is_followable(std::string_view text);

/// An annotated tag: GTO passes over others.
struct DatedTag {
  std::string name;       ///< short
  Oid commit;             ///< that it leads to
  std::int64_t time = 0;  ///< of its tagger, in seconds since 1970
};

/// The version that answers a question.
struct GtoVersion {
  std::string tag;  ///< that registers it; empty if the commit of an assignment is not registered as a version
  Oid commit;
};

/// Returns the greatest version that is registered or, with a stage, that which was assigned to it last, unless that
/// was taken back; nothing if there is none.
std::optional<GtoVersion> find_version(const GtoQuery& query, std::vector<DatedTag> tags);

}  // namespace mlem
