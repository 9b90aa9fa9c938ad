#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::yaml::detail {

/// What a quoted scalar says, and where it ends.
struct Quoted {
  std::string value;
  std::size_t end;  ///< offset past the closing quote
};

/// Reads the single- or double-quoted scalar that starts at `offset`; nothing if it is not closed. Its escapes have
/// been found valid before. yaml-cpp does not do this right: it closes quotes at the end of the text, loses the line
/// break of a scalar that ends in an empty line, and makes `\_` and `\N` bytes that are not UTF-8.
std::optional<Quoted> read_quoted(std::string_view text, std::size_t offset);

}  // namespace mlem::yaml::detail
