#pragma once

#include "artifact/clone_plan.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// A clone as users ask for it. Paths are relative to `directory`.
struct CloneWords {
  std::string object;                  ///< an object's name: git-mlem(1)
  std::optional<std::string> project;  ///< the repository that has it
  std::optional<std::string> rev;
  bool is_plain = false;                      ///< `object` names a file or directory that has no metafile
  std::string target;                         ///< a name, or a directory that ends in `/`
  std::optional<std::string> target_project;  ///< the directory that `target` is relative to
  fs::path directory{};                       ///< empty: the current one
  std::vector<std::string> only{};
  artifact::Layout layout = artifact::Layout::mlem;
  bool force = false;
  bool dry_run = false;
};

/// An object to be cloned.
struct CloneArgument {
  Finding finding;  ///< of the object; if it is not `ok`, there is no request
  std::optional<artifact::CloneRequest> request;
};

/// Finds the object, and where its clone goes. Throws as parse_object(), and Error(unavailable) for one that is in the
/// work tree alone.
CloneArgument find_clone(const git::Registry& registry, const source::Settings& settings, const CloneWords& words);

}  // namespace mlem::edit
