#pragma once

#include "command/options.hpp"
#include "git/registry.hpp"
#include "history/range.hpp"
#include "model/oid.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::command {

/// What a command line asks about: `[<rev>] [--] [<pathspec>…]`.
struct Operands {
  std::optional<std::string> rev;
  std::optional<history::Range> range{};  ///< what `rev` is, if it has dots
  std::optional<Oid> tree{};              ///< the commit or tree that `rev` names, if it is not a range
  std::vector<std::string> paths;
  /// What names are relative to: Registry::prefix(); empty for a tree without its commit, which may be any directory.
  std::string prefix;
};

/// Tells a rev from paths as git does: `--` decides; without it a word is what it can only be. `ranges` says whether a
/// rev may be `a..b`. `<rev>:<directory>` is that commit, for aliases start at its root, and the directory as a path.
/// Throws Error(not_found) for a word that is neither or both, Error(usage) for a second rev and for paths beside such
/// a directory.
enum class Ranges { no, yes };
Operands tell_apart(const git::Registry& registry, const Options& options, const Options::Rest& rest, Ranges ranges);

/// Returns whether a word names a file or directory of the work tree.
bool is_on_disk(const git::Registry& registry, const std::string& word);

/// Returns the full name of the ref that a word means: as mlem::full_ref_name(); HEAD is the current branch.
/// Throws Error(invalid) if git-check-ref-format(1) refuses it or HEAD is detached.
std::string parse_ref(const git::Registry& registry, const std::string& word);

}  // namespace mlem::command
