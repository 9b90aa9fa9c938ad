#pragma once

#include "artifact/object_files.hpp"
#include "artifact/place.hpp"

#include <string>
#include <variant>

namespace mlem::artifact::detail {

/// Over how many repositories what DVC imports is followed.
inline constexpr int most_imports = 8;

/// Returns what DVC says of a file that it has from another repository; null if it has not.
const dvc::Import* import_of(const PlacedFile& file);

/// Returns the file of another repository that an import stands for, to be looked for there as if a metafile declared
/// it; or why nobody may, or can, get at it. `is_here` says whether the repository that imports it is on this machine:
/// a directory's address is one of this machine then, and otherwise one of the machine where the import was made.
std::variant<ObjectAt, External, Forbidden> imported_object(const PlacedFile& file, bool is_here);

/// Returns what is left where imports lead over more than `most_imports` repositories, as in a circle.
External endless_import();

}  // namespace mlem::artifact::detail
