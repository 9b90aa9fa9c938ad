#pragma once

#include "artifact/clone_plan.hpp"
#include "base/interrupt.hpp"

#include <cstddef>

namespace mlem::artifact {

/// Finds out what of a plan is there already, and notes it: whole files are read. Nothing is taken for there beyond a
/// symbolic link. Throws Error(invalid) if something else is where an item goes that may not be replaced, be it by
/// `force`, and Interrupted.
void look_at_target(ClonePlan& plan, bool force, const Interrupt* interrupt);

/// Returns how many files of the plan's root are none of its items.
std::size_t count_others(const ClonePlan& plan);

/// Moves the files of a plan, all of which are ready below `ready`, to their places, and makes the rest of it. An
/// object that is a directory of which nothing is there is moved at once. Throws Error(io), and Error(invalid) if
/// something else is there by now.
void move_into_place(const ClonePlan& plan, const fs::path& ready);

}  // namespace mlem::artifact
