#pragma once

#include <string_view>

namespace mlem {

/// Returns whether `text` is a day of the calendar, written as `2027-01-31`.
bool is_date(std::string_view text);

}  // namespace mlem
