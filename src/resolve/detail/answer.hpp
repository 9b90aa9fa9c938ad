#pragma once

#include "resolve/target.hpp"
#include "resolve/tree_view.hpp"

#include "source/settings.hpp"

#include <vector>

namespace mlem::resolve::detail {

/// Answers a question whose rev leads to `object`. Returns what the repository lacks of it, and then the answer is not
/// final; empty if it is. Fails if there is no time left.
std::vector<Oid> answer_at(git::Repository& repository, const Oid& object, Target& target,
                           const source::Settings& settings);

}  // namespace mlem::resolve::detail
