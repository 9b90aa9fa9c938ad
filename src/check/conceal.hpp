#pragma once

#include "model/finding.hpp"

namespace mlem::check {

/// Returns the finding as a server may tell it: without what only the server's account can see of a source:
/// git-mlem-server(7). What is left is what the link says itself, and what the registry has. A source that does not
/// exist is not told from one that may not be seen.
Finding conceal(Finding finding);

}  // namespace mlem::check
