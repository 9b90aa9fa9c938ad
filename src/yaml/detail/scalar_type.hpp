#pragma once

#include <string_view>

namespace mlem::yaml::detail {

/// What a plain scalar is to YAML 1.1, as PyYAML's SafeLoader resolves it.
enum class ScalarType { string, null, boolean, integer, real, timestamp, merge, value };

/// Returns what `text`, written without quotes, is read as. The rules are those of PyYAML's resolver.py, which leave
/// out some numbers of the specification (`1e5` and `0o17` are strings).
ScalarType scalar_type(std::string_view text) noexcept;

}  // namespace mlem::yaml::detail
