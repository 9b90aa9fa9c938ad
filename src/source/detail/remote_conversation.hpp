#pragma once

#include "model/repo_url.hpp"

#include "source/conversation.hpp"
#include "source/settings.hpp"

#include <functional>
#include <string>

namespace mlem::source::detail {

/// converse() for a repository behind the network. `rewritten` is the address after insteadOf. Throws
/// git::TransportError for what concerns the whole repository.
void converse_remotely(const RepoUrl& url, const std::string& rewritten, const Settings& settings,
                       const std::function<void(Conversation&)>& use);

}  // namespace mlem::source::detail
