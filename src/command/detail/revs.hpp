#pragma once

#include "command/options.hpp"
#include "git/registry.hpp"

#include <string>
#include <vector>

namespace mlem::command {

/// What a command line about the past asks for: revs or a range, and files, which may be gone by now.
struct RevsAndPaths {
  std::vector<std::string> revs;
  std::vector<std::string> paths;
};

/// Tells them apart as git does: `--` decides; without it a word that names a commit, or two with dots between them, is
/// a rev, and every other is a path. Revs may be between the paths. Throws Error(not_found) for a word before `--` that
/// is not a rev, and for one that is both a rev and a file.
RevsAndPaths tell_revs_apart(const git::Registry& registry, const Options::Rest& rest);

}  // namespace mlem::command
