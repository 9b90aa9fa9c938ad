#pragma once

#include <cstdint>
#include <string>

namespace mlem::command {

/// Returns a number of bytes in its largest unit, as git's strbuf_humanise_bytes() has it: `12.34 MiB`.
std::string human_size(std::uint64_t bytes);

}  // namespace mlem::command
