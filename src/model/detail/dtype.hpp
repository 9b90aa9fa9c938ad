#pragma once

#include <string_view>

namespace mlem::object::detail {

enum class Fit { yes, no, unknown };

/// Returns whether every value of one element type may stand where another is wanted. Both are names as numpy, pandas,
/// torch, TensorFlow or Python have them. Numbers fit where numpy casts them safely (numpy.can_cast); whatever may lack
/// values (`Int64`) does not fit what may not. It is unknown of `object`, which says nothing of what is in it, and of
/// names that are not known here.
Fit dtype_fit(std::string_view value, std::string_view wanted) noexcept;

}  // namespace mlem::object::detail
