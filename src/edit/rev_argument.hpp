#pragma once

#include "git/registry.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>

namespace mlem::edit {

/// A rev as a user has typed it, in the form that a link can store: a name as it is, an expression of gitrevisions(7)
/// or an abbreviated id as the id of its commit, a question of GTO as the tag of the version that answers it.
struct RevArgument {
  std::string text;
  std::optional<source::Refusal> refusal{};  ///< why there is none, if it names no commit or cannot be looked up
  std::string followed{};                    ///< the question of GTO that was asked
};

/// Whether it takes the history of a repository to tell what `text` is: an expression, an abbreviated id, what
/// git-describe(1) prints, or a question of GTO.
bool needs_history(const std::string& text);

/// Looks a rev up in the registry.
RevArgument rev_of_registry(const git::Registry& registry, const std::string& text);

/// Looks a rev up in the repository at `url`. What is not a name takes its history: of a repository behind the network
/// that is fetched, without trees. Interrupted, and Error(io) if the cache must not be used, are thrown.
RevArgument rev_of_source(const RepoUrl& url, const std::string& text, const source::Settings& settings);

}  // namespace mlem::edit
