#include "edit/migrate.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "edit/link_selection.hpp"
#include "edit/selected_texts.hpp"
#include "edit/target_file.hpp"
#include "edit/transaction.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

// What is to be changed is found in the index, in bulk. A file that changes is read from the work tree, as what it will
// be written to.

namespace mlem::edit {
namespace {

constexpr const char* new_marker = ".mlem.yaml";

/// A selected file.
struct MigrationItem {
  git::File file;
  bool is_named = false;
  std::string target;           ///< where it goes: its own name if it stays
  std::optional<Link> link{};   ///< if it is one
  std::optional<Link> after{};  ///< what it is to say
  bool has_both_keys = false;   ///< it names its repository by `repo` and by `project`
  LinkDecision decision{};
  std::string text{};
};

/// Whether a link names its repository by the keys of both dialects: MLEM 0.4 refuses that.
bool has_keys_of_both(std::string_view text) {
  if (text.find("repo") == std::string_view::npos || text.find("project") == std::string_view::npos) return false;
  const yaml::LinkText link{std::string(text)};
  return link.find("repo") && link.find("project");
}

std::string without_other_key(std::string text, Dialect dialect) {
  yaml::LinkText link(std::move(text));
  link.remove(dialect == Dialect::project ? "repo" : "project");
  return link.text();
}

bool is_marker(const std::string& name) { return name == new_marker || name.ends_with("/" + std::string(new_marker)); }

/// The project that a link in the layout of MLEM before 0.3 is in, `<project>/.mlem/link/<name>`; nothing for others.
std::optional<std::string> old_project_of(std::string_view name) {
  constexpr std::string_view directory = ".mlem/link/";
  const std::size_t place = name.starts_with(directory) ? 0 : name.find("/" + std::string(directory));
  if (place == std::string_view::npos) return std::nullopt;
  return std::string(name.substr(0, place));
}

/// Where a file of an old layout goes; its own name for any other.
std::string target_of(const std::string& name) {
  std::string target = name;
  if (target.ends_with(old_mlem_suffix)) {
    target.resize(target.size() - old_mlem_suffix.size());
    target += mlem_suffix;
  }
  const auto project = old_project_of(target);
  if (!project) return target;
  constexpr std::string_view below = ".mlem/link/";
  return join(*project,
              std::string_view(target).substr(project->empty() ? below.size() : project->size() + 1 + below.size()));
}

std::string normalized(const std::string& base, const std::string& path) {
  return (fs::path("/") / base / path).lexically_normal().generic_string().substr(1);
}

/// `path`, from the root, as an alias that starts at `base` names it.
std::string relative_path(const std::string& path, const std::string& base) {
  return (fs::path("/") / path).lexically_relative(fs::path("/") / base).generic_string();
}

class Migrator {
 public:
  Migrator(const git::Registry& registry, const source::Settings& settings, const Migration& migration)
      : registry_(registry), settings_(settings), migration_(migration), view_(resolve::view_index(registry)) {}

  LinkEditSummary run(const std::function<void(const LinkEdit&)>& report) {
    registry_.require_work_tree();
    registry_.require_index("there is nothing to change");
    select();
    find_begun();
    plan();
    compose();
    const LinkEditSummary summary = count();
    if (summary.changed > 0 && !summary.is_refused && !migration_.dry_run) save();
    tell(summary, report);
    return summary;
  }

 private:
  void plan() {
    read();
    find_moves();
    for (auto& [name, item] : items_) decide(item);
  }

  /// Finds the files that the work tree has migrated and the index has not, as after a run that was ended between the
  /// two: those are read as the index has them.
  void find_begun() {
    const auto may_be_begun = [&](const auto& entry) {
      const auto& [name, item] = entry;
      return item.target == name ? unstaged_.contains(name) : is_in_work_tree(item.target);
    };
    Migrator supposed(registry_, settings_, migration_);
    supposed.items_ = items_;
    for (const auto& entry : items_) {
      if (may_be_begun(entry)) supposed.begun_.insert(entry.first);
    }
    if (supposed.begun_.empty()) return;
    supposed.unstaged_ = unstaged_;
    supposed.plan();
    for (auto& [name, item] : supposed.items_) {
      if (item.decision.action != Action::migrated || !supposed.begun_.contains(name)) continue;
      const auto former = load_staged(item);
      const bool is_left = item.target != name && is_in_work_tree(name);
      // What was edited since is the user's.
      if (is_left && load_in_work_tree(name) != former) continue;
      if (former && load_in_work_tree(item.target) == write(item, *former)) begun_.insert(name);
    }
  }

