#include "source/distance.hpp"

#include "base/error.hpp"
#include "git/history.hpp"
#include "source/detail/by_source.hpp"
#include "source/detail/commit_graph.hpp"
#include "source/history.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>
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
    const detail::CommitGraph graph(*commits);
    // Many links are pinned to the same commit and follow the same ref.
    std::map<std::pair<Oid, Oid>, detail::CommitGraph<git::Commit>::Ahead> known;
    std::vector<bool> is_needed(commits->size());
    for (Distance* question : questions_) {
      const auto [pair, is_new] = known.try_emplace({question->from, question->to});
      if (is_new) pair->second = graph.ahead(question->from, question->to);
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
      const auto& numbers = known.at({question->from, question->to}).numbers;
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
  Limits limits = detail::limits_of_walk(settings);
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
  if (refusal) detail::refuse(questions, *refusal);
}

}  // namespace

void find_distances(const git::Registry& registry, const Settings& settings, const std::vector<Distance*>& questions) {
  const auto measure_own = [&](const Distances& own) {
    const git::History history(registry, limits_of_history(settings), settings.observer.interrupt);
    measure_repository(registry.objects(), history, own);
  };
  detail::ask_by_source(questions, settings, measure_own, measure_source);
}

}  // namespace mlem::source
