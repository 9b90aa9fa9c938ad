#pragma once

#include "model/finding.hpp"
#include "resolve/detail/target_store.hpp"
#include "resolve/target.hpp"
#include "resolve/tree_view.hpp"

#include "source/settings.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlem::resolve {

/// Resolves links: asks each repository once per hop level for all that is wanted of it, repositories in parallel.
class Resolver {
 public:
  /// `registry` is where `rev` without `repo` leads.
  Resolver(const git::Registry& registry, source::Settings settings);

  /// Takes a link up for the next run(). `view` is the tree it was read from and must live as long as the resolver;
  /// `name` is its file. Returns the link's number. A malformed field becomes the verdict.
  std::size_t add(TreeView& view, const std::string& name, const Link& link);
  /// The same for an object named by address or path instead of by a link.
  std::size_t add(TreeView& view, const std::string& name, const Source& source);

  /// Resolves all that was added, hop by hop.
  void run();

  /// Returns the repository that a link itself names; nothing if it names none or is malformed.
  std::optional<RepoUrl> repo(std::size_t number) const;
  /// Returns what was found, without `link`, `at` and warnings of the file itself. `link_type` empty: that of the
  /// first link, if what was added leads to one, else any type will do.
  Finding finding(std::size_t number, const std::string& link_type) const;
  /// Returns the targets from the first to the last that was reached; empty if the link itself is malformed.
  std::vector<Target> chain(std::size_t number) const;

 private:
  using TargetNumber = detail::TargetNumber;
  struct Step {
    TargetNumber next = -1;  ///< what the link at the end of it leads to; -1: it ends there
    bool done = false;
  };
  TargetNumber number_of(detail::TargetStore::Subject subject, std::string_view path);
  /// `view` and `file` are where the link is. They matter to an alias only, and `view` may be null for other sources.
  TargetNumber number_of(TreeView* view, std::string_view file, const Source& source);
  TargetNumber number_of(TreeView* view, std::string_view file, const Link& link);
  TargetNumber number_after(TargetNumber number);
  std::size_t most_hops_of(std::size_t number) const;
  /// Returns what a chain has behind `before`: an alias inside a source keeps the rev that led to the source.
  Target target_after(TargetNumber number, const Target& before) const;
  void read_level(const std::vector<TargetNumber>& level);
  void read_aliases(const std::vector<TargetNumber>& numbers);

  const git::Registry& registry_;
  source::Settings settings_;
  detail::TargetStore targets_;
  /// By repository and rev as links have them; nothing if it takes the path to tell.
  std::unordered_map<std::string, std::optional<detail::TargetStore::Subject>> subjects_;
  /// Of aliases, by the tree and the directory of their files.
  std::unordered_map<TreeView*, std::unordered_map<std::string, detail::TargetStore::Subject>> alias_subjects_;
  std::string key_;                            ///< of `subjects_`, with its memory kept
  std::deque<Step> steps_;                     ///< by target
  std::vector<TargetNumber> first_;            ///< by the number of the link
  std::set<std::size_t> named_;                ///< the numbers of what was added as an object instead of a link
  std::unordered_map<std::size_t, Oid> pins_;  ///< by the number of the link: two may ask the same with other pins
  std::deque<Target> malformed_;               ///< links without a target; first_ has -1 - their number
  std::vector<TargetNumber> pending_;
};

}  // namespace mlem::resolve
