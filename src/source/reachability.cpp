#include "source/reachability.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/transport.hpp"

#include "source/cache.hpp"
#include "source/cache_entry.hpp"
#include "source/in_parallel.hpp"
#include "source/visit.hpp"

#include <algorithm>
#include <functional>
#include <map>

namespace mlem::source {
namespace {

using Questions = std::vector<Reachability*>;

void fail(Reachability& question) {
  question.verdict = Verdict::unreachable_commit;
  question.message = "commit '" + question.commit.hex() + "' is on no branch or tag of " +
                     (question.repo ? "'" + question.repo->printable() + "'" : "this repository");
  question.hint = "push a tag or branch that has it";
}

/// The branches and tags of a repository, as options of git-rev-list(1). `space` is what their names begin with.
std::vector<std::string> tips(const std::string& space = {}) {
  return {"--glob=" + space + "refs/heads/*", "--glob=" + space + "refs/tags/*"};
}

/// Runs git in a repository with these arguments and this input.
using RunGit = std::function<RunResult(std::vector<std::string> arguments, std::string_view input, const Limits&)>;

/// `tips` are what counts, as arguments of git-rev-list(1), and `more_tips` ids beside them.
void ask_repository(git::Repository& repository, const RunGit& git, const Settings& settings,
                    const std::vector<std::string>& tips, const std::vector<Oid>& more_tips,
                    const Questions& questions) {
  std::multimap<std::string, Reachability*, std::less<>> asked;
  std::string input;
  for (Reachability* question : questions) {
    // git would end at the first commit that it does not have.
    if (repository.find_commit(question->commit) == question->commit) {
      asked.emplace(question->commit.hex(), question);
      input += question->commit.hex() + "\n";
    } else {
      fail(*question);
    }
  }
  if (input.empty()) return;
  for (const Oid& tip : more_tips) input += "^" + tip.hex() + "\n";
  std::vector<std::string> arguments{"rev-list", "--stdin", "--not"};
  arguments.insert(arguments.end(), tips.begin(), tips.end());
  Limits limits;
  limits.deadline = settings.budget.deadline;
  const RunResult result = git(std::move(arguments), input, limits);
  if (result.end == RunResult::End::deadline) {
    for (const auto& [commit, question] : asked) {
      question->verdict = Verdict::timeout;
      question->message = "cannot tell whether commit '" + commit + "' is on a branch: it took too long";
    }
    return;
  }
  if (result.end != RunResult::End::exited || result.code != 0) {
    const std::string why = escape_for_terminal(trim(result.errors));
    throw Error(ErrorKind::unavailable, "cannot tell what is on a branch", why.empty() ? "git failed" : why);
  }
  // git lists all that is on no branch, which may be a whole history.
  for (std::string_view rest = result.output; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const auto [first, last] = asked.equal_range(rest.substr(0, end));
    for (auto found = first; found != last; ++found) fail(*found->second);
    rest.remove_prefix(end + 1);
  }
}

void ask_directory(const fs::path& git_dir, git::Reading reading, const Settings& settings,
                   const Questions& questions) {
  const auto repository = git::open_repository(git_dir, settings.access.environment, reading);
  const auto git = [&](std::vector<std::string> arguments, std::string_view input, const Limits& limits) {
    return run(git::reading_program(git_dir, std::move(arguments), settings.access.environment), input, Session::own,
               limits, settings.observer.interrupt);
  };
  ask_repository(*repository, git, settings, tips(), {}, questions);
}

/// The registry is asked where a push has put its objects, with the refs that it is about to make.
void ask_registry(const git::Registry& registry, const Settings& settings, const PushedRefs& pushed_refs,
                  const Questions& questions) {
  const auto git = [&](std::vector<std::string> arguments, std::string_view input, const Limits& limits) {
    return registry.git(std::move(arguments), input, limits, settings.observer.interrupt);
  };
  std::vector<Oid> pushed;
  for (const auto& [name, tip] : pushed_refs) {
    const bool counts = name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    const auto commit = counts && tip ? registry.objects().find_commit(*tip) : std::nullopt;
    if (commit) pushed.push_back(*commit);
  }
  const std::string space = git::namespace_prefix(registry.environment());
  std::vector<std::string> arguments;
  // As many as fit into an argument vector anywhere; of more, the old tips count too.
  constexpr std::size_t most_excluded = 500;
  for (std::string& glob : tips(space)) {
    if (pushed_refs.size() <= most_excluded) {
      for (const auto& each : pushed_refs) {
        arguments.push_back("--exclude=" + registry.objects().final_ref(space + each.first));
      }
    }
    arguments.push_back(std::move(glob));
  }
  ask_repository(registry.objects(), git, settings, arguments, pushed, questions);
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
  ask_directory(entry, git::Reading::here, settings, questions);
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
      url, settings,
      [&](const LocalRepository& found) { ask_directory(found.git_dir, git::Reading::apart, settings, questions); },
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
