#include "edit/edit_links.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "edit/link_selection.hpp"
#include "edit/link_target.hpp"
#include "edit/selected_texts.hpp"
#include "edit/target_file.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/tree_view.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
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
  bool is_named = false;                   ///< one by one
  bool is_in_work_tree = false;            ///< whether its text is the work tree's: the index has another
  const std::string* link_type = nullptr;  ///< of a link
  std::unique_ptr<Link> link{};            ///< its fields, if they will be needed
  Questions questions{};
  std::unique_ptr<LinkDecision> decision{};  ///< if it is anything but `kept`
  std::unique_ptr<Draft> draft{};            ///< if it changes
};

LinkDecision reject(const Error& error) {
  return broken(Verdict::invalid_link, yaml::flaw_of(error), error.hint(),
                error.position() ? error.position()->line : 0);
}

/// One run.
class LinkEditor {
 public:
  LinkEditor(const git::Registry& registry, const source::Settings& settings, LinkRule& rule, Placement& placement,
             const LinkEditRequest& request)
      : registry_(registry),
        settings_(settings),
        rule_(rule),
        placement_(placement),
        request_(request),
        resolver_(registry, settings),
        view_(placement.source() ? resolve::view_commit(registry.objects(), *placement.source())
                                 : resolve::view_index(registry)) {}

  LinkEditSummary run(const std::function<void(const LinkEdit&)>& report) {
    if (!placement_.source()) registry_.require_index("there is nothing to change");
    AbsentLinks absent = rule_.absent();
    for (SelectedFile& selected : select(absent.words)) {
      items_.push_back({.file = std::move(selected.file), .is_named = selected.is_named});
    }
    if (!placement_.source() && !placement_.reads_index_alone()) mark_unstaged();
    read();
    take_up(std::move(absent.links));
    registry_.objects().release();
    rule_.ask_more(resolver_, *view_);
    resolver_.run();
    for (Item& item : items_) decide(item);
    compose();
    LinkEditSummary summary = count();
    if (summary.changed > 0 && !summary.is_refused && !request_.dry_run) save();
    tell(summary, report);
    return summary;
  }

 private:
  /// The links that are there. A word that selects none of those is passed over if it is among `of_absent`.
  std::vector<SelectedFile> select(const std::vector<std::string>& of_absent) const {
    return select_links_but(registry_, placement_.source(), request_.links, [&](const std::string& word) {
      return std::find(of_absent.begin(), of_absent.end(), word) != of_absent.end();
    });
  }