  bool is_in_work_tree(const std::string& name) const {
    return load_type(registry_.work_tree() / name) == fs::regular_file;
  }

  std::optional<std::string> load_in_work_tree(const std::string& name) const {
    if (!is_in_work_tree(name)) return std::nullopt;
    return load_file(registry_.work_tree() / name, yaml::max_object_size);
  }

  std::optional<std::string> load_staged(const MigrationItem& item) const {
    return registry_.objects().find_blob(item.file.entry.oid, yaml::max_object_size);
  }

  /// What becomes of a file's text; nothing if it cannot be changed.
  static std::optional<std::string> write(const MigrationItem& item, std::string text) {
    try {
      if (item.has_both_keys) text = without_other_key(std::move(text), *item.after->dialect);
      return item.after != item.link ? yaml::edit_link(text, *item.after) : text;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      return std::nullopt;
    }
  }

  void select() {
    const git::Suffixes suffixes(std::vector<std::string_view>{mlem_suffix, old_mlem_suffix});
    for (const SelectedFile& selected : select_links(registry_, std::nullopt, migration_.words, suffixes)) {
      const std::string& name = selected.file.name;
      if (is_marker(name)) continue;
      items_.emplace(name,
                     MigrationItem{.file = selected.file, .is_named = selected.is_named, .target = target_of(name)});
    }
    for (const std::string_view suffix : {mlem_suffix, old_mlem_suffix}) {
      for (std::string& name : registry_.unstaged_files(suffix, {})) unstaged_.insert(std::move(name));
    }
  }

  void read() {
    std::vector<SelectedText> files;
    std::vector<MigrationItem*> items;
    for (auto& [name, item] : items_) {
      files.push_back({&item.file, !begun_.contains(name) && (unstaged_.contains(name) || item.file.is_assumed)});
      items.push_back(&item);
    }
    read_selected(registry_, settings_, files,
                  {.take = [&](std::size_t i, std::string_view text, bool) { take_text(*items[i], text); },
                   .settle = [&](std::size_t i, LinkDecision decision) { items[i]->decision = std::move(decision); }});
    registry_.objects().release();
    for (auto& [name, item] : items_) {
      // A run that was killed cannot be told from a user who moved the file, and edits in it are nowhere else.
      const bool is_moved = item.target != name && !is_in_work_tree(name) && is_in_work_tree(item.target);
      if (item.decision.action != Action::skipped || !is_moved) continue;
      const std::string there = registry_.from_here(item.target);
      item.decision = skipped(
          "its file is gone and '" + there + "' is there",
          "if that is the file, 'git add " + there + "' and 'git rm --cached " + registry_.from_here(name) + "'",
          Decision::no);
    }
    // What is an object already needs nothing.
    std::erase_if(items_, [](const auto& entry) {
      const MigrationItem& item = entry.second;
      return !item.link && item.target == item.file.name && item.decision.action == Action::kept && !item.is_named;
    });
  }

  static void take_text(MigrationItem& item, std::string_view text) {
    try {
      yaml::Metafile file = yaml::read_metafile(text);
      if (file.kind != yaml::Metafile::Kind::link) return;
      item.link = std::move(file.link);
      item.has_both_keys = item.link->repo && has_keys_of_both(text);
    } catch (const Error& error) {
      // Of a file that is not judged today, the name alone changes.
      if (error.kind() != ErrorKind::invalid || !item.file.name.ends_with(old_mlem_suffix)) throw;
    }
  }

