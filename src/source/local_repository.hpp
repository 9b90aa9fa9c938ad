#pragma once

#include "base/file.hpp"

#include <optional>
#include <string>

namespace mlem::source {

/// A repository of this machine. No spelling tells where it ends in a path or in a `file:` URL: git-mlem(1).
struct LocalRepository {
  fs::path git_dir;
  fs::path root;      ///< its work tree, or itself if bare; spelled as what was looked for
  std::string inner;  ///< what that has behind it; empty: nothing
};

/// How a repository is named.
enum class Spelling {
  path,     ///< as it is
  address,  ///< perhaps without its `.git`, which git adds
};

/// Returns the repository that `path` is or is below, the nearest one; none above what this account may not see, for
/// there might be another.
std::optional<LocalRepository> find_repository_above(const fs::path& path, Spelling spelling);

}  // namespace mlem::source
