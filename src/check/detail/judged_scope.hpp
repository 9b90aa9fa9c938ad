#pragma once

#include "check/check.hpp"
#include "check/detail/policed_file.hpp"
#include "resolve/resolver.hpp"
#include "resolve/tree_view.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlem::check::detail {

/// The ref that a pinned link follows.
struct FollowedRef {
  std::size_t number;  ///< at the resolver
  std::string ref;
};

/// A file between being read and being reported: a link, or what a policy does not let pass. There may be a million of
/// them.
struct JudgedFile {
  const std::string* link_type = nullptr;  ///< of a link: the reader's
  std::optional<std::size_t> number{};     ///< at `resolver`; none: the finding is complete
  resolve::Resolver* resolver = nullptr;
  std::unique_ptr<FollowedRef> followed{};
  std::unique_ptr<Finding> finding{};  ///< what is known beside what the resolver knows
  bool is_changed = false;             ///< of changes: there was a file of its name before
  bool is_as_before = false;           ///< of changes: the same content was there before, under this name or another
};

/// A scope with what is found in it.
struct JudgedScope {
  /// Opens the trees of `scope`, which must outlive this as the registry must; `memory` is for the files.
  JudgedScope(const git::Registry& registry, const Scope& scope, std::pmr::memory_resource* memory);

  const git::Registry& registry;
  const Scope& scope;
  std::unique_ptr<resolve::TreeView> view;
  std::unique_ptr<resolve::TreeView> before;     ///< null if there was nothing
  std::pmr::map<std::string, JudgedFile> files;  ///< by name: path order
  bool touches_aliases;                          ///< unchanged aliases may be broken
  std::set<Oid> lost_blobs;                      ///< what aliases may be pinned to that did not change
  std::vector<std::string> new_attributes;       ///< directories whose `.gitattributes` changes: all below is read anew
  std::map<std::string, std::string> former_names;     ///< of files that changed their names or modes and nothing else
  std::map<std::string, Oid> merged_from;              ///< files as a commit has them that is merged: that commit
  bool has_unread_aliases = false;                     ///< there was no time left for them
  bool has_staged_names = false;                       ///< those of an index were looked for
  git::Conversions conversions;                        ///< of the files that are read
  std::optional<std::vector<git::File>> attributes{};  ///< the `.gitattributes` of an index that was listed whole

  /// Returns whether nothing is known yet of a file that is to be judged.
  bool is_unjudged(const std::string& name) const;
  /// Returns whether a policy wants a file judged that did not change.
  bool is_judged_whole(const std::string& name) const;
  /// Returns the commit or tree where a file was before, if the change left it as it was: one that is merged, else that
  /// before the change.
  std::optional<Oid> origin_of(const std::string& name) const;
  /// Finds the files that changed their names or modes and nothing else: nobody broke those. A name that is gone is the
  /// former one of one new name.
  void pair_names(const std::vector<git::Change>& changes);
  /// The same for what is staged, of an index that is judged whole; once.
  void pair_staged_names();
  /// Returns the finding of a file, and makes one if there is none.
  Finding& finding_for(const std::string& name);
  /// Returns what holds a file to the policies of the scope. `name` is not copied.
  PolicedFile policed(const std::string& name);
};

}  // namespace mlem::check::detail
