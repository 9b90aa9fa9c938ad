#pragma once

#include "model/oid.hpp"

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mlem::source::detail {

/// Commits of one repository, by their numbers in a list of git::Commit or of git::DescribedCommit, which must outlive
/// this. A parent that is not in the list has no history here.
template <typename Commit>
class CommitGraph {
 public:
  explicit CommitGraph(const std::vector<Commit>& commits) : commits_(commits) {
    for (std::size_t i = 0; i < commits.size(); ++i) numbers_.emplace(commits[i].oid, i);
  }

  /// What one commit has that another one has not.
  struct Ahead {
    std::vector<std::size_t> numbers;  ///< in the order of the list
    bool meets = false;                ///< whether the other one is in its history
  };

  /// Returns what is in the history of `to` and not in that of `from`.
  Ahead ahead(const Oid& from, const Oid& to) const {
    const std::vector<bool> old = mark(from, [](const Oid&) { return true; });
    Ahead ahead;
    const std::vector<bool> found = mark(to, [&](const Oid& oid) {
      ahead.meets = ahead.meets || oid == from;
      const auto number = numbers_.find(oid);
      return number != numbers_.end() && !old[number->second];
    });
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i]) ahead.numbers.push_back(i);
    }
    return ahead;
  }

 private:
  /// Marks what `start` leads to, as far as `goes_on` lets it.
  template <typename GoesOn>
  std::vector<bool> mark(const Oid& start, const GoesOn& goes_on) const {
    std::vector<bool> marks(commits_.size());
    std::vector<Oid> open{start};
    while (!open.empty()) {
      const Oid oid = open.back();
      open.pop_back();
      if (!goes_on(oid)) continue;
      const auto number = numbers_.find(oid);
      if (number == numbers_.end() || marks[number->second]) continue;
      marks[number->second] = true;
      const std::vector<Oid>& parents = commits_[number->second].parents;
      open.insert(open.end(), parents.begin(), parents.end());
    }
    return marks;
  }

  const std::vector<Commit>& commits_;
  std::unordered_map<Oid, std::size_t> numbers_;
};

}  // namespace mlem::source::detail
