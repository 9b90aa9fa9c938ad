#include "yaml/detail/block_line.hpp"
#include "yaml/detail/object_type.hpp"
#include "yaml/detail/scalar_type.hpp"
#include "yaml/metafile.hpp"

#include <utility>
#include <vector>

// The type of an object can only be told without a parser if every line before and after it is understood: a quote that
// is not closed, or a key indented wrongly, changes what all others mean. So this reads the language of block_line.hpp.

namespace mlem::yaml {
namespace {

using detail::is_plain;
using detail::is_single_quoted;
using detail::is_value;
using detail::Line;
using detail::max_block_depth;
using detail::max_key_size;
using detail::Piece;
using detail::starts_item;
using detail::take_line;

/// Returns the value of a scalar that needs no unescaping and is not null.
std::optional<std::string_view> text_of(const Piece& scalar) {
  const std::string_view text = scalar.text;
  if (is_plain(scalar))
    return detail::scalar_type(text) == detail::ScalarType::null ? std::nullopt : std::optional(text);
  if (!is_single_quoted(text) || text.find("''", 1) != std::string_view::npos) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

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
    return levels_.size() <= max_block_depth;
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
