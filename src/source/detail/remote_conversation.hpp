#pragma once

#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/place.hpp"
#include "source/settings.hpp"

#include <functional>

namespace mlem::source::detail {

/// converse() for a repository behind the network, or for a bundle. Throws git::TransportError for what concerns the
/// whole repository.
void converse_remotely(const RepoUrl& url, const Place& place, const Settings& settings,
                       const std::function<void(Conversation&)>& use);

}  // namespace mlem::source::detail
