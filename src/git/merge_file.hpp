#pragma once

#include "git/registry.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace mlem::git {

/// Three states of a text, and how a conflict is written.
struct TextMerge {
  std::string base;
  std::string ours;
  std::string theirs;
  std::string our_label = "ours";  ///< behind the markers; one line
  std::string their_label = "theirs";
  std::size_t marker_size = 7;
  /// Whether a conflict has both sides alone, whatever `merge.conflictStyle` says: where `base` is not what was before.
  bool hides_base = false;
};

/// What became of them.
struct MergedText {
  std::string text;  ///< with git's conflict markers unless it is clean
  bool is_clean = true;
};

/// Merges texts line by line as git-merge-file(1) does; nothing for texts that it takes for binary. `registry` need not
/// be there. Throws Error(unavailable) if git fails, Error(io).
std::optional<MergedText> merge_texts(const Registry& registry, const TextMerge& merge);

}  // namespace mlem::git
