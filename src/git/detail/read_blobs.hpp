#pragma once

#include "base/process.hpp"
#include "git/repository.hpp"

#include <cstddef>
#include <vector>

namespace mlem::git::detail {

/// Repository::read_blobs() by `cat_file`, which is `git cat-file --batch-command --buffer`.
void read_by_cat_file(const Program& cat_file, const std::vector<Oid>& blobs, std::size_t limit,
                      const Repository::VisitBlob& visit);

}  // namespace mlem::git::detail
