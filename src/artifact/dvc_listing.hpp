#pragma once

#include "artifact/dvc_directory.hpp"
#include "artifact/stores.hpp"
#include "source/refusal.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mlem::artifact {

/// The files of a directory that DVC tracks; or why they cannot be told: only another program gets at the list, or a
/// refusal, `artifact-mismatch` for another list than is recorded.
using DvcListing = std::variant<std::vector<DvcEntry>, External, source::Refusal>;

/// Reads the list of a directory's files from this machine or a server, and proves it. The program `dvc` is asked for
/// what only it gets at if it is told where the directory is in its tree. Throws as TransferEngine::run().
DvcListing list_dvc_directory(Stores& stores, TransferEngine& engine, const StoredFile& directory,
                              const std::optional<std::string>& path_for_dvc = {});

/// Why what is not on this machine is not asked for.
source::Refusal offline_refusal();

}  // namespace mlem::artifact
