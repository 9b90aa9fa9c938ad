#pragma once

#include "artifact/declared.hpp"
#include "artifact/place.hpp"
#include "git/registry.hpp"
#include "model/finding.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/refusal.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::artifact {

/// An object that a link leads to: where it is, at the end of all links.
struct ObjectAt {
  std::optional<RepoUrl> repo;     ///< none: the registry itself
  Oid commit;                      ///< or a tree
  std::string path;                ///< of the metafile, or of what is plain: `.` is the root
  Oid blob;                        ///< the metafile; of what is plain its own id
  std::optional<Plain> plain{};    ///< what it is, if it has no metafile
  std::optional<Declared> file{};  ///< it alone is wanted, as a metafile elsewhere declares it; `blob` is nothing then

  friend bool operator==(const ObjectAt&, const ObjectAt&) = default;
};

/// Returns where the object of a finding that is `ok` is. `own_tree` gives the tree that has what the registry has
/// itself and is in no commit. Throws Error(unavailable) if the object is in the work tree alone.
ObjectAt object_of(const git::Registry& registry, const Finding& finding, const std::function<Oid()>& own_tree);

/// The files of an object: what its metafile declares, or all that is there of what has none.
struct ObjectFiles {
  std::vector<PlacedFile> files{};
  std::vector<PlacedDirectory> directories{};  ///< what is recorded of several of them together
  source::Refusal refusal{};                   ///< why they cannot be told; `ok` if they can
};

/// Finds the files of objects of one source, for each in its order. Metafiles, trees and what may be a pointer are
/// fetched where the repository lacks them, those of all objects together, and nothing else.
std::vector<ObjectFiles> find_files(source::Conversation& source, const std::vector<const ObjectAt*>& objects);

}  // namespace mlem::artifact
