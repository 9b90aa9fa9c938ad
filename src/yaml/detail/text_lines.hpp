#pragma once

#include <cstddef>
#include <string_view>

/// The lines of a text, by offsets.
namespace mlem::yaml::detail {

inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Returns where the line begins that `offset` is in, behind a byte order mark.
inline std::size_t line_start(std::string_view text, std::size_t offset) {
  const std::size_t start = text.substr(0, offset).rfind('\n') + 1;  // npos + 1 is 0
  return start == 0 && text.starts_with(byte_order_mark) ? byte_order_mark.size() : start;
}

/// Returns where the next line begins.
inline std::size_t next_line(std::string_view text, std::size_t offset) {
  const std::size_t end = text.find('\n', offset);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// Returns the column of `offset` in its line, from 0.
inline std::size_t column_of(std::string_view text, std::size_t offset) { return offset - line_start(text, offset); }

}  // namespace mlem::yaml::detail
