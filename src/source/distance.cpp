#include "source/distance.hpp"

#include "base/error.hpp"
#include "git/history.hpp"
#include "source/history.hpp"
#include "source/in_parallel.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

// All questions about one source are answered from one list of commits: those that are new since the last commit that
// all of them have in common. So that costs two or three runs of git however many links there are.

namespace mlem::source {
namespace {

using Distances = std::vector<Distance*>;

/// A history is listed up to so many bytes: some hundred thousand commits.
constexpr std::size_t most_output = std::size_t{16} << 20;
/// git takes these in its argument vector.
constexpr std::size_t most_paths = 500;

void leave_unmeasured(Distance& question, Verdict verdict, const std::string& why) {
  question.verdict = verdict;
  question.message = "cannot tell how far '" + question.ref + "' of " +
                     (question.repo ? "'" + question.repo->printable() + "'" : "this repository") + " has come: " + why;
}

/// Commits of one repository, by number in the order of git-rev-list(1): children before their parents.
class Graph {
 public:
  explicit Graph(const std::vector<git::Commit>& commits) : commits_(commits) {
    for (std::size_t i = 0; i < commits.size(); ++i) numbers_.emplace(commits[i].oid, i);
  }

  /// Returns the numbers of what is in the history of `to` and not in that of `from`, and whether `from` is in it.
  std::pair<std::vector<std::size_t>, bool> between(const Oid& from, const Oid& to) const {
    std::vector<bool> old(commits_.size());
    mark(from, old, {});
    std::vector<bool> found(commits_.size());
    bool meets = false;
    mark(to, found, [&](const Oid& oid) {
      meets = meets || oid == from;
      const auto number = numbers_.find(oid);
      return number != numbers_.end() && !old[number->second];
    });
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i]) numbers.push_back(i);
    }
    return {std::move(numbers), meets};
  }

 private:
  /// Marks what `start` leads to, as far as `goes_on` lets it.
  void mark(const Oid& start, std::vector<bool>& marks, const std::function<bool(const Oid&)>& goes_on) const {
    std::vector<Oid> open{start};
    while (!open.empty()) {
      const Oid oid = open.back();
      open.pop_back();
      if (goes_on && !goes_on(oid)) continue;
      const auto number = numbers_.find(oid);
      if (number == numbers_.end() || marks[number->second]) continue;
      marks[number->second] = true;
      const std::vector<Oid>& parents = commits_[number->second].parents;
      open.insert(open.end(), parents.begin(), parents.end());
    }
  }
  const std::vector<git::Commit>& commits_;
  std::unordered_map<Oid, std::size_t> numbers_;
};

/// The questions about one repository whose commits are all there.
class Answering {
 public:
  Answering(git::Repository& repository, const git::History& history, Distances questions)
      : repository_(repository), history_(history), questions_(std::move(questions)) {}

  void run() {
    const auto commits = list();
    if (!commits) {
      for (Distance* question : questions_) answer_without_counts(*question);
      return;
    }
    const Graph graph(*commits);
    // Many links are pinned to the same commit and follow the same ref.
    std::map<std::pair<Oid, Oid>, std::pair<std::vector<std::size_t>, bool>> known;
    std::vector<bool> is_needed(commits->size());
    for (Distance* question : questions_) {
      const auto [pair, is_new] = known.try_emplace({question->from, question->to});
      if (is_new) pair->second = graph.between(question->from, question->to);
      const auto& [numbers, is_ancestor] = pair->second;
      question->is_ancestor = is_ancestor;
      if (!is_ancestor) continue;
      question->commits = numbers.size();
      for (const std::size_t number : numbers) {
        is_needed[number] = true;
        if (question->wants_commits) question->between.push_back((*commits)[number].oid);
      }
    }
    std::vector<Oid> needed;
    for (std::size_t i = 0; i < commits->size(); ++i) {
      if (is_needed[i]) needed.push_back((*commits)[i].oid);
    }
    list_changes(needed);
    list_subjects();
    for (Distance* question : questions_) {
      if (!question->is_ancestor) continue;
      const auto& numbers = known.at({question->from, question->to}).first;
      question->touching = question->are_directories ? count_touching_directories(*question, *commits, numbers)
                                                     : count_touching(*question, *commits, numbers);
    }
  }

