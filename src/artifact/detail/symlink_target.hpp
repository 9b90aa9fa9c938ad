#pragma once

#include <string>
#include <string_view>

namespace mlem::artifact::detail {

/// Returns why a symbolic link at `path` of an object may not be made, empty if it may: it has to lead to something in
/// the object whatever other links there are, so that its target may begin with `..` but not have it behind a name.
std::string why_target_forbidden(std::string_view path, std::string_view target);

}  // namespace mlem::artifact::detail
