#include "git/history.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

// Git itself is asked, by one or two processes for a question, however many commits it is about: the ids go in by
// standard input where there may be many, and the output is in forms that git keeps for scripts. Git may list more than
// was asked for, and what was asked for is picked out here. A list that there was no time left for is nothing at all,
// which nobody can take for an empty one.

namespace mlem::git {
namespace {

/// Returns the options of git-rev-list(1) for a selection of refs. `--exclude` is about the next `--glob` only.
std::vector<std::string> options_for(const RefSelection& refs) {
  std::vector<std::string> options;
  for (const std::string& glob : refs.globs) {
    if (refs.left_out.size() <= RefSelection::most_left_out) {
      for (const std::string& name : refs.left_out) options.push_back("--exclude=" + name);
    }
    options.push_back("--glob=" + glob);
  }
  return options;
}

std::optional<Oid> commit_in(const RunResult& result) {
  return result.code == 0 ? Oid::parse(trim(result.output)) : std::nullopt;
}

}  // namespace

RefSelection refs_below(const std::vector<std::string>& prefixes) {
  RefSelection refs;
  for (const std::string& prefix : prefixes) refs.globs.push_back(prefix + "*");
  return refs;
}

RefSelection branches_and_tags(const std::string& space) {
  return {.globs = {space + "refs/heads/*", space + "refs/tags/*"}};
}

History::History(const Registry& registry, const Limits& limits, Interrupt* interrupt)
    : program_(detail::git_program({}, registry.environment(), registry.directory().string())),
      limits_(limits),
      interrupt_(interrupt) {}

History::History(const fs::path& git_dir, const Environment& environment, const Limits& limits, Interrupt* interrupt)
    : program_(reading_program(git_dir, {}, environment)), limits_(limits), interrupt_(interrupt) {}

RunResult History::run_git(const std::vector<std::string>& arguments, std::string_view input) const {
  Program program = program_;
  program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
  return run(program, input, Session::own, limits_, interrupt_);
}

std::optional<std::string> History::output_of(const std::vector<std::string>& arguments, std::string_view input,
                                              const char* what_failed) const {
  RunResult result = run_git(arguments, input);
  if (result.end == RunResult::End::deadline || result.end == RunResult::End::output) return std::nullopt;
  if (result.end != RunResult::End::exited || result.code != 0) {
    const std::string why = escape_for_terminal(trim(result.errors));
    throw Error(ErrorKind::unavailable, what_failed, why.empty() ? "git failed" : why);
  }
  return std::move(result.output);
}

std::optional<std::string> History::rev_list(const std::vector<std::string>& options, const std::vector<Oid>& from,
                                             const std::vector<Oid>& without, const RefSelection& without_refs,
                                             const char* what_failed) const {
  std::vector<std::string> arguments{"rev-list"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {"--stdin", "--not"});
  for (std::string& option : options_for(without_refs)) arguments.push_back(std::move(option));
  std::string input;
  for (const Oid& oid : from) input += oid.hex() + "\n";
  for (const Oid& oid : without) input += "^" + oid.hex() + "\n";
  return output_of(arguments, input, what_failed);
}

std::optional<std::vector<Commit>> History::list_commits(const std::vector<Oid>& tips, const std::vector<Oid>& known,
                                                         const RefSelection& known_refs) const {
  if (tips.empty()) return std::vector<Commit>();
  const auto output = rev_list({"--parents", "--topo-order"}, tips, known, known_refs, "cannot list commits");
  if (!output) return std::nullopt;
  std::vector<Commit> commits;
  for (std::string_view rest = *output; !rest.empty();) {
    const std::vector<std::string_view> ids = split(take_line(rest), ' ');
    Commit& commit = commits.emplace_back(Commit{Oid::parse(ids.front()).value(), {}});
    for (std::size_t i = 1; i < ids.size(); ++i) commit.parents.push_back(Oid::parse(ids[i]).value());
  }
  return commits;
}

std::optional<std::vector<DescribedCommit>> History::describe_commits(const std::vector<Oid>& tips) const {
  constexpr std::size_t most_arguments = 500;
  constexpr const char* what_failed = "cannot list commits";
  std::string input;
  for (const Oid& tip : tips) input += tip.hex() + "\n";
  if (tips.size() <= most_arguments) {
    std::vector<std::string> arguments{"merge-base", "--octopus"};
    for (const Oid& tip : tips) arguments.push_back(tip.hex());
    if (const auto base = commit_in(run_git(arguments))) input += "^" + base->hex() + "\n";
  }
  const RunResult result =
      run_git({"-c", "log.showSignature=false", "log", "-s", "-z", "--format=%H %P%x00%ct%x00%an <%ae>%x00%s",
               "--encoding=UTF-8", "--no-decorate", "--no-notes", "--no-color", "--stdin", "--"},
              input);
  if (result.end == RunResult::End::deadline) return std::nullopt;
  const std::string output = detail::output_of(result, what_failed);
  const std::vector<std::string_view> fields = detail::records(output);
  constexpr std::size_t count = 4;
  std::vector<DescribedCommit> commits;
  for (std::size_t i = 0; i + count <= fields.size(); i += count) {
    DescribedCommit& commit = commits.emplace_back();
    const std::vector<std::string_view> ids = split(trim(fields[i]), ' ');
    commit.oid = Oid::parse(ids.front()).value();
    for (std::size_t k = 1; k < ids.size(); ++k) commit.parents.push_back(Oid::parse(ids[k]).value());
    std::from_chars(fields[i + 1].data(), fields[i + 1].data() + fields[i + 1].size(), commit.time);
    commit.author = fields[i + 2];
    commit.subject = fields[i + 3];
  }
  return commits;
}

std::optional<std::vector<Oid>> History::find_unreachable(const std::vector<Oid>& commits, const RefSelection& refs,
                                                          const std::vector<Oid>& tips) const {
  if (commits.empty()) return std::vector<Oid>();
  const auto output = rev_list({}, commits, tips, refs, "cannot tell what is on a branch");
  if (!output) return std::nullopt;
  const std::unordered_set<Oid> asked(commits.begin(), commits.end());
  std::vector<Oid> found;
  // git lists all that is on none of them, which may be a whole history.
  for (std::string_view rest = *output; !rest.empty();) {
    const auto oid = Oid::parse(take_line(rest));
    if (oid && asked.contains(*oid)) found.push_back(*oid);
  }
  return found;
}

std::optional<std::vector<CommitFiles>> History::list_changed_files(const std::vector<Oid>& commits,
                                                                    const std::vector<std::string>& paths) const {
  std::vector<CommitFiles> changed;
  if (commits.empty() || paths.empty()) return changed;
  std::string input;
  for (const Oid& commit : commits) input += commit.hex() + "\n";
  // `-c` shows of a merge what it has otherwise than all of its parents. Each commit comes with its id before its files.
  std::vector<std::string> arguments{"--literal-pathspecs", "diff-tree", "--stdin",     "-r",          "-c", "--root",
                                     "--name-only",         "-z",        "--no-renames", "--no-ext-diff", "--"};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  const auto output = output_of(arguments, input, "cannot tell which commits change a file");
  if (!output) return std::nullopt;
  const std::unordered_set<Oid> asked(commits.begin(), commits.end());
  const std::unordered_set<std::string_view> wanted(paths.begin(), paths.end());
  for (const std::string_view record : detail::records(*output)) {
    const auto commit = wanted.contains(record) ? std::nullopt : Oid::parse(record);
    if (commit && asked.contains(*commit))
      changed.push_back({*commit, {}});
    else if (!changed.empty() && wanted.contains(record))
      changed.back().paths.emplace_back(record);
  }
  return changed;
}

std::optional<std::vector<std::string>> History::list_subjects(const std::vector<Oid>& commits) const {
  if (commits.empty()) return std::vector<std::string>();
  std::string input;
  for (const Oid& commit : commits) input += commit.hex() + "\n";
  // Each commit comes with its id in a line of its own.
  const auto output =
      output_of({"rev-list", "--no-walk=unsorted", "--encoding=UTF-8", "--format=%s", "--stdin"}, input, "cannot read commits");
  if (!output) return std::nullopt;
  std::vector<std::string> subjects;
  for (std::string_view rest = *output; !rest.empty();) {
    take_line(rest);
    subjects.emplace_back(take_line(rest));
  }
  return subjects;
}

std::optional<std::string> History::find_message(const Oid& commit) const {
  const RunResult result =
      run_git({"rev-list", "--no-walk", "--encoding=UTF-8", "--format=%B", commit.hex()});
  if (result.end != RunResult::End::exited || result.code != 0) return std::nullopt;
  std::string_view rest = result.output;
  take_line(rest);  // its id
  return std::string(rest);
}

std::optional<Oid> History::find_common_base(const std::vector<Oid>& commits) const {
  std::vector<std::string> arguments{"merge-base", "--octopus"};
  for (const Oid& commit : commits) arguments.push_back(commit.hex());
  return commit_in(run_git(arguments));
}

std::optional<bool> History::is_ancestor(const Oid& ancestor, const Oid& commit) const {
  const RunResult result = run_git({"merge-base", "--is-ancestor", ancestor.hex(), commit.hex()});
  if (result.end == RunResult::End::deadline) return std::nullopt;
  return result.code == 0;
}

std::optional<Oid> find_merge_base(const Registry& registry, const Oid& one, const Oid& other) {
  return commit_in(registry.git({"merge-base", one.hex(), other.hex()}));
}

std::optional<std::int64_t> find_time(const Registry& registry, const std::string& date) {
  constexpr std::string_view option = "--max-age=";
  const RunResult result = registry.git({"rev-parse", "--since=" + date});
  const std::string_view answer = trim(result.output);
  if (result.code != 0 || !answer.starts_with(option)) return std::nullopt;
  std::int64_t time = 0;
  const auto parsed = std::from_chars(answer.data() + option.size(), answer.data() + answer.size(), time);
  return parsed.ec == std::errc{} ? std::optional(time) : std::nullopt;
}

std::optional<Oid> find_commit_before(const Registry& registry, const std::string& date) {
  return commit_in(registry.git({"rev-list", "-1", "--first-parent", "--before=" + date, "HEAD", "--"}));
}

}  // namespace mlem::git
