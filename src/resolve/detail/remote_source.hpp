#pragma once

#include "model/repo_url.hpp"
#include "resolve/target.hpp"

#include "source/settings.hpp"

#include <string>
#include <vector>

namespace mlem::resolve::detail {

/// Answers questions to one repository behind the network, through its entry in the cache, which is locked meanwhile.
/// `rewritten` is the address after insteadOf. Throws git::TransportError for what concerns the whole repository.
void read_remote(const RepoUrl& url, const std::string& rewritten, const std::vector<Target*>& targets,
                 const source::Settings& settings);

}  // namespace mlem::resolve::detail