 private:
  /// Lists the commits that may be between; nothing if they are too many.
  std::optional<std::vector<git::Commit>> list() const {
    std::set<Oid> from;
    std::set<Oid> to;
    for (const Distance* question : questions_) {
      from.insert(question->from);
      to.insert(question->to);
    }
    std::vector<Oid> all(from.begin(), from.end());
    std::optional<Oid> base = *from.begin();
    if (from.size() > 1) base = history_.find_common_base(all);
    std::vector<Oid> known;
    if (base) known.push_back(*base);
    std::vector<Oid> tips(to.begin(), to.end());
    if (from.size() > 1) tips.insert(tips.end(), from.begin(), from.end());
    return history_.list_commits(tips, known, {});
  }

  void answer_without_counts(Distance& question) const {
    const auto is_ancestor = history_.is_ancestor(question.from, question.to);
    if (!is_ancestor) return leave_unmeasured(question, Verdict::timeout, "it took too long");
    question.is_ancestor = *is_ancestor;
  }

  /// Finds out which of the commits change which of the files, if that can be told.
  void list_changes(const std::vector<Oid>& commits) {
    std::set<std::string> paths;
    for (const Distance* question : questions_) {
      if (question->is_ancestor && !question->are_directories)
        paths.insert(question->paths.begin(), question->paths.end());
    }
    std::vector<std::string> some;
    for (auto path = paths.begin(); path != paths.end();) {
      some.push_back(*path);
      if (++path != paths.end() && some.size() < most_paths) continue;
      try {
        const auto changes = history_.list_changed_files(commits, some);
        are_changes_known_ = changes.has_value();
        if (!are_changes_known_) return;
        for (const git::CommitFiles& change : *changes) {
          for (const std::string& name : change.paths) changing_[name].insert(change.commit);
        }
      } catch (const Error& error) {
        // Trees are missing: of a partial clone, or of one that a server sent less of than it was asked for.
        if (error.kind() != ErrorKind::unavailable) throw;
        are_changes_known_ = false;
        return;
      }
      some.clear();
    }
  }

  void list_subjects() const {
    const auto first_of = [](const Distance& question) {
      return std::span(question.between).first(std::min(question.between.size(), Distance::most_subjects));
    };
    std::set<Oid> commits;
    for (const Distance* question : questions_) {
      for (const Oid& commit : first_of(*question)) commits.insert(commit);
    }
    const std::vector<Oid> asked(commits.begin(), commits.end());
    const auto subjects = history_.list_subjects(asked);
    if (!subjects || subjects->size() != asked.size()) return;
    for (Distance* question : questions_) {
      for (const Oid& commit : first_of(*question)) {
        const auto place = std::lower_bound(asked.begin(), asked.end(), commit) - asked.begin();
        question->subjects.push_back((*subjects)[static_cast<std::size_t>(place)]);
      }
    }
  }

  std::optional<std::size_t> count_touching(const Distance& question, const std::vector<git::Commit>& commits,
                                            const std::vector<std::size_t>& numbers) const {
    if (!are_changes_known_) return std::nullopt;
    std::vector<const std::unordered_set<Oid>*> sets;
    for (const std::string& path : question.paths) {
      if (const auto found = changing_.find(path); found != changing_.end()) sets.push_back(&found->second);
    }
    return static_cast<std::size_t>(std::count_if(numbers.begin(), numbers.end(), [&](std::size_t number) {
      return std::any_of(sets.begin(), sets.end(), [&](const auto* set) { return set->contains(commits[number].oid); });
    }));
  }

  /// The tree at a directory of a commit, an id of zeros if there is none; nothing if that cannot be told.
  std::optional<Oid> directory_at(const Oid& commit, const std::string& path) {
    const auto [known, is_new] = directories_.try_emplace({commit, path});
    if (!is_new) return known->second;
    const git::Lookup lookup = repository_.find(commit, path == "." ? "" : path);
    if (lookup.state == git::Lookup::State::missing_object) return std::nullopt;
    return known->second = lookup.state == git::Lookup::State::found ? lookup.entry.oid : Oid();
  }

