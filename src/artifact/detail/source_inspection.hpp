#pragma once

#include "artifact/detail/inspected.hpp"
#include "artifact/inspect.hpp"
#include "artifact/transfer.hpp"
#include "model/repo_url.hpp"
#include "source/conversation.hpp"
#include "source/settings.hpp"

namespace mlem::artifact::detail {

/// Looks at the files of the objects of one source, in a conversation with it. What DVC imports is noted as such, and
/// not looked at. `url` is the address of the source. Throws what the conversation throws, Interrupted, and
/// Error(unavailable) if there is no libcurl and a server has to be asked.
void inspect_group(source::Conversation& source, const RepoUrl& url, const source::Settings& settings, Depth depth,
                   TransferEngine& engine, const Unproved& unproved, InspectedGroup& group);

}  // namespace mlem::artifact::detail
