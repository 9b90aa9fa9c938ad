#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// One step through UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;  ///< in bytes; 0 if the bytes are no UTF-8
};

/// Returns the code point that `text`, which is not empty, begins with. Overlong forms, surrogates and code points past
/// U+10FFFF are no UTF-8.
CodePoint first_code_point(std::string_view text) noexcept;

/// Returns whether `text` is UTF-8 without overlong forms, surrogates and code points past U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// Returns whether `text` has a byte below 0x20, or DEL.
bool has_control_character(std::string_view text) noexcept;

/// Returns `text` with every bad UTF-8 byte replaced by U+FFFD.
std::string replace_bad_utf8(std::string_view text);

/// Returns `text` fit for a terminal: control characters (C0, DEL, C1) and bad UTF-8 as `\n`, `\t`, `\033`, … in
/// octal, as git quotes them; direction overrides (U+202A-202E, U+2066-2069) escaped likewise.
std::string escape_for_terminal(std::string_view text);

/// Returns `text` as it may stand between tags and in a quoted attribute of XML and of HTML: what is not fit for a
/// terminal as escape_for_terminal() has it, `&`, `<`, `>`, `"` and `'` as references, and U+FFFE and U+FFFF, which
/// XML 1.0 has not, as U+FFFD.
std::string escape_markup(std::string_view text);

/// Returns `name` as git prints a path with core.quotePath: unchanged, or in double quotes with C escapes if it has
/// control characters, `"`, `\` or, when `quote_non_ascii`, bytes over 0x7f.
std::string quote_path(std::string_view name, bool quote_non_ascii);

/// Splits at every `separator`; a trailing empty piece is kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Takes the first line off `rest` and returns it without its newline.
std::string_view take_line(std::string_view& rest) noexcept;

/// Returns `text` without spaces, tabs and newlines at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Returns `text` with `A` to `Z` in lower case; bytes over 0x7f stay.
std::string to_lower_ascii(std::string_view text);

/// Returns the value of a hex digit of either case, -1 for any other character.
int hex_value(char digit) noexcept;

/// Returns `bytes` in the alphabet of RFC 4648, section 4, padded.
std::string base64(std::string_view bytes);

/// Returns the bytes that a text in base64 stands for, in either alphabet of RFC 4648, padded or not, as JSON of
/// protocol buffers has it. Nothing if it is not such a text.
std::optional<std::string> from_base64(std::string_view text);

/// Returns a time in seconds since 1970 as RFC 3339 has it, in UTC: `2026-11-28T10:00:00Z`.
std::string format_time(std::int64_t time);

/// Returns at most `most` of `candidates`, those that read most like `wanted`, nearest first; none that is unlike it.
/// Time is linear in the candidates' total length.
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& candidates, std::size_t most);

/// Returns `'a'`, `'a' and 'b'`, `'a', 'b' and 'c'`; the empty text for no items.
std::string quoted_list(const std::vector<std::string>& items);

}  // namespace mlem
