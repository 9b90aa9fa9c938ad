#include "edit/edit_links.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "edit/target_file.hpp"
#include "edit/transaction.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

// Links are read from the index, in bulk; from the work tree only those whose files differ. So a run that finds nothing
// to do costs what judging the links costs. Of a link that has nothing to do little is kept, for there may be a hundred
// thousand.

namespace mlem::edit {
namespace {

/// A selected link on its way.
struct Item {
  git::File file;
  bool is_named = false;         ///< one by one
  bool is_in_work_tree = false;  ///< whether its text is the work tree's: the index has another
  std::string link_type{};
  std::unique_ptr<Link> link{};  ///< its fields, if they will be needed
  Questions questions{};
  std::unique_ptr<LinkDecision> decision{};  ///< if it is anything but `kept`
  std::string text{};                        ///< the new file, if it changes
};
using Items = std::map<std::string, Item>;

bool is_exclusion(const std::string& pathspec) {
  return pathspec.starts_with(":!") || pathspec.starts_with(":^") || pathspec.starts_with(":(exclude");
}

/// The file that a word names if it names a link.
std::optional<std::string> name_of_link(const git::Registry& registry, const std::string& word) {
  if (word.empty() || word.starts_with(':')) return std::nullopt;
  std::string name;
  try {
    name = path_in_work_tree(registry, word).text();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;  // as a pathspec, git says what is wrong with it
  }
  if (name.empty()) return std::nullopt;
  return name.ends_with(mlem_suffix) ? name : name + std::string(mlem_suffix);
}

Error no_match(const git::Registry& registry, const std::string& word) {
  const auto name = name_of_link(registry, word);
  if (name && load_type(registry.work_tree() / *name) == fs::regular_file) {
    return {ErrorKind::not_found, "'" + redact(word) + "' is not in the index", "no other links are changed",
            "'git add " + redact(word) + "' adds it"};
  }
  return {ErrorKind::not_found, "pathspec '" + redact(word) + "' did not match any link of the index"};
}

/// git compares each entry of the index with each of these.
constexpr std::size_t most_pathspecs = 100;

/// Adds the links that are among `names`. Returns which those are.
std::set<std::string> select_named(const git::Registry& registry, const std::set<std::string>& names, Items& items) {
  std::set<std::string> found;
  if (names.empty()) return found;
  const auto files = names.size() > most_pathspecs ? registry.index_files(mlem_suffix, {})
                                                   : registry.index_entries({names.begin(), names.end()});
  for (const git::File& file : files) {
    if (!names.contains(file.name)) continue;
    items.insert_or_assign(file.name, Item{.file = file, .is_named = true});  // of an unmerged one, any stage
    found.insert(file.name);
  }
  return found;
}

/// Adds what `words` select, each the name of a link or else a pathspec; without any all links.
void select(const git::Registry& registry, const std::vector<std::string>& words, Items& items) {
  std::vector<std::optional<std::string>> names;
  for (const std::string& word : words) names.push_back(name_of_link(registry, word));
  std::set<std::string> possible;
  for (const auto& name : names) {
    if (name) possible.insert(*name);
  }
  const std::set<std::string> found = select_named(registry, possible, items);
  std::vector<std::string> pathspecs;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!names[i] || !found.contains(*names[i])) pathspecs.push_back(words[i]);
  }
  if (!words.empty() && pathspecs.empty()) return;
  const auto files = registry.index_files(mlem_suffix, pathspecs);
  for (const git::File& file : files) {
    Item& item = items[file.name];
    item.file = file;
  }
  for (const std::string& pathspec : pathspecs) {
    if (is_exclusion(pathspec)) continue;
    const bool has_match =
        pathspecs.size() == 1 ? !files.empty() : !registry.index_files(mlem_suffix, {pathspec}).empty();
    if (!has_match) throw no_match(registry, pathspec);
  }
}

LinkDecision skip(Decision standing, std::string message, std::string hint = {}) {
  LinkDecision decision;
  decision.action = Action::skipped;
  decision.standing = standing;
  decision.finding.message = std::move(message);
  decision.finding.hint = std::move(hint);
  return decision;
}

/// What `check` would say of a file.
LinkDecision fail(Verdict verdict, std::string message, std::string hint = {}, std::size_t line = 0) {
  LinkDecision decision = skip(mlem::decision(verdict), std::move(message), std::move(hint));
  decision.is_judged = true;
  decision.finding.verdict = verdict;
  decision.finding.line = line;
  return decision;
}

LinkDecision reject(std::string flaw, std::string hint = {}) {
  return fail(Verdict::invalid_link, std::move(flaw), std::move(hint));
}

