#pragma once

#include "git/registry.hpp"

#include <optional>
#include <string>

namespace mlem::history {

/// Whether git takes `word` for a pattern or something else than a path: gitglossary(7), pathspec.
bool has_magic(const std::string& word);

/// Returns `word`, a pathspec, with the `.mlem` that the name of a link may be without: a command that lists links means
/// that link, too. Nothing for what is not the name of a link without its ending: what has it, ends in `/`, has magic,
/// or is outside of the repository.
std::optional<std::string> with_ending(const git::Registry& registry, const std::string& word);

}  // namespace mlem::history
