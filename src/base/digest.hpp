#pragma once

#include <string>
#include <string_view>

namespace mlem {

/// Returns the SHA-256 of `bytes` as 64 lower-case hex digits.
/// Throws Error(unavailable) if the crypto library refuses the algorithm.
std::string sha256_hex(std::string_view bytes);

}  // namespace mlem
