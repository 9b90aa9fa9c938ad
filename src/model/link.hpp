#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mlem {

/// The key that names the repository: MLEM 0.1.5-0.2.0 read `repo`, 0.2.1 and later `project`.
enum class Dialect { repo, project };

/// Something that is right but probably not meant. `code` is one of the stable words of git-mlem(1):
/// `ambiguous-scalar`, `unknown-key`, `local-path`, `external-artifact`, `moved`.
struct Warning {
  std::string code;
  std::string message;
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
  std::optional<std::string> pinned_blob;  ///< params.git-mlem.blob
  std::optional<std::string> pinned_ref;   ///< params.git-mlem.ref

  /// Has neither repository nor rev: names an object of its own project.
  bool is_alias() const noexcept { return !repo && !rev; }

  friend bool operator==(const Link&, const Link&) = default;
};

}  // namespace mlem
