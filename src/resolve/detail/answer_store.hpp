#pragma once

#include "resolve/answer.hpp"
#include "resolve/tree_view.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mlem::resolve::detail {

/// Names a question of a run, from 0.
using QueryNumber = int;

/// The questions of a run and their answers, a whole registry's. Most are about a few revs of a few repositories and
/// are answered by an object, or by a link to one: of those only path, blob and link are kept, and once what they have
/// in common. Of what is refused because there is no such rev or repository, nothing is kept for each.
class AnswerStore {
 public:
  /// What questions about one rev of one repository, or about one project of a tree, have in common.
  using Subject = std::uint32_t;
  /// Returns the subject of a source, whatever its path. `view` and `base` are of an alias: the tree it is looked up
  /// in, and where its path starts.
  Subject subject_of(const Source& source, TreeView* view, const std::string& base);

  /// Returns the number of the question that `path`, as Source has it, makes of a subject, and whether it is new.
  std::pair<QueryNumber, bool> add(Subject subject, std::string_view path);

  /// Notes what a link that leads here is pinned to, unless another one has noted that: Query::pinned_blob.
  void note_pin(QueryNumber number, const Oid& pin);

  /// Orders questions by their subjects, and then by their paths.
  void sort(std::vector<QueryNumber>& numbers) const;

  /// The repository that is asked; none: the registry's own.
  const std::optional<RepoUrl>& repo(QueryNumber number) const { return common(number).source.repo; }
  /// The tree that an alias is looked up in; null if it is none.
  TreeView* view(QueryNumber number) const { return common(number).view; }
  /// Where an alias starts in that tree.
  const std::string& base(QueryNumber number) const { return common(number).base; }

  /// Whether the answer is an object like most, which leads nowhere: told without looking at what else is known of it.
  bool is_common_object(QueryNumber number) const {
    return entry(number).object_type != nullptr && !entry(number).whole;
  }

  /// Returns a question with what is known of its answer. This and put() may be called on several threads.
  Answer get(QueryNumber number) const;
  void put(QueryNumber number, Answer&& answer);

 private:
  /// What a rev led to: the same for all objects that are looked up at it.
  struct Revision {
    std::string ref;
    std::string rev;
    std::string stored_rev;
    std::optional<Oid> commit;
    std::int64_t commit_time = 0;
    source::Proof proof;
    friend bool operator==(const Revision&, const Revision&) = default;
  };
  struct Common {
    Source source;  ///< without its path
    TreeView* view = nullptr;
    std::string base;
    std::optional<Revision> revision;
    std::unique_ptr<Answer> refusal;  ///< of those that were told of the rev or the repository, without its path
    std::pmr::unordered_map<std::string_view, QueryNumber> numbers;  ///< of its questions, by path
  };
  struct Entry {
    std::string_view path;  ///< as asked
    Subject subject = 0;
    bool is_refused = false;    ///< as all others of its subject
    const Oid* blob = nullptr;  ///< in `memory_`, as `pin`, which is mostly the same
    const Oid* pin = nullptr;
    const std::string* object_type =
        nullptr;                    ///< of an object that was found and needs no `whole`; empty: not read, or plain
    std::unique_ptr<Link> link;     ///< that was found, the same
    std::unique_ptr<Answer> whole;  ///< what is neither
  };
  const Oid* keep(const Oid& oid);
  const Entry& entry(QueryNumber number) const { return entries_[static_cast<std::size_t>(number)]; }
  const Common& common(QueryNumber number) const { return subjects_[entry(number).subject]; }

  std::pmr::monotonic_buffer_resource memory_;  ///< of what is kept to the end: it is given back as a whole
  std::deque<Common> subjects_;
  std::unordered_map<std::string, Subject> subject_numbers_;
  std::pmr::deque<Entry> entries_{&memory_};
  std::set<std::string> object_types_;
  mutable std::mutex mutex_;
};

}  // namespace mlem::resolve::detail
