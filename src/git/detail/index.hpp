#pragma once

#include "git/registry.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mlem::git::detail {

/// Returns the entries of an index file whose name matches `suffixes`, without intent-to-add entries; nothing if libgit2
/// cannot read it (a split or a sparse index). An absent file is an empty index.
std::optional<std::deque<File>> read_index(const fs::path& index_file, const Suffixes& suffixes);

/// Returns the entries of an index file that have one of `names` or are below one, without intent-to-add entries;
/// nothing if git has to be asked for them: what the file has is more than entries (a split or a sparse index) or
/// unknown, or one of them is left out of a sparse checkout. Ids have `id_size` bytes. Does not take the others apart.
std::optional<std::deque<File>> find_index_entries(const fs::path& index_file, std::size_t id_size,
                                                   const std::vector<std::string>& names);

}  // namespace mlem::git::detail
