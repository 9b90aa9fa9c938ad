#pragma once

#include "support/sandbox.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::test {

/// Files by their path from the repository's root.
using Files = std::map<std::string, std::string>;

/// How a repository is made.
struct RepoOptions {
  bool bare = false;  ///< empty, to be pushed to; commits need a work tree
  std::string object_format = "sha1";
  std::string ref_format = "files";  ///< or `reftable`, where knows_reftable()
  bool split_index = false;
};

/// Returns whether git can keep refs in a reftable: it came with git 2.45, and is to be what Git 3.0 makes by default.
bool knows_reftable(const Sandbox& sandbox);

enum class Force { no, yes };

/// Builds a repository of a Sandbox with git itself, whose directory it must not outlive. Every commit is one minute
/// younger than the one before, beginning at 2024-01-01 00:01 UTC. What git refuses throws std::runtime_error with the
/// printed Outcome.
class RepoBuilder {
 public:
  /// Makes an empty repository in the directory `name` of the sandbox.
  RepoBuilder(const Sandbox& sandbox, const std::string& name, const RepoOptions& options = {});

  const fs::path& path() const noexcept { return path_; }
  /// Returns the URL of the directory, `file:///…/`.
  std::string url() const { return file_url(path_); }
  /// The same for any directory.
  static std::string file_url(const fs::path& directory) { return "file://" + directory.string() + "/"; }

  /// Writes a file of the work tree, and that is all.
  void write(const std::string& path, std::string_view content) const;
  /// Writes files, stages them and commits what is staged, without hooks. Returns the commit's id, in hex digits.
  std::string commit(const Files& files, const std::string& message = "Change");
  /// Removes files (or directories) and commits. Returns the commit's id.
  std::string remove(const std::vector<std::string>& paths, const std::string& message = "Remove");

  /// Makes a lightweight tag of a commit, by default of HEAD; with `Force::yes` moves it.
  void tag(const std::string& name, const std::string& rev = "HEAD", Force force = Force::no) const;
  /// Makes an annotated tag. Returns the id of the tag object.
  std::string annotated_tag(const std::string& name, const std::string& rev = "HEAD", Force force = Force::no) const;
  /// Makes a branch or moves it.
  void branch(const std::string& name, const std::string& rev = "HEAD", Force force = Force::no) const;
  void checkout(const std::string& rev) const;

  /// Makes a linked work tree of a new branch of that name, beside the repository. Returns its directory.
  fs::path add_worktree(const std::string& name) const;
  /// Leaves only these directories in the work tree, and an index that is sparse too.
  void sparse_checkout(const std::vector<std::string>& directories) const;
  /// Makes a bare clone, with all refs, that a server may serve: objects by any id, and filters, are allowed.
  fs::path bare_clone(const fs::path& directory) const;

  /// Returns the full id of what a revision names.
  std::string id(const std::string& rev) const;
  /// Runs git in the repository. Returns its stdout without the newline at its end.
  std::string git(const std::vector<std::string>& arguments, RunOptions options = {}) const;

 private:
  std::string commit_staged(const std::string& message);
  RunOptions dated() const;

  const Sandbox* sandbox_;
  fs::path path_;
  int commits_ = 0;
};

}  // namespace mlem::test