LinkDecision reject(const Error& error) {
  return fail(Verdict::invalid_link, yaml::flaw_of(error), error.hint(), error.position() ? error.position()->line : 0);
}

/// One run.
class LinkEditor {
 public:
  LinkEditor(const git::Registry& registry, const source::Settings& settings, LinkRule& rule,
             const LinkEditRequest& request)
      : registry_(registry),
        settings_(settings),
        rule_(rule),
        request_(request),
        resolver_(registry, settings),
        view_(resolve::view_index(registry)) {}

  LinkEditSummary run(const std::function<void(const LinkEdit&)>& report) {
    registry_.require_work_tree();
    select(registry_, request_.links, items_);
    mark_unstaged();
    read();
    registry_.objects().release();
    resolver_.run();
    for (auto& [name, item] : items_) decide(item);
    compose();
    LinkEditSummary summary = count();
    if (!summary.is_refused && !request_.dry_run) save();
    tell(summary, report);
    return summary;
  }

 private:
  /// Finds the files that the work tree has otherwise than the index.
  void mark_unstaged() {
    if (items_.empty()) return;
    std::vector<std::string> pathspecs;
    if (request_.links.size() <= most_pathspecs) pathspecs = request_.links;
    // A link may be named without its ending.
    for (std::size_t i = 0, count = pathspecs.size(); i < count; ++i) {
      if (name_of_link(registry_, pathspecs[i])) pathspecs.push_back(pathspecs[i] + std::string(mlem_suffix));
    }
    for (const std::string& name : registry_.unstaged_files(mlem_suffix, pathspecs)) {
      const auto item = items_.find(name);
      if (item != items_.end()) item->second.is_in_work_tree = true;
    }
    for (auto& [name, item] : items_) item.is_in_work_tree |= item.file.is_assumed;
  }

  void read() {
    std::vector<Oid> blobs;
    std::vector<Item*> staged;
    for (auto& [name, item] : items_) {
      if (item.file.stage != 0) {
        settle(item, reject("unmerged", "resolve the conflict and 'git add' the file"));
      } else if (!git::is_regular(item.file.entry)) {
        settle(item, reject("not a regular file"));
      } else if (item.is_in_work_tree) {
        read_work_tree(item);
      } else {
        staged.push_back(&item);
        blobs.push_back(item.file.entry.oid);
      }
    }
    source::fetch_missing(registry_, blobs, settings_);
    registry_.objects().read_blobs(blobs, yaml::max_object_size,
                                   [&](std::size_t i, const std::optional<std::string_view>& text) {
                                     take_blob(*staged[i], text);
                                     return true;
                                   });
    std::erase_if(items_, [](const auto& entry) { return entry.second.link_type.empty() && !entry.second.decision; });
  }

  void read_work_tree(Item& item) {
    const std::string& name = item.file.name;
    try {
      require_stageable(registry_, name, {});
      const fs::path file = registry_.work_tree() / name;
      const fs::file_type type = load_type(file);
      if (type == fs::file_not_found && item.file.is_left_out) return read_staged(item);
      if (type == fs::file_not_found) {
        settle(item, skip(Decision::yes, "its file is deleted", "'git restore " + name + "' brings it back"));
      } else if (type != fs::regular_file) {
        settle(item, reject("not a regular file"));
      } else {
        take_text(item, load_file(file, yaml::max_object_size).value_or(""));
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid && error.kind() != ErrorKind::io) throw;
      settle(item, reject(error));
    }
  }

  void read_staged(Item& item) {
    item.is_in_work_tree = false;
    take_blob(item, std::nullopt);
  }

