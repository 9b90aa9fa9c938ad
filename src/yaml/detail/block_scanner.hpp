#pragma once

#include "yaml/detail/block_line.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::yaml::detail {

/// Reads the language of block_line.hpp line by line: which mappings and sequences are open, and what is in them. Each
/// scanner derives from it and defines those of the members below that begin with `on_` and that it has use for; a
/// template, for what a scanner ignores is then not even called. Columns are those of the line.
template <typename Scanner>
class BlockScanner {
 public:
  /// Returns whether the line is understood, and with it how all before it belongs together.
  bool take(const Line& line) {
    const std::string_view text = line.text;
    if (text.empty() || text.back() == ' ') return false;
    if (text[0] == '.' && text.starts_with("...")) return false;  // the end of the document
    return find_level(line.indent, starts_item(text.substr(line.indent))) && take_entry(line);
  }

  /// Ends what is open. Returns whether there was anything.
  bool finish() {
    if (std::exchange(after_key_, false)) self().on_nothing();
    const bool is_whole = !levels_.empty();
    while (!levels_.empty()) close();
    return is_whole;
  }

 protected:
  BlockScanner() { levels_.reserve(16); }

  /// How many mappings and sequences are open.
  std::size_t depth() const noexcept { return levels_.size(); }

  /// A mapping (`map`) or a sequence begins.
  void on_open(bool /*map*/, std::size_t /*at*/) {}
  /// It ends.
  void on_close(bool /*map*/) {}
  /// A plain key; `has_value` if its value is on its line. Returns whether it is understood.
  bool on_key(std::string_view /*key*/, std::size_t /*at*/, bool /*has_value*/) { return true; }
  /// What is_value() takes, of a key or in a sequence. Returns whether it is understood.
  bool on_value(const Piece& /*value*/, std::size_t /*at*/) { return true; }
  /// The value of a key that nothing follows.
  void on_nothing() {}

 private:
  /// A mapping or a sequence that is not over; its entries start at column `indent`.
  struct Level {
    std::size_t indent;
    bool map;
  };

  Scanner& self() noexcept { return static_cast<Scanner&>(*this); }

  /// Makes the level that an entry at `indent` belongs to the last one.
  bool find_level(std::size_t indent, bool item) {
    const bool after_key = std::exchange(after_key_, false);
    if (levels_.empty()) return indent == 0 && !item && open(indent, true);
    if (indent > levels_.back().indent) return after_key && open(indent, !item);
    // A sequence may start at the column of its key.
    if (after_key && item && indent == levels_.back().indent && levels_.back().map) return open(indent, false);
    if (after_key) self().on_nothing();
    while (!levels_.empty() &&
           (levels_.back().indent > indent || (levels_.back().indent == indent && !item && !levels_.back().map))) {
      close();
    }
    return !levels_.empty() && levels_.back().indent == indent && levels_.back().map == !item;
  }

  bool open(std::size_t indent, bool map) {
    levels_.push_back({indent, map});
    self().on_open(map, indent);
    return levels_.size() <= max_block_depth;
  }

  void close() {
    self().on_close(levels_.back().map);
    levels_.pop_back();
  }

  /// The line does not end in a blank, so there is something after each `- `.
  bool take_entry(const Line& line) {
    std::size_t at = line.indent;
    while (!levels_.back().map) {
      at += 2;
      const Piece entry{line.text.substr(at), line.marked_before || line.key_end != std::string_view::npos};
      if (starts_item(entry.text)) {
        if (!open(at, false)) return false;
      } else if (is_value(entry)) {
        return self().on_value(entry, at);
      } else if (!open(at, true)) {
        return false;
      }
    }
    return line.key_end != std::string_view::npos && take_key(line, at);
  }

  bool take_key(const Line& line, std::size_t at) {
    const Piece key{line.text.substr(at, line.key_end - at), line.marked_before};
    if (key.text.size() > max_key_size || !is_plain(key)) return false;
    after_key_ = line.key_end + 1 == line.text.size();
    if (!self().on_key(key.text, at, !after_key_)) return false;
    if (after_key_) return true;
    const Piece value{line.text.substr(line.key_end + 2), line.marked_after};
    return is_value(value) && self().on_value(value, line.key_end + 2);
  }

  std::vector<Level> levels_;
  bool after_key_ = false;  ///< the last line ended in a key whose value may follow
};

}  // namespace mlem::yaml::detail
