#include "base/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>

// Text is bytes that anybody may have written. What is about characters goes by one code point at a time and takes a
// byte that is not UTF-8 by itself, so that bad bytes are replaced or escaped and never swallow the good ones behind
// them. What is about ASCII goes by bytes, whatever the locale is. Similar names are told by the number of edits
// between them; only a narrow band of the usual table is filled, so that many candidates cost little.

namespace mlem {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept { return static_cast<std::uint8_t>(text[at]); }

bool is_control(std::uint8_t byte) noexcept { return byte < 0x20 || byte == 0x7f; }

/// Appends `byte` as quote.c of git does: a letter where C has one, else three octal digits.
void append_escape(std::string& out, std::uint8_t byte) {
  constexpr std::string_view letters = "abtnvfr";  // 0x07 to 0x0d
  out += '\\';
  if (byte >= 0x07 && byte <= 0x0d) {
    out += letters[byte - 0x07U];
  } else if (byte == '"' || byte == '\\') {
    out += static_cast<char>(byte);
  } else {
    out += static_cast<char>('0' + (byte >> 6U));
    out += static_cast<char>('0' + ((byte >> 3U) & 7U));
    out += static_cast<char>('0' + (byte & 7U));
  }
}

/// A terminal obeys C0 and C1 controls; a reader is deceived by what overrides the writing direction.
bool is_unsafe_on_terminal(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/// Names further apart than this many edits are not alike, however long they are. It also bounds the work: only a band
/// of the table of edits, this wide to both sides of the diagonal, can matter.
constexpr std::size_t most_edits = 8;

/// Returns the least number of inserted, deleted and replaced bytes and of swapped neighbours between `a` and `b`, or
/// more than `limit` (which is at most `most_edits`) if it is larger than that.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;

  // previous[j + most_edits - i] is the distance of the first i bytes of `a` to the first j of `b`.
  constexpr std::size_t width = 2 * most_edits + 1;
  std::array<std::size_t, width + 1> previous{};
  previous.fill(limit + 1);
  for (std::size_t j = 0; j <= std::min(b.size(), most_edits); ++j) previous[j + most_edits] = j;
  std::array<std::size_t, width + 1> before_previous = previous;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::array<std::size_t, width + 1> current{};
    current.fill(limit + 1);
    std::size_t least = limit + 1;
    for (std::size_t k = 0; k < width; ++k) {
      if (i + k < most_edits || i + k - most_edits > b.size()) continue;
      const std::size_t j = i + k - most_edits;
      std::size_t distance = previous[k + 1] + 1;
      if (k > 0) distance = std::min(distance, current[k - 1] + 1);
      if (j > 0) distance = std::min(distance, previous[k] + (a[i - 1] == b[j - 1] ? 0U : 1U));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        distance = std::min(distance, before_previous[k] + 1);
      }
      current[k] = distance;
      least = std::min(least, distance);
    }
    if (least > limit) return limit + 1;
    before_previous = previous;
    previous = current;
  }
  return previous[b.size() + most_edits - a.size()];
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                           : (lead & 0xf0U) == 0xe0       ? 3
                           : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                          : 0;
  if (size == 0 || text.size() < size) return {};

  char32_t value = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint8_t next = byte_at(text, i);
    if ((next & 0xc0U) != 0x80) return {};
    value = (value << 6U) | (next & 0x3fU);
  }
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  if (is_overlong || is_surrogate || value > 0x10ffff) return {};
  return {value, size};
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t size = first_code_point(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return is_control(static_cast<std::uint8_t>(c)); });
}

std::string replace_bad_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = first_code_point(text).size;
    if (size == 0)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max(size, std::size_t{1}));
  }
  return out;
}

std::string escape_for_terminal(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    const std::size_t size = std::max(next.size, std::size_t{1});
    if (next.size == 0 || is_unsafe_on_terminal(next.value)) {
      for (std::size_t i = 0; i < size; ++i) append_escape(out, byte_at(text, i));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string escape_markup(std::string_view text) {
  const auto is_plain = [](char c) {
    return c >= ' ' && c <= '~' && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
  };
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  const std::string harmless = escape_for_terminal(text);
  std::string out;
  out.reserve(harmless.size() + harmless.size() / 8);
  for (std::string_view rest = harmless; !rest.empty();) {
    const CodePoint next = first_code_point(rest);
    switch (next.value) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case 0xfffe:
      case 0xffff:
        out += "\xef\xbf\xbd";
        break;
      default:
        out += rest.substr(0, next.size);
    }
    rest.remove_prefix(next.size);
  }
  return out;
}

std::string quote_path(std::string_view name, bool quote_non_ascii) {
  const auto must_escape = [quote_non_ascii](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return is_control(byte) || c == '"' || c == '\\' || (quote_non_ascii && byte > 0x7f);
  };
  if (std::none_of(name.begin(), name.end(), must_escape)) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    if (must_escape(c))
      append_escape(out, static_cast<std::uint8_t>(c));
    else
      out += c;
  }
  return out += '"';
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string_view take_line(std::string_view& rest) noexcept {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

int hex_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  // As much at once as an int counts, in whole groups.
  constexpr std::size_t most = std::size_t{3} << 28;
  // char and unsigned char may alias. A NUL is written behind the last group, where the string has its own.
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), most))) {
    const auto size = static_cast<int>(std::min(bytes.size(), most));
    to += EVP_EncodeBlock(to, reinterpret_cast<const unsigned char*>(bytes.data()), size);
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  const auto value_of = [](char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
  };
  constexpr std::size_t group = 4;
  if (text.ends_with('=') && text.size() % group != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % group == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / group * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0xffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xffU);
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& candidates,
                                 std::size_t most) {
  struct Match {
    std::size_t distance;
    const std::string* name;
  };
  std::vector<Match> matches;
  for (const std::string& candidate : candidates) {
    // Half of the longer name may differ: `v9` is like `v9.0`, and not like `ab`.
    const std::size_t limit = std::min(std::max(wanted.size(), candidate.size()) / 2, most_edits);
    const std::size_t distance = edit_distance(wanted, candidate, limit);
    if (distance <= limit) matches.push_back({distance, &candidate});
  }
  const std::size_t count = std::min(most, matches.size());
  std::partial_sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(count), matches.end(),
                    [](const Match& a, const Match& b) {
                      return a.distance != b.distance ? a.distance < b.distance : *a.name < *b.name;
                    });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(*matches[i].name);
  return names;
}

std::string format_time(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += "'" + items[i] + "'";
  }
  return out;
}

}  // namespace mlem
