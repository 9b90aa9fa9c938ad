#include "edit/branches.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "edit/link_target.hpp"
#include "edit/target_file.hpp"
#include "git/history.hpp"
#include "git/writer.hpp"
#include "history/diff.hpp"
#include "model/compatibility.hpp"
#include "model/oid.hpp"
#include "model/point.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "model/rev.hpp"
#include "resolve/tree_view.hpp"
#include "source/refs.hpp"
#include "yaml/edit_link.hpp"
#include "yaml/metafile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

// A commit of ours says in a trailer which link it is about. So a later run tells it from what somebody else has put on
// the branch, and replaces it.

namespace mlem::edit {
namespace {

constexpr std::string_view heads_prefix = "refs/heads/";
constexpr std::string_view placeholder = "{link}";
constexpr std::string_view trailer = "Mlem-Link: ";

/// Whether the character at `i` of a path may stand in a ref's name: git-check-ref-format(1).
bool may_stand(std::string_view path, std::size_t i) {
  const char c = path[i];
  const bool begins = i == 0 || path[i - 1] == '/';
  const char next = i + 1 < path.size() ? path[i + 1] : '/';
  if (c == '.') {
    const std::string_view rest = path.substr(i);
    return !begins && next != '.' && next != '/' && !rest.starts_with(".lock/") && rest != ".lock";
  }
  if (c == '-') return i > 0;
  if (c == '@') return next != '{' && !(begins && next == '/');
  constexpr std::string_view forbidden = " ~^:?*[\\%\x7f";
  return static_cast<unsigned char>(c) >= 0x20 && forbidden.find(c) == std::string_view::npos;
}

std::string short_id(const std::optional<std::string>& id) { return id.value_or("").substr(0, 12); }

/// What a branch was found to have.
struct Branch {
  std::string name;          ///< full
  std::optional<Oid> tip{};  ///< none: it is not there
};

class BranchesPlacement : public Placement {
 public:
  BranchesPlacement(const git::Registry& registry, source::Settings settings, std::string pattern)
      : registry_(registry), settings_(std::move(settings)), pattern_(std::move(pattern)), writer_(registry) {
    require_branch_pattern(pattern_);
    const auto head = registry.find_commit("HEAD");
    if (!head) throw Error(ErrorKind::not_found, "HEAD does not name a commit", "branches are made from it");
    head_ = *head;
  }

  std::optional<Oid> source() const override { return head_; }

  void prepare(const std::vector<std::string>& names) override {
    for (const std::string& name : names) {
      const std::string branch = branch_for(pattern_, name);
      claims_[branch].push_back(name);
    }
    conversions_ = conversions_of(registry_, head_, names);
  }

  void compose(Draft& draft) override {
    draft.target = draft.file.name;
    draft.before = draft.link;
    Branch branch{std::string(heads_prefix) + branch_for(pattern_, draft.target)};
    require_own_name(branch, draft.target);
    require_no_conversion(conversions_, draft.target);
    branch.tip = registry_.objects().find_ref(branch.name);
    draft.decision.branch = branch.name;
    if (branch.tip && is_proposed(*branch.tip, draft)) {
      draft.decision.action = Action::kept;
      draft.decision.after.reset();
      return;
    }
    if (branch.tip) require_ours(branch, draft.target);
    const auto text = registry_.objects().find_blob(draft.file.entry.oid, yaml::max_link_size);
    draft.text = yaml::edit_link(text.value_or(""), *draft.decision.after);
    branches_[draft.target] = std::move(branch);
  }

  void save(const std::vector<const Draft*>& drafts) override {
    std::vector<std::string> texts;
    for (const Draft* draft : drafts) texts.push_back(draft->text);
    const std::vector<Oid> blobs = writer_.write_blobs(texts);
    const std::vector<std::string> messages = write_messages(drafts);
    std::vector<git::RefUpdate> updates;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      const Draft& draft = *drafts[i];
      const Oid tree = writer_.write_tree(head_, {{draft.target, git::Entry{draft.file.entry.mode, blobs[i]}}});
      const std::string& message = messages[i];
      const Oid commit = writer_.write_commit(tree, {head_}, message);
      const Branch& branch = branches_.at(draft.target);
      updates.push_back({branch.name, commit, branch.tip});
      saved_.push_back(fmt::format("[{} {}] {}", source::short_name(branch.name), commit.short_hex(),
                                   message.substr(0, message.find('\n'))));
    }
    try {
      writer_.update_refs(updates, "mlem update");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      yield_to_another(drafts, std::move(updates));
    }
  }

