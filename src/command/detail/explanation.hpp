#pragma once

#include "model/verdict.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace mlem::command {

/// What a verdict or a warning means, and what is to be done, for who meets the word in another program. git-mlem(1) has
/// the same words.
struct Explanation {
  std::string_view word;     ///< `missing-rev`; of a warning its code
  std::string_view meaning;  ///< one sentence
  std::string_view remedy;   ///< one or two sentences
  std::optional<Verdict> verdict{};  ///< nothing for a warning
};

/// Returns all that a link can be told, but `ok`: verdicts in their order, then warnings.
std::span<const Explanation> explanations() noexcept;

/// Returns where a word stands among explanations(); nothing if it does not.
std::optional<std::size_t> find_explanation(std::string_view word) noexcept;

}  // namespace mlem::command
