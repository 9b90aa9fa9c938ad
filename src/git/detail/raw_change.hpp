#pragma once

#include "git/repository.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mlem::git::detail {

/// Returns the mode that octal digits spell; nothing for any other text.
std::optional<std::uint32_t> parse_mode(std::string_view text);

/// Returns what git's programs that compare say with `--raw -z` of one file, but for its name:
/// `:<mode> <mode> <oid> <oid> <status>`. Throws Error(unavailable) for anything else.
Change parse_raw_change(std::string_view record);

/// Throws Error(unavailable): git has answered something that this program does not know.
[[noreturn]] void throw_not_understood(std::string_view output);

}  // namespace mlem::git::detail
