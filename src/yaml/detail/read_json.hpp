#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace mlem::yaml::detail {

/// Returns the mapping in `text` as to_json() shows it. Throws what that does, with `what_failed` as what, and
/// Error(invalid) too for more than `max_values` values, which take much more memory than their text; what
/// `require_time` throws passes.
nlohmann::ordered_json read_json(std::string_view text, std::string_view what_failed, std::size_t max_values = SIZE_MAX,
                                 const std::function<void()>& require_time = {});

}  // namespace mlem::yaml::detail
