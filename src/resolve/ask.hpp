#pragma once

#include "resolve/answer.hpp"

#include "source/conversation.hpp"
#include "source/settings.hpp"

#include <vector>

namespace mlem::resolve {

/// Answers, in place, all queries that are asked of one repository at one hop level, in as few steps of the
/// conversation as they take. Failures that concern one link become its verdict; what concerns the whole source is
/// thrown: see source::converse().
void ask(source::Conversation& source, const std::vector<Answer*>& answers, const source::Settings& settings);

}  // namespace mlem::resolve
