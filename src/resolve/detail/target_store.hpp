#pragma once

#include "resolve/target.hpp"
#include "resolve/tree_view.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mlem::resolve::detail {

/// The questions of a run and their answers, a whole registry's. Most are about a few revs of a few repositories and
/// are answered by an object: of those only path and blob are kept, and once what they have in common.
class TargetStore {
 public:
  TargetStore() : numbers_(0, Hash{this}, Equal{this}) {}

  /// Returns the number of a question, and whether it is new. `view` and `base` are of an alias: the tree it is looked
  /// up in, and where its path starts.
  std::pair<int, bool> add(const Source& source, TreeView* view, const std::string& base);

  /// The repository that is asked; none: the registry's own.
  const std::optional<RepoUrl>& repo(int number) const { return question(number).source.repo; }
  /// The tree that an alias is looked up in; null if it is none.
  TreeView* view(int number) const { return question(number).view; }

  /// Returns a question with what is known of its answer. This and put() may be called on several threads.
  Target get(int number) const;
  void put(int number, Target target);

 private:
  /// What a rev led to: the same for all objects that are looked up at it.
  struct Revision {
    std::string ref;
    std::string rev;
    std::string stored_rev;
    std::optional<Oid> commit;
    std::int64_t commit_time = 0;
    std::int64_t proof_time = 0;
    friend bool operator==(const Revision&, const Revision&) = default;
  };
  struct Question {
    Source source;  ///< without its path
    TreeView* view = nullptr;
    std::string base;
    std::optional<Revision> revision;
  };
  struct Entry {
    std::string path;  ///< as asked
    std::uint32_t question = 0;
    std::optional<Oid> blob;
    const std::string* object_type = nullptr;  ///< of an object that was found and needs no `whole`
    std::unique_ptr<Target> whole;             ///< what is no such object
  };
  struct Hash {
    const TargetStore* store;
    std::size_t operator()(int number) const noexcept;
  };
  struct Equal {
    const TargetStore* store;
    bool operator()(int a, int b) const noexcept;
  };

  const Entry& entry(int number) const { return entries_[static_cast<std::size_t>(number)]; }
  const Question& question(int number) const { return questions_[entry(number).question]; }

  std::deque<Question> questions_;
  std::unordered_map<std::string, std::uint32_t> question_numbers_;
  std::deque<Entry> entries_;
  std::unordered_set<int, Hash, Equal> numbers_;  ///< of the entries, found by question and path
  std::set<std::string> object_types_;
  mutable std::mutex mutex_;
};

}  // namespace mlem::resolve::detail
