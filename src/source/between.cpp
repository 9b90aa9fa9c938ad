#include "source/between.hpp"

#include "source/detail/by_source.hpp"
#include "source/detail/commit_graph.hpp"
#include "source/history.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

// All questions about one repository are answered from one list of commits, so that costs two runs of git however many
// links there are.

namespace mlem::source {
namespace {

using BetweenQuestions = std::vector<Between*>;

void answer_between(const git::History& history, const BetweenQuestions& questions) {
  std::set<Oid> tips;
  for (const Between* question : questions) {
    tips.insert(question->from);
    tips.insert(question->to);
  }
  if (tips.empty()) return;
  auto described = history.describe_commits({tips.begin(), tips.end()});
  if (!described) {
    for (Between* question : questions) {
      question->verdict = Verdict::timeout;
      question->message = "cannot list the commits between: it took too long";
    }
    return;
  }
  const auto commits = std::make_shared<const std::vector<git::DescribedCommit>>(*std::move(described));
  const detail::CommitGraph graph(*commits);
  std::map<std::pair<Oid, Oid>, const Between*> known;  // many links are moved together
  for (Between* question : questions) {
    const auto [same, is_new] = known.try_emplace({question->from, question->to}, question);
    if (!is_new) {
      question->ahead = same->second->ahead;
      question->behind = same->second->behind;
      continue;
    }
    for (const std::size_t number : graph.ahead(question->from, question->to).numbers) {
      question->ahead.emplace_back(commits, &(*commits)[number]);
    }
    question->behind = graph.ahead(question->to, question->from).numbers.size();
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

void ask_source_between(const BetweenQuestions& questions, const Settings& settings) {
  const UseHistory use = [&](const fs::path& git_dir, git::Reading reading) {
    for (Between* question : questions) *question = {question->repo, question->from, question->to};
    const auto repository = git::open_repository(git_dir, settings.access.environment, reading);
    repository->set_deadline(settings.budget.deadline);
    const git::History history(git_dir, settings.access.environment, detail::limits_of_walk(settings),
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
  if (refusal) detail::refuse(questions, *refusal);
}

}  // namespace

void find_between(const git::Registry& registry, const Settings& settings, const std::vector<Between*>& questions) {
  const auto ask_own = [&](const BetweenQuestions& own) {
    const git::History history(registry, detail::limits_of_walk(settings), settings.observer.interrupt);
    ask_for_between(registry.objects(), history, own);
  };
  detail::ask_by_source(questions, settings, ask_own, ask_source_between);
}

}  // namespace mlem::source
