#pragma once

#include "model/finding.hpp"
#include "model/oid.hpp"
#include "resolve/answer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlem::resolve {

/// Links that lead to one another are followed this often.
inline constexpr std::size_t most_hops = 16;

/// What following a link came to: the answers from the first to the last one that was reached.
struct Chain {
  enum class End {
    reached,       ///< the last answer is an object, or says why there is none
    not_followed,  ///< the last answer is a link that nobody wanted followed
    cycle,         ///< the last answer is a link that leads back to `answers[back_to]`
    too_deep,      ///< the last answer is a link, and one too many
  };
  std::vector<Answer> answers;      ///< empty if the link itself is malformed
  std::optional<Answer> malformed;  ///< then why
  End end = End::reached;
  std::size_t back_to = 0;
  std::optional<Oid> pin;  ///< the blob that the link itself is pinned to
  bool is_named = false;   ///< it begins with what a user named, which may be a link itself, and not behind a link
};

/// Returns the blob that a link is pinned to. Throws Error(invalid) if what it has there is not an id.
std::optional<Oid> pin_of(const Link& link);

/// Returns the chain's first answer alone, as the one that was wanted.
Chain first_of(Chain chain);

/// Returns what a chain says, without `link` and `at`, and of a link's own file without warnings. `link_type` empty:
/// that of the first link, if the chain has one, else any type will do.
Finding finding_of(const Chain& chain, const std::string& link_type);

}  // namespace mlem::resolve
