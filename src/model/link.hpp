#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// The key that names the repository: MLEM 0.1.5-0.2.0 read `repo`, 0.2.1 and later `project`.
enum class Dialect { repo, project };

/// What a plain link names, which has no metafile: a directory or a file. A user who names it leaves open which.
enum class Plain { tree, blob, either };

/// Returns the word that a link has for it, empty for `either`.
constexpr std::string_view name(Plain plain) noexcept {
  return plain == Plain::tree ? "tree" : plain == Plain::blob ? "blob" : "";
}

/// Something that is right but probably not meant. `code` is one of the stable words of git-mlem(1):
/// `ambiguous-scalar`, `unknown-key`, `local-path`, `external-artifact`, `moved`, `floating`.
struct Warning {
  std::string code;
  std::string message;
  std::size_t line = 0;  ///< of the link file, from 1; 0: it is not about a line
  friend bool operator==(const Warning&, const Warning&) = default;
};

/// The fields of a link file, as they are written there. Text is UTF-8 without control characters; what it means is
/// decided by Source.
struct Link {
  std::string link_type;            ///< `model`, `data`, …; never empty
  std::string path;                 ///< never empty
  std::optional<std::string> repo;  ///< the value of `repo:` or `project:`
  std::optional<std::string> rev;
  std::optional<Dialect> dialect;          ///< which key `repo` came from, or is to be written to
  std::optional<std::string> pinned_blob;  ///< params.git-mlem.blob; of a plain link, params.git-mlem.object
  std::optional<std::string> pinned_ref;   ///< params.git-mlem.ref
  std::optional<std::string> hold{};       ///< params.git-mlem.hold: why the link is to stay as it is
  std::optional<std::string> until{};      ///< params.git-mlem.until: the last day of that, `2027-01-31`
  std::optional<Plain> plain{};            ///< params.git-mlem.plain: `path` names the thing itself, no metafile

  /// Has neither repository nor rev: names an object of its own project.
  bool is_alias() const noexcept { return !repo && !rev; }
  /// Is not to be re-pointed on the day `today`, in UTC and written as `until` is.
  bool is_held(std::string_view today) const noexcept { return hold && (!until || *until >= today); }

  friend bool operator==(const Link&, const Link&) = default;
};

}  // namespace mlem
