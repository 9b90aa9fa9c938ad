#pragma once

#include <cstdint>
#include <string_view>

namespace mlem::git::detail {

/// Returns the number that up to four bytes of one of git's files are.
inline std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace mlem::git::detail
