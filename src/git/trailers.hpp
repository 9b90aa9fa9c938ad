#pragma once

#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"

#include <optional>
#include <string>

namespace mlem::git {

/// Commits that are looked at for a trailer.
struct TrailerQuery {
  std::string key;           ///< as git-interpret-trailers(1) has it: letters, digits and dashes
  Oid tip;                   ///< this commit, whatever it changes
  std::optional<Oid> known;  ///< and those that are reachable from it and not from this one; none: the tip alone
  std::string name;          ///< which change this file, from the root
};

/// Returns whether one of the commits has a trailer of that key in its message that has a value; not if there was no
/// time left to tell. Throws Error(unavailable) if git refuses, Interrupted.
bool has_trailer(const Registry& registry, const TrailerQuery& query, const Limits& limits, Interrupt* interrupt);

}  // namespace mlem::git
