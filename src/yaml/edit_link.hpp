#pragma once

#include "model/link.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::yaml {

namespace detail {
struct PlacedNode;
}

/// A link file whose fields are changed one by one while every other byte stays: comments, the order of the keys, blank
/// lines, line ends, a byte order mark, flow style, whatever else is in `params`. A field keeps its quotes where the
/// new value can have them.
///
/// A key is one of the top level (`path`, `rev`, …) or `params.git-mlem.` and one of ours.
class LinkText {
 public:
  /// Reads `text`. Throws Error(invalid) unless read_metafile() takes it for a link.
  explicit LinkText(std::string text);
  ~LinkText();
  LinkText(LinkText&&) noexcept;
  LinkText& operator=(LinkText&&) noexcept;

  const std::string& text() const noexcept { return text_; }
  /// Returns the value of `key`; nothing if it is absent, null or not a scalar.
  std::optional<std::string> find(std::string_view key) const;
  /// Gives `key` the value. A new one goes where it belongs in the order of the alphabet if the keys beside it are in
  /// that order, else to their end. Throws Error(invalid), and has changed nothing then, if that is more than a change
  /// of this one field to whoever reads it, as in a layout that this class does not know.
  void set(std::string_view key, std::string_view value);
  /// Gives a key of the top level another name; its value, and what is beside it, stay. Throws like set().
  void rename(std::string_view key, std::string_view name);
  /// Removes `key` with its lines, and of `params` and `git-mlem` what is empty without it; their comments stay. Throws
  /// like set().
  void remove(std::string_view key);

 private:
  /// Whether the file is one object of JSON: its keys are in double quotes.
  bool is_json() const;
  void replace(std::string text, std::string_view key, const std::optional<std::string>& value);

  std::string text_;
  std::unique_ptr<detail::PlacedNode> root_;
};

/// Returns `text`, a link file of any vintage, with those fields changed that say something else than `link` does. The
/// result is read as `link`. Throws Error(invalid) if that cannot be had, or if `text` is not a link.
std::string edit_link(std::string_view text, const Link& link);

}  // namespace mlem::yaml
