#pragma once

#include <string>
#include <string_view>

namespace mlem::detail {

/// Returns `line` with `***` in the place of what may be a secret in an address with a typing error, which no reader of
/// addresses takes for one: `https:/user:token@host`, `user:token@host/path`, `https://user:token%40host`. Where it is
/// in doubt, it hides: a name in a message is worth less than a token.
std::string redact_mistyped(std::string_view line);

}  // namespace mlem::detail
