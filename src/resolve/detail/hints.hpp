#pragma once

#include "model/oid.hpp"
#include "resolve/tree_view.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlem::resolve::detail {

/// What hints about one source are made from, remembered for a run and bounded: thousands of links may ask for one lost
/// rev, or for paths that are gone from one tree. Not for use by several threads at once.
class Hints {
 public:
  /// Returns the hint about a rev that is missing, made by `make` the first time.
  const std::string& about_rev(const std::string& rev, const std::function<std::string()>& make);

  /// Returns the names of refs that read most like `rev`; `list` gives them all, and is called once.
  std::vector<std::string> near_revs(const std::string& rev, const std::function<std::vector<std::string>()>& list);

  /// Returns the only id that begins with `digits`, of those that refs name; `list` gives them all, and is called once.
  std::optional<Oid> whole_id(std::string_view digits, const std::function<std::vector<Oid>()>& list);

  /// Where an object is looked for whose name is all that is known of it.
  enum class Nearby {
    tree,       ///< of a source: it may have moved
    directory,  ///< of a registry: the same name in another directory is that of another environment
  };
  /// Returns objects of the tree that may be what is missing at `path`: of the blob `pinned`, of the same file name, or
  /// of names like it.
  std::vector<std::string> near_paths(TreeView& view, const std::string& path, const std::optional<Oid>& pinned,
                                      Nearby nearby);

 private:
  struct Tree {
    std::vector<std::string> stems;  ///< of its metafiles: paths without `.mlem`, in path order
    std::size_t size = 0;            ///< of `stems`, in bytes
    std::unordered_map<std::string, std::vector<std::size_t>> by_name;
    std::unordered_map<Oid, std::vector<std::size_t>> by_blob;
  };
  const Tree& tree(TreeView& view);
  /// Returns whether names of so many bytes may be compared, and counts them.
  bool take_from_budget(std::size_t bytes);

  std::map<std::string, std::string> about_revs_;
  std::optional<std::vector<std::string>> rev_names_;
  std::size_t rev_names_size_ = 0;       ///< in bytes
  std::optional<std::vector<Oid>> ids_;  ///< in order, each once
  std::map<std::string, Tree> trees_;    ///< by TreeView::at()
  std::size_t entries_left_ = 100'000;
  std::size_t bytes_left_ = std::size_t{16} << 20;        ///< of paths that are kept
  std::size_t comparisons_left_ = std::size_t{32} << 20;  ///< in bytes of names
};

}  // namespace mlem::resolve::detail
