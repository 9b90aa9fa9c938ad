#include "source/reachability.hpp"

#include "git/history.hpp"
#include "source/detail/by_source.hpp"
#include "source/history.hpp"

#include <unordered_set>

namespace mlem::source {
namespace {

using Questions = std::vector<Reachability*>;

void fail(Reachability& question) {
  question.verdict = Verdict::off_branch;
  question.message = "commit '" + question.commit.hex() + "' is on no branch or tag of " +
                     (question.repo ? "'" + question.repo->printable() + "'" : "this repository");
  question.hint = "push a tag or branch that has it";
}

/// `refs` are what counts, and `more_tips` commits beside them.
void ask_repository(git::Repository& repository, const git::History& history, const git::RefSelection& refs,
                    const std::vector<Oid>& more_tips, const Questions& questions) {
  std::vector<Oid> commits;
  Questions asked;
  for (Reachability* question : questions) {
    // git would end at the first commit that it does not have.
    if (repository.find_commit(question->commit) == question->commit) {
      commits.push_back(question->commit);
      asked.push_back(question);
    } else {
      fail(*question);
    }
  }
  const auto unreachable = history.find_unreachable(commits, refs, more_tips);
  if (!unreachable) {
    for (Reachability* question : asked) {
      question->verdict = Verdict::timeout;
      question->message =
          "cannot tell whether commit '" + question->commit.hex() + "' is on a branch: it took too long";
    }
    return;
  }
  const std::unordered_set<Oid> failed(unreachable->begin(), unreachable->end());
  for (Reachability* question : asked) {
    if (failed.contains(question->commit)) fail(*question);
  }
}

void ask_directory(const fs::path& git_dir, git::Reading reading, const Settings& settings,
                   const Questions& questions) {
  const auto repository = git::open_repository(git_dir, settings.access.environment, reading);
  repository->set_deadline(settings.budget.deadline);
  const git::History history(git_dir, settings.access.environment, detail::limits_of_walk(settings),
                             settings.observer.interrupt);
  ask_repository(*repository, history, git::branches_and_tags(), {}, questions);
}

/// The registry is asked where a push has put its objects, with the refs that it is about to make.
void ask_registry(const git::Registry& registry, const Settings& settings, const PushedRefs& pushed_refs,
                  const Questions& questions) {
  const std::string space = git::namespace_prefix(registry.environment());
  git::RefSelection refs = git::branches_and_tags(space);
  // Of too many to be left out, the old tips count too.
  const bool few = pushed_refs.size() <= git::RefSelection::most_left_out;
  std::vector<Oid> pushed;
  for (const auto& [name, tip] : pushed_refs) {
    if (few) refs.left_out.push_back(registry.objects().final_ref(space + name));
    const bool counts = name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    const auto commit = counts && tip ? registry.objects().find_commit(*tip) : std::nullopt;
    if (commit) pushed.push_back(*commit);
  }
  const git::History history(registry, detail::limits_of_walk(settings), settings.observer.interrupt);
  ask_repository(registry.objects(), history, refs, pushed, questions);
}

void ask_source(const Questions& questions, const Settings& settings) {
  const auto refusal =
      with_history(*questions.front()->repo, settings, [&](const fs::path& git_dir, git::Reading reading) {
        for (Reachability* question : questions) *question = {.repo = question->repo, .commit = question->commit};
        ask_directory(git_dir, reading, settings, questions);
      });
  if (refusal) detail::refuse(questions, *refusal);
}

}  // namespace

void find_reachability(const git::Registry& registry, const Settings& settings, const PushedRefs& pushed_refs,
                       const Questions& questions) {
  const auto ask_own = [&](const Questions& own) { ask_registry(registry, settings, pushed_refs, own); };
  detail::ask_by_source(questions, settings, ask_own, ask_source);
}

}  // namespace mlem::source
