#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace mlem {

/// A path inside a tree: relative to its root, `/` between components, normalised, safe to look up and to print.
class RepoPath {
 public:
  /// Returns `text`, read relative to the directory `base` of the tree (empty: its root), without `.`, `..` and
  /// repeated slashes; `\` is a plain character.
  /// Throws Error(invalid), quoting `text` escaped, if it is empty, absolute, leaves the tree's root, has a control
  /// character, bytes that are not UTF-8, or a component that Git or a file system could take for `.git`: any case,
  /// NTFS spellings (`git~1`, `.git.`, `.git `, `.git::$INDEX_ALLOCATION`, with `\` as a separator too) and HFS+
  /// ones (code points it ignores); git's verify_path() has the list.
  static RepoPath parse(std::string_view text, std::string_view base = {});
  /// The same where the root of the tree may be meant, as by `.`: its text is empty.
  static RepoPath parse_or_root(std::string_view text, std::string_view base = {});

  const std::string& text() const noexcept { return text_; }
  /// The part before the last `/`, empty at the root.
  std::string_view directory() const noexcept;
  /// The part after the last `/`.
  std::string_view name() const noexcept;
  bool has_suffix(std::string_view suffix) const noexcept { return std::string_view(text_).ends_with(suffix); }

  friend bool operator==(const RepoPath&, const RepoPath&) = default;
  friend auto operator<=>(const RepoPath&, const RepoPath&) = default;

 private:
  explicit RepoPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The same questions about paths as plain text, without `.`, `..` and a slash at the end: of a tree, whose root is the
// empty path, or of this machine, whose root is `/`.

/// Returns the directory that `path` is in. The root is in itself.
std::string_view parent_of(std::string_view path) noexcept;
/// Returns the path of `name` in `directory`; of the directory itself if `name` is empty.
std::string join(std::string_view directory, std::string_view name);
/// Returns whether `path` is in `directory` or deeper. A directory is not below itself.
bool is_below(std::string_view path, std::string_view directory) noexcept;

/// Returns `name`, from the root, relative to the directory whose prefix is given: empty, or its path and a `/`.
std::string relative_to(const std::string& name, const std::string& prefix);

/// The ending of every MLEM metafile.
inline constexpr std::string_view mlem_suffix = ".mlem";

}  // namespace mlem
