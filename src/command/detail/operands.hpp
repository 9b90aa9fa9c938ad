#pragma once

#include "command/options.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::command {

/// What a command line asks about: `[<rev>] [--] [<pathspec>…]`.
struct Operands {
  std::optional<std::string> rev;
  bool is_range = false;  ///< `rev` is `a..b` or `a...b`
  std::vector<std::string> paths;
};

/// Tells a rev from paths as git does: `--` decides; without it a word is what it can only be. `ranges` says whether a
/// rev may be `a..b`. Throws Error(not_found) for a word that is neither or both, Error(usage) for a second rev.
enum class Ranges { no, yes };
Operands tell_apart(const git::Registry& registry, const Options& options, const Options::Rest& rest, Ranges ranges);

/// Returns the commit or tree that an expression of gitrevisions(7) names; nothing if it names neither.
std::optional<Oid> find_tree_ish(const git::Registry& registry, const std::string& expression);

}  // namespace mlem::command
