#include "history/detail/side_commits.hpp"

#include "git/history.hpp"

#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

// Which commit of a merged branch made a change is told in three steps: the graph between the oldest and the newest
// merge; in it, by which merge each commit came to the line; and what those commits changed that came by a merge which
// is asked about. So no commit's trees are compared that nobody asks about.

namespace mlem::history::detail {
namespace {

/// So many files are told to git one by one.
constexpr std::size_t most_names = 500;

/// A file, and what it became; no id: it was removed.
using Result = std::tuple<std::size_t, std::string, Oid>;

Oid result_of(const std::optional<git::Entry>& after) { return after ? after->oid : Oid(); }

class Graph {
 public:
  explicit Graph(const std::vector<git::Commit>& commits) {
    for (const git::Commit& commit : commits) parents_.emplace(commit.oid, &commit.parents);
  }

  /// Marks what each commit of the line, the oldest first, brought besides its first parent.
  void mark_line(const Oid& tip) {
    std::vector<Oid> line;
    for (std::optional<Oid> next = tip; next;) {
      const auto found = parents_.find(*next);
      if (found == parents_.end()) break;
      line.push_back(*next);
      brought_by_.emplace(*next, *next);
      next = found->second->empty() ? std::nullopt : std::optional(found->second->front());
    }
    for (auto commit = line.rbegin(); commit != line.rend(); ++commit) mark_side(*commit);
  }

  /// Returns the commit of the line that brought `commit`.
  std::optional<Oid> bringer(const Oid& commit) const {
    const auto found = brought_by_.find(commit);
    return found == brought_by_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void mark_side(const Oid& merge) {
    std::vector<Oid> waiting(*parents_.at(merge));
    while (!waiting.empty()) {
      const Oid commit = waiting.back();
      waiting.pop_back();
      const auto found = parents_.find(commit);
      if (found == parents_.end() || !brought_by_.emplace(commit, merge).second) continue;
      waiting.insert(waiting.end(), found->second->begin(), found->second->end());
    }
  }

  std::unordered_map<Oid, const std::vector<Oid>*> parents_;
  std::unordered_map<Oid, Oid> brought_by_;
};

}  // namespace

std::map<std::size_t, SideCommit> find_side_commits(const git::Registry& registry,
                                                    const std::vector<git::LoggedCommit>& line,
                                                    const std::vector<FileChange>& changes) {
  std::map<std::size_t, SideCommit> found;
  std::map<Oid, std::size_t> merges;  // their numbers in `line`
  std::set<std::string> names;
  std::optional<std::size_t> newest;
  std::size_t oldest = 0;
  for (const FileChange& change : changes) {
    if (line[change.commit].parents.size() < 2) continue;
    merges.emplace(line[change.commit].oid, change.commit);
    names.insert(change.name);
    if (!newest) newest = change.commit;
    oldest = change.commit;
  }
  if (!newest) return found;

  const git::History history(registry, {}, nullptr);
  const auto commits = history.list_commits({line[*newest].oid}, {line[oldest].parents.front()}, {});
  Graph graph(*commits);
  graph.mark_line(line[*newest].oid);
  git::LogQuery query{.commits = git::LogQuery::Commits::listed, .revs = {}};
  for (const git::Commit& commit : *commits) {
    const auto bringer = graph.bringer(commit.oid);
    if (bringer && *bringer != commit.oid && merges.contains(*bringer)) query.revs.push_back(commit.oid.hex());
  }
  if (query.revs.empty()) return found;
  if (names.size() <= most_names) {
    query.pathspecs.assign(names.begin(), names.end());
    query.pathspecs_are = git::Registry::Pathspecs::names;
  }

  std::map<Result, SideCommit> results;
  git::read_log(registry, query, [&](git::LoggedCommit& commit) {
    const std::size_t merge = merges.at(*graph.bringer(commit.oid));
    for (git::Change& change : commit.changes) {
      if (!concerns_link(change)) continue;
      // The newest comes first, and stays.
      results.try_emplace({merge, std::move(change.name), result_of(change.after)},
                          SideCommit{commit.oid, commit.author});
    }
    return true;
  });
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (!merges.contains(line[changes[i].commit].oid)) continue;
    const auto result = results.find({changes[i].commit, changes[i].name, result_of(changes[i].after)});
    if (result != results.end()) found.emplace(i, result->second);
  }
  return found;
}

}  // namespace mlem::history::detail
