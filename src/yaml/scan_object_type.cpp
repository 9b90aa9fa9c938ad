#include "yaml/detail/object_type.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
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

/// Looks at every byte and decides nothing on the way, so that compilers can do it many at a time.
bool is_printable_ascii_in_lines(std::string_view text) noexcept {
  unsigned char bad = 0;
  for (const char c : text) {
    const auto from_blank = static_cast<unsigned char>(c - ' ');
    bad |= static_cast<unsigned char>(static_cast<unsigned>(from_blank > '~' - ' ') & static_cast<unsigned>(c != '\n'));
  }
  return bad == 0;
}
bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool may_start_plain(std::string_view text) noexcept {
  const char c = text.front();
  if (is_alphanumeric(c) || c == '_' || c == '.' || c == '/' || c == '+' || c == '(') return true;
  return c == '-' && text.size() > 1 && is_alphanumeric(text[1]);
}

// The functions below go from byte to byte: what they look at is so short that a search of the library's takes longer
// to start than to find.

bool is_plain(std::string_view text) noexcept {
  if (text.empty() || text.back() == ' ' || text.back() == ':' || !may_start_plain(text)) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if ((text[i] == ' ' && text[i - 1] == ':') || (text[i] == '#' && text[i - 1] == ' ')) return false;
  }
  return true;
}

/// Returns where the colon is that ends a key: before a blank, else the last character.
std::size_t end_of_key(std::string_view entry) noexcept {
  std::size_t colon = 0;
  while (colon + 1 < entry.size() && (entry[colon] != ':' || entry[colon + 1] != ' ')) ++colon;
  return colon;
}

bool is_single_quoted(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t at = text.find('\''); at != std::string_view::npos; at = text.find('\'', at + 2)) {
    if (!text.substr(at).starts_with("''")) return false;
  }
  return true;
}

bool is_scalar(std::string_view text) noexcept { return is_plain(text) || is_single_quoted(text); }

/// Returns the value of a scalar that needs no unescaping and is not null.
std::optional<std::string_view> text_of(std::string_view scalar) {
  if (is_plain(scalar)) {
    return detail::scalar_type(scalar) == detail::ScalarType::null ? std::nullopt : std::optional(scalar);
  }
  if (!is_single_quoted(scalar) || scalar.find("''", 1) != std::string_view::npos) return std::nullopt;
  return scalar.substr(1, scalar.size() - 2);
}

class BlockScanner {
 public:
  /// Returns whether the line, of printable ASCII, is understood, and with it how all before it belongs together.
  bool take_line(std::string_view line) {
    if (line.empty() || line.back() == ' ') return false;
    if (line.starts_with("...")) return false;  // the end of the document
    std::size_t indent = 0;
    while (line[indent] == ' ') ++indent;  // the last character is none
    const std::string_view entry = line.substr(indent);
    return find_level(indent, entry.starts_with("- ")) && take_entry(entry);
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

  /// `entry` does not end in a blank, so there is something after each `- `.
  bool take_entry(std::string_view entry) {
    while (!levels_.back().map) {
      entry.remove_prefix(2);
      const std::size_t indent = levels_.back().indent + 2;
      if (entry.starts_with("- ")) {
        if (!open(indent, false)) return false;
      } else if (is_value(entry)) {
        return true;
      } else if (!open(indent, true)) {
        return false;
      }
    }
    return take_key(entry);
  }

  bool take_key(std::string_view entry) {
    const std::size_t colon = end_of_key(entry);
    const std::string_view key = entry.substr(0, colon);
    if (entry[colon] != ':' || key.size() > max_key_size || !is_plain(key)) return false;
    after_key_ = colon + 1 == entry.size();
    const std::string_view value = after_key_ ? std::string_view() : entry.substr(colon + 2);
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

  static bool is_value(std::string_view text) noexcept { return is_scalar(text) || text == "[]" || text == "{}"; }

  std::vector<Level> levels_;
  bool after_key_ = false;  ///< the last line ended in a key whose value may follow
  std::optional<std::string> object_type_;
};

}  // namespace

std::optional<std::string> detail::scan_object_type(std::string_view text) {
  if (text.size() > max_object_size || !is_printable_ascii_in_lines(text)) return std::nullopt;
  BlockScanner scanner;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!scanner.take_line(text.substr(0, end))) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scanner.object_type();
}

}  // namespace mlem::yaml
