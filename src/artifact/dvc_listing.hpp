#pragma once

#include "artifact/dvc_directory.hpp"
#include "artifact/stores.hpp"
#include "source/refusal.hpp"

#include <variant>
#include <vector>

namespace mlem::artifact {

/// The files of a directory that DVC tracks; or why they cannot be told: only another program gets at the list, or a
/// refusal, `artifact-mismatch` for another list than is recorded.
using DvcListing = std::variant<std::vector<DvcEntry>, External, source::Refusal>;

/// Reads the list of a directory's files from this machine or a server, and proves it. Throws as TransferEngine::run().
DvcListing list_dvc_directory(Stores& stores, TransferEngine& engine, const StoredFile& directory);

/// Why what is not on this machine is not asked for.
source::Refusal offline_refusal();

}  // namespace mlem::artifact
