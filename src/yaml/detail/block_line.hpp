#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

/// The lines of a language that is a part of YAML and holds what MLEM mostly writes: keys and `- ` items in block
/// style, scalars that end on their line, `[]`, `{}`. What reads it needs no parser. In a header, for speed.
namespace mlem::yaml::detail {

inline constexpr std::size_t max_block_depth = 64;
inline constexpr std::size_t max_key_size = 128;  // past 1024, YAML asks for a `?`

/// What a byte is to a line: most go by in one step.
enum Kind : unsigned char { ordinary, colon, hash, line_feed, foreign };

inline constexpr auto kinds = [] {
  std::array<Kind, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i < ' ' || i > '~' ? foreign : ordinary;
  table[':'] = colon;
  table['#'] = hash;
  table['\n'] = line_feed;
  return table;
}();

inline constexpr auto plain_starts = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("_./+(")) table[static_cast<unsigned char>(c)] = true;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = table[c + ('a' - 'A')] = true;
  return table;
}();

inline bool starts_plain(char c) noexcept { return plain_starts[static_cast<unsigned char>(c)]; }
inline bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A part of a line.
struct Piece {
  std::string_view text;
  bool marked = false;  ///< has a `#` after a blank, or a colon before one: neither can be in a plain scalar
};

struct Line {
  std::string_view text;                         ///< printable ASCII, without the line feed
  std::size_t indent = 0;                        ///< blanks at its start
  std::size_t key_end = std::string_view::npos;  ///< where the first colon is that is before a blank or the last byte
  bool marked_before = false;                    ///< as in Piece, what is before `key_end`, or all if there is none
  bool marked_after = false;
};

/// Takes a line off `rest`, which ends in a line feed; nothing if it is not printable ASCII. One pointer is all that
/// moves: with an index, compilers count in three variables.
inline std::optional<Line> take_line(std::string_view& rest) noexcept {
  Line line;
  const char* const begin = rest.data();
  const char* at = begin;
  while (*at == ' ') ++at;
  line.indent = static_cast<std::size_t>(at - begin);
  for (;; ++at) {
    while (kinds[static_cast<unsigned char>(*at)] == ordinary) ++at;
    const Kind kind = kinds[static_cast<unsigned char>(*at)];
    if (kind == foreign) return std::nullopt;
    if (kind == line_feed) break;
    if (kind == colon ? at[1] != ' ' && at[1] != '\n' : at == begin || at[-1] != ' ') continue;
    if (line.key_end != std::string_view::npos)
      line.marked_after = true;
    else if (kind == colon)
      line.key_end = static_cast<std::size_t>(at - begin);
    else
      line.marked_before = true;
  }
  line.text = rest.substr(0, static_cast<std::size_t>(at - begin));
  rest.remove_prefix(line.text.size() + 1);
  return line;
}

inline bool is_plain(const Piece& piece) noexcept {
  const std::string_view text = piece.text;
  if (piece.marked || text.empty() || text.back() == ' ' || text.back() == ':') return false;
  return starts_plain(text[0]) || (text[0] == '-' && text.size() > 1 && is_alphanumeric(text[1]));
}

inline bool is_single_quoted(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t at = text.find('\''); at != std::string_view::npos; at = text.find('\'', at + 2)) {
    if (!text.substr(at).starts_with("''")) return false;
  }
  return true;
}

inline bool is_value(const Piece& piece) noexcept {
  return is_plain(piece) || is_single_quoted(piece.text) || piece.text == "[]" || piece.text == "{}";
}

inline bool starts_item(std::string_view entry) noexcept {
  return entry.size() > 1 && entry[0] == '-' && entry[1] == ' ';
}

}  // namespace mlem::yaml::detail
