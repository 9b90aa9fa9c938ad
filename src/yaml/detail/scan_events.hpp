#pragma once

#include "yaml/detail/events.hpp"

#include <string_view>

namespace mlem::yaml::detail {

/// Reads text in the form that PyYAML's `safe_dump` prints most metafiles in, without a YAML parser, and hands it on as
/// parse_events() does. Returns whether it is understood: if not, `handler` has had a part of it, and parse_events() is
/// to be asked with a new one. What it accepts, that accepts too. What `handler` throws passes. Time is linear in the
/// text.
bool scan_events(std::string_view text, EventHandler& handler);

}  // namespace mlem::yaml::detail
