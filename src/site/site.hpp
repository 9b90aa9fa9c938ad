#pragma once

#include "base/file.hpp"

#include "site/catalogue.hpp"
#include "site/directory.hpp"
#include "site/view.hpp"

namespace mlem::site {

/// Writes the site of a registry. The pages that lead to others come last, so that what a reader finds is whole while
/// it is written. Throws as Directory does.
Written write_site(Catalogue& catalogue, SiteOptions options, const fs::path& directory);

}  // namespace mlem::site
