#pragma once

#include "model/link.hpp"

#include <optional>
#include <string_view>

namespace mlem::yaml {

/// Returns the link that a file with this text is; nothing for an object, and for what is malformed.
std::optional<Link> find_link(std::string_view text);

}  // namespace mlem::yaml
