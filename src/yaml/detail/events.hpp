#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mlem::yaml::detail {

/// One step through a YAML document.
struct Event {
  enum class Kind { scalar, null, alias, map_start, map_end, sequence_start, sequence_end };
  Kind kind;
  std::size_t offset = 0;  ///< in bytes, of the node's first character (a tag or an anchor, if it has one)
  std::string value = {};  ///< of a scalar; what was written for null is not kept
  bool key = false;        ///< the node is a key of a mapping
  bool plain = false;      ///< a scalar without quotes that is no block either
  bool tagged = false;     ///< has a tag of its own
  std::size_t anchor = 0;  ///< the number of the node's anchor, or of the anchor that an alias names; 0 for none
};

/// Takes the events of one document in their order.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  /// Takes the next step; what it throws ends the reading.
  virtual void on_event(const Event& event) = 0;
};

/// Reads `text`, which must be one YAML document, with yaml-cpp and hands it on step by step.
/// Throws Error(invalid) where PyYAML would too, also for what yaml-cpp lets through: bytes that are not UTF-8, control
/// characters, line breaks that readers of YAML disagree on, a second document, a quoted scalar that is not closed or
/// that text follows, a line of a block mapping without a colon, a tab between tokens, a directive other than
/// `%YAML 1.0` to `1.2`. What `handler` throws passes, and so does what `require_time` throws, which is called for
/// every few kilobytes. Throws Error(invalid) too for what would take yaml-cpp more than some 150 MiB of memory.
void parse_events(std::string_view text, EventHandler& handler, const std::function<void()>& require_time = {});

/// Returns an Error(invalid) about `text` that has the position of `offset` and whose why is `line L, column C: <why>`.
Error invalid_at(std::string_view text, std::size_t offset, std::string_view what_failed, std::string_view why,
                 std::string hint = {});

/// Returns the line, from 1, that `offset` is in.
std::size_t line_at(std::string_view text, std::size_t offset);

/// Returns whether YAML 1.1 allows `c` in a text and no reader takes it for a blank or the end of a line: all but
/// controls (C0, DEL, C1), U+2028, U+2029, U+FFFE and U+FFFF.
bool is_printable(char32_t c) noexcept;

}  // namespace mlem::yaml::detail
