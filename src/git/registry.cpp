#include "git/registry.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/least_version.hpp"
#include "git/detail/pathspec_options.hpp"
#include "model/repo_path.hpp"

#include <boost/filesystem/operations.hpp>

#include <utility>

namespace mlem::git {
namespace {

using detail::git_program;
using detail::output_of;

/// Returns `path`, read from the directory `base`, without symbolic links.
fs::path without_links_from(const fs::path& base, const fs::path& path) {
  return without_links(path.empty() ? base : fs::absolute(path, base));
}

/// Whether an expression of gitrevisions(7) names no object for certain, which saves the process that would say so: it
/// is the name of a link's file, has none of the signs of an operator, is neither hexadecimal nor what `git describe`
/// prints, and no ref is called that.
bool names_file_only(Repository& objects, std::string_view expression) {
  constexpr std::size_t longest = 200;  // no file can have the name of a longer ref
  if (!expression.ends_with(mlem_suffix) || expression.size() > longest) return false;
  if (expression.find_first_of("@^~:") != std::string_view::npos) return false;
  // Refs of other work trees have no common place: git-worktree(1).
  if (expression.starts_with("worktrees/") || expression.starts_with("main-worktree/")) return false;
  const std::string name(expression);
  for (const std::string prefix : {"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}) {
    if (objects.find_ref(prefix + name)) return false;
  }
  return !objects.find_ref("refs/remotes/" + name + "/HEAD");
}

}  // namespace

Registry Registry::discover(const Environment& environment, const std::string& directory) {
  Registry registry = discover_if_any(environment, directory);
  registry.require_repository();
  return registry;
}

void Registry::require_repository() const {
  if (absence_) throw Error(*absence_);
}

Registry Registry::discover_if_any(const Environment& environment, const std::string& directory) {
  Registry registry;
  registry.environment_ = environment;
  registry.directory_ = without_links(from_current_directory(directory.empty() ? "." : directory));
  // Where there is no work tree, --show-cdup prints nothing at all: it must be the last.
  const RunResult result = registry.git({"rev-parse", std::string(detail::least_version.option), "--absolute-git-dir",
                                         "--git-common-dir", "--is-inside-work-tree", "--show-object-format",
                                         "--show-prefix", "--git-path", "index", "--show-cdup"});
  detail::require_least_version(result.output, environment);
  if (result.code != 0) {
    // git ends its talk about dubious ownership with the command that allows it.
    const std::size_t remedy = result.errors.rfind("git config --global --add safe.directory");
    const std::string why = detail::last_fatal(result.errors);
    Error error(ErrorKind::not_found, "cannot read a repository in '" + registry.directory_.string() + "'", why,
                remedy == std::string::npos
                    ? std::string()
                    : "'" + std::string(trim(std::string_view(result.errors).substr(remedy))) + "' allows it");
    // Of one that GIT_DIR names, git says which it is.
    if (!why.starts_with("not a git repository (or any ")) throw error;
    registry.absence_ = std::move(error);
    return registry;
  }
  constexpr std::size_t git_dir_at = 0;
  constexpr std::size_t common_dir_at = 1;
  constexpr std::size_t inside_at = 2;
  constexpr std::size_t format_at = 3;
  constexpr std::size_t prefix_at = 4;
  constexpr std::size_t index_at = 5;
  constexpr std::size_t up_at = 6;
  std::vector<std::string_view> answer = split(result.output, '\n');
  answer.pop_back();
  // A newline in a path shifts the lines behind it.
  const bool whole = answer.size() == up_at + 1 && (answer[inside_at] == "true" || answer[inside_at] == "false");
  const bool without_work_tree = answer.size() == up_at && answer[inside_at] == "false";
  if (!whole && !without_work_tree) {
    throw Error(ErrorKind::unavailable, "cannot read the repository of '" + registry.directory_.string() + "'",
                "its path has a newline");
  }
  registry.git_dir_ = std::string(answer[git_dir_at]);
  registry.common_dir_ = without_links_from(registry.directory_, std::string(answer[common_dir_at]));
  registry.index_file_ = without_links_from(registry.directory_, std::string(answer[index_at]));
  registry.object_format_ = answer[format_at];
  registry.prefix_ = answer[prefix_at];
  // Relative from inside, empty at the root; absolute from outside, which GIT_WORK_TREE makes possible.
  if (answer.size() > up_at) registry.work_tree_ = without_links_from(registry.directory_, std::string(answer[up_at]));
  return registry;
}

void Registry::require_work_tree() const {
  if (!has_work_tree()) throw Error(ErrorKind::invalid, "this operation must be run in a work tree");
}

const Config& Registry::config() const {
  if (!config_) {
    config_ = Config::parse_with_scopes(
        output_of(git({"config", "-z", "--show-scope", "--list"}), "cannot read git's configuration"));
  }
  return *config_;
}

Repository& Registry::objects() const {
  if (!objects_) {
    // In a hook of a push, new objects wait in a quarantine that this names.
    const auto object_dir = environment_.find("GIT_OBJECT_DIRECTORY");
    objects_ = open_repository(git_dir_, environment_, Reading::here,
                               object_dir ? fs::absolute(*object_dir, directory_) : fs::path());
  }
  return *objects_;
}

RunResult Registry::git(std::vector<std::string> arguments, std::string_view input) const {
  return run(git_program(std::move(arguments), environment_, directory_.string()), input);
}

RunResult Registry::git(std::vector<std::string> arguments, std::string_view input, const Limits& limits,
                        Interrupt* interrupt) const {
  return run(git_program(std::move(arguments), environment_, directory_.string()), input, Session::own, limits,
             interrupt);
}

Program Registry::program(std::vector<std::string> arguments, Pathspecs pathspecs) const {
  if (pathspecs == Pathspecs::names) return git_program(std::move(arguments), at_root_literally(), root());
  return git_program(std::move(arguments), environment_, directory_.string());
}

void Registry::require_index(const std::string& what_failed, const std::string& remedy) const {
  if (fs::exists(index_file_) || !find_commit("HEAD")) return;
  throw Error(ErrorKind::not_found, what_failed, "there is no index",
              "'git reset' makes one of the last commit" + (remedy.empty() ? remedy : "; " + remedy));
}

std::string Registry::from_here(const std::string& name) const { return relative_to(name, prefix_); }

std::string Registry::pathspec_of(const std::string& name) const {
  // Magic means nothing where the user has switched it off.
  if (environment_.find("GIT_LITERAL_PATHSPECS").value_or("0") == "0") return ":(top,literal)" + name;
  std::string up;
  for (const char c : prefix_) up += c == '/' ? "../" : "";
  return up + name;
}

bool Registry::has_quick_refs() const { return object_format_ == "sha1" && !fs::exists(common_dir_ / "reftable"); }

std::optional<Oid> Registry::find_object(std::string_view expression) const {
  const auto [known, is_new] = found_objects_.try_emplace(std::string(expression));
  if (is_new) {
    if (has_quick_refs() && names_file_only(objects(), expression)) return std::nullopt;
    const RunResult result = git({"rev-parse", "--verify", "--quiet", "--end-of-options", std::string(expression)});
    if (result.code == 0) known->second = Oid::parse(trim(result.output));
  }
  return known->second;
}

std::optional<Oid> Registry::find_commit(std::string_view expression) const {
  const auto oid = find_object(expression);
  return oid ? objects().find_commit(*oid) : std::nullopt;
}

Oid Registry::empty_tree() const {
  return *Oid::parse(object_format_ == "sha256" ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
                                                : "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

std::string Registry::root() const { return has_work_tree() ? work_tree_.string() : directory_.string(); }

Environment Registry::at_root() const {
  if (!has_work_tree()) return environment_;
  Environment environment = environment_;
  // They may be relative to another directory.
  environment.set("GIT_DIR", git_dir_.string());
  environment.set("GIT_WORK_TREE", work_tree_.string());
  environment.set("GIT_INDEX_FILE", index_file_.string());
  if (environment.find("GIT_COMMON_DIR")) environment.set("GIT_COMMON_DIR", common_dir_.string());
  return environment;
}

Environment Registry::at_root_literally() const {
  // The global option, for `:(literal)` means nothing where the user has set GIT_LITERAL_PATHSPECS.
  Environment environment = detail::without_pathspec_options(at_root());
  environment.set("GIT_LITERAL_PATHSPECS", "1");
  return environment;
}

}  // namespace mlem::git
