#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// A version as semver.org has it, in the name of a tag: `v1.2.3`, `1.2.3`, `v2.0.0-rc.1`.
class Version {
 public:
  /// Returns the version that `text` is, with or without `v` before it; nothing for anything else, and for numbers that
  /// no 64 bits hold.
  static std::optional<Version> parse(std::string_view text);

  /// Whether it has a suffix such as `-rc.1`, and so comes before the release of its number.
  bool is_pre_release() const noexcept { return !pre_release_.empty(); }
  /// Whether this is older than `other`, by section 11 of Semantic Versioning 2.0.0: what follows `+` does not count.
  bool is_before(const Version& other) const;

 private:
  std::uint64_t numbers_[3] = {0, 0, 0};
  std::vector<std::string> pre_release_;  ///< the parts between its dots
};

/// A tag that gives a version of something a name.
struct VersionTag {
  std::string artifact;  ///< of GTO, whose tags are `<artifact>@v1.2.3`; empty: the repository itself
  Version version;

  /// Takes the short name of a tag apart; nothing for one that is not a version, such as GTO's that takes one back
  /// (`…!`).
  static std::optional<VersionTag> parse(std::string_view tag);
};

/// Returns the newest version among the short names of tags, `tags`: of the artifact that `followed`, a tag's short name,
/// is a version, an assignment (`churn#prod`) or a request (`churn@latest`) of, as GTO has them, without those that were
/// taken back; else of the repository itself. A pre-release counts only if `followed` is one. Nothing if there is none.
std::optional<std::string> newest_version(const std::vector<std::string>& tags, std::string_view followed);

}  // namespace mlem
