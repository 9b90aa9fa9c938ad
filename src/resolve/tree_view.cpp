#include "resolve/tree_view.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <sys/stat.h>
#include <unordered_map>
#include <utility>
#include <vector>

// Three kinds of trees are looked at in the same way, so that an alias is followed alike in each. The index is loaded
// whole at the first question, unless it was said before what will be asked. The work tree is looked at file by file,
// and what a sparse checkout leaves out comes from the index. On top of that come the rules of MLEM, those of its old
// versions too: where an alias starts, and which file a path names. An alias that MLEM would read otherwise is refused,
// and no reading is guessed.

namespace mlem::resolve {
namespace {

git::Lookup found(git::Entry entry) { return {git::Lookup::State::found, entry, std::nullopt}; }

using Files = std::deque<git::File>;  // in the order of the index

Files::const_iterator first_of(const Files& files, std::string_view path) {
  return std::lower_bound(files.begin(), files.end(), path,
                          [](const git::File& file, std::string_view name) { return file.name < name; });
}

git::Lookup find_in(const Files& files, std::string_view path) {
  const auto first = first_of(files, path);
  if (first != files.end() && first->name == path && first->stage == 0) return found(first->entry);
  const std::string below = std::string(path) + "/";
  const auto inside = first_of(files, below);
  if (inside != files.end() && inside->name.starts_with(below)) return found({git::mode_tree, Oid()});
  return {};
}

class IndexView final : public TreeView {
 public:
  explicit IndexView(const git::Registry& registry) : registry_(registry) {}

  void expect(const std::vector<std::string>& names, const Files& entries) override {
    if (loaded_) return;
    expected_.insert(names.begin(), names.end());
    files_ = entries;
  }

  git::Lookup find(std::string_view path) override {
    if (!is_expected(path)) load();
    return find_in(files_, path);
  }

  bool is_unmerged(std::string_view path) override {
    if (!is_expected(path)) load();
    const auto first = first_of(files_, path);
    return first != files_.end() && first->name == path && first->stage != 0;
  }

  std::optional<std::string> read(std::string_view, const git::Entry& entry, std::size_t limit) override {
    return registry_.objects().find_blob(entry.oid, limit);
  }

  void walk(const std::function<bool(const std::string&, const git::Entry&)>& visit) override {
    load();
    for (const git::File& file : files_) {
      if (file.stage == 0 && !visit(file.name, file.entry)) return;
    }
  }

  std::string at() const override { return "index"; }
  git::Repository* repository() override { return &registry_.objects(); }

 private:
  void load() {
    if (!std::exchange(loaded_, true)) files_ = registry_.index_files("", {});
  }
  bool is_expected(std::string_view path) const {
    if (expected_.empty()) return false;
    for (; !path.empty(); path = parent_of(path)) {
      if (expected_.contains(std::string(path))) return true;
    }
    return false;
  }

  const git::Registry& registry_;
  Files files_;
  std::set<std::string> expected_;  ///< what `files_` is about while it is not loaded; empty: nothing
  bool loaded_ = false;
};

class WorkTreeView final : public TreeView {
 public:
  explicit WorkTreeView(const git::Registry& registry) : registry_(registry) {}

  git::Lookup find(std::string_view path) override {
    struct stat status {};
    if (!registry_.has_work_tree()) return {};
    if (!is_real_directory(parent_of(path)) || lstat(on_disk(path).c_str(), &status) != 0) {
      return find_in(left_out(), path);
    }
    if (S_ISDIR(status.st_mode)) return found({git::mode_tree, Oid()});
    return found({S_ISLNK(status.st_mode) ? git::mode_symlink : git::mode_file, Oid()});
  }

  std::optional<std::string> read(std::string_view path, const git::Entry& entry, std::size_t limit) override {
    return entry.oid == Oid() ? load_file(on_disk(path), limit) : registry_.objects().find_blob(entry.oid, limit);
  }

  void walk(const std::function<bool(const std::string&, const git::Entry&)>& visit) override {
    if (!registry_.has_work_tree()) return;
    for (const git::File& file : registry_.work_tree_files("", {})) {
      if (!visit(file.name, file.entry)) return;
    }
    for (const git::File& file : left_out()) {
      if (find(file.name).entry.oid == file.entry.oid && !visit(file.name, file.entry)) return;
    }
  }

  std::string at() const override { return "worktree"; }
  git::Repository* repository() override { return nullptr; }

 private:
  std::string on_disk(std::string_view path) const { return root_ + std::string(path); }

  const Files& left_out() {
    if (!left_out_) left_out_ = registry_.left_out_files();
    return *left_out_;
  }

