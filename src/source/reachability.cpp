#include "source/reachability.hpp"

#include "git/history.hpp"
#include "git/transport.hpp"

#include "source/cache.hpp"
#include "source/cache_entry.hpp"
#include "source/in_parallel.hpp"
#include "source/visit.hpp"

#include <map>
#include <unordered_set>

namespace mlem::source {
namespace {

using Questions = std::vector<Reachability*>;

void fail(Reachability& question) {
  question.verdict = Verdict::unreachable_commit;
  question.message = "commit '" + question.commit.hex() + "' is on no branch or tag of " +
                     (question.repo ? "'" + question.repo->printable() + "'" : "this repository");
  question.hint = "push a tag or branch that has it";
}

Limits limits_of(const Settings& settings) {
  Limits limits;
  limits.deadline = settings.budget.deadline;
  return limits;
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

void ask_directory(const fs::path& git_dir, const Settings& settings, const Questions& questions) {
  const auto repository = git::open_repository(git_dir, settings.access.environment);
  const git::History history(git_dir, settings.access.environment, limits_of(settings), settings.observer.interrupt);
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
  const git::History history(registry, limits_of(settings), settings.observer.interrupt);
  ask_repository(registry.objects(), history, refs, pushed, questions);
}

/// Asks a source by way of `entry`. A history without trees has an entry of its own: in that of the metafiles, history
/// ends at each commit.
void ask_entry(const fs::path& entry, const RepoUrl& url, const git::Transport& transport, const Settings& settings,
               const Questions& questions) {
  const git::Transport::Fetch history{.refspecs = {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
                                      .filter = {},
                                      .shallow = false,
                                      .prune = true};
  fetch_filtered(transport, entry, url, settings, history, {"tree:0", "blob:none", ""});
  ask_directory(entry, settings, questions);
}

void ask_remote(const RepoUrl& url, const std::string& rewritten, const Settings& settings,
                const Questions& questions) {
  const Cache cache(settings.cache.directory, settings.cache.fallback);
  const std::string key = Cache::key(url.normalized(), rewritten) + Cache::history_suffix;
  const std::string format = questions.front()->commit.bytes().size() > 20 ? "sha256" : "sha1";
  const git::Transport transport(settings.access.environment,
                                 {.idle = settings.budget.timeout,
                                  .deadline = settings.budget.deadline,
                                  .max_growth = settings.budget.max_fetch,
                                  .interactive = false,
                                  .interrupt = settings.observer.interrupt,
                                  .notice = [&](const std::string& text) { notice(settings, url, text); }});
  use_entry(cache, key, url, settings, [&] {
    for (Reachability* question : questions) *question = {.repo = question->repo, .commit = question->commit};
    ask_entry(cache.open(key, format), url, transport, settings, questions);
  });
}

void ask_source(const Questions& questions, const Settings& settings) {
  const RepoUrl& url = *questions.front()->repo;
  const auto refusal = visit_source(
      url, settings, [&](const LocalRepository& found) { ask_directory(found.git_dir, settings, questions); },
      [&](const std::string& rewritten) { ask_remote(url, rewritten, settings, questions); });
  if (!refusal) return;
  for (Reachability* question : questions) {
    question->verdict = refusal->verdict;
    question->message = refusal->message;
    question->hint = refusal->hint;
  }
}

}  // namespace

void find_reachability(const git::Registry& registry, const Settings& settings, const PushedRefs& pushed_refs,
                       const Questions& questions) {
  std::map<std::string, Questions> by_repository;
  Questions own;
  for (Reachability* question : questions) {
    (question->repo ? by_repository[question->repo->normalized()] : own).push_back(question);
  }
  if (!own.empty()) ask_registry(registry, settings, pushed_refs, own);
  std::vector<const Questions*> groups;
  for (const auto& [url, group] : by_repository) groups.push_back(&group);
  in_parallel(groups.size(), settings.budget.jobs, [&](std::size_t i) { ask_source(*groups[i], settings); });
}

}  // namespace mlem::source
