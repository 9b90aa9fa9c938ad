#pragma once

#include "edit/link_rule.hpp"
#include "git/registry.hpp"
#include "model/link.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// A link that a rule has changed, on its way to a file.
struct Draft {
  const git::File& file;         ///< what it was read from
  const Link& link;              ///< its fields there
  bool is_in_work_tree = false;  ///< whether that is the work tree's: the index has another
  LinkDecision& decision;        ///< its `after` is what is to be written
  std::string target{};          ///< the file to be written, from the root
  std::optional<Link> before{};  ///< the link that the file is now
  std::string text{};            ///< of the file to be written
};

/// Where changed links are written.
class Placement {
 public:
  virtual ~Placement() = default;
  /// The commit that links are read from; none: the index, and the work tree where that differs.
  virtual std::optional<Oid> source() const { return std::nullopt; }
  /// Whether links are read as the index has them, whatever the work tree has.
  virtual bool reads_index_alone() const { return false; }
  /// The commit that what is written is a change of; none: HEAD's.
  virtual std::optional<Oid> base() const { return std::nullopt; }
  /// Is told of all that will be composed: `names` of link files.
  virtual void prepare(const std::vector<std::string>& names) = 0;
  /// Completes a draft. Where there is nothing to do or it cannot be written, it makes the decision `kept` or
  /// `skipped`, without `after`. Throws Error(invalid) for what cannot be written, too.
  virtual void compose(Draft& draft) = 0;
  /// Writes them, all or none. There is at least one.
  virtual void save(const std::vector<const Draft*>& drafts) = 0;
  /// Returns what is to be said once they are written, each a line as git-commit(1) says it.
  virtual std::vector<std::string> saved() const { return {}; }
};

/// Writes links where they are, and stages them. `registry`, which has a work tree, must outlive it.
std::unique_ptr<Placement> place_in_index(const git::Registry& registry);

}  // namespace mlem::edit
