#include "support/repo_builder.hpp"

#include "support/text_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace mlem::test {

namespace {

std::vector<std::string> with_force(std::vector<std::string> arguments, Force force) {
  if (force == Force::yes) arguments.insert(arguments.begin() + 1, "--force");
  return arguments;
}

}  // namespace

bool knows_reftable(const Sandbox& sandbox) {
  const TempDir scratch;
  return sandbox.git({"init", "--quiet", "--bare", "--ref-format=reftable", scratch.path().string()}).code == 0;
}

RepoBuilder::RepoBuilder(const Sandbox& sandbox, const std::string& name, const RepoOptions& options)
    : sandbox_(&sandbox), path_(sandbox / name) {
  std::vector<std::string> init = {"init", "--quiet", "--object-format=" + options.object_format};
  // Older gits do not know the option.
  if (options.ref_format != "files") init.push_back("--ref-format=" + options.ref_format);
  if (options.bare) init.emplace_back("--bare");
  init.push_back(path_.string());
  sandbox.git_output(init);
  if (options.split_index) git({"config", "core.splitIndex", "true"});
}

void RepoBuilder::write(const std::string& path, std::string_view content) const { write_file(path_ / path, content); }

std::string RepoBuilder::commit(const Files& files, const std::string& message) {
  std::string names;
  for (const auto& [path, content] : files) {
    write(path, content);
    names += path + '\0';
  }
  if (!files.empty()) {
    RunOptions options;
    options.input = names;
    git({"--literal-pathspecs", "add", "--force", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul"},
        options);
  }
  return commit_staged(message);
}

std::string RepoBuilder::remove(const std::vector<std::string>& paths, const std::string& message) {
  std::vector<std::string> arguments = {"--literal-pathspecs", "rm", "-r", "--quiet", "--"};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  git(arguments);
  return commit_staged(message);
}

std::string RepoBuilder::commit_staged(const std::string& message) {
  ++commits_;
  git({"commit", "--quiet", "--no-verify", "--allow-empty", "--message", message}, dated());
  return id("HEAD");
}

void RepoBuilder::tag(const std::string& name, const std::string& rev, Force force) const {
  git(with_force({"tag", name, rev}, force));
}

std::string RepoBuilder::annotated_tag(const std::string& name, const std::string& rev, Force force) const {
  git(with_force({"tag", "--annotate", "--message=" + name, name, rev}, force), dated());
  return id("refs/tags/" + name);
}

void RepoBuilder::branch(const std::string& name, const std::string& rev, Force force) const {
  git(with_force({"branch", name, rev}, force));
}

void RepoBuilder::checkout(const std::string& rev) const { git({"checkout", "--quiet", rev}); }

fs::path RepoBuilder::add_worktree(const std::string& name) const {
  const fs::path directory = path_.parent_path() / name;
  git({"worktree", "add", "--quiet", "-b", name, directory.string()});
  return directory;
}

void RepoBuilder::sparse_checkout(const std::vector<std::string>& directories) const {
  std::vector<std::string> arguments = {"sparse-checkout", "set", "--cone", "--sparse-index"};
  arguments.insert(arguments.end(), directories.begin(), directories.end());
  git(arguments);
}

fs::path RepoBuilder::bare_clone(const fs::path& directory) const {
  // A mirror has all refs; --no-local makes packs, as a server would have them.
  git({"clone", "--quiet", "--mirror", "--no-local", path_.string(), directory.string()});
  for (const char* const key : {"uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"})
    git({"--git-dir", directory.string(), "config", key, "true"});
  return directory;
}

std::string RepoBuilder::id(const std::string& rev) const { return git({"rev-parse", "--verify", "--quiet", rev}); }

std::string RepoBuilder::git(const std::vector<std::string>& arguments, RunOptions options) const {
  options.directory = path_;
  return sandbox_->git_output(arguments, std::move(options));
}

RunOptions RepoBuilder::dated() const {
  constexpr long first_of_january_2024 = 1'704'067'200;
  const std::string date = fmt::format("{} +0000", first_of_january_2024 + 60L * commits_);
  RunOptions options;
  for (const char* const name : {"GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"}) options.environment[name] = date;
  return options;
}

}  // namespace mlem::test
