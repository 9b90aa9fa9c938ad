#include "git/registry.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/index.hpp"
#include "git/detail/least_version.hpp"
#include "git/detail/raw_change.hpp"
#include "model/repo_path.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mlem::git {
namespace {

using detail::git_program;
using detail::output_of;
using detail::parse_mode;
using detail::parse_raw_change;
using detail::records;
using detail::throw_not_understood;

std::string octal(std::uint32_t mode) {
  std::array<char, 16> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  return {digits.data(), result.ptr};
}

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

/// What changes the meaning of all pathspecs (git(1)).
constexpr std::array<std::string_view, 4> pathspec_variables{"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
                                                             "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"};

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

/// Returns `path`, read from the directory `base`, without symbolic links.
fs::path without_links_from(const fs::path& base, const fs::path& path) {
  return without_links(path.empty() ? base : fs::absolute(path, base));
}

/// Returns the remote that a partial clone has left objects on; empty for another repository.
std::string promisor_of(const Config& config) {
  constexpr std::string_view section = "remote.";
  constexpr std::string_view variable = ".promisor";
  std::string remote = config.find("extensions.partialclone").value_or("");
  for (const auto& [key, value] : config.entries()) {
    if (!key.starts_with(section) || !key.ends_with(variable) || !config.boolean(key, false)) continue;
    remote = key.substr(section.size(), key.size() - section.size() - variable.size());
  }
  return remote;
}

/// What is missing in a partial clone is fetched by those who know whether the network may be used, for all at once.
Environment without_lazy_fetch(Environment environment) {
  environment.set("GIT_NO_LAZY_FETCH", "1");
  return environment;
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

/// Lists the index by `git ls-files`.
std::deque<File> list_index(const Environment& environment, const std::string& directory, const Suffixes& suffixes,
                            const std::vector<std::string>& pathspecs) {
  std::vector<std::string> arguments{"ls-files", "-z", "--full-name", "--stage", "--debug", "--"};
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  return parse_stage(output_of(run(git_program(std::move(arguments), environment, directory)), "cannot read the index"),
                     suffixes);
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
  registry.directory_ = without_links_from(fs::current_path(), directory);
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
  const std::string output = output_of(run(program), "cannot list the work tree");
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
    environment = at_root();
    for (const std::string_view magic : pathspec_variables) environment.unset(magic);
    arguments.push_back("*" + std::string(suffix));
  }
  arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  const std::string directory = pathspecs.empty() ? root() : directory_.string();
  const std::string output = output_of(run(git_program(std::move(arguments), environment, directory)),
                                       "cannot compare the work tree with the index");
  std::vector<std::string> names;
  for (const std::string_view name : records(output)) {
    // An unmerged one comes more than once.
    if (name.ends_with(suffix) && (names.empty() || names.back() != name)) names.emplace_back(name);
  }
  return names;
}

bool Registry::is_partial() const { return !promisor_of(config()).empty(); }

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
  const std::string output = output_of(std::move(result), "cannot tell what the pathspecs match");
  const std::vector<std::string_view> names = records(output);
  return std::vector<std::string>(names.begin(), names.end());
}

std::size_t Registry::count_unstaged(std::string_view suffix, const std::vector<std::string>& pathspecs) const {
  // As `git diff-files` has it, which tells by a file's times and size whether to read it; and the untracked ones.
  std::vector<std::string> arguments{"ls-files",      "-z", "--modified", "--others", "--exclude-standard",
                                     "--deduplicate", "--"};
  Environment environment = environment_;
  if (pathspecs.empty()) {
    environment = at_root();
    for (const std::string_view magic : pathspec_variables) environment.unset(magic);
    arguments.push_back("*" + std::string(suffix));
  } else {
    arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
  }
  const std::string directory = pathspecs.empty() ? root() : directory_.string();
  const std::string output =
      output_of(run(git_program(std::move(arguments), environment, directory)), "cannot look at the work tree");
  const std::vector<std::string_view> names = records(output);
  return static_cast<std::size_t>(
      std::count_if(names.begin(), names.end(), [&](std::string_view name) { return name.ends_with(suffix); }));
}

void Registry::fetch_missing(const std::vector<Oid>& blobs, const Limits& limits, Interrupt* interrupt) const {
  if (blobs.empty() || environment_.find("GIT_QUARANTINE_PATH")) return;
  const std::string remote = promisor_of(config());
  if (remote.empty() || remote.starts_with('-')) return;
  std::string missing;
  for (const Oid& blob : blobs) {
    if (!objects().has(blob)) missing += blob.hex() + "\n";
  }
  if (missing.empty()) return;
  // The command that git itself runs for a missing object, fetch_objects() in its promisor-remote.c; but for all at
  // once.
  git({"-c", "fetch.negotiationAlgorithm=noop", "fetch", remote, "--quiet", "--no-tags", "--no-write-fetch-head",
       "--recurse-submodules=no", "--filter=blob:none", "--stdin"},
      missing, limits, interrupt);
  objects().release();
}