  void take_blob(Item& item, std::optional<std::string_view> text) {
    try {
      if (text) return take_text(item, *text);
      const auto content = registry_.objects().find_blob(item.file.entry.oid, yaml::max_object_size);
      if (content) return take_text(item, *content);
      settle(item, fail(Verdict::unreachable, "its content is missing here",
                        "this is a partial clone; 'git fetch' has to bring it"));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::invalid) return settle(item, reject(error));
      if (error.kind() != ErrorKind::unavailable) throw;
      settle(item, fail(Verdict::unreachable, error.what(), "'git fsck' says what is broken"));
    }
  }

  /// Throws Error(invalid) for what is not a valid link.
  void take_text(Item& item, std::string_view text) {
    yaml::Metafile file = yaml::read_metafile(text);
    if (file.kind != yaml::Metafile::Kind::link) {
      if (item.is_named) settle(item, skip(Decision::yes, "it is not a link"));
      return;
    }
    item.link_type = file.link.link_type;
    item.questions = rule_.ask(resolver_, *view_, item.file.name, file.link);
    if (item.questions.needs_fields) item.link = std::make_unique<Link>(std::move(file.link));
  }

  static void settle(Item& item, LinkDecision decision) {
    item.decision = std::make_unique<LinkDecision>(std::move(decision));
  }

  LinkDecision ask_rule(Item& item) {
    const auto link = [&]() -> const Link& {
      if (!item.link) item.link = std::make_unique<Link>(yaml::read_metafile(load_text(item)).link);
      return *item.link;
    };
    return rule_.decide(resolver_, {item.file.name, item.link_type, item.questions, link});
  }

  void decide(Item& item) {
    if (item.decision) return;
    try {
      LinkDecision decision = ask_rule(item);
      if (decision.action != Action::kept) settle(item, std::move(decision));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      settle(item, reject(error));
    }
    if (!item.decision) item.link.reset();
  }

  /// The text that the link was read from.
  std::string load_text(const Item& item) const {
    if (item.is_in_work_tree) {
      return load_file(registry_.work_tree() / item.file.name, yaml::max_object_size).value_or("");
    }
    return registry_.objects().find_blob(item.file.entry.oid, yaml::max_object_size).value_or("");
  }

  /// Composes the new files. Line ends may differ from those in the index, so the work tree's file is what is changed.
  void compose() {
    std::vector<std::string> names;
    for (const auto& [name, item] : items_) {
      if (item.decision && item.decision->after) names.push_back(name);
    }
    const git::Conversions conversions = conversions_of(registry_, names);
    for (const std::string& name : names) {
      Item& item = items_.at(name);
      try {
        if (item.file.is_left_out) {
          settle(item, skip(Decision::yes, "it is outside of the sparse checkout"));
        } else if (const auto converted = conversions.find(name); converted != conversions.end()) {
          settle(item, reject(git::describe_conversion(converted->second), git::conversion_remedy(converted->second)));
        } else {
          const std::string text = load_file(registry_.work_tree() / name, yaml::max_link_size).value_or("");
          if (yaml::read_metafile(text).link != *item.link) throw changed_meanwhile(name);
          item.text = yaml::edit_link(text, *item.decision->after);
        }
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid) throw;
        settle(item, skip(Decision::no, error.what(), error.hint()));
      }
    }
  }

  static Error changed_meanwhile(const std::string& name) {
    return {ErrorKind::unavailable, "'" + name + "' has changed meanwhile", "", "try again"};
  }

  LinkEditSummary count() const {
    LinkEditSummary summary;
    for (const auto& [name, item] : items_) {
      if (!item.decision) {
        ++summary.kept;
      } else if (item.decision->after) {
        ++summary.changed;
      } else {
        ++summary.skipped;
        const Decision standing = item.decision->standing;
        summary.undecided += standing == Decision::undecided ? 1 : 0;
        summary.failed += standing == Decision::no || (item.is_named && standing == Decision::yes) ? 1 : 0;
        summary.is_refused |= item.is_named;
      }
    }
    return summary;
  }

  void save() const {
    std::vector<FileChange> changes;
    for (const auto& [name, item] : items_) {
      if (!item.decision || !item.decision->after) continue;
      changes.push_back({.name = name,
                         .text = item.text,
                         .mode = item.file.entry.mode,
                         .is_flagged = item.file.is_assumed});
    }
    if (!changes.empty()) save_files(registry_, changes, Stage::yes);
  }

  void tell(const LinkEditSummary& summary, const std::function<void(const LinkEdit&)>& report) {
    for (auto& [name, item] : items_) {
      if (!item.decision && !request_.reports_kept) continue;
      LinkEdit edit{.decision = item.decision ? std::move(*item.decision) : ask_rule(item), .before = {}};
      edit.is_refusal = item.is_named && edit.decision.action == Action::skipped;
      if (item.link && edit.decision.after) edit.before = std::move(*item.link);
      item.link.reset();
      if (summary.is_refused && edit.decision.after) {
        edit.decision = skip(Decision::yes, "another link that was named cannot be changed");
        edit.decision.is_bystander = true;
        edit.before.reset();
      }
      edit.decision.finding.link = name;
      edit.decision.finding.link_type = item.link_type;
      edit.decision.finding.at = item.is_in_work_tree ? "worktree" : "index";
      report(edit);
    }
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  LinkRule& rule_;
  const LinkEditRequest& request_;
  resolve::Resolver resolver_;
  std::unique_ptr<resolve::TreeView> view_;
  Items items_;
};

}  // namespace

LinkEditSummary edit_links(const git::Registry& registry, const source::Settings& settings, LinkRule& rule,
                           const LinkEditRequest& request, const std::function<void(const LinkEdit&)>& report) {
  return LinkEditor(registry, settings, rule, request).run(report);
}

}  // namespace mlem::edit