  /// Whether a directory is one on every step from the root: to git, what is behind a symbolic link is not a file of
  /// the work tree.
  bool is_real_directory(std::string_view directory) {
    if (directory.empty()) return true;
    const auto [known, is_new] = is_real_.try_emplace(std::string(directory), false);
    if (!is_new) return known->second;
    struct stat status {};
    const bool is_real = is_real_directory(parent_of(directory)) && lstat(on_disk(directory).c_str(), &status) == 0 &&
                         S_ISDIR(status.st_mode);
    return is_real_[std::string(directory)] = is_real;
  }

  const git::Registry& registry_;
  std::string root_ = registry_.work_tree().string() + "/";
  std::unordered_map<std::string, bool> is_real_;  ///< of directories that were looked at
  std::optional<Files> left_out_;                  ///< by a sparse checkout; none: not asked for yet
};

class CommitView final : public TreeView {
 public:
  CommitView(git::Repository& repository, const Oid& commit) : repository_(repository), commit_(commit) {}

  git::Lookup find(std::string_view path) override { return repository_.find(commit_, path); }
  std::optional<std::string> read(std::string_view, const git::Entry& entry, std::size_t limit) override {
    return repository_.find_blob(entry.oid, limit);
  }
  void walk(const std::function<bool(const std::string&, const git::Entry&)>& visit) override {
    repository_.walk(commit_, "", visit);
  }
  std::string at() const override { return commit_.hex(); }
  git::Repository* repository() override { return &repository_; }