std::deque<File> Registry::index_entries(const std::vector<std::string>& names) const {
  const std::size_t id_size = empty_tree().bytes().size();
  if (auto files = detail::find_index_entries(index_file_, id_size, names)) return std::move(*files);
  return list_index(at_root_literally(), root(), "", names);
}

bool Registry::is_ignored(const std::string& name) const {
  std::vector<std::string> arguments{"check-ignore", "--quiet"};
  // Without a look at the index, which takes its time; but a sparse checkout may have left a .gitignore there alone.
  if (!config().boolean("core.sparsecheckout", false)) arguments.emplace_back("--no-index");
  // An absolute name has no magic, and this command takes no pathspecs that are literal.
  arguments.insert(arguments.end(), {"--", (work_tree_ / name).string()});
  Environment environment = at_root();
  for (const std::string_view magic : pathspec_variables) environment.unset(magic);
  return run(git_program(std::move(arguments), environment, root())).code == 0;
}

bool Registry::is_outside_checkout(const std::string& name) const {
  if (!config().boolean("core.sparsecheckout", false)) return false;
  Environment environment = at_root_literally();
  // Of an index that is not there yet. In the repository's, it would take all that is beside the file for checked out.
  environment.set("GIT_INDEX_FILE", index_file_.string() + ".mlem-" + std::to_string(getpid()));
  return run(git_program({"add", "--dry-run", "--force", "--", name}, environment, root())).code == 1;
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
  return parse_raw(output_of(
      run(git_program(std::move(arguments), without_lazy_fetch(environment_), directory_.string())), what_failed));
}

Oid Registry::write_blob(std::string_view name, std::string_view content) const {
  const std::string what_failed = "cannot write '" + escape_for_terminal(name) + "'";
  const std::string output = output_of(
      run(git_program({"hash-object", "-w", "--stdin", "--path=" + std::string(name)}, at_root(), root()), content),
      what_failed);
  const auto oid = Oid::parse(trim(output));
  if (!oid) throw_not_understood(output);
  return *oid;
}

void Registry::stage_files(const std::vector<File>& files, const std::vector<std::string>& removed) const {
  // First the entries, for git leaves one alone that is to be assumed unchanged or is outside of a sparse checkout.
  // Then what it finds in the work tree: the new ones know nothing of the files.
  std::vector<std::string> arguments{"update-index", "--add", "--replace"};
  std::string names;
  for (const File& file : files) {
    names += file.name + '\0';
    if (file.entry.oid == Oid()) continue;
    arguments.insert(arguments.end(),
                     {"--cacheinfo", octal(file.entry.mode) + ',' + file.entry.oid.hex() + ',' + file.name});
  }
  if (!removed.empty()) arguments.push_back("--remove");
  for (const std::string& name : removed) names += name + '\0';
  arguments.insert(arguments.end(), {"-z", "--stdin"});
  const RunResult result = run(git_program(std::move(arguments), at_root(), root()), names);
  if (result.code == 0) return;
  const std::string why = detail::last_fatal(result.errors);
  if (why.find("--cacheinfo cannot add") != std::string::npos) {
    throw Error(ErrorKind::invalid, "cannot update the index", escape_for_terminal(why));
  }
  // The lock may not be made for other reasons: no right, no room.
  const bool locked = why.find(".lock': File exists") != std::string::npos;
  throw Error(ErrorKind::unavailable, "cannot update the index", escape_for_terminal(why),
              locked ? "another git process may be at work here; if none is, remove the file" : "");
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
  Environment environment = at_root();
  for (const std::string_view magic : pathspec_variables) environment.unset(magic);
  environment.set("GIT_LITERAL_PATHSPECS", "1");
  return environment;
}

bool is_partial_clone(const fs::path& git_dir, const Environment& environment) {
  const RunResult listed = run(reading_program(git_dir, {"config", "-z", "--list"}, environment));
  return listed.code == 0 && !promisor_of(Config::parse(listed.output)).empty();
}

std::optional<std::vector<Change>> find_staged_changes(const Environment& environment, const std::string& directory) {
  std::vector<std::string> arguments(diff_index.begin(), diff_index.end());
  arguments.insert(arguments.end(), {"HEAD", "--"});
  const RunResult result = run(git_program(std::move(arguments), without_lazy_fetch(environment), directory));
  if (result.code != 0) return std::nullopt;
  return parse_raw(result.output);
}

}  // namespace mlem::git