  std::vector<std::string> saved() const override { return saved_; }

 private:
  /// Throws Error(invalid) if two links would get one branch, or branches of which git can have one alone.
  void require_own_name(const Branch& branch, const std::string& link) const {
    const std::string name = source::short_name(branch.name);
    const auto refuse = [&](const std::string& why) {
      const bool is_own = pattern_.find(placeholder) != std::string::npos;
      throw Error(ErrorKind::invalid, "cannot make branch '" + escape_for_terminal(name) + "'", why,
                  is_own ? "" : "'{link}' in '--branch' gives each link its own");
    };
    if (!is_branch_name(name)) refuse("that is not a name of a branch");
    for (const std::string& other : claims_.at(name)) {
      if (other != link) refuse("'" + other + "' would get it, too");
    }
    const auto below = claims_.lower_bound(name + "/");
    if (below != claims_.end() && below->first.starts_with(name + "/")) {
      refuse("'" + below->second.front() + "' would get '" + below->first + "'");
    }
    for (std::string_view at = parent_of(name); !at.empty(); at = parent_of(at)) {
      const auto above = claims_.find(std::string(at));
      if (above != claims_.end()) refuse("'" + above->second.front() + "' would get '" + above->first + "'");
    }
    if (const auto place = git::find_checkout(registry_, branch.name)) refuse("it is checked out in '" + *place + "'");
  }

  /// Whether a branch has the link as it is to be.
  bool is_proposed(const Oid& tip, const Draft& draft) const {
    const git::Lookup found = registry_.objects().find(tip, draft.target);
    if (found.state != git::Lookup::State::found || !git::is_regular(found.entry)) return false;
    const auto there = find_link(registry_, found.entry);
    if (!there) return false;
    // By the object: a later commit that has the same one proposes nothing new.
    const Link& proposed = there->link;
    const Link& after = *draft.decision.after;
    return proposed.repo == after.repo && proposed.path == after.path && proposed.pinned_blob &&
           proposed.pinned_blob == after.pinned_blob && proposed.pinned_ref == after.pinned_ref;
  }

  /// Throws Error(invalid) if a branch has anything that HEAD has not but one commit of ours about the link.
  void require_ours(const Branch& branch, const std::string& link) const {
    const git::History history(registry_, {}, nullptr);
    const auto commits = history.list_commits({*branch.tip}, {head_}, {});
    const bool is_ours = commits && (commits->empty() || (commits->size() == 1 && is_about(commits->front(), link)));
    if (is_ours) return;
    throw Error(ErrorKind::invalid, "branch '" + source::short_name(branch.name) + "' has commits of somebody else", "",
                "merge or delete it, and 'git mlem update' makes it anew");
  }

  bool is_about(const git::Commit& commit, const std::string& link) const {
    if (commit.parents.size() != 1) return false;
    const std::string text = read_message(commit.oid);
    if (text.find("\n" + std::string(trailer) + quote_path(link, true) + "\n") == std::string::npos) return false;
    bool is_alone = true;
    registry_.objects().diff(commit.parents.front(), commit.oid, [&](const git::Change& change) {
      is_alone = change.name == link;
      return is_alone;
    });
    return is_alone;
  }

  std::string read_message(const Oid& commit) const {
    const git::History history(registry_, {}, nullptr);
    return history.find_message(commit).value_or("") + "\n";
  }

  /// Another update may have made the same branches meanwhile: then they stay. Throws Error(unavailable) where they
  /// have something else.
  void yield_to_another(const std::vector<const Draft*>& drafts, std::vector<git::RefUpdate> updates) {
    std::vector<git::RefUpdate> rest;
    std::vector<std::string> saved;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      const auto tip = registry_.objects().find_ref(updates[i].name);
      if (tip && tip != updates[i].before && is_proposed(*tip, *drafts[i])) continue;
      rest.push_back(std::move(updates[i]));
      saved.push_back(std::move(saved_[i]));
    }
    saved_ = std::move(saved);
    writer_.update_refs(rest, "mlem update");
  }

