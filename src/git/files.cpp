#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/index.hpp"
#include "git/detail/pathspec_options.hpp"
#include "git/detail/raw_change.hpp"
#include "git/registry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

// What a registry lists: the files of its index, of trees and of the work tree, and what differs between them. libgit2
// lists what is in one piece; whatever takes pathspecs or the state of the work tree is asked of git.

namespace mlem::git {
namespace {

using detail::git_program;
using detail::output_of;
using detail::parse_mode;
using detail::parse_raw_change;
using detail::records;
using detail::throw_not_understood;

/// Reads what `ls-files --stage --debug -z` prints: `<mode> <oid> <stage>\t<name>\0` and five lines, `flags:` last.
/// Intent-to-add entries are left out: only their flag tells them from empty files.
std::deque<File> parse_stage(std::string_view output, const Suffixes& suffixes) {
  constexpr std::string_view flags_label = "flags: ";
  constexpr std::uint32_t assume_unchanged = 0x8000;   // CE_VALID in git's read-cache.h
  constexpr std::uint32_t intent_to_add = 0x20000000;  // CE_INTENT_TO_ADD beside it
  constexpr std::uint32_t skip_worktree = 0x40000000;  // CE_SKIP_WORKTREE beside it
  std::deque<File> files;
  while (!output.empty()) {
    const std::size_t tab = output.find('\t');
    const std::size_t nul = output.find('\0', std::min(tab, output.size()));
    const std::size_t label = output.find(flags_label, std::min(nul, output.size()));
    const std::size_t end = output.find('\n', std::min(label, output.size()));
    if (end == std::string_view::npos) throw_not_understood(output);
    const std::vector<std::string_view> fields = split(output.substr(0, tab), ' ');
    if (fields.size() != 3 || fields[2].size() != 1) throw_not_understood(output);
    const auto mode = parse_mode(fields[0]);
    const auto oid = Oid::parse(fields[1]);
    if (!mode || !oid) throw_not_understood(output);
    const std::string_view name = output.substr(tab + 1, nul - tab - 1);
    std::uint32_t flags = 0;
    std::from_chars(output.data() + label + flags_label.size(), output.data() + end, flags, 16);
    if (suffixes.match(name) && (flags & intent_to_add) == 0) {
      files.push_back({std::string(name),
                       {*mode, *oid},
                       fields[2].front() - '0',
                       (flags & skip_worktree) != 0,
                       (flags & assume_unchanged) != 0});
    }
    output.remove_prefix(end + 1);
  }
  return files;
}

constexpr std::array<std::string_view, 8> diff_tree{
    "diff-tree", "-r", "--no-commit-id", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none"};
constexpr std::array<std::string_view, 8> diff_index{
    "diff-index",   "--cached",    "--ita-invisible-in-index", "--raw", "-z",
    "--no-renames", "--no-abbrev", "--ignore-submodules=none"};

/// Reads what diff-tree and diff-index print with `--raw -z`: `:<mode> <mode> <oid> <oid> <status>\0<name>\0`.
std::vector<Change> parse_raw(std::string_view output) {
  const std::vector<std::string_view> all = records(output);
  std::vector<Change> changes;
  if (all.size() % 2 != 0) throw_not_understood(output);
  for (std::size_t i = 0; i < all.size(); i += 2) {
    Change change = parse_raw_change(all[i]);
    change.name = all[i + 1];
    changes.push_back(std::move(change));
  }
  return changes;
}

/// What is missing in a partial clone is fetched by those who know whether the network may be used, for all at once.
Environment without_lazy_fetch(Environment environment) {
  environment.set("GIT_NO_LAZY_FETCH", "1");
  return environment;
}

/// Returns the output of a run that was given `pathspecs` as the user wrote them. Throws Error(invalid) if git does not
/// take those, else what output_of() throws.
std::string output_for(const std::vector<std::string>& pathspecs, const Environment& environment,
                       const std::string& directory, RunResult result, std::string_view what_failed) {
  if (result.code != 0 && !pathspecs.empty()) {
    // They are to blame if git does not even look for them among no files: in an index that is not there.
    Environment alone = environment;
    alone.set("GIT_INDEX_FILE", "/.git-mlem-" + std::to_string(getpid()));
    std::vector<std::string> arguments{"ls-files", "-z", "--"};
    arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
    const RunResult asked = run(git_program(std::move(arguments), alone, directory));
    if (asked.code != 0) throw Error(ErrorKind::invalid, std::string(what_failed), detail::last_fatal(asked.errors));
  }
  return output_of(std::move(result), what_failed);
}

/// Lists the index by `git ls-files`.
std::deque<File> list_index(const Environment& environment, const std::string& directory, const Suffixes& suffixes,
                            const std::vector<std::string>& pathspecs) {
  std::vector<std::string> arguments{"ls-files", "-z", "--full-name", "--stage", "--debug", "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  RunResult result = run(git_program(std::move(arguments), environment, directory));
  return parse_stage(output_for(pathspecs, environment, directory, std::move(result), "cannot read the index"),
                     suffixes);
}

}  // namespace

std::deque<File> Registry::index_files(const Suffixes& suffixes, const std::vector<std::string>& pathspecs) const {
  if (!pathspecs.empty()) return list_index(environment_, directory_.string(), suffixes, pathspecs);
  if (object_format_ == "sha1") {
    if (auto files = detail::read_index(index_file_, suffixes)) return std::move(*files);
  }
  return list_index(at_root(), root(), suffixes, {});
}

std::deque<File> Registry::tree_files(const Oid& commit, const Suffixes& suffixes,
                                      const std::vector<std::string>& pathspecs) const {
  std::deque<File> files;
  if (pathspecs.empty()) {
    const std::vector<Oid> missing = objects().walk(commit, {}, [&](const std::string& name, const Entry& entry) {
      if (suffixes.match(name)) files.push_back({name, entry});
      return true;
    });
    if (missing.empty()) return files;
    throw Error(ErrorKind::unavailable, "cannot list the files of '" + commit.hex() + "'",
                "tree " + missing.front().hex() + " is missing", "'git fsck' says what is broken");
  }
  for (Change& change : changes(std::nullopt, commit, pathspecs)) {
    if (change.after && suffixes.match(change.name)) {
      files.push_back({std::move(change.name), *change.after});
    }
  }
  return files;
}

std::vector<Oid> Registry::missing_trees(const Oid& commit) const {
  return objects().walk(commit, {}, [](const std::string&, const Entry&) { return true; });
}

std::deque<File> Registry::work_tree_files(const Suffixes& suffixes, const std::vector<std::string>& pathspecs) const {
  std::vector<std::string> arguments = {
      "ls-files", "-z", "--full-name", "--cached", "--others", "--exclude-standard", "--deduplicate", "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const Program program = pathspecs.empty() ? git_program(std::move(arguments), at_root(), root())
                                            : git_program(std::move(arguments), environment_, directory_.string());
  const std::string output =
      output_for(pathspecs, environment_, directory_.string(), run(program), "cannot list the work tree");
  std::deque<File> files;
  for (const std::string_view name : records(output)) {
    if (!suffixes.match(name)) continue;
    struct stat status {};
    if (lstat((work_tree_ / std::string(name)).c_str(), &status) != 0) continue;
    if (S_ISLNK(status.st_mode))
      files.push_back({std::string(name), {mode_symlink, {}}});
    else if (S_ISREG(status.st_mode))
      files.push_back({std::string(name), {mode_file, {}}});
  }
  // git lists the untracked ones first.
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

std::vector<std::string> Registry::unstaged_files(std::string_view suffix,
                                                  const std::vector<std::string>& pathspecs) const {
  std::vector<std::string> arguments = {"diff-files", "--name-only", "-z", "--ignore-submodules=all", "--"};
  Environment environment = environment_;
  if (pathspecs.empty()) {
    environment = detail::without_pathspec_options(at_root());
    arguments.push_back("*" + std::string(suffix));
  }
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string directory = pathspecs.empty() ? root() : directory_.string();
  const std::string output =
      output_for(pathspecs, environment, directory, run(git_program(std::move(arguments), environment, directory)),
                 "cannot compare the work tree with the index");
  std::vector<std::string> names;
  for (const std::string_view name : records(output)) {
    // An unmerged one comes more than once.
    if (name.ends_with(suffix) && (names.empty() || names.back() != name)) names.emplace_back(name);
  }
  return names;
}

std::optional<std::vector<std::string>> Registry::match_all(const std::vector<std::string>& pathspecs,
                                                            const Listing& listing) const {
  Environment environment = without_lazy_fetch(environment_);
  std::vector<std::string> arguments{"ls-files", "-z", "--error-unmatch"};
  if (listing.tree) {
    // It is listed together with an index: one that is not there.
    environment.set("GIT_INDEX_FILE", index_file_.string() + ".mlem-" + std::to_string(getpid()));
    arguments.push_back("--with-tree=" + listing.tree->hex());
  } else if (listing.is_work_tree) {
    arguments.insert(arguments.end(), {"--cached", "--others", "--exclude-standard"});
  }
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  RunResult result = run(git_program(std::move(arguments), environment, directory_.string()));
  if (result.end == RunResult::End::exited && result.code == 1) return std::nullopt;
  const std::string output = output_for(pathspecs, environment_, directory_.string(), std::move(result),
                                        "cannot tell what the pathspecs match");
  const std::vector<std::string_view> names = records(output);
  return std::vector<std::string>(names.begin(), names.end());
}

std::vector<std::string> Registry::files_unlike_index(std::string_view suffix,
                                                      const std::vector<std::string>& pathspecs) const {
  // As `git diff-files` has it, which tells by a file's times and size whether to read it; and the untracked ones.
  std::vector<std::string> arguments{
      "ls-files", "-z", "--full-name", "--modified", "--others", "--exclude-standard", "--deduplicate", "--"};
  Environment environment = environment_;
  if (pathspecs.empty()) {
    environment = detail::without_pathspec_options(at_root());
    arguments.push_back("*" + std::string(suffix));
  } else {
    arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  }
  const std::string directory = pathspecs.empty() ? root() : directory_.string();
  const std::string output =
      output_for(pathspecs, environment, directory, run(git_program(std::move(arguments), environment, directory)),
                 "cannot look at the work tree");
  std::vector<std::string> names;
  for (const std::string_view name : records(output)) {
    if (name.ends_with(suffix)) names.emplace_back(name);
  }
  return names;
}

std::deque<File> Registry::index_entries(const std::vector<std::string>& names) const {
  const std::size_t id_size = empty_tree().bytes().size();
  if (auto files = detail::find_index_entries(index_file_, id_size, names)) return std::move(*files);
  return list_index(at_root_literally(), root(), "", names);
}

std::deque<File> Registry::left_out_files() const {
  if (!has_work_tree() || !config().boolean("core.sparsecheckout", false)) return {};
  std::deque<File> files = index_files("", {});
  std::erase_if(files, [](const File& file) { return !file.is_left_out; });
  return files;
}

std::vector<Change> Registry::changes(const std::optional<Oid>& before, const std::optional<Oid>& after,
                                      const std::vector<std::string>& pathspecs) const {
  if (after && pathspecs.empty()) {
    std::vector<Change> found;
    objects().diff(before, *after, [&](Change change) {
      found.push_back(std::move(change));
      return true;
    });
    return found;
  }
  const auto& command = after ? diff_tree : diff_index;
  std::vector<std::string> arguments(command.begin(), command.end());
  const std::string from = before.value_or(empty_tree()).hex();
  arguments.push_back(from);
  if (after) arguments.push_back(after->hex());
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string what_failed =
      before || !after ? "cannot compare with '" + from + "'" : "cannot list the files of '" + after->hex() + "'";
  const Environment environment = without_lazy_fetch(environment_);
  RunResult result = run(git_program(std::move(arguments), environment, directory_.string()));
  return parse_raw(output_for(pathspecs, environment, directory_.string(), std::move(result), what_failed));
}

std::optional<std::vector<Change>> find_staged_changes(const Environment& environment, const std::string& directory) {
  std::vector<std::string> arguments(diff_index.begin(), diff_index.end());
  arguments.insert(arguments.end(), {"HEAD", "--"});
  const RunResult result = run(git_program(std::move(arguments), without_lazy_fetch(environment), directory));
  if (result.code != 0) return std::nullopt;
  return parse_raw(result.output);
}

}  // namespace mlem::git
