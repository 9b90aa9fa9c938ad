#pragma once

#include "base/file.hpp"
#include "model/oid.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>

namespace mlem::artifact::detail {

/// A file that DVC tracks, as its own program is asked for it.
struct DvcRequest {
  std::string repo;  ///< the address of the repository, or its directory
  Oid commit;
  std::string path;  ///< from the root of the tree
};

/// Whether there is a `dvc` to run.
bool has_dvc(const source::Settings& settings);

/// Has `dvc get` write the file to `directory`, which is absolute and has nothing else in it, and gives it the name
/// `file` there. It is nobody's proof that these are the right bytes. Returns why there is none. Throws Interrupted,
/// and Error(io) if the program cannot be run.
std::optional<source::Refusal> get_by_dvc(const DvcRequest& request, const fs::path& directory,
                                          const source::Settings& settings);

}  // namespace mlem::artifact::detail