  /// Returns the messages of the commits. So many links are compared at once: the metafiles of all are in memory then.
  std::vector<std::string> write_messages(const std::vector<const Draft*>& drafts) const {
    constexpr std::size_t most_at_once = 1000;
    const auto view = resolve::view_commit(registry_.objects(), head_);
    std::vector<std::string> messages;
    for (std::size_t begin = 0; begin < drafts.size(); begin += most_at_once) {
      const std::size_t end = std::min(drafts.size(), begin + most_at_once);
      std::vector<history::LinkDifference> differences(end - begin);
      for (std::size_t i = begin; i < end; ++i) {
        history::LinkChange& change = differences[i - begin].change;
        change.kind = history::ChangeKind::re_pointed;
        change.name = drafts[i]->target;
        change.before = drafts[i]->link;
        change.after = drafts[i]->decision.after;
      }
      history::compare_sources(registry_, settings_, *view, *view, differences);
      for (std::size_t i = begin; i < end; ++i) messages.push_back(message_for(*drafts[i], differences[i - begin]));
    }
    return messages;
  }

  /// How the objects differ, in the words of git-mlem-diff(1).
  static std::string describe(const history::LinkDifference& difference) {
    std::string text;
    if (difference.comparison) {
      text += fmt::format("\n{}\n", name(difference.comparison->compatibility));
      for (const Detail& detail : difference.comparison->details) {
        text += "    " + escape_for_terminal(described(detail)) + '\n';
      }
    } else if (!difference.unknown.empty()) {
      text += "\ncannot be told: " + escape_for_terminal(difference.unknown.front()) + '\n';
    }
    return text;
  }

  static std::string message_for(const Draft& draft, const history::LinkDifference& difference) {
    const Link& before = draft.link;
    const Link& after = *draft.decision.after;
    std::string message = fmt::format("Update {} to {}\n\n", quote_path(draft.target, true), short_id(after.rev));
    message += redact(after.repo.value_or("this repository"));
    if (after.pinned_ref) message += " (" + source::short_name(*after.pinned_ref) + ")";
    message += fmt::format("\n{}..{}\n", short_id(before.rev), short_id(after.rev));
    const std::vector<std::string>& commits = draft.decision.commits;
    if (!commits.empty()) message += '\n';
    for (const std::string& commit : commits) message += "    " + escape_for_terminal(commit) + '\n';
    const std::size_t count = draft.decision.commit_count.value_or(0);
    if (count > commits.size()) message += fmt::format("    … and {} more\n", count - commits.size());
    message += describe(difference);
    return message + '\n' + std::string(trailer) + quote_path(draft.target, true) + '\n';
  }

  const git::Registry& registry_;
  source::Settings settings_;
  std::string pattern_;
  git::Writer writer_;
  Oid head_;
  std::map<std::string, std::vector<std::string>> claims_;  ///< links by the short names of their branches
  std::map<std::string, Branch> branches_;                  ///< by link
  git::Conversions conversions_;
  std::vector<std::string> saved_;
};

}  // namespace

std::string branch_for(std::string_view pattern, std::string_view link) {
  if (link.ends_with(mlem_suffix)) link.remove_suffix(mlem_suffix.size());
  std::string name;
  for (std::size_t i = 0; i < link.size(); ++i) {
    if (may_stand(link, i))
      name += link[i];
    else
      name += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(link[i])));
  }
  std::string branch(pattern);
  for (std::size_t at = branch.find(placeholder); at != std::string::npos;
       at = branch.find(placeholder, at + name.size())) {
    branch.replace(at, placeholder.size(), name);
  }
  return branch;
}

void require_branch_pattern(const std::string& pattern) {
  if (!pattern.starts_with('-') && is_branch_name(branch_for(pattern, "a.mlem"))) return;
  throw Error(ErrorKind::invalid, "'" + escape_for_terminal(pattern) + "' gives no name of a branch", "",
              "'mlem/{link}' does");
}

std::unique_ptr<Placement> place_on_branches(const git::Registry& registry, source::Settings settings,
                                             const std::string& pattern) {
  return std::make_unique<BranchesPlacement>(registry, std::move(settings), pattern);
}

}  // namespace mlem::edit
