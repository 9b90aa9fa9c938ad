#pragma once

#include "artifact/object_files.hpp"
#include "git/registry.hpp"
#include "source/settings.hpp"

#include <vector>

namespace mlem::artifact {

/// Returns what is recorded of the files of objects, in the order of `objects`: their names, sizes and hashes, as
/// metafiles, trees and what stands in these for files have them. Sources are asked in parallel; whether the files are
/// anywhere is not asked.
std::vector<ObjectFiles> list_recorded_files(const git::Registry& registry, const source::Settings& settings,
                                             const std::vector<ObjectAt>& objects);

}  // namespace mlem::artifact
