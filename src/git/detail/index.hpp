#pragma once

#include "git/registry.hpp"

#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace mlem::git::detail {

/// Returns the entries of an index file whose name matches `suffixes`, without intent-to-add entries; nothing if libgit2
/// cannot read it (a split or a sparse index). An absent file is an empty index.
std::optional<std::deque<File>> read_index(const fs::path& index_file, const Suffixes& suffixes);

}  // namespace mlem::git::detail
