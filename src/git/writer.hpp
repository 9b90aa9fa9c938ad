#pragma once

#include "base/coprocess.hpp"
#include "git/registry.hpp"
#include "git/repository.hpp"
#include "model/oid.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// A file that a new tree has otherwise than the one that it is made from.
struct TreeChange {
  std::string name;            ///< from the root
  std::optional<Entry> entry;  ///< none: it is removed, and with it directories that are empty then
};

/// What is to become of a ref.
struct RefUpdate {
  std::string name;           ///< full
  std::optional<Oid> after;   ///< what it is to name; none: it is removed
  std::optional<Oid> before;  ///< what it has to name until then; none: it must not be there
};

/// Makes commits of a registry without its index and its work tree: writes objects, and moves refs. Every function
/// throws Error(unavailable) if git refuses. Not for use by several threads at once.
class Writer {
 public:
  /// `registry` must outlive it.
  explicit Writer(const Registry& registry) : registry_(registry) {}

  /// Writes blobs as they are, without the conversions of gitattributes(5), by one git process. Returns their ids, in
  /// order.
  std::vector<Oid> write_blobs(const std::vector<std::string>& contents) const;

  /// Writes the tree that `base` (a commit or tree) becomes by `changes`, of which each name is there once. Reads and
  /// writes the trees on the way to them alone, in one git process for all calls. Throws Error(invalid) where a file is
  /// in the place of a directory of a name, or the other way round.
  Oid write_tree(const Oid& base, std::vector<TreeChange> changes);

  /// Writes a commit as git-commit(1) does: in the name of who `user.name` and its like say, and signed if
  /// `commit.gpgSign` is set. `message` is UTF-8.
  Oid write_commit(const Oid& tree, const std::vector<Oid>& parents, const std::string& message) const;

  /// Moves refs, all or none, with `reason` in their reflogs. Throws Error(unavailable) too if one of them is not what
  /// it was.
  void update_refs(const std::vector<RefUpdate>& updates, const std::string& reason) const;

 private:
  using Entries = std::vector<std::pair<std::string, Entry>>;
  /// Returns the tree that `entries` become by `changes`, whose names have `depth` bytes before those in this tree;
  /// nothing if it is empty.
  std::optional<Oid> write_level(Entries entries, std::span<const TreeChange> changes, std::size_t depth);
  Entries list(const Oid& tree) const;
  Oid make_tree(const Entries& entries);

  const Registry& registry_;
  std::optional<Coprocess> mktree_;
};

/// Returns the work tree that a branch is checked out in; nothing if it is in none. Throws Error(unavailable) if git
/// refuses.
std::optional<std::string> find_checkout(const Registry& registry, const std::string& branch);

}  // namespace mlem::git
