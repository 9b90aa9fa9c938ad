#include "git/repository.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/object_dirs.hpp"
#include "git/detail/object_repository.hpp"
#include "git/detail/special_file.hpp"

#include <boost/filesystem/fstream.hpp>
#include <boost/filesystem/operations.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mlem::git {
namespace {

constexpr std::size_t max_pointer_file = std::size_t{64} << 10;

/// Returns the path that a file such as `.git` or `commondir` has behind `label`, read from the file's directory. What
/// may not be read, or is too large, has none: so git takes it.
std::optional<fs::path> load_pointer(const fs::path& file, std::string_view label) {
  std::optional<std::string> content;
  try {
    content = load_file(file, max_pointer_file);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!content || !content->starts_with(label)) return std::nullopt;
  std::string text = content->substr(label.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return std::nullopt;
  return fs::absolute(text, file.parent_path());
}

/// The test of git's is_git_directory(): HEAD here, the rest where a linked work tree's `commondir` says.
bool is_git_dir(const fs::path& directory) {
  boost::system::error_code ignored;
  if (!fs::exists(fs::symlink_status(directory / "HEAD", ignored))) return false;
  const fs::path common = load_pointer(directory / "commondir", "").value_or(directory);
  return fs::is_directory(common / "objects", ignored) && fs::is_directory(common / "refs", ignored);
}

/// git's rule: who runs sudo may read what is theirs, and root's.
bool is_owned_by_user(const fs::path& path, const Environment& environment) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return true;  // what is not there belongs to nobody else
  uid_t user = geteuid();
  if (user == 0 && status.st_uid != 0) {
    const std::string sudo = environment.find("SUDO_UID").value_or("");
    std::from_chars(sudo.data(), sudo.data() + sudo.size(), user);
  }
  return status.st_uid == user;
}

}  // namespace

std::unique_ptr<Repository> open_repository(const fs::path& git_dir, const Environment& environment, Reading reading,
                                            const fs::path& object_dir) {
  if (auto repository = detail::open_with_libgit2(git_dir, environment, reading, object_dir)) return repository;
  return detail::open_with_plumbing(git_dir, environment, object_dir);
}

std::optional<fs::path> find_git_dir(const fs::path& directory) {
  const fs::path dot_git = directory / ".git";
  if (is_git_dir(dot_git)) return dot_git;
  if (const auto target = load_pointer(dot_git, "gitdir: "); target && is_git_dir(*target)) return target;
  if (is_git_dir(directory)) return directory;
  return std::nullopt;
}

std::vector<fs::path> find_object_dirs(const fs::path& objects) {
  std::vector<fs::path> all;
  detail::add_object_dirs(all, objects);
  return all;
}

std::optional<fs::path> find_addressed_git_dir(const fs::path& directory) {
  if (auto found = find_git_dir(directory)) return found;
  if (const auto target = load_pointer(directory, "gitdir: "); target && is_git_dir(*target)) return target;
  std::string name = directory.string();
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return find_git_dir(name + ".git");
}

bool is_bundle(const fs::path& file) {
  boost::system::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return false;
  std::array<char, 16> beginning{};
  fs::ifstream(file, std::ios::binary).read(beginning.data(), beginning.size());
  const std::string_view text(beginning.data(), beginning.size());
  return text == "# v2 git bundle\n" || text == "# v3 git bundle\n";
}

std::optional<fs::path> find_obstacle(const fs::path& git_dir) {
  using detail::Below;
  std::vector<fs::path> directories{git_dir};
  if (const auto common = load_pointer(git_dir / "commondir", "")) directories.push_back(*common);
  for (const fs::path& directory : directories) {
    if (auto special = detail::find_special_file(directory, Below::no)) return special;
    if (auto special = detail::find_special_file(directory / "refs", Below::yes)) return special;
  }
  return std::nullopt;
}

bool is_closed(const fs::path& directory) {
  const auto is_denied = [&](const char* name, int mode) {
    return faccessat(AT_FDCWD, (directory / name).c_str(), mode, AT_EACCESS) != 0 && errno == EACCES;
  };
  // The names as find_git_dir() looks for them, and what is read of a repository that it finds.
  return is_denied(".git/HEAD", F_OK) || is_denied("HEAD", R_OK) || is_denied("refs", R_OK | X_OK) ||
         is_denied("packed-refs", R_OK) || is_denied("objects", R_OK | X_OK) || is_denied("objects/pack", R_OK | X_OK);
}

fs::path guarded_directory(const fs::path& git_dir) {
  return git_dir.filename() == ".git" ? git_dir.parent_path() : git_dir;
}

bool is_foreign(const fs::path& git_dir, const Environment& environment) {
  const fs::path directory = guarded_directory(git_dir);
  if (is_owned_by_user(git_dir, environment) && is_owned_by_user(directory, environment)) return false;
  // Which repository it is has been said; what is asked is whether its owner is trusted.
  const Program asked =
      detail::git_program({"-c", "safe.bareRepository=all", "-C", directory.string(), "rev-parse", "--git-dir"},
                          without_repository(environment), {});
  return run(asked).code != 0;
}

Environment without_place(Environment environment) {
  // What git 2.39 to 2.50 list, without configuration.
  for (const std::string_view name :
       {"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR", "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE"}) {
    environment.unset(name);
  }
  // Not on git's list, and it forbids ref updates in every repository.
  environment.unset("GIT_QUARANTINE_PATH");
  return environment;
}

Environment without_repository(Environment environment) {
  environment = without_place(std::move(environment));
  // Without the count, GIT_CONFIG_KEY_<n> mean nothing.
  for (const std::string_view name : {"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}) environment.unset(name);
  // What each run of git has set anyhow is set once for all of them.
  return detail::for_reading(detail::for_git(environment), {});
}

Program reading_program(const fs::path& git_dir, std::vector<std::string> arguments, const Environment& environment) {
  return detail::program_on(git_dir, std::move(arguments), detail::for_reading(environment, {}));
}

std::string namespace_prefix(const Environment& environment) {
  const std::string space = environment.find("GIT_NAMESPACE").value_or("");
  std::string prefix;
  for (const std::string_view part : split(space, '/')) {
    if (!part.empty()) prefix += "refs/namespaces/" + std::string(part) + "/";
  }
  return prefix;
}

std::string Repository::final_ref(std::string full_name) {
  constexpr int most_links = 5;  // as git: SYMREF_MAXDEPTH
  for (int i = 0; i < most_links; ++i) {
    auto target = symbolic_target(full_name);
    if (!target) break;
    full_name = *std::move(target);
  }
  return full_name;
}

}  // namespace mlem::git
