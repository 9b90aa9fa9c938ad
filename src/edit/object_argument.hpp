#pragma once

#include "git/registry.hpp"
#include "model/source.hpp"
#include "resolve/resolver.hpp"
#include "resolve/tree_view.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace mlem::edit {

/// The trees in which objects of this repository are looked up, read once for all of them.
struct ObjectViews {
  explicit ObjectViews(const git::Registry& registry)
      : work_tree(resolve::view_work_tree(registry)), index(resolve::view_index(registry)) {}

  std::unique_ptr<resolve::TreeView> work_tree;
  std::unique_ptr<resolve::TreeView> index;
  std::unordered_map<std::string, fs::path> directories{};  ///< as given, and without links: remembered
  std::unordered_map<std::string, bool> nested{};           ///< whether they are another repository's
};

/// What a name is to lead to.
enum class Names {
  object,  ///< a metafile
  plain,   ///< a file or directory itself; of an address, and of a repository's directory, its root
};

/// An object as users name it, ready for the resolver: git-mlem(1).
struct ObjectArgument {
  Source source;
  resolve::TreeView* view;  ///< where `source` is looked up if it has neither repository nor rev: one of the views
  std::optional<source::Refusal> refusal{};  ///< why its rev is none that could be looked up
  std::string followed{};                    ///< the question of GTO that its rev answers
};

/// Reads `text`; `project` and `rev` are the values of `--project` and `--rev`. A rev that is an expression takes a
/// look at the repository, see rev_of_source(). Throws Error(invalid) for a malformed name or one with a rev of its own
/// beside another `rev`, Error(not_found) for a
/// `<rev>:<path>` without a commit or a directory in no repository.
ObjectArgument parse_object(const git::Registry& registry, const source::Settings& settings, ObjectViews& views,
                            const std::string& text, const std::optional<std::string>& project,
                            const std::optional<std::string>& rev, Names names = Names::object);

/// Takes an object up for the resolver's next run. Returns its number there.
std::size_t add_object(resolve::Resolver& resolver, const ObjectArgument& object);

/// Returns the object `text` of the directory `project` if that is one of this repository's work tree: the repository
/// itself then, and not what others see of it. Throws Error(invalid) for a malformed `text`.
std::optional<ObjectArgument> find_own_object(const git::Registry& registry, ObjectViews& views,
                                              const std::string& text, const std::string& project,
                                              Names names = Names::object);

}  // namespace mlem::edit
