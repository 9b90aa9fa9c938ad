#include "history/log_graph.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/log.hpp"
#include "history/link_changes.hpp"
#include "history/link_name.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

// git draws the commits that change `*.mlem` files; what each of them changed is asked for all at once. A commit that
// did nothing to links and brings no lines together is left out: the line that it is on goes on without it.

namespace mlem::history {
namespace {

/// The pathspecs for what a user named: a link, or those below a directory.
std::vector<std::string> graph_pathspecs(const git::Registry& registry, const std::string& word) {
  if (has_magic(word) || word.ends_with(mlem_suffix)) return {word};
  std::vector<std::string> pathspecs{word + (word.ends_with('/') ? "" : "/") + "*" + std::string(mlem_suffix)};
  if (auto link = with_ending(registry, word)) pathspecs.push_back(std::move(*link));
  return pathspecs;
}

git::GraphQuery graph_query(const git::Registry& registry, const LogRequest& request,
                            const std::vector<std::string>& words) {
  git::GraphQuery query{.revs = {request.tip.hex()}, .pathspecs = {}};
  if (request.without) query.revs.push_back("^" + request.without->hex());
  for (const std::string& word : words) {
    for (std::string& pathspec : graph_pathspecs(registry, word)) query.pathspecs.push_back(std::move(pathspec));
  }
  if (words.empty()) query.pathspecs.push_back(":(top)*" + std::string(mlem_suffix));
  return query;
}

/// What each commit that is drawn has changed.
class DrawnChanges {
 public:
  DrawnChanges(const git::Registry& registry, const std::vector<std::string>& pathspecs, LogGraph& graph)
      : graph_(graph), of_parents_(graph.commits.size()) {
    git::LogQuery query{.commits = git::LogQuery::Commits::listed_by_parent, .revs = {}, .pathspecs = pathspecs};
    std::map<Oid, std::size_t> numbers;
    for (std::size_t i = 0; i < graph.commits.size(); ++i) {
      query.revs.push_back(graph.commits[i].drawn.oid.hex());
      numbers.emplace(graph.commits[i].drawn.oid, i);
    }
    const std::vector<Oid> boundary = git::shallow_commits(registry);
    git::read_log(registry, query, [&](git::LoggedCommit& commit) {
      const auto number = numbers.find(commit.oid);
      if (number == numbers.end()) return true;
      const bool is_cut_off = std::find(boundary.begin(), boundary.end(), commit.oid) != boundary.end();
      if (is_cut_off) graph_.shallow_end = commit.oid;
      take(commit, number->second, is_cut_off);
      return true;
    });
  }

  /// Gives the commits their changes.
  void read(const git::Registry& registry, const source::Settings& settings) {
    LinkReader reader(registry, settings);
    std::vector<FileChange> changes;
    for (std::size_t i = 0; i < of_parents_.size(); ++i) {
      std::vector<FileChange> own = own_changes(i);
      reader.join_renamed(own);
      for (FileChange& change : own) {
        change.commit = i;
        changes.push_back(std::move(change));
      }
    }
    reader.read(changes, [&](std::size_t i, LinkChange& change) {
      graph_.commits[changes[i].commit].changes.push_back(std::move(change));
      return true;
    });
  }

 private:
  struct OfParents {
    std::size_t parents = 1;
    std::vector<std::vector<FileChange>> changes;  ///< of parents that it differs from
  };

  void take(git::LoggedCommit& logged, std::size_t number, bool is_cut_off) {
    GraphCommit& commit = graph_.commits[number];
    commit.is_merge = logged.parents.size() > 1;
    of_parents_[number].parents = std::max<std::size_t>(logged.parents.size(), 1);
    std::vector<FileChange>& changes = of_parents_[number].changes.emplace_back();
    for (git::Change& change : logged.changes) {
      if (is_cut_off || !concerns_link(change)) continue;
      changes.push_back({.name = std::move(change.name), .before = change.before, .after = change.after});
    }
  }

  /// The changes of a commit, of a merge those that are none of any parent, from the first of them.
  std::vector<FileChange> own_changes(std::size_t number) {
    OfParents& of = of_parents_[number];
    if (of.changes.size() < of.parents) return {};  // it is as one of them
    std::vector<FileChange> own = std::move(of.changes.front());
    for (std::size_t i = 1; i < of.changes.size(); ++i) {
      std::set<std::string> names;
      for (const FileChange& change : of.changes[i]) names.insert(change.name);
      std::erase_if(own, [&](const FileChange& change) { return !names.contains(change.name); });
    }
    return own;
  }

  LogGraph& graph_;
  std::vector<OfParents> of_parents_;
};

/// Returns whether a drawing says the same without a commit.
bool is_idle(const GraphCommit& commit) {
  return commit.changes.empty() && commit.drawn.lines_of_history <= 1 && commit.drawn.lines.size() == 1 &&
         commit.drawn.before_next.empty();
}

LogGraph draw(const git::Registry& registry, const source::Settings& settings, const git::GraphQuery& query) {
  LogGraph graph;
  for (git::DrawnCommit& drawn : git::draw_graph(registry, query)) {
    const bool is_merge = drawn.lines_of_history > 1;
    graph.commits.push_back({.drawn = std::move(drawn), .is_merge = is_merge});
  }
  if (graph.commits.empty()) return graph;
  DrawnChanges(registry, query.pathspecs, graph).read(registry, settings);
  std::erase_if(graph.commits, is_idle);
  return graph;
}

/// Throws for a word that names nothing.
void require_history(const git::Registry& registry, const source::Settings& settings, const LogRequest& request) {
  const LogRequest whole{.tip = request.tip};
  for (const std::string& word : request.links) {
    const LogGraph graph = draw(registry, settings, graph_query(registry, whole, {word}));
    if (!graph.commits.empty() || graph.shallow_end) continue;
    throw Error(ErrorKind::not_found, "pathspec '" + redact(word) + "' did not match any link of this history");
  }
}

}  // namespace

LogGraph draw_log(const git::Registry& registry, const source::Settings& settings, const LogRequest& request,
                  bool color) {
  git::GraphQuery query = graph_query(registry, request, request.links);
  query.oldest = request.since;
  query.newest = request.until;
  query.color = color;
  LogGraph graph = draw(registry, settings, query);
  if (graph.commits.empty()) require_history(registry, settings, request);
  if (request.most_commits && graph.commits.size() > *request.most_commits) {
    graph.commits.erase(graph.commits.begin() + static_cast<std::ptrdiff_t>(*request.most_commits),
                        graph.commits.end());
  }
  return graph;
}

}  // namespace mlem::history