  /// Adds what is not there any more.
  void take_up(std::vector<AbsentLinks::One> absent) {
    if (absent.empty()) return;
    for (AbsentLinks::One& link : absent) {
      Item& item = items_.emplace_back();
      item.file.name = std::move(link.name);
      item.is_named = link.is_named;
      settle(item, std::move(link.decision));
    }
    std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.file.name < b.file.name; });
  }

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
      if (Item* const item = find_item(name)) item->is_in_work_tree = true;
    }
    for (Item& item : items_) item.is_in_work_tree |= item.file.is_assumed;
  }

  /// Returns the link of that name; null if it was not selected.
  Item* find_item(const std::string& name) {
    const auto found =
        std::lower_bound(items_.begin(), items_.end(), name,
                         [](const Item& item, const std::string& wanted) { return item.file.name < wanted; });
    return found == items_.end() || found->file.name != name ? nullptr : &*found;
  }

  void read() {
    std::vector<SelectedText> files;
    for (const Item& item : items_) files.push_back({&item.file, item.is_in_work_tree});
    read_selected(registry_, settings_, files,
                  {.take =
                       [&](std::size_t i, std::string_view text, bool is_in_work_tree) {
                         items_[i].is_in_work_tree = is_in_work_tree;
                         take_text(items_[i], text);
                       },
                   .settle = [&](std::size_t i, LinkDecision decision) { settle(items_[i], std::move(decision)); }});
    std::erase_if(items_, [](const Item& item) { return item.link_type == nullptr && !item.decision; });
  }

  /// Throws Error(invalid) for what is not a valid link.
  void take_text(Item& item, std::string_view text) {
    yaml::Metafile file = yaml::read_metafile(text);
    if (file.kind != yaml::Metafile::Kind::link) {
      if (item.is_named) settle(item, skipped("it is not a link"));
      return;
    }
    item.link_type = &*link_types_.insert(file.link.link_type).first;
    item.questions = rule_.ask(resolver_, *view_, item.file.name, file.link);
    if (item.questions.needs_fields) item.link = std::make_unique<Link>(std::move(file.link));
  }

  static void settle(Item& item, LinkDecision decision) {
    item.decision = std::make_unique<LinkDecision>(std::move(decision));
  }

  LinkDecision ask_rule(Item& item) {
    const auto link = [&]() -> const Link& { return fields_of(item); };
    return rule_.decide(resolver_, {item.file.name, *item.link_type, item.questions, link});
  }

  const Link& fields_of(Item& item) const {
    if (!item.link) item.link = std::make_unique<Link>(yaml::read_metafile(load_text(item)).link);
    return *item.link;
  }

  /// Whether a link that has nothing to do is that in the work tree alone: the index says something else, as after a
  /// run that was ended between the two.
  bool is_to_be_staged(Item& item) const {
    if (!item.is_in_work_tree) return false;
    const auto staged = find_link(registry_, item.file.entry);
    return !staged || staged->link != fields_of(item);
  }

  void decide(Item& item) {
    if (item.decision) return;
    try {
      LinkDecision decision = ask_rule(item);
      if (decision.action == Action::kept && is_to_be_staged(item)) {
        decision.action = rule_.action();
        decision.after = fields_of(item);
      }
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

  void compose() {
    std::vector<std::string> names;
    for (const Item& item : items_) {
      if (item.decision && item.decision->after) names.push_back(item.file.name);
    }
    if (names.empty()) return;
    placement_.prepare(names);
    for (Item& item : items_) {
      if (!item.decision || !item.decision->after) continue;
      item.draft = std::make_unique<Draft>(Draft{
          .file = item.file, .link = *item.link, .is_in_work_tree = item.is_in_work_tree, .decision = *item.decision});
      try {
        placement_.compose(*item.draft);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid) throw;
        *item.decision = skipped(error.what(), error.hint(), Decision::no);
      }
    }
  }

  LinkEditSummary count() const {
    LinkEditSummary summary;
    for (const Item& item : items_) {
      if (!item.decision || item.decision->action == Action::kept) {
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
    std::vector<const Draft*> drafts;
    for (const Item& item : items_) {
      if (item.draft && item.decision->after) drafts.push_back(item.draft.get());
    }
    placement_.save(drafts);
  }

  void tell(const LinkEditSummary& summary, const std::function<void(const LinkEdit&)>& report) {
    for (Item& item : items_) {
      const std::string& name = item.file.name;
      const bool is_kept = !item.decision || item.decision->action == Action::kept;
      if (is_kept && !request_.reports_kept) continue;
      LinkEdit edit{.decision = item.decision ? std::move(*item.decision) : ask_rule(item), .source = name};
      const bool is_skipped = edit.decision.action == Action::skipped;
      edit.is_refusal = item.is_named && is_skipped;
      edit.decision.finding.link = item.draft && !is_skipped ? std::move(item.draft->target) : name;
      if (item.draft) edit.before = std::move(item.draft->before);
      item.draft.reset();
      item.link.reset();
      if (summary.is_refused && edit.decision.after) {
        edit.decision = skipped("another link that was named cannot be changed");
        edit.decision.is_bystander = true;
        edit.before.reset();
      }
      // What was asked about it may have been another one.
      if (edit.decision.after && edit.decision.after->rev)
        edit.decision.finding.rev = redact(*edit.decision.after->rev);
      if (item.link_type != nullptr) edit.decision.finding.link_type = *item.link_type;
      edit.decision.finding.at = item.is_in_work_tree ? "worktree" : view_->at();
      report(edit);
    }
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  LinkRule& rule_;
  Placement& placement_;
  const LinkEditRequest& request_;
  resolve::Resolver resolver_;
  std::unique_ptr<resolve::TreeView> view_;
  std::vector<Item> items_;  ///< in the order of their names
  std::set<std::string> link_types_;
};

}  // namespace

LinkEditSummary edit_links(const git::Registry& registry, const source::Settings& settings, LinkRule& rule,
                           Placement& placement, const LinkEditRequest& request,
                           const std::function<void(const LinkEdit&)>& report) {
  return LinkEditor(registry, settings, rule, placement, request).run(report);
}

}  // namespace mlem::edit
