#pragma once

#include <string_view>

namespace mlem::yaml::detail {

/// What a plain scalar is to YAML 1.1, as PyYAML's SafeLoader resolves it.
enum class ScalarType { string, null, boolean, integer, real, timestamp, merge, value };

/// Returns what `text`, written without quotes, is read as. The rules are those of PyYAML's resolver.py, which leave
/// out some numbers of the specification (`1e5` and `0o17` are strings).
ScalarType scalar_type(std::string_view text) noexcept;

/// Returns whether PyYAML's SafeLoader can make a value of `text`, written without quotes: it stops at the whole file
/// for `=`, `<<`, numbers without digits (`0x_`) and dates that the calendar does not have. Numbers of more than 256
/// characters are not told apart: Python may or may not convert them.
bool is_constructible(std::string_view text) noexcept;

/// Returns whether MLEM, which turns a value into text again, gets the same text from `text`, written without quotes:
/// `1.5` and `20240101`, but not `1.10`, `010` or `yes`. Texts that need a closer look at how Python prints a number
/// are not the same.
bool keeps_text(std::string_view text) noexcept;

}  // namespace mlem::yaml::detail
