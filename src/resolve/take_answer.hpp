#pragma once

#include "model/finding.hpp"
#include "resolve/answer.hpp"

namespace mlem::resolve {

/// Takes over into `finding` what `answer` found, or if it failed why; and its source, if that was asked.
void take_answer(const Answer& answer, Finding& finding);

}  // namespace mlem::resolve
