#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mlem::yaml::detail {

/// Returns whether a file with this `object_type` is a link: `link`, or `link_<type>` as MLEM 0.4 allows.
bool is_link_type(std::string_view object_type) noexcept;

/// Returns what a type that is not a link's was probably meant to be: `link` or `link_<type>`, if it differs in no more
/// than case or one letter of `link` (one more, one less, another, or two swapped). Empty for every other type.
std::string likely_link_type(std::string_view object_type);

/// Returns whether MLEM takes the type for the name of a class, which it imports: anything with a dot.
bool is_class_name(std::string_view object_type) noexcept;

/// Returns today's name of an object type: what is `data` now was `dataset` in MLEM 0.1.
std::string current_type(std::string_view name);

/// Returns the top-level `object_type` of text in the form that PyYAML's `safe_dump` prints most metafiles in, without
/// a YAML parser. Returns nothing for text that has none, may be meant as a link or is not fully understood; what it
/// returns, parse_object_type() does too. Time is linear in the text.
std::optional<std::string> scan_object_type(std::string_view text);

/// Returns the top-level `object_type` by yaml-cpp, nothing for a mapping without one; a link's fields are not judged.
/// Throws Error(invalid) for text that is no YAML mapping, or over `max_object_size`. For the test that compares the
/// two.
std::optional<std::string> parse_object_type(std::string_view text);

}  // namespace mlem::yaml::detail
