#include "command/detail/table.hpp"

#include "base/text.hpp"
#include "command/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ostream>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace mlem::command {
namespace {

constexpr std::size_t gap = 2;

/// Returns how many columns of a terminal a text takes: what {fmt} does not fill of as many as it has bytes.
std::size_t width_of(std::string_view text) {
  return 2 * text.size() - fmt::formatted_size("{:<{}}", text, text.size());
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)), colors_{nullptr} {
  for (const Column& column : columns_) widest_.push_back(width_of(column.title));
  widest_lead_.resize(columns_.size());
}

void Table::add(const std::vector<Cell>& cells, std::string_view note, std::string_view note_lead) {
  std::string row;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto color = std::find(colors_.begin(), colors_.end(), cells[i].color);
    if (color == colors_.end()) color = colors_.insert(color, cells[i].color);
    row += static_cast<char>(color - colors_.begin());
    if (columns_[i].is_shared) {
      const std::uint32_t number = number_of(cells[i].text, i);
      row.append(reinterpret_cast<const char*>(&number), sizeof number);
      continue;
    }
    row.append(cells[i].lead).push_back('\0');
    row.append(cells[i].text).push_back('\0');
    const std::size_t lead = width_of(cells[i].lead);
    widest_[i] = std::max(widest_[i], lead + width_of(cells[i].text));
    widest_lead_[i] = std::max(widest_lead_[i], lead);
  }
  if (!note.empty()) row.append(note_lead).append(note);
  rows_.emplace_back(std::move(row)).shrink_to_fit();
}

std::uint32_t Table::number_of(const std::string& text, std::size_t column) {
  const auto [known, is_new] = numbers_.try_emplace(text, static_cast<std::uint32_t>(shared_texts_.size()));
  if (is_new) shared_texts_.push_back({text, width_of(text)});
  widest_[column] = std::max(widest_[column], shared_texts_[known->second].width);
  return known->second;
}

std::string Table::take_text(std::string_view& rest, bool is_shared) const {
  std::uint32_t number = 0;
  const std::size_t size = is_shared ? sizeof number : rest.find('\0');
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(is_shared ? size : size + 1);
  if (!is_shared) return std::string(text);
  std::memcpy(&number, text.data(), sizeof number);
  return shared_texts_[number].text;
}

std::vector<std::size_t> Table::widths(std::size_t width) const {
  constexpr std::size_t least = 8;  // less of a name says nothing
  std::vector<std::size_t> widths = widest_;
  std::size_t total = widths.empty() ? 0 : (widths.size() - 1) * gap;
  for (const std::size_t each : widths) total += each;
  for (; width > 0 && total > width; --total) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool may_shrink = columns_[i].may_be_cut && widths[i] > widest_lead_[i] + least;
      if (may_shrink && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
  }
  return widths;
}

std::string Table::text(std::size_t width, bool color) const {
  std::ostringstream out;
  print(out, width, color);
  return std::move(out).str();
}

void Table::print(std::ostream& out, std::size_t width, bool color) const {
  const std::vector<std::size_t> widths = this->widths(width);
  const auto add_line = [&](const std::vector<Cell>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t lead = width_of(cells[i].lead);
      const std::size_t room = widths[i] - lead;
      const std::size_t whole = width_of(cells[i].text);
      const std::string cut = whole > room ? cut_middle(cells[i].text, room) : std::string();
      // What colours a cell has no width.
      line += cells[i].lead;
      line += painted(cut.empty() ? cells[i].text : cut, cells[i].color, color && cells[i].color != nullptr);
      line += std::string(room - (cut.empty() ? whole : width_of(cut)) + gap, ' ');
    }
    out << std::string_view(line).substr(0, line.find_last_not_of(' ') + 1) << '\n';
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title});
  add_line(titles);
  for (const std::string& row : rows_) {
    std::vector<Cell> cells;
    std::string_view rest = row;
    for (const Column& column : columns_) {
      const char* const color_of_cell = colors_[static_cast<unsigned char>(rest.front())];
      rest.remove_prefix(1);
      std::string lead = column.is_shared ? std::string() : take_text(rest, false);
      cells.push_back({take_text(rest, column.is_shared), color_of_cell, std::move(lead)});
    }
    add_line(cells);
    if (!rest.empty()) out << rest << '\n';
  }
}

std::string cut_middle(const std::string& text, std::size_t width) {
  constexpr std::string_view ellipsis = "…";
  if (width_of(text) <= width) return text;
  // Where each character begins, and how many columns are before it.
  std::vector<std::pair<std::size_t, std::size_t>> starts;
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const std::size_t size = std::max<std::size_t>(first_code_point(rest).size, 1);
    starts.emplace_back(at, columns);
    columns += width_of(rest.substr(0, size));
    at += size;
  }
  const std::size_t kept = width - 1;  // the ellipsis takes one
  const std::size_t for_tail = kept / 2;
  std::size_t head = 0;
  std::size_t tail = text.size();
  for (const auto& [at, before] : starts) {
    if (before <= kept - for_tail) head = at;
    if (columns - before <= for_tail) tail = std::min(tail, at);
  }
  return text.substr(0, head) + std::string(ellipsis) + text.substr(tail);
}

std::size_t terminal_width(const Environment& environment) {
  const std::string set = environment.find("COLUMNS").value_or("");
  std::size_t width = 0;
  std::from_chars(set.data(), set.data() + set.size(), width);
  if (width > 0) return width;
  constexpr std::size_t usual = 80;
  struct winsize size {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

}  // namespace mlem::command
