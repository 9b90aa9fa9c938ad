#pragma once

#include "model/verdict.hpp"

#include <string>

namespace mlem::source {

/// Why something cannot be had of a source: a verdict and its words.
struct Refusal {
  Verdict verdict = Verdict::ok;
  std::string message;
  std::string hint;
};

}  // namespace mlem::source
