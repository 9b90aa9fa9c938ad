#pragma once

#include "base/file.hpp"
#include "model/oid.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>
#include <variant>

namespace mlem::artifact::detail {

/// A file or a directory that DVC tracks, as its own program is asked for it.
struct DvcRequest {
  std::string repo;  ///< the address of the repository, or its directory
  Oid commit;
  std::string path;  ///< from the root of the tree
  bool is_directory = false;
};

/// Whether there is a `dvc` to run.
bool has_dvc(const source::Settings& settings);

/// Has `dvc get` write it to `directory`, which is absolute and has nothing else in it, and give it the name `file`
/// there. It is nobody's proof that these are the right bytes. Returns why there is none. Throws Interrupted,
/// and Error(io) if the program cannot be run.
std::optional<source::Refusal> get_by_dvc(const DvcRequest& request, const fs::path& directory,
                                          const source::Settings& settings);

/// Has `dvc list` tell the files of a directory without fetching them. Returns the object of the directory that they
/// make, as dvc_directory_text() has it, which is to be proved by its hash; or why there is none. Throws as
/// get_by_dvc().
std::variant<std::string, source::Refusal> list_by_dvc(const DvcRequest& request, const source::Settings& settings);

}  // namespace mlem::artifact::detail
