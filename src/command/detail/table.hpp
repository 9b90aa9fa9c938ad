#pragma once

#include "base/environment.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlem::command {

/// A column of a table.
struct Column {
  std::string title;
  bool may_be_cut = false;  ///< long texts may lose their middle: names, not ids
  bool is_shared = false;   ///< many rows have the same text, which is kept once
};

/// What one column of a row says.
struct Cell {
  std::string text;             ///< fit for a terminal
  const char* color = nullptr;  ///< an escape sequence; null: none
  std::string lead{};           ///< goes before the text, without colour, and is never cut; not where texts are shared
};

/// A table for people, as wide as its longest texts where nothing limits it.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// Adds a row, with a cell for each column. A note is a line below it, behind `note_lead`.
  void add(const std::vector<Cell>& cells, std::string_view note = {}, std::string_view note_lead = "  ");
  bool is_empty() const noexcept { return rows_.empty(); }
  /// Returns the table with its titles. Where it would be wider than `width` columns of a terminal, the widest of the
  /// texts that may be cut get `…` for their middle, down to where they would say nothing; 0: nothing is cut.
  std::string text(std::size_t width, bool color) const;
  /// Prints the same, without all of it in memory.
  void print(std::ostream& out, std::size_t width, bool color) const;

 private:
  struct SharedText {
    std::string text;
    std::size_t width;
  };

  /// Returns how wide the columns are where there is room for `width`; 0: for all.
  std::vector<std::size_t> widths(std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::size_t> widest_;       ///< by column
  std::vector<std::size_t> widest_lead_;  ///< by column
  std::vector<const char*> colors_;       ///< that cells have
  /// Returns the number of a text that is kept once; a new one makes its column wider.
  std::uint32_t number_of(const std::string& text, std::size_t column);
  /// Takes the text of a column from what is left of a row.
  std::string take_text(std::string_view& rest, bool is_shared) const;

  /// There may be a hundred thousand: for each cell the number of its color, then its lead and its text, which are
  /// without NUL, with one behind each, or the bytes of the number of a text that is shared; then the note.
  std::vector<std::string> rows_;
  std::vector<SharedText> shared_texts_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  ///< of those
};

/// Returns `text`, which is UTF-8, with `…` for so much of its middle that it takes at most `width` columns, which are
/// one at least.
std::string cut_middle(const std::string& text, std::size_t width);

/// Returns how wide the terminal is that stdout is: what COLUMNS says, else what the terminal does, else 80, as git has
/// it in term_columns() of its pager.c.
std::size_t terminal_width(const Environment& environment);

}  // namespace mlem::command
