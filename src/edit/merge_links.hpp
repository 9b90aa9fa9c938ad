#pragma once

#include "git/registry.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mlem::edit {

/// Three states of a link file, as git gives them to a merge driver: gitattributes(5).
struct LinkMergeRequest {
  std::string base;  ///< empty if both sides have added the file
  std::string ours;
  std::string theirs;
  std::size_t marker_size = 7;  ///< of conflict markers
};

/// What became of them.
struct LinkMerge {
  std::string text;  ///< a link; or with git's conflict markers unless it is clean
  bool is_clean = true;
  std::string choice{};              ///< of a clean one: which of two pins was taken, and why
  std::string conflict{};            ///< why it is not clean
  std::vector<std::string> sides{};  ///< what each side did, if it is not clean
};

/// Merges link files by what they say: git-mlem-merge-file(1). What one side alone changed is taken. Where both moved a
/// pin forward, the one whose commit contains the other is: that is asked of the source's history as it is on this
/// machine, never over the network. All else is a conflict. Of what is not a link, lines are merged, as git does.
/// Throws Error(unavailable), Error(io).
LinkMerge merge_link_files(const git::Registry& registry, const source::Settings& settings,
                           const LinkMergeRequest& request);

}  // namespace mlem::edit
