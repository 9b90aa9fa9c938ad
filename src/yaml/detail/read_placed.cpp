#include "yaml/detail/events.hpp"
#include "yaml/detail/placed_node.hpp"
#include "yaml/detail/quoted.hpp"
#include "yaml/detail/text_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

// The events say where a node begins and what it says. Where it ends is looked for in the text.

namespace mlem::yaml::detail {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view white = " \t\r\n";

bool is_white(char c) noexcept { return white.find(c) != std::string_view::npos; }

/// Returns the offset of the next character that is not white space and in no comment.
std::size_t skip_white(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    if (is_white(text[offset])) {
      ++offset;
    } else if (text[offset] == '#') {
      offset = next_line(text, offset);
    } else {
      break;
    }
  }
  return offset;
}

/// Returns the offset past a plain scalar that reads as `value`, in which the reader has folded the line breaks.
std::size_t end_of_plain(std::string_view text, std::size_t offset, std::string_view value) {
  for (std::size_t i = 0; i < value.size();) {
    if (is_white(value[i])) {
      while (i < value.size() && is_white(value[i])) ++i;
      while (offset < text.size() && is_white(text[offset])) ++offset;
    } else {
      ++i;
      ++offset;
    }
  }
  return std::min(offset, text.size());
}

/// Returns the offset past the last line of a block scalar in a collection at column `parent`: the last one with text,
/// but where the empty ones behind it count.
std::size_t end_of_block(std::string_view text, std::size_t offset, std::size_t parent) {
  std::size_t end = std::min(text.find_first_of("\r\n", offset), text.size());
  const bool keeps_empty_lines =
      text.substr(offset, std::min(text.find('#', offset), end) - offset).find('+') != std::string_view::npos;
  std::size_t indent = 0;
  for (std::size_t line = next_line(text, offset); line < text.size(); line = next_line(text, line)) {
    const std::size_t first = text.find_first_not_of(' ', line);
    if (first == std::string_view::npos) break;
    if (text[first] == '\r' || text[first] == '\n') {
      if (keeps_empty_lines) end = first;
      continue;
    }
    if (indent == 0) indent = std::max(first - line, parent + 1);
    if (first - line < indent) break;
    end = std::min(text.find_first_of("\r\n", first), text.size());
  }
  return end;
}

/// Builds the tree.
class PlacedReader : public EventHandler {
 public:
  explicit PlacedReader(std::string_view text) : text_(text) {}

  void on_event(const Event& event) override {
    if (event.kind == Event::Kind::map_end || event.kind == Event::Kind::sequence_end) {
      close();
      return;
    }
    if (event.key) {
      take_key(event);
      return;
    }
    auto owned = std::make_unique<PlacedNode>();
    PlacedNode& node = *owned;
    node.kind = event.kind;
    node.value = event.value;
    node.plain = event.plain;
    node.start = event.offset;
    node.end = event.offset;
    const bool is_collection = event.kind == Event::Kind::map_start || event.kind == Event::Kind::sequence_start;
    if (is_collection) {
      node.flow = event.offset < text_.size() && (text_[event.offset] == '{' || text_[event.offset] == '[');
      node.column = column_of(text_, event.offset);
    } else {
      place(event, node);
    }
    attach(std::move(owned));
    if (is_collection) open_.push_back(&node);
  }

  std::unique_ptr<PlacedNode> finish() { return std::move(root_); }

 private:
  void take_key(const Event& event) {
    const std::size_t end = event.plain ? end_of_plain(text_, event.offset, event.value) : end_of_quoted(event.offset);
    std::size_t begin = event.offset;
    const std::size_t before = text_.substr(0, begin).find_last_not_of(blanks);
    if (before != std::string_view::npos && text_[before] == '?') begin = before;
    const std::size_t colon = skip_white(text_, end);
    PlacedNode& map = *open_.back();
    if (map.members.empty() && !map.flow) map.column = column_of(text_, begin);
    map.members.push_back(
        {.key = event.value, .begin = begin, .colon = std::min(colon + 1, text_.size()), .value = {}});
  }

  void place(const Event& event, PlacedNode& node) const {
    const std::string_view rest = text_.substr(event.offset);
    if (event.kind == Event::Kind::null) {
      place_null(event.offset, node);
    } else if (event.plain) {
      node.end = end_of_plain(text_, event.offset, event.value);
    } else if (rest.starts_with('|') || rest.starts_with('>')) {
      node.end = end_of_block(text_, event.offset, open_.empty() ? 0 : open_.back()->column);
    } else {
      node.end = end_of_quoted(event.offset);
    }
  }

  /// A null may be a word, or nothing at all behind its colon.
  void place_null(std::size_t offset, PlacedNode& node) const {
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (!text_.substr(offset).starts_with(word)) continue;
      const std::size_t end = offset + word.size();
      if (end < text_.size() && !is_white(text_[end]) && text_[end] != ',' && text_[end] != '}') continue;
      node.end = end;
      return;
    }
    if (open_.empty() || open_.back()->members.empty()) return;
    node.start = node.end = open_.back()->members.back().colon;
  }

  std::size_t end_of_quoted(std::size_t offset) const {
    const auto quoted = read_quoted(text_, offset);
    return quoted ? quoted->end : offset;
  }

  void attach(std::unique_ptr<PlacedNode> node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    PlacedNode& parent = *open_.back();
    parent.end = std::max(parent.end, node->end);
    if (parent.is_map()) {
      parent.members.back().value = std::move(node);
    } else {
      parent.items.push_back(std::move(node));
    }
  }

  void close() {
    PlacedNode& node = *open_.back();
    open_.pop_back();
    if (node.flow) {
      const char bracket = node.is_map() ? '}' : ']';
      std::size_t at = std::max(node.end, node.start + 1);
      for (at = skip_white(text_, at); at < text_.size() && text_[at] == ','; at = skip_white(text_, at)) ++at;
      node.end = at < text_.size() && text_[at] == bracket ? at + 1 : at;
    }
    if (!open_.empty()) open_.back()->end = std::max(open_.back()->end, node.end);
  }

  std::string_view text_;
  std::unique_ptr<PlacedNode> root_;
  std::vector<PlacedNode*> open_;
};

}  // namespace

std::unique_ptr<PlacedNode> read_placed(std::string_view text) {
  PlacedReader reader(text);
  parse_events(text, reader);
  return reader.finish();
}

}  // namespace mlem::yaml::detail
