#pragma once

#include "base/file.hpp"
#include "git/registry.hpp"

#include <optional>
#include <string>

// What a repository has for itself alone. Every function throws Error(unavailable) if git refuses.

namespace mlem::git {

/// Returns the last value of `key` in the repository's own configuration; nothing if it is unset there.
std::optional<std::string> find_local(const Registry& registry, const std::string& key);
/// Gives `key` that one value in the repository's own configuration.
void set_local(const Registry& registry, const std::string& key, const std::string& value);
/// Removes `key` from the repository's own configuration, where it is set.
void unset_local(const Registry& registry, const std::string& key);

/// Returns where git looks for the file `name` of the repository, such as `info/attributes`
/// (gitrepository-layout(5)); linked work trees share most of them.
fs::path repository_file(const Registry& registry, const std::string& name);

}  // namespace mlem::git
