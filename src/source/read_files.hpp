#pragma once

#include "git/registry.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlem::source {

/// A file that is wanted of a commit, and what is in it.
struct WantedFile {
  std::string path;                      ///< from the root of the tree
  std::optional<std::string> content{};  ///< none: there is no such file, or it is larger than the limit
  bool is_too_large = false;
};

/// Reads files of up to `limit` bytes at a commit of the source `repo` (none: the registry itself), all of them at
/// once. Returns why that cannot be done; nothing if all went well.
std::optional<Refusal> read_files(const git::Registry& registry, const std::optional<RepoUrl>& repo, const Oid& commit,
                                  std::vector<WantedFile>& files, std::size_t limit, const Settings& settings);

}  // namespace mlem::source