  /// Which files go where, unless a name is taken.
  void find_moves() {
    std::map<std::string, std::size_t> claims;
    std::vector<std::string> targets;
    for (const auto& [name, item] : items_) {
      if (item.target == name || item.decision.action != Action::kept) continue;
      ++claims[item.target];
      targets.push_back(item.target);
    }
    std::set<std::string> taken;
    for (const git::File& file : targets.size() > most_pathspecs
                                     ? registry_.index_files(git::Suffixes(std::vector<std::string_view>()), {})
                                     : registry_.index_entries(targets)) {
      taken.insert(file.name);
    }
    for (auto& [name, item] : items_) {
      if (item.target == name || item.decision.action != Action::kept) continue;
      if (claims.at(item.target) > 1) {
        item.decision =
            skipped("another file would be '" + registry_.from_here(item.target) + "', too", {}, Decision::no);
      } else if (taken.contains(item.target) ||
                 (!begun_.contains(name) && load_type(registry_.work_tree() / item.target) != fs::file_not_found)) {
        item.decision = skipped("'" + registry_.from_here(item.target) + "' is there already", "remove one of the two",
                                Decision::no);
      } else {
        moves_.emplace(name, item.target);
        if (const auto project = old_project_of(name)) add_marker(*project);
      }
    }
  }

  void add_marker(const std::string& project) {
    const std::string marker = join(project, new_marker);
    if (view_->find(marker).state != git::Lookup::State::found) markers_.insert(marker);
  }

  /// Where the aliases of a file start once the markers are there.
  std::string new_base(const std::string& name) const {
    for (std::string_view at = parent_of(name);; at = parent_of(at)) {
      const bool is_project = markers_.contains(join(at, new_marker)) ||
                              view_->find(join(at, new_marker)).state == git::Lookup::State::found;
      if (is_project) return std::string(at);
      if (at.empty()) break;
    }
    return resolve::alias_base(*view_, name);
  }

  void decide(MigrationItem& item) {
    if (item.decision.action != Action::kept) return;
    const std::string& name = item.file.name;
    if (!item.link && item.target == name) {
      if (item.is_named) item.decision = skipped("it is not a link");
      return;
    }
    if (item.link) {
      item.decision.finding.repo = redact(item.link->repo.value_or(""));
      item.decision.finding.rev = redact(item.link->rev.value_or(""));
      item.decision.finding.path = redact(item.link->path);
      item.after = item.link;
      item.has_both_keys = item.has_both_keys && migration_.dialect;
      if (item.link->dialect && migration_.dialect) item.after->dialect = migration_.dialect;
      if (item.link->is_alias() && !is_surely_url(item.link->path)) follow_moves(item);
    }
    if (item.target != name || item.after != item.link || item.has_both_keys) item.decision.action = Action::migrated;
  }

  /// Has an alias lead where it did: what it names may have another name, and it may start elsewhere.
  void follow_moves(MigrationItem& item) {
    const std::string before = resolve::alias_base(*view_, item.file.name);
    const std::string after = new_base(item.target);
    std::string path = normalized(before, item.link->path);
    if (before != after) path = in_old_layout(before, path, *item.link).value_or(path);
    const auto moved = moves_.find(path);
    if (moved == moves_.end() && before == after) return;
    if (moved != moves_.end()) path = moved->second;
    item.after->path = relative_path(path, after);
  }

  /// Returns where the layout of MLEM before 0.3 has what `path` is short for in a project: from another one it has to
  /// be spelled out. Nothing if it is not there, or is where the path says.
  std::optional<std::string> in_old_layout(const std::string& project, const std::string& path, const Link& link) {
    const auto is_there = [&](const std::string& name) { return view_->find(name).state == git::Lookup::State::found; };
    const std::string file = path.ends_with(mlem_suffix) ? path : path + std::string(mlem_suffix);
    if (is_there(file) || !(project.empty() || is_below(file, project))) return std::nullopt;
    const std::string inner = project.empty() ? file : file.substr(project.size() + 1);
    for (const std::string& type : {link.link_type, std::string("link")}) {
      const std::string place = join(project, ".mlem/" + type + "/" + inner);
      if (is_there(place)) return place;
    }
    return std::nullopt;
  }

