#include "source/between.hpp"

#include "source/history.hpp"
#include "source/in_parallel.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

// All questions about one repository are answered from one list of commits, so that costs two runs of git however many
// links there are.

namespace mlem::source {
namespace {

using BetweenQuestions = std::vector<Between*>;

/// Commits of one repository, by number in git's order.
class CommitGraph {
 public:
  explicit CommitGraph(const std::vector<git::DescribedCommit>& commits) : commits_(commits) {
    for (std::size_t i = 0; i < commits.size(); ++i) numbers_.emplace(commits[i].oid, i);
  }

  /// Returns the numbers of the commits that `tip` leads to and that are not marked.
  std::vector<std::size_t> list(const Oid& tip, const std::vector<bool>& is_marked) const {
    const std::vector<bool> found = mark(tip);
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] && !is_marked[i]) numbers.push_back(i);
    }
    return numbers;
  }

  /// Marks the commits that `tip` leads to.
  std::vector<bool> mark(const Oid& tip) const {
    std::vector<bool> marks(commits_.size());
    std::vector<Oid> open{tip};
    while (!open.empty()) {
      const auto number = numbers_.find(open.back());
      open.pop_back();
      if (number == numbers_.end() || marks[number->second]) continue;
      marks[number->second] = true;
      const std::vector<Oid>& parents = commits_[number->second].parents;
      open.insert(open.end(), parents.begin(), parents.end());
    }
    return marks;
  }

 private:
  const std::vector<git::DescribedCommit>& commits_;
  std::unordered_map<Oid, std::size_t> numbers_;
};

void answer_between(const git::History& history, const BetweenQuestions& questions) {
  std::set<Oid> tips;
  for (const Between* question : questions) {
    tips.insert(question->from);
    tips.insert(question->to);
  }
  if (tips.empty()) return;
  const auto commits = history.describe_commits({tips.begin(), tips.end()});
  if (!commits) {
    for (Between* question : questions) {
      question->verdict = Verdict::timeout;
      question->message = "cannot list the commits between: it took too long";
    }
    return;
  }
  const CommitGraph graph(*commits);
  std::map<std::pair<Oid, Oid>, const Between*> known;  // many links are moved together
  for (Between* question : questions) {
    const auto [same, is_new] = known.try_emplace({question->from, question->to}, question);
    if (!is_new) {
      question->ahead = same->second->ahead;
      question->behind = same->second->behind;
      continue;
    }
    for (const std::size_t number : graph.list(question->to, graph.mark(question->from))) {
      question->ahead.push_back((*commits)[number]);
    }
    question->behind = graph.list(question->from, graph.mark(question->to)).size();
  }
}

void ask_for_between(git::Repository& repository, const git::History& history, const BetweenQuestions& questions) {
  BetweenQuestions asked;
  for (Between* question : questions) {
    // git would end at the first commit that it does not have.
    std::optional<Oid> missing;
    for (const Oid& commit : {question->to, question->from}) {
      if (repository.find_commit(commit) != commit) missing = commit;
    }
    if (!missing) {
      asked.push_back(question);
      continue;
    }
    question->verdict = Verdict::off_branch;
    question->message = "commit '" + missing->hex() + "' is on no branch or tag of " +
                        (question->repo ? "'" + question->repo->printable() + "'" : "this repository");
  }
  answer_between(history, asked);
}

Limits limits_for_history(const Settings& settings) {
  Limits limits;
  limits.deadline = settings.budget.deadline;
  return limits;
}

void ask_source_between(const BetweenQuestions& questions, const Settings& settings) {
  const UseHistory use = [&](const fs::path& git_dir, git::Reading reading) {
    for (Between* question : questions) *question = {question->repo, question->from, question->to};
    const auto repository = git::open_repository(git_dir, settings.access.environment, reading);
    repository->set_deadline(settings.budget.deadline);
    const git::History history(git_dir, settings.access.environment, limits_for_history(settings),
                               settings.observer.interrupt);
    ask_for_between(*repository, history, questions);
  };
  const RepoUrl& repo = *questions.front()->repo;
  const auto try_known = [&](const fs::path& git_dir, git::Reading reading) {
    use(git_dir, reading);
    return std::all_of(questions.begin(), questions.end(),
                       [](const Between* question) { return question->verdict == Verdict::ok; });
  };
  const auto refusal =
      settings.offline ? with_known_history(repo, settings, try_known) : with_history(repo, settings, use);
  if (!refusal) return;
  for (Between* question : questions) {
    question->verdict = refusal->verdict;
    question->message = refusal->message;
    question->hint = refusal->hint;
  }
}

}  // namespace

void find_between(const git::Registry& registry, const Settings& settings, const std::vector<Between*>& questions) {
  std::map<std::string, BetweenQuestions> by_repository;
  BetweenQuestions own;
  for (Between* question : questions) {
    (question->repo ? by_repository[question->repo->text()] : own).push_back(question);
  }
  if (!own.empty()) {
    const git::History history(registry, limits_for_history(settings), settings.observer.interrupt);
    ask_for_between(registry.objects(), history, own);
  }
  std::vector<const BetweenQuestions*> groups;
  for (const auto& [url, group] : by_repository) groups.push_back(&group);
  Settings quiet = settings;  // several prompts on one terminal would mix
  quiet.access.interactive = false;
  in_parallel(groups.size(), settings.budget.jobs, [&](std::size_t i) { ask_source_between(*groups[i], quiet); });
}

}  // namespace mlem::source
