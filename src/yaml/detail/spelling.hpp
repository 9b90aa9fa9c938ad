#pragma once

#include "yaml/detail/placed_node.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::yaml::detail {

/// Returns the line end of the first line of `text`, which that of a file is taken to be: `\n` or `\r\n`.
std::string_view first_line_end(std::string_view text);

/// How values are spelled where they go. Nothing is checked here: whoever changes a text reads it again.
struct Spelling {
  std::string_view text;  ///< the file
  std::string_view eol = first_line_end(text);
  bool is_json = false;  ///< the file is JSON, and is to stay so

  /// Returns `value` for a place in `map` at `column`. Quotes that `old`, which stands there, has without need are
  /// somebody's wish, and stay.
  std::string scalar(std::string_view value, const PlacedNode& map, std::size_t column, const PlacedNode* old) const;

  /// Returns `value` as MLEM writes it. In braces a colon ends a plain scalar for some readers, but not for those of a
  /// file that has one there.
  std::string usual(std::string_view value, const PlacedNode& map, std::size_t column, bool may_have_colon) const;

  /// Returns keys and a value of a mapping within `map`: on lines of their own, or in braces.
  std::string nested(const std::vector<std::string_view>& keys, std::string_view value, const PlacedNode& map) const;

  /// Returns the text with `keys: value` added to `map`.
  std::string with(const PlacedNode& map, const std::vector<std::string_view>& keys, std::string_view value) const;

  /// Returns the text without the member of `map` and what is in it, which is one field.
  std::string without(const PlacedNode& map, std::size_t number) const;
};

}  // namespace mlem::yaml::detail
