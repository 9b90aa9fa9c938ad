#pragma once

#include "yaml/detail/events.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::yaml::detail {

/// A node of a document and where it stands in the text, by offsets.
struct PlacedNode {
  struct Member {
    std::string key;
    std::size_t begin = 0;  ///< of the key, or of the `?` before it
    std::size_t colon = 0;  ///< behind the colon
    std::unique_ptr<PlacedNode> value;
  };
  Event::Kind kind = Event::Kind::null;
  std::string value;
  bool plain = false;
  bool flow = false;  ///< in braces or brackets
  std::size_t start = 0;
  std::size_t end = 0;     ///< past the last character of its own
  std::size_t column = 0;  ///< of a collection in block style: of its first key or dash
  std::vector<Member> members;
  std::vector<std::unique_ptr<PlacedNode>> items;

  bool is_map() const noexcept { return kind == Event::Kind::map_start; }
  /// Returns the member of a mapping with this key; null if there is none.
  Member* find(std::string_view key);
  /// Whether both say the same, wherever they stand and in whatever order their keys are.
  bool says_what(PlacedNode& other);
  /// Sets or removes what the path of keys leads to, in the tree alone.
  void change(std::vector<std::string_view> path, const std::optional<std::string>& text);
};

/// Reads `text` into a tree that knows where each node stands. Throws what parse_events() does.
std::unique_ptr<PlacedNode> read_placed(std::string_view text);

}  // namespace mlem::yaml::detail
