#include "artifact/lfs_pointer.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mlem::artifact {
namespace {

constexpr std::string_view sha256_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Returns whether Go's bytes.TrimSpace() takes it away: White_Space of Unicode.
bool is_go_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

std::string_view trim_as_go(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    if (first.size == 0 || !is_go_space(first.value)) break;
    text.remove_prefix(first.size);
  }
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0U) == 0x80) --start;
    const CodePoint last = first_code_point(text.substr(start));
    if (last.size != text.size() - start || !is_go_space(last.value)) break;
    text.remove_suffix(last.size);
  }
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Whether it begins as `ext-<digit>-<name>`.
bool is_extension_key(std::string_view key) {
  return key.size() >= 7 && key.starts_with("ext-") && is_digit(key[4]) && key[5] == '-' && is_word(key[6]);
}

std::optional<std::string_view> parse_pointer_oid(std::string_view value) {
  constexpr std::string_view kind = "sha256:";
  if (!value.starts_with(kind)) return std::nullopt;
  value.remove_prefix(kind.size());
  const bool is_hex =
      std::all_of(value.begin(), value.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  return value.size() == 64 && is_hex ? std::optional(value) : std::nullopt;
}

/// Reads what Go's strconv.ParseInt() takes for a number that is not negative.
std::optional<std::uint64_t> parse_pointer_size(std::string_view value) {
  if (value.starts_with('+')) {
    value.remove_prefix(1);
    if (value.starts_with('-')) return std::nullopt;
  }
  std::int64_t size = 0;
  const char* const end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, size);
  if (parsed.ec != std::errc() || parsed.ptr != end || size < 0) return std::nullopt;
  return static_cast<std::uint64_t>(size);
}

constexpr std::size_t pointer_keys = 3;

/// Returns the key that has to be in the line after `count` others.
std::string_view pointer_key(std::size_t count) {
  if (count == 0) return "version";
  return count == 1 ? "oid" : "size";
}

bool is_pointer_version(std::string_view value) {
  return value == "https://git-lfs.github.com/spec/v1" || value == "https://hawser.github.com/spec/v1" ||
         value == "http://git-media.io/v/2";
}

/// The lines of extensions: one a digit. git-lfs lets a repeated key replace the former line.
class Extensions {
 public:
  void add(std::string_view key, std::string_view value) {
    Line& line = lines_[static_cast<std::size_t>(key[4] - '0')];
    is_ambiguous_ = is_ambiguous_ || (!line.key.empty() && line.key != key);
    line = {key, value};
  }
  bool empty() const {
    return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.key.empty(); });
  }
  bool are_valid() const {
    return !is_ambiguous_ && std::all_of(lines_.begin(), lines_.end(), [](const Line& line) {
      return line.key.empty() || parse_pointer_oid(line.value);
    });
  }

 private:
  struct Line {
    std::string_view key;
    std::string_view value;
  };
  std::array<Line, 10> lines_;
  bool is_ambiguous_ = false;
};

}  // namespace

std::optional<LfsPointer> parse_lfs_pointer(std::string_view blob) {
  if (blob.size() >= lfs_pointer_cutoff) return std::nullopt;
  if (blob.empty()) return LfsPointer{.oid = std::string(sha256_of_nothing)};
  std::array<std::string_view, pointer_keys> values;
  std::size_t count = 0;
  Extensions extensions;
  for (std::string_view rest = trim_as_go(blob); !rest.empty();) {
    std::string_view line = take_line(rest);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || count == pointer_keys) return std::nullopt;
    const std::string_view key = line.substr(0, blank);
    const std::string_view value = line.substr(blank + 1);
    if (key == pointer_key(count)) {
      values[count++] = value;
    } else if (is_extension_key(key)) {
      extensions.add(key, value);
    } else {
      return std::nullopt;
    }
  }
  if (count != pointer_keys || !is_pointer_version(values[0]) || !extensions.are_valid()) return std::nullopt;
  const auto oid = parse_pointer_oid(values[1]);
  const auto size = parse_pointer_size(values[2]);
  if (!oid || !size) return std::nullopt;
  return LfsPointer{.oid = std::string(*oid), .size = *size, .has_extensions = !extensions.empty()};
}

}  // namespace mlem::artifact
