#include "command/detail/human_size.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace mlem::command {

std::string human_size(std::uint64_t bytes) {
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  constexpr std::uint64_t step = 1024;
  if (bytes < step) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  auto value = static_cast<double>(bytes) / step;
  std::size_t unit = 0;
  for (; value >= step && unit + 1 < units.size(); ++unit) value /= step;
  return fmt::format("{:.2f} {}", value, units[unit]);
}

}  // namespace mlem::command
