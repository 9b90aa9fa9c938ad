#include "yaml/detail/object_type.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <array>
#include <utility>
#include <vector>

// The type of an object can only be told without a parser if every line before and after it is understood: a quote that
// is not closed, or a key indented wrongly, changes what all others mean. So this reads a language of its own, which is
// a part of YAML and holds what MLEM writes: keys and `- ` items in block style, scalars that end on their line, `[]`,
// `{}`.

namespace mlem::yaml {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_key_size = 128;  // past 1024, YAML asks for a `?`

/// What a byte is to a line: most go by in one step.
enum Kind : unsigned char { ordinary, colon, hash, line_feed, foreign };

constexpr auto kinds = [] {
  std::array<Kind, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i < ' ' || i > '~' ? foreign : ordinary;
  table[':'] = colon;
  table['#'] = hash;
  table['\n'] = line_feed;
  return table;
}();

constexpr auto plain_starts = [] {
  std::array<bool, 256> table{};
  for (const unsigned char c : std::string_view("_./+(")) table[c] = true;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = table[c + ('a' - 'A')] = true;
  return table;
}();

bool starts_plain(char c) noexcept { return plain_starts[static_cast<unsigned char>(c)]; }
bool is_alphanumeric(char c) noexcept {
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
std::optional<Line> take_line(std::string_view& rest) noexcept {
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

bool is_plain(const Piece& piece) noexcept {
  const std::string_view text = piece.text;
  if (piece.marked || text.empty() || text.back() == ' ' || text.back() == ':') return false;
  return starts_plain(text[0]) || (text[0] == '-' && text.size() > 1 && is_alphanumeric(text[1]));
}

bool is_single_quoted(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t at = text.find('\''); at != std::string_view::npos; at = text.find('\'', at + 2)) {
    if (!text.substr(at).starts_with("''")) return false;
  }
  return true;
}

bool is_value(const Piece& piece) noexcept {
  return is_plain(piece) || is_single_quoted(piece.text) || piece.text == "[]" || piece.text == "{}";
}

/// Returns the value of a scalar that needs no unescaping and is not null.
std::optional<std::string_view> text_of(const Piece& scalar) {
  const std::string_view text = scalar.text;
  if (is_plain(scalar))
    return detail::scalar_type(text) == detail::ScalarType::null ? std::nullopt : std::optional(text);
  if (!is_single_quoted(text) || text.find("''", 1) != std::string_view::npos) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

bool starts_item(std::string_view entry) noexcept { return entry.size() > 1 && entry[0] == '-' && entry[1] == ' '; }

class BlockScanner {
 public:
  BlockScanner() { levels_.reserve(16); }

  /// Returns whether the line is understood, and with it how all before it belongs together.
  bool take(const Line& line) {
    const std::string_view text = line.text;
    if (text.empty() || text.back() == ' ') return false;
    if (text[0] == '.' && text.starts_with("...")) return false;  // the end of the document
    return find_level(line.indent, starts_item(text.substr(line.indent))) && take_entry(line);
  }

  const std::optional<std::string>& object_type() const { return object_type_; }

 private:
  /// A mapping or a sequence that is not over; its entries start at column `indent`.
  struct Level {
    std::size_t indent;
    bool map;
  };

  /// Makes the level that an entry at `indent` belongs to the last one.
  bool find_level(std::size_t indent, bool item) {
    const bool after_key = std::exchange(after_key_, false);
    if (levels_.empty()) return indent == 0 && !item && open(indent, true);
    if (indent > levels_.back().indent) return after_key && open(indent, !item);
    // A sequence may start at the column of its key.
    if (after_key && item && indent == levels_.back().indent && levels_.back().map) return open(indent, false);
    while (!levels_.empty() &&
           (levels_.back().indent > indent || (levels_.back().indent == indent && !item && !levels_.back().map))) {
      levels_.pop_back();
    }
    return !levels_.empty() && levels_.back().indent == indent && levels_.back().map == !item;
  }

  bool open(std::size_t indent, bool map) {
    levels_.push_back({indent, map});
    return levels_.size() <= max_depth;
  }

  /// The line does not end in a blank, so there is something after each `- `.
  bool take_entry(const Line& line) {
    std::size_t at = line.indent;
    while (!levels_.back().map) {
      at += 2;
      const std::string_view entry = line.text.substr(at);
      if (starts_item(entry)) {
        if (!open(at, false)) return false;
      } else if (is_value({entry, line.marked_before || line.key_end != std::string_view::npos})) {
        return true;
      } else if (!open(at, true)) {
        return false;
      }
    }
    return line.key_end != std::string_view::npos && take_key(line, at);
  }

  bool take_key(const Line& line, std::size_t at) {
    const std::string_view key = line.text.substr(at, line.key_end - at);
    if (key.size() > max_key_size || !is_plain({key, line.marked_before})) return false;
    after_key_ = line.key_end + 1 == line.text.size();
    const Piece value{after_key_ ? std::string_view() : line.text.substr(line.key_end + 2), line.marked_after};
    if (levels_.size() == 1 && key == "link_type") return false;  // that is what links have
    if (levels_.size() == 1 && key == "object_type") {
      const std::optional<std::string_view> type = text_of(value);
      if (!type || object_type_ || detail::is_class_name(*type)) return false;
      if (!detail::likely_link_type(*type).empty()) return false;
      object_type_ = detail::current_type(*type);
      return true;
    }
    return after_key_ || is_value(value);
  }

  std::vector<Level> levels_;
  bool after_key_ = false;  ///< the last line ended in a key whose value may follow
  std::optional<std::string> object_type_;
};

}  // namespace

std::optional<std::string> detail::scan_object_type(std::string_view text) {
  if (text.size() > max_object_size) return std::nullopt;
  if (!text.empty() && text.back() != '\n') return scan_object_type(std::string(text) + '\n');
  BlockScanner scanner;
  while (!text.empty()) {
    const std::optional<Line> line = take_line(text);
    if (!line || !scanner.take(*line)) return std::nullopt;
  }
  return scanner.object_type();
}

}  // namespace mlem::yaml