  void compose() {
    std::vector<std::string> targets;
    for (const auto& [name, item] : items_) {
      if (item.decision.action == Action::migrated) targets.push_back(item.target);
    }
    if (targets.empty()) return;
    const git::Conversions conversions = conversions_of(registry_, targets);
    for (auto& [name, item] : items_) {
      if (item.decision.action != Action::migrated) continue;
      try {
        require_stageable(registry_, item.target, {});
        if (item.file.is_left_out) {
          item.decision = skipped("it is outside of the sparse checkout");
        } else if (const auto converted = conversions.find(item.target); converted != conversions.end()) {
          item.decision = broken(Verdict::invalid_link, git::describe_conversion(converted->second),
                                 git::conversion_remedy(converted->second));
        } else {
          item.text = begun_.contains(name)
                          ? load_staged(item).value_or("")
                          : load_file(registry_.work_tree() / name, yaml::max_object_size).value_or("");
          if (item.has_both_keys) item.text = without_other_key(item.text, *item.after->dialect);
          if (item.after != item.link) item.text = yaml::edit_link(item.text, *item.after);
        }
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid) throw;
        item.decision = skipped(error.what(), error.hint(), Decision::no);
      }
    }
  }

  LinkEditSummary count() const {
    LinkEditSummary summary;
    for (const auto& [name, item] : items_) {
      const LinkDecision& decision = item.decision;
      summary.changed += decision.action == Action::migrated ? 1 : 0;
      summary.kept += decision.action == Action::kept ? 1 : 0;
      if (decision.action != Action::skipped) continue;
      ++summary.skipped;
      summary.undecided += decision.standing == Decision::undecided ? 1 : 0;
      summary.failed +=
          decision.standing == Decision::no || (item.is_named && decision.standing == Decision::yes) ? 1 : 0;
      summary.is_refused |= item.is_named;
    }
    return summary;
  }

  void save() const {
    std::vector<FileChange> changes;
    for (const auto& [name, item] : items_) {
      if (item.decision.action != Action::migrated) continue;
      changes.push_back({.name = item.target,
                         .text = item.text,
                         .mode = item.file.entry.mode,
                         .is_flagged = item.target == name && item.file.is_assumed});
      if (item.target != name) changes.push_back({.name = name, .is_removed = true});
    }
    for (const std::string& marker : markers_) {
      const bool is_there = load_type(registry_.work_tree() / marker) == fs::regular_file;
      changes.push_back({.name = marker, .text = is_there ? std::nullopt : std::optional<std::string>("")});
    }
    save_files(registry_, changes, Stage::yes);
  }

  void tell(const LinkEditSummary& summary, const std::function<void(const LinkEdit&)>& report) {
    for (auto& [name, item] : items_) {
      if (item.decision.action == Action::kept && !migration_.reports_kept) continue;
      const bool is_skipped = item.decision.action == Action::skipped;
      LinkEdit edit{.decision = std::move(item.decision), .source = name, .before = std::move(item.link)};
      edit.is_refusal = item.is_named && is_skipped;
      if (!is_skipped) edit.decision.after = std::move(item.after);
      if (summary.is_refused && edit.decision.action == Action::migrated) {
        edit.decision = skipped("another link that was named cannot be changed");
        edit.decision.is_bystander = true;
      }
      edit.decision.finding.link = edit.decision.action == Action::migrated ? item.target : name;
      edit.decision.finding.link_type = edit.before ? edit.before->link_type : "";
      edit.decision.finding.at = unstaged_.contains(name) ? "worktree" : "index";
      report(edit);
    }
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  const Migration& migration_;
  std::unique_ptr<resolve::TreeView> view_;
  std::map<std::string, MigrationItem> items_;
  std::set<std::string> unstaged_;
  std::set<std::string> begun_;               ///< files that are read as the index has them
  std::map<std::string, std::string> moves_;  ///< new names by old ones
  std::set<std::string> markers_;             ///< to be made or staged
};

}  // namespace

LinkEditSummary migrate(const git::Registry& registry, const source::Settings& settings, const Migration& migration,
                        const std::function<void(const LinkEdit&)>& report) {
  return Migrator(registry, settings, migration).run(report);
}

}  // namespace mlem::edit