  /// Compares the ids of directories: git would read what is in them, and a cache does not have that. As for files, a
  /// merge changes what differs from all that it merges.
  std::optional<std::size_t> count_touching_directories(const Distance& question,
                                                        const std::vector<git::Commit>& commits,
                                                        const std::vector<std::size_t>& numbers) {
    std::size_t touching = 0;
    for (const std::size_t number : numbers) {
      const git::Commit& commit = commits[number];
      bool is_touched = false;
      for (const std::string& path : question.paths) {
        const auto after = directory_at(commit.oid, path);
        bool differs = after != Oid() || !commit.parents.empty();
        for (const Oid& parent : commit.parents) {
          const auto before = directory_at(parent, path);
          if (!after || !before) return std::nullopt;
          differs = differs && *before != *after;
        }
        is_touched = is_touched || differs;
      }
      if (is_touched) ++touching;
    }
    return touching;
  }

  git::Repository& repository_;
  const git::History& history_;
  Distances questions_;
  std::map<std::pair<Oid, std::string>, std::optional<Oid>> directories_;  ///< by commit and path
  bool are_changes_known_ = true;
  std::map<std::string, std::unordered_set<Oid>> changing_;  ///< the commits that change a file
};

Limits limits_of_history(const Settings& settings) {
  Limits limits;
  limits.deadline = settings.budget.deadline;
  limits.output = most_output;
  return limits;
}

void measure_repository(git::Repository& repository, const git::History& history, const Distances& questions) {
  Distances open;
  for (Distance* question : questions) {
    if (!repository.find_commit(question->to)) {
      leave_unmeasured(*question, Verdict::unreachable, "commit '" + question->to.hex() + "' cannot be read");
    } else if (repository.find_commit(question->from) == question->from) {
      open.push_back(question);
    }
    // What is not there is not in the history of what is.
  }
  if (!open.empty()) Answering(repository, history, open).run();
}

void measure_directory(const fs::path& git_dir, git::Reading reading, const Settings& settings,
                       const Distances& questions) {
  const auto repository = git::open_repository(git_dir, settings.access.environment, reading);
  repository->set_deadline(settings.budget.deadline);
  const git::History history(git_dir, settings.access.environment, limits_of_history(settings),
                             settings.observer.interrupt);
  measure_repository(*repository, history, questions);
}

void measure_source(const Distances& questions, const Settings& settings) {
  HistoryWithTrees wanted;
  std::set<std::string> refs;
  for (const Distance* question : questions) {
    refs.insert(question->ref);
    for (const std::string& path : question->paths) {
      const auto names = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) + 1;
      wanted.depth = std::max(wanted.depth, names);
    }
  }
  wanted.refs.assign(refs.begin(), refs.end());
  const auto refusal = with_history_and_trees(*questions.front()->repo, settings, wanted,
                                              [&](const fs::path& git_dir, git::Reading reading) {
                                                for (Distance* question : questions) {
                                                  *question = {.repo = question->repo,
                                                               .ref = question->ref,
                                                               .from = question->from,
                                                               .to = question->to,
                                                               .paths = question->paths,
                                                               .are_directories = question->are_directories,
                                                               .wants_commits = question->wants_commits};
                                                }
                                                measure_directory(git_dir, reading, settings, questions);
                                              });
  if (!refusal) return;
  for (Distance* question : questions) {
    question->verdict = refusal->verdict;
    question->message = refusal->message;
    question->hint = refusal->hint;
  }
}

}  // namespace

void find_distances(const git::Registry& registry, const Settings& settings, const std::vector<Distance*>& questions) {
  std::map<std::string, Distances> by_repository;
  Distances own;
  for (Distance* question : questions) {
    (question->repo ? by_repository[question->repo->text()] : own).push_back(question);
  }
  if (!own.empty())
    measure_repository(registry.objects(),
                       git::History(registry, limits_of_history(settings), settings.observer.interrupt), own);
  std::vector<const Distances*> groups;
  for (const auto& [url, group] : by_repository) groups.push_back(&group);
  Settings quiet = settings;  // several prompts on one terminal would mix
  quiet.access.interactive = false;
  in_parallel(groups.size(), settings.budget.jobs, [&](std::size_t i) { measure_source(*groups[i], quiet); });
}

}  // namespace mlem::source
