#pragma once

#include "artifact/dvc_directory.hpp"
#include "artifact/stores.hpp"
#include "source/refusal.hpp"

#include <variant>
#include <vector>

namespace mlem::artifact {

/// Returns the files of a directory that DVC tracks, whose object is read from this machine or a server and proved; or
/// why they cannot be told: `artifact-missing`, `artifact-mismatch` for another list than is recorded, or why it is not
/// known. Throws as TransferEngine::run().
std::variant<std::vector<DvcEntry>, source::Refusal> list_dvc_directory(Stores& stores, TransferEngine& engine,
                                                                        const StoredFile& directory);

/// Why what is not on this machine is not asked for.
source::Refusal offline_refusal();

}  // namespace mlem::artifact
