#pragma once

#include "git/repository.hpp"
#include "model/link.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mlem::history::detail {

/// A commit that refs name.
struct Tip {
  Oid commit;
  std::vector<std::string> refs;  ///< full names
};

/// A link that leads to a wanted one, or is one.
struct SurveyedLink {
  const std::string& name;
  std::size_t file = 0;                  ///< its content, by number
  std::size_t end = 0;                   ///< that of the wanted link at the end of `via`, or its own
  const std::vector<std::string>& via;   ///< the links between, in their order; the wanted one is the last
  const std::vector<std::string>& refs;  ///< full names of those that have it so
};

/// The links of one registry at all of its tips, of which there may be a hundred thousand at each.
class Survey {
 public:
  /// A link under one name, and the trees that have it so.
  struct Row {
    std::size_t file;
    std::size_t end;
    std::vector<std::string> via;
    std::uint32_t trees = 0;  ///< a list, by number
  };

  /// Returns the number of a tree that is what these refs have.
  std::uint32_t add_tree(std::vector<std::string> refs) {
    refs_.push_back(std::move(refs));
    return static_cast<std::uint32_t>(refs_.size() - 1);
  }
  /// Adds what a tree has under a name to the others that have the same.
  void add(const std::string& name, Row row, std::uint32_t tree);
  /// Calls `visit` for each link, in the order of names.
  void visit(const std::function<void(const SurveyedLink& link)>& visit);

  std::vector<Link> files;  ///< the contents, by number

 private:
  /// One tree more than another list has. Most links have one of the same few lists.
  struct List {
    std::uint32_t before = 0;  ///< 0: none
    std::uint32_t tree = 0;
  };
  std::uint32_t list_of(std::uint32_t before, std::uint32_t tree);
  std::vector<std::string> refs_of(std::uint32_t trees) const;

  std::vector<std::vector<std::string>> refs_;  ///< by tree
  std::vector<List> lists_{{}};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> longer_;
  std::unordered_map<std::string, std::vector<Row>> rows_;
};

/// Makes those of `blobs` readable that are not: `commits` lead to them.
using ProvideBlobs = std::function<git::Repository&(const std::map<Oid, Oid>& commits_by_blob)>;

/// What is asked about each link.
struct SurveyQuestions {
  std::function<bool(const Link& link)> is_wanted;
  /// Of one that names a repository: where the registry itself has the branches of that one, such as
  /// `refs/remotes/origin/`, if it is the same as the registry; nothing if it is another.
  std::function<std::optional<std::string>(const Link& link)> own_branches;
};

/// Finds the links of all `tips` that are wanted, and those that lead to them over other links of the same tree, or of
/// another commit of the same registry. Each tree and each blob is read once, but for the trees on the way to what was
/// found. Throws Error(unavailable) for a tree that is missing.
Survey survey_links(git::Repository& repository, const std::vector<Tip>& tips, const ProvideBlobs& provide,
                    const SurveyQuestions& questions);

}  // namespace mlem::history::detail
