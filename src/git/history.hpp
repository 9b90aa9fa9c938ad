#pragma once

#include "base/file.hpp"
#include "base/process.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::git {

/// A commit and what it was made from.
struct Commit {
  Oid oid;
  std::vector<Oid> parents;
};

/// A commit and what it says.
struct DescribedCommit {
  Oid oid;
  std::vector<Oid> parents;
  std::int64_t time = 0;  ///< the committer's, in seconds since 1970
  std::string author;     ///< `Name <address>`
  std::string subject;    ///< the first paragraph of its message, in one line
};

/// What one commit changes.
struct CommitFiles {
  Oid commit;
  std::vector<std::string> paths;
};

/// Those refs of a repository that count: what the globs select but for what is left out.
struct RefSelection {
  /// As many names as fit into an argument vector anywhere. Of more, none is left out.
  static constexpr std::size_t most_left_out = 500;
  std::vector<std::string> globs{};     ///< of full names, as `--glob` in git-rev-list(1) reads them
  std::vector<std::string> left_out{};  ///< full names
};

/// Returns the refs whose full names begin with one of `prefixes`, each of which ends in a slash.
RefSelection refs_below(const std::vector<std::string>& prefixes);

/// Returns the branches and tags whose names begin with `space`: namespace_prefix().
RefSelection branches_and_tags(const std::string& space = {});

/// How the commits of one repository lead to each other, as git-rev-list(1) and git-merge-base(1) tell. Replace refs
/// and grafts are ignored. An answer that there was no time left for is nothing. Every function throws Interrupted.
class History {
 public:
  /// The commits that are in reach of a registry: within a push those that it brings too.
  /// `limits` hold for each call alone, and `interrupt` may be null.
  History(const Registry& registry, const Limits& limits, Interrupt* interrupt);
  /// The commits that the repository `git_dir` has itself. `environment` is without_repository().
  History(const fs::path& git_dir, const Environment& environment, const Limits& limits, Interrupt* interrupt);

  /// Returns the commits that are reachable from `tips`, and neither from `known` nor from a ref of `known_refs`:
  /// children before their parents, whatever their dates are.
  /// Throws Error(unavailable) if git refuses: for an id that the repository does not have.
  std::optional<std::vector<Commit>> list_commits(const std::vector<Oid>& tips, const std::vector<Oid>& known,
                                                  const RefSelection& known_refs) const;

  /// Returns the commits that are reachable from some of `tips` and not from all of them, and perhaps more, the newest
  /// first. Throws as list_commits().
  std::optional<std::vector<DescribedCommit>> describe_commits(const std::vector<Oid>& tips) const;

  /// Returns those of `commits` that are reachable neither from a ref of `refs` nor from `tips`. Throws as
  /// list_commits().
  std::optional<std::vector<Oid>> find_unreachable(const std::vector<Oid>& commits, const RefSelection& refs,
                                                   const std::vector<Oid>& tips) const;

  /// Returns, of the files of `paths`, those that each of `commits` has otherwise than all of its parents have them. A
  /// commit that changes none of them is left out. Throws Error(unavailable) if git refuses: for trees that the
  /// repository does not have.
  std::optional<std::vector<CommitFiles>> list_changed_files(const std::vector<Oid>& commits,
                                                             const std::vector<std::string>& paths) const;

  /// Returns the first lines of the messages of commits, in their order. Throws Error(unavailable) if git refuses.
  std::optional<std::vector<std::string>> list_subjects(const std::vector<Oid>& commits) const;

  /// Returns the message of a commit, in UTF-8; nothing if it cannot be read.
  std::optional<std::string> find_message(const Oid& commit) const;

  /// Returns a best commit that is an ancestor of all `commits`, or one of them; nothing if there is none or it cannot be
  /// told.
  std::optional<Oid> find_common_base(const std::vector<Oid>& commits) const;

  /// Returns whether `ancestor` is reachable from `commit`; not if one of them is not a commit.
  std::optional<bool> is_ancestor(const Oid& ancestor, const Oid& commit) const;

 private:
  RunResult run_git(const std::vector<std::string>& arguments, std::string_view input = {}) const;
  /// Returns what git prints; nothing if there was no time left, or if that would be more than the limit.
  std::optional<std::string> output_of(const std::vector<std::string>& arguments, std::string_view input,
                                       const char* what_failed) const;
  /// Returns what `git rev-list` prints, in the same way.
  std::optional<std::string> rev_list(const std::vector<std::string>& options, const std::vector<Oid>& from,
                                      const std::vector<Oid>& without, const RefSelection& without_refs,
                                      const char* what_failed) const;
  Program program_;  ///< git, without a command
  Limits limits_;
  Interrupt* interrupt_;
};

/// Returns the best common ancestor of two commits (git-merge-base(1)); nothing if they have none.
std::optional<Oid> find_merge_base(const Registry& registry, const Oid& one, const Oid& other);

/// Returns the time in seconds since 1970 that git takes `date` for, in any form that git-rev-list(1) takes for
/// `--since`; nothing if it says none. What git cannot read as a date it takes for now.
std::optional<std::int64_t> find_time(const Registry& registry, const std::string& date);

/// Returns the first commit on HEAD's line of first parents that is not younger than `date`; nothing if there is none.
/// Dates are as above.
std::optional<Oid> find_commit_before(const Registry& registry, const std::string& date);

}  // namespace mlem::git
