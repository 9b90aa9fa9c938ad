#pragma once

#include <string>
#include <string_view>

namespace mlem {

/// An object as it is named on the command line: git-mlem(1), gitrevisions(7). Text only: nothing is
/// looked up, and what `--project` and `--rev` add is the command's business.
struct ObjectName {
  enum class Kind {
    path,   ///< a file on disk, or else in the index
    rev,    ///< `<rev>:<path>`
    index,  ///< `:<path>` or `:0:<path>`
    url,    ///< an address with the path in it: Source::from_url() reads it
  };
  Kind kind = Kind::path;
  std::string rev;   ///< any expression of gitrevisions(7), not starting with `-`; only of kind `rev`
  std::string path;  ///< as written, never empty; the address if of kind `url`

  /// Returns what `text` names. The first colon outside braces divides `<rev>:<path>`, as in git; a file with a colon
  /// in its name is spelled `./a:b`. An address is `scheme://…`, `helper::…` or `<user>@<host>:…`: without a user, the
  /// scp form is `<rev>:<path>`. Throws Error(invalid) if `text` names no file: no path, `:/<text>` (a commit),
  /// `:1:<path>` (an unmerged stage).
  static ObjectName parse(std::string_view text);

  /// Returns whether `path` starts at the current directory instead of the root of a tree: on disk if it is not
  /// absolute, in a tree or the index if it begins with `./` or `../`.
  bool is_relative_to_cwd() const noexcept;

  friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

}  // namespace mlem
