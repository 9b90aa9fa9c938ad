#include "yaml/detail/scan_events.hpp"

#include "yaml/detail/block_line.hpp"
#include "yaml/detail/block_scanner.hpp"
#include "yaml/detail/scalar_type.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace mlem::yaml::detail {
namespace {

/// Hands on what there is as events.
class EventScanner : public BlockScanner<EventScanner> {
 public:
  explicit EventScanner(EventHandler& handler) : handler_(handler) {}

  /// Takes the line that begins at `offset`.
  bool take(const Line& line, std::size_t offset) {
    offset_ = offset;
    return BlockScanner::take(line);
  }

  void on_open(bool map, std::size_t at) { emit(map ? Event::Kind::map_start : Event::Kind::sequence_start, at); }
  void on_close(bool map) { emit(map ? Event::Kind::map_end : Event::Kind::sequence_end, 0); }
  bool on_key(std::string_view key, std::size_t at, bool /*has_value*/) {
    emit_plain(key, at, true);
    return true;
  }
  bool on_value(const Piece& value, std::size_t at) {
    emit_value(value, at);
    return true;
  }
  void on_nothing() { handler_.on_event({.kind = Event::Kind::null, .offset = offset_, .plain = true}); }

 private:
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

  void emit(Event::Kind kind, std::size_t at) { handler_.on_event({.kind = kind, .offset = offset_ + at}); }

  EventHandler& handler_;
  std::size_t offset_ = 0;  ///< of the line
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
