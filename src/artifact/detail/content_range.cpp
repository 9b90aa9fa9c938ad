#include "artifact/detail/content_range.hpp"

#include "base/text.hpp"

#include <charconv>

namespace mlem::artifact::detail {
namespace {

std::optional<std::uint64_t> parse_byte_count(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  text = trim(text);
  const std::size_t slash = text.rfind('/');
  if (to_lower_ascii(text.substr(0, unit.size())) != unit || slash == std::string_view::npos || slash < unit.size())
    return std::nullopt;
  const std::string_view part = trim(text.substr(unit.size(), slash - unit.size()));
  const std::string_view size = trim(text.substr(slash + 1));
  ContentRange range{.first = {}, .total = parse_byte_count(size)};
  if (!range.total && size != "*") return std::nullopt;
  if (part == "*") return range.total ? std::optional(range) : std::nullopt;
  const std::size_t dash = part.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  range.first = parse_byte_count(part.substr(0, dash));
  const auto last = parse_byte_count(part.substr(dash + 1));
  if (!range.first || !last || *last < *range.first || (range.total && *last >= *range.total)) return std::nullopt;
  return range;
}

}  // namespace mlem::artifact::detail
