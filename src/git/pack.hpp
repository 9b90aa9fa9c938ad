#pragma once

#include "base/coprocess.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::git {

/// Takes a pack (gitformat-pack(5)), piece by piece.
using TakePack = std::function<void(std::string_view piece)>;

/// Gives a pack of these objects of the repository `git_dir`, and of no others. `object_dir` is where they are looked
/// for besides; empty: nowhere. `environment` is without_repository().
///
/// One version of git makes the same bytes of the same objects, however the repository has them packed, and takes
/// little memory whatever their size. Throws Error(unavailable) if git refuses, as where one of them is missing.
void pack_objects(const fs::path& git_dir, const Environment& environment, const fs::path& object_dir,
                  const std::vector<Oid>& objects, const TakePack& take);

/// Gives a pack of all that `tips` lead to in the registry (commits, and tags of them) and `known` do not, in the same
/// way.
void pack_history(const Registry& registry, const std::vector<Oid>& tips, const std::vector<Oid>& known,
                  const TakePack& take);

/// Returns the objects of a pack that is a file of this machine, whose ids have `object_format`. An index is made of it
/// in `scratch`, a directory. Throws Error(invalid) if it is not a whole pack.
std::vector<Oid> list_pack(const fs::path& pack, const std::string& object_format, const fs::path& scratch,
                           const Environment& environment);

/// A pack that comes in pieces and goes to a repository: its objects are there after finish(), and none before.
class IncomingPack {
 public:
  /// Whether what the objects lead to may be missing: they are then taken for those of a partial clone.
  enum class Lacks { nothing, promised };

  IncomingPack(const fs::path& git_dir, const Environment& environment, Lacks lacks);

  /// Throws Error(invalid) if git does not take it for a pack.
  void take(std::string_view piece);
  /// Throws Error(invalid) if it is not a whole pack, or an object is not what its id says.
  void finish();

 private:
  std::unique_ptr<Coprocess> index_pack_;
};

}  // namespace mlem::git
