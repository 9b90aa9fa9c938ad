#pragma once

#include "artifact/clone_plan.hpp"
#include "git/registry.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <vector>

namespace mlem::artifact {

/// What became of a clone.
struct CloneResult {
  ClonePlan plan{};
  source::Refusal refusal{};  ///< why there is none; `ok` if all of it is there
  bool is_begun = false;      ///< some of it has come, and stays hidden beside the target for the next run
  std::size_t others = 0;     ///< files in the directory that the object does not have
};

/// Copies an object with its files: fetched to a hidden directory beside the target, proved on the way, and moved into
/// place once all are there. What is there and right is kept. What an interrupted run has fetched is used.
///
/// Throws Error(invalid) if something else is there and may not be replaced, Error(not_found) for a glob that no file
/// matches, Error(unavailable) if another process clones to the same place, Error(io), and Interrupted.
CloneResult clone(const git::Registry& registry, const source::Settings& settings, const CloneRequest& request);

}  // namespace mlem::artifact
