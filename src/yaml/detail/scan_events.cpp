#include "yaml/detail/scan_events.hpp"

#include "yaml/detail/block_line.hpp"
#include "yaml/detail/scalar_type.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlem::yaml::detail {
namespace {

/// Takes a text line by line. The levels are those of the scanner for types, which has the same rules and nothing to
/// hand on.
class EventScanner {
 public:
  explicit EventScanner(EventHandler& handler) : handler_(handler) {}

  /// Returns whether the line, which begins at `offset`, is understood, and with it how all before it belongs together.
  bool take(const Line& line, std::size_t offset) {
    const std::string_view text = line.text;
    offset_ = offset;
    if (text.empty() || text.back() == ' ' || text.starts_with("...")) return false;
    return find_level(line.indent, starts_item(text.substr(line.indent))) && take_entry(line);
  }

  /// Ends what is open. Returns whether there was anything.
  bool finish() {
    if (std::exchange(after_key_, false)) emit_nothing();
    const bool is_whole = !levels_.empty();
    while (!levels_.empty()) close();
    return is_whole;
  }

 private:
  struct Level {
    std::size_t indent;
    bool map;
  };

  bool find_level(std::size_t indent, bool item) {
    const bool after_key = std::exchange(after_key_, false);
    if (levels_.empty()) return indent == 0 && !item && open(indent, true);
    if (indent > levels_.back().indent) return after_key && open(indent, !item);
    if (after_key && item && indent == levels_.back().indent && levels_.back().map) return open(indent, false);
    if (after_key) emit_nothing();
    while (!levels_.empty() &&
           (levels_.back().indent > indent || (levels_.back().indent == indent && !item && !levels_.back().map))) {
      close();
    }
    return !levels_.empty() && levels_.back().indent == indent && levels_.back().map == !item;
  }

  bool open(std::size_t indent, bool map) {
    levels_.push_back({indent, map});
    emit(map ? Event::Kind::map_start : Event::Kind::sequence_start, indent);
    return levels_.size() <= max_block_depth;
  }

  void close() {
    emit(levels_.back().map ? Event::Kind::map_end : Event::Kind::sequence_end, 0);
    levels_.pop_back();
  }

  bool take_entry(const Line& line) {
    std::size_t at = line.indent;
    while (!levels_.back().map) {
      at += 2;
      const Piece entry{line.text.substr(at), line.marked_before || line.key_end != std::string_view::npos};
      if (starts_item(entry.text)) {
        if (!open(at, false)) return false;
      } else if (is_value(entry)) {
        emit_value(entry, at);
        return true;
      } else if (!open(at, true)) {
        return false;
      }
    }
    return line.key_end != std::string_view::npos && take_key(line, at);
  }

  bool take_key(const Line& line, std::size_t at) {
    const Piece key{line.text.substr(at, line.key_end - at), line.marked_before};
    if (key.text.size() > max_key_size || !is_plain(key)) return false;
    emit_plain(key.text, at, true);
    after_key_ = line.key_end + 1 == line.text.size();
    if (after_key_) return true;
    const Piece value{line.text.substr(line.key_end + 2), line.marked_after};
    if (!is_value(value)) return false;
    emit_value(value, line.key_end + 2);
    return true;
  }

  void emit_value(const Piece& value, std::size_t at) {
    if (value.text == "[]") {
      emit(Event::Kind::sequence_start, at);
      emit(Event::Kind::sequence_end, at);
    } else if (value.text == "{}") {
      emit(Event::Kind::map_start, at);
      emit(Event::Kind::map_end, at);
    } else if (is_plain(value)) {
      emit_plain(value.text, at, false);
    } else {
      emit_quoted(value.text.substr(1, value.text.size() - 2), at);
    }
  }

  void emit_plain(std::string_view text, std::size_t at, bool key) {
    const bool is_null = scalar_type(text) == ScalarType::null;
    handler_.on_event({.kind = is_null ? Event::Kind::null : Event::Kind::scalar,
                       .offset = offset_ + at,
                       .value = is_null ? std::string() : std::string(text),
                       .key = key,
                       .plain = true});
  }

  void emit_quoted(std::string_view inner, std::size_t at) {
    std::string value(inner);
    for (std::size_t quote = value.find("''"); quote != std::string::npos; quote = value.find("''", quote + 1)) {
      value.erase(quote, 1);
    }
    handler_.on_event({.kind = Event::Kind::scalar, .offset = offset_ + at, .value = std::move(value)});
  }

  /// What a key has that nothing follows.
  void emit_nothing() { handler_.on_event({.kind = Event::Kind::null, .offset = offset_, .plain = true}); }

  void emit(Event::Kind kind, std::size_t at) { handler_.on_event({.kind = kind, .offset = offset_ + at}); }

  EventHandler& handler_;
  std::vector<Level> levels_;
  std::size_t offset_ = 0;  ///< of the line
  bool after_key_ = false;  ///< the last line ended in a key whose value may follow
};

}  // namespace

bool scan_events(std::string_view text, EventHandler& handler) {
  if (!text.empty() && text.back() != '\n') return scan_events(std::string(text) + '\n', handler);
  EventScanner scanner(handler);
  const std::size_t size = text.size();
  while (!text.empty()) {
    const std::size_t offset = size - text.size();
    const std::optional<Line> line = take_line(text);
    if (!line || !scanner.take(*line, offset)) return false;
  }
  return scanner.finish();
}

}  // namespace mlem::yaml::detail