 private:
  git::Repository& repository_;
  Oid commit_;
};

bool is_symlink(const git::Entry& entry) { return (entry.mode & git::mode_type_mask) == git::mode_symlink; }
bool is_symlink(const git::Lookup& lookup) {
  return lookup.state == git::Lookup::State::found && is_symlink(lookup.entry);
}

Located lacking(const git::Lookup& lookup) { return {Located::State::missing_object, {}, {}, {*lookup.missing}}; }

}  // namespace

std::unique_ptr<TreeView> view_index(const git::Registry& registry) { return std::make_unique<IndexView>(registry); }

std::unique_ptr<TreeView> view_work_tree(const git::Registry& registry) {
  return std::make_unique<WorkTreeView>(registry);
}

std::unique_ptr<TreeView> view_commit(git::Repository& repository, const Oid& commit) {
  return std::make_unique<CommitView>(repository, commit);
}

std::optional<std::string> find_project(TreeView& view, std::string_view directory) {
  for (;;) {
    const git::Lookup marker = view.find(join(directory, ".mlem.yaml"));
    if (marker.state == git::Lookup::State::found && !git::is_directory(marker.entry)) return std::string(directory);
    const git::Lookup old = view.find(join(directory, ".mlem"));
    if (old.state == git::Lookup::State::found && git::is_directory(old.entry)) return std::string(directory);
    if (directory.empty()) return std::nullopt;
    directory = parent_of(directory);
  }
}

std::string alias_base(TreeView& view, std::string_view link) {
  const std::string_view directory = parent_of(link);
  // A link in `.mlem/link/` belongs to the project that the `.mlem` directory marks, not to a loose directory in it.
  return find_project(view, directory).value_or(std::string(directory));
}

std::string quoted_directory(std::string_view directory) {
  return directory.empty() ? "the repository's root" : "'" + escape_for_terminal(directory) + "'";
}

AliasStart find_alias_start(TreeView& view, std::string_view directory) {
  AliasStart start{find_project(view, directory).value_or(std::string(directory)), std::string(directory)};
  for (std::string_view above = directory;; above = parent_of(above)) {
    if (view.find(join(above, ".mlem.yaml")).state == git::Lookup::State::found) {
      start.for_mlem = above;
      start.is_project = true;
      return start;
    }
    if (above.empty()) return start;
  }
}

void require_one_reading(TreeView& view, const AliasStart& start, std::string_view path) {
  const std::string what = "invalid path '" + escape_for_terminal(path) + "'";
  const auto at = [&](std::string_view directory) -> std::optional<git::Entry> {
    const git::Lookup lookup = view.find(directory);
    return lookup.state == git::Lookup::State::found ? std::optional(lookup.entry) : std::nullopt;
  };
  const std::string marker = join(start.is_project ? start.for_mlem : start.directory, ".mlem.yaml");
  const auto marker_entry = at(marker);
  // MLEM asks for what a symbolic link leads to, and that may not be there.
  bool differs = start.directory != start.for_mlem || (marker_entry && is_symlink(*marker_entry));
  if (differs && !start.is_project) {
    // A project of 2022: MLEM of today looks beside the link, where mostly nothing is.
    try {
      differs =
          locate(view, RepoPath::parse(path, start.for_mlem).text(), start.for_mlem).state == Located::State::found;
    } catch (const Error&) {
      differs = false;
    }
  }
  if (differs) {
    const bool is_file = !marker_entry || git::is_regular(*marker_entry);
    const std::string old = join(start.directory, ".mlem");
    throw Error(ErrorKind::invalid, what, "git-mlem and MLEM start it at different directories",
                "git-mlem starts at " + quoted_directory(start.directory) + ", MLEM at " +
                    quoted_directory(start.for_mlem) + "; " +
                    (is_file ? "add '" + join(start.directory, ".mlem.yaml") + "', or remove '" + old + "'"
                             : "'" + marker + "' has to be a file"));
  }
  if (path.find("..") == std::string_view::npos) return;
  std::string directory = start.directory;
  for (const std::string_view component : split(path, '/')) {
    if (component != "..") {
      if (!component.empty() && component != ".") directory = join(directory, component);
      continue;
    }
    // The link's own file is somewhere below where it starts.
    const bool is_there = directory == start.directory || directory.empty() || is_below(start.directory, directory);
    const auto entry = is_there ? std::nullopt : at(directory);
    if (!is_there && (!entry || !git::is_directory(*entry))) {
      throw Error(ErrorKind::invalid, what,
                  "'" + escape_for_terminal(directory) + "' is not a directory to go up from");
    }
    directory = parent_of(directory);
  }
}

Located locate(TreeView& view, std::string_view path, std::string_view base) {
  const bool has_suffix = path.ends_with(mlem_suffix);
  const git::Lookup itself = has_suffix ? view.find(path) : git::Lookup();
  if (has_suffix) {
    if (itself.state == git::Lookup::State::missing_object) return lacking(itself);
    if (itself.state == git::Lookup::State::found && git::is_regular(itself.entry)) {
      return {Located::State::found, std::string(path), itself.entry, {}};
    }
    if (is_symlink(itself)) return {Located::State::not_a_file, std::string(path), {}, {}};
  }
  const std::string with_suffix = std::string(path) + std::string(mlem_suffix);
  const git::Lookup added = view.find(with_suffix);
  if (added.state == git::Lookup::State::missing_object) return lacking(added);
  if (added.state == git::Lookup::State::found && git::is_regular(added.entry)) {
    return {Located::State::found, with_suffix, added.entry, {}};
  }
  if (is_symlink(added)) return {Located::State::not_a_file, with_suffix, {}, {}};

  const std::string store = join(base, ".mlem");
  if (is_below(path, base) && view.find(store).state == git::Lookup::State::found) {
    std::string_view inner = path.substr(base.empty() ? 0 : base.size() + 1);
    if (has_suffix) inner.remove_suffix(mlem_suffix.size());
    constexpr std::array<std::string_view, 8> types{"model", "dataset",  "data",    "deployment",
                                                    "env",   "packager", "builder", "link"};
    Located old;
    std::vector<Oid> missing;
    for (const std::string_view type : types) {
      const std::string candidate = join(join(store, type), inner) + std::string(mlem_suffix);
      const git::Lookup lookup = view.find(candidate);
      if (lookup.state == git::Lookup::State::missing_object) missing.push_back(*lookup.missing);
      if (lookup.state != git::Lookup::State::found || !git::is_regular(lookup.entry)) continue;
      if (old.state == Located::State::found) {
        return {Located::State::several, "'" + old.path + "' and '" + candidate + "'", {}, {}};
      }
      old = {Located::State::found, candidate, lookup.entry, {}};
    }
    if (!missing.empty()) return {Located::State::missing_object, {}, {}, std::move(missing)};
    if (old.state == Located::State::found) return old;
  }
  // What has the name of a metafile and is none.
  const auto state_of = [&](std::string_view name, const git::Lookup& lookup) {
    if (lookup.state == git::Lookup::State::found && git::is_link(lookup.entry)) return Located::State::not_a_file;
    return view.is_unmerged(name) ? Located::State::unmerged : Located::State::absent;
  };
  if (has_suffix) {
    if (const auto state = state_of(path, itself); state != Located::State::absent) {
      return {state, std::string(path), {}, {}};
    }
  }
  if (const auto state = state_of(with_suffix, added); state != Located::State::absent) {
    return {state, with_suffix, {}, {}};
  }
  const git::Lookup plain = has_suffix ? itself : view.find(path);
  if (plain.state == git::Lookup::State::missing_object) return lacking(plain);
  if (plain.state == git::Lookup::State::found) return {Located::State::not_an_object, std::string(path), {}, {}};
  return {};
}

}  // namespace mlem::resolve
