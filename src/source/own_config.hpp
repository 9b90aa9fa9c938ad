#pragma once

#include "git/config.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::source {

/// Returns whether hooks refuse links that could not be decided, as `mlem.onUndecided` says; nothing if it is unset.
/// Throws Error(invalid) for a value that it does not take.
std::optional<bool> rejects_undecided(const git::Config& config);

/// A key of git's configuration in the section `mlem` that means nothing to this program.
struct UnknownKey {
  std::string key;      ///< in lower case, as git prints it
  std::string nearest;  ///< the key that may be meant, as manuals spell it; empty if none is like it
};

/// Returns the unknown keys, each once, in the order of the configuration: git tells nobody of a misspelt one.
std::vector<UnknownKey> find_unknown_keys(const git::Config& config);

/// Returns `'mlem.x' is not a key of git-mlem`, and the hint with the nearest key; that is empty if there is none.
std::string describe(const UnknownKey& unknown);
std::string hint_of(const UnknownKey& unknown);

}  // namespace mlem::source
