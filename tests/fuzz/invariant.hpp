#pragma once

#include "base/error.hpp"
#include "base/text.hpp"

#include <cstdlib>
#include <string_view>

namespace mlem::fuzz {

/// Ends the program, which the fuzzer reports with its input, unless `holds`.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Calls `check` on `text`, which it may refuse, but only as invalid and in words that can be printed.
template <typename Check>
void check_unless_refused(Check check, std::string_view text) {
  try {
    check(text);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::invalid && !has_control_character(error.what()));
  }
}

}  // namespace mlem::fuzz
