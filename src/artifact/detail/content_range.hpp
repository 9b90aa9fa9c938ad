#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mlem::artifact::detail {

/// What part of a file a server sends.
struct ContentRange {
  std::optional<std::uint64_t> first;  ///< none: no part, as the answer 416 has it
  std::optional<std::uint64_t> total;  ///< the size of the file; none: the server does not know it

  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// Reads the header Content-Range (RFC 9110, 14.4): `bytes 0-9/100`, `bytes 0-9/*`, `bytes */100`. Returns nothing if
/// it is malformed or contradicts itself.
std::optional<ContentRange> parse_content_range(std::string_view text);

}  // namespace mlem::artifact::detail
