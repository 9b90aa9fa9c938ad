#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mlem {

/// A place in a work tree as its root sees it: `/` between components and at neither end, empty for the root itself.
/// Unlike a RepoPath it may be the root, or have a name that Git takes into no tree.
class WorkTreePath {
 public:
  /// The root.
  WorkTreePath() = default;

  /// Returns what the absolute `path` is to the work tree at `root`; nothing if it is outside. Both are compared
  /// component by component, so slashes at the end and repeated ones change nothing. They are to be without `..`,
  /// which only the file system can resolve: a path with one is outside.
  static std::optional<WorkTreePath> find(std::string_view path, std::string_view root);

  const std::string& text() const noexcept { return text_; }
  bool is_root() const noexcept { return text_.empty(); }
  /// Returns the directory that it is in. The root is in itself.
  WorkTreePath parent() const;

  friend bool operator==(const WorkTreePath&, const WorkTreePath&) = default;
  friend auto operator<=>(const WorkTreePath&, const WorkTreePath&) = default;

 private:
  explicit WorkTreePath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace mlem
