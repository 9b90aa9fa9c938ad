#include "edit/rollback.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "edit/hold.hpp"
#include "edit/link_selection.hpp"
#include "edit/link_target.hpp"
#include "history/log.hpp"
#include "model/repo_path.hpp"
#include "model/repo_url.hpp"
#include "resolve/chain.hpp"
#include "source/refs.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

// What a link has named is a stack. A state whose object is in the stack already, as after a rollback, takes off what
// is above that; what a rollback brings back is the state below the top. So one rollback after the other goes further
// back, and never forward to what was rolled back.

namespace mlem::edit {
namespace {

/// What a link said from some commit on.
struct PastState {
  Link link;
  std::optional<Oid> commit{};  ///< of the registry; none: now
};

/// The states of links by the names that they have today, the oldest first.
using PastStates = std::map<std::string, std::deque<PastState>>;

bool is_pinned(const Link& link) { return link.rev && Oid::parse(*link.rev); }

/// Whether both name the same object.
bool names_the_same(const Link& a, const Link& b) {
  if (a.link_type != b.link_type) return false;
  if (a.pinned_blob && b.pinned_blob) return a.pinned_blob == b.pinned_blob;
  return a.repo == b.repo && a.rev == b.rev && a.path == b.path;
}

/// Adds a state to a stack.
void push(std::vector<PastState>& stack, const PastState& state) {
  const auto same = std::find_if(stack.begin(), stack.end(),
                                 [&](const PastState& each) { return names_the_same(each.link, state.link); });
  if (same == stack.end()) {
    stack.push_back(state);
    return;
  }
  *same = state;  // as it was said last
  stack.erase(same + 1, stack.end());
}

class RollbackRule : public LinkRule {
 public:
  RollbackRule(const git::Registry& registry, const source::Settings& settings, const Rollback& rollback)
      : registry_(registry), settings_(settings), rollback_(rollback) {
    if (rollback.reason) require_hold_reason(*rollback.reason);
    read_past();
  }

  Action action() const override { return Action::rolled_back; }

  AbsentLinks absent() const override {
    AbsentLinks absent;
    if (!rollback_.commit) return absent;
    std::set<std::string> passed_over;
    const auto pass = [&](const std::string& word) {
      passed_over.insert(word);
      return true;
    };
    std::vector<SelectedFile> gone = not_in_index(select_links_but(registry_, rollback_.commit, rollback_.words, pass));
    std::vector<Oid> blobs;
    for (const SelectedFile& each : gone) blobs.push_back(each.file.entry.oid);
    source::fetch_missing(registry_, blobs, settings_);
    std::erase_if(gone, [&](const SelectedFile& each) { return !find_link(registry_, each.file.entry); });
    if (gone.empty()) return absent;
    for (const std::string& word : rollback_.words) {
      if (!passed_over.contains(word)) absent.words.push_back(word);
    }
    for (SelectedFile& each : gone) {
      LinkDecision decision = removed(each.file.name);
      absent.links.push_back({std::move(each.file.name), each.is_named, std::move(decision)});
    }
    return absent;
  }

  Questions ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name,
                const Link& link) override {
    Questions questions{.first = {}, .second = {}, .needs_fields = true};
    const auto& [former, refusal] = former_of(name, begun_with(view, name, link).value_or(link));
    if (former) questions.first = resolver.add(view, name, former->link);
    return questions;
  }

  LinkDecision decide(const resolve::Resolver& resolver, const Subject& subject) override {
    const Link& before = subject.link();
    const auto& [former, refusal] = former_of(subject.name, before);
    if (!former) return refusal;
    Finding finding = resolver.finding(*subject.questions.first, former->link.link_type);
    if (finding.verdict != Verdict::ok && !rollback_.force) {
      finding.hint += finding.hint.empty() ? "'-f' takes it all the same" : "; '-f' takes it all the same";
      return broken(std::move(finding));
    }
    LinkDecision decision;
    decision.is_judged = true;
    decision.finding = std::move(finding);
    if (names_the_same(former->link, before)) return decision;
    decision.action = Action::rolled_back;
    Link after = former->link;
    if (after.dialect && before.dialect) after.dialect = before.dialect;
    after.hold = rollback_.reason.value_or("rolled back from " + described(before));
    after.until.reset();
    decision.hold = after.hold;
    decision.after = std::move(after);
    return decision;
  }

 private:
  struct Former {
    std::optional<PastState> state;
    LinkDecision refusal{};  ///< if there is none
  };

  /// Reads what the links were on HEAD's line.
  void read_past() {
    const auto head = registry_.find_commit("HEAD");
    if (!head) return;
    history::LogRequest request{.tip = *head};
    request.links = rollback_.words;
    request.tells_removed = true;
    std::map<std::string, std::string> owners;  // names of today by those of the time that the walk has come to
    try {
      const history::LogEnd end = history::walk_log(registry_, settings_, request, [&](const history::LogEntry& entry) {
        const history::LinkChange& change = entry.change;
        const auto known = owners.find(change.name);
        const std::string owner = known == owners.end() ? change.name : known->second;
        if (!change.former_name.empty()) owners[change.former_name] = owner;
        if (change.after) states_[owner].push_front({*change.after, entry.registry_commit});
      });
      is_cut_off_ = end.shallow_end.has_value();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // the links are staged and nothing more
    }
    for (const auto& [name, owner] : owners) former_names_[owner].push_back(name);
    owners_ = std::move(owners);
  }

  /// The name that a link has today, by the one that it had.
  const std::string& name_today(const std::string& name) const {
    const auto owner = owners_.find(name);
    return owner == owners_.end() ? name : owner->second;
  }

  /// Those of files of the commit whose names the index does not have, and which are not followed to another.
  std::vector<SelectedFile> not_in_index(const std::vector<SelectedFile>& files) const {
    std::set<std::string> wanted;
    for (const SelectedFile& each : files) wanted.insert({each.file.name, name_today(each.file.name)});
    std::set<std::string> staged;
    for (const git::File& file : wanted.size() > most_pathspecs
                                     ? registry_.index_files(mlem_suffix, {})
                                     : registry_.index_entries({wanted.begin(), wanted.end()})) {
      staged.insert(file.name);
    }
    std::vector<SelectedFile> absent;
    std::optional<std::set<std::string>> selected;
    for (const SelectedFile& each : files) {
      if (staged.contains(each.file.name)) continue;
      const std::string& today = name_today(each.file.name);
      if (staged.contains(today)) {
        if (!selected) selected = selected_today();
        if (selected->contains(today)) continue;  // it is followed
      }
      absent.push_back(each);
    }
    return absent;
  }

  /// The names that the words select in the index.
  std::set<std::string> selected_today() const {
    std::set<std::string> names;
    const auto may_pass = [](const std::string&) { return true; };
    for (SelectedFile& each : select_links_but(registry_, std::nullopt, rollback_.words, may_pass)) {
      names.insert(std::move(each.file.name));
    }
    return names;
  }

  /// What becomes of a link that the commit has and the index has not: what was removed on purpose, or with a whole
  /// directory, is not ours to bring back.
  LinkDecision removed(const std::string& name) const {
    const std::string& today = name_today(name);
    const std::string since = "since '" + escape_for_terminal(rollback_.rev) + "'";
    return skipped(today == name ? "it was removed " + since : "it was moved or removed " + since,
                   "'git restore --source=" + rollback_.rev + " --staged --worktree " + registry_.from_here(name) +
                       "' brings it back",
                   Decision::no);
  }

  const Former& former_of(const std::string& name, const Link& link) {
    const auto known = former_.find(name);
    return known != former_.end() ? known->second : former_.emplace(name, find(name, link)).first->second;
  }

  Former find(const std::string& name, const Link& link) {
    return rollback_.commit ? find_at(name, *rollback_.commit) : find_before(name, link);
  }

  /// The link that the index has, if that of the work tree is what it is rolled back to: so a run leaves it that was
  /// ended between the two.
  std::optional<Link> begun_with(resolve::TreeView& index, const std::string& name, const Link& link) {
    if (!link.hold) return std::nullopt;
    const git::Lookup found = index.find(name);
    if (found.state != git::Lookup::State::found) return std::nullopt;
    const auto staged = find_link(registry_, found.entry);
    if (!staged || names_the_same(staged->link, link)) return std::nullopt;
    const Former former = find(name, staged->link);
    return former.state && names_the_same(former.state->link, link) ? std::optional(staged->link) : std::nullopt;
  }

  /// The state below the top of the stack.
  Former find_before(const std::string& name, const Link& link) {
    std::vector<PastState> stack;
    for (const PastState& state : states_[name]) push(stack, state);
    push(stack, {link});
    if (stack.size() < 2 && is_cut_off_) {
      return {{},
              skipped("what it named before is beyond the end of this shallow clone",
                      "'git fetch --unshallow' brings the rest of its history")};
    }
    if (stack.size() < 2) {
      return {{},
              skipped("there is nothing that it named before on this line of history",
                      "'git mlem log " + registry_.from_here(name) + "' tells what it has named")};
    }
    const PastState& former = stack[stack.size() - 2];
    if (is_pinned(former.link)) return {former};
    const std::string commit = former.commit ? former.commit->hex() : std::string();
    return {{},
            skipped("what it named before, " + described(former.link) + ", was not pinned",
                    "'--to " + commit.substr(0, 12) + " -f' takes it all the same")};
  }

  /// What the link is in a commit.
  Former find_at(const std::string& name, const Oid& commit) {
    std::vector<std::string> names{name};
    const auto& former_names = former_names_[name];
    names.insert(names.end(), former_names.begin(), former_names.end());
    for (const std::string& each : names) {
      const git::Lookup found = registry_.objects().find(commit, each);
      if (found.state == git::Lookup::State::missing_object) {
        throw Error(ErrorKind::unavailable, "cannot read '" + each + "' at '" + commit.hex() + "'",
                    "a part of the tree is missing here", "this is a partial clone; 'git fetch' has to bring it");
      }
      if (found.state != git::Lookup::State::found) continue;
      const auto link = find_link(registry_, found.entry);
      if (!link) return {{}, skipped("it is not a valid link at '" + commit.hex() + "'")};
      if (is_pinned(link->link) || rollback_.force) return {PastState{link->link, commit}};
      return {
          {},
          skipped("what it named then, " + described(link->link) + ", is not pinned", "'-f' takes it all the same")};
    }
    return {{}, skipped("it is not in '" + commit.hex() + "'")};
  }

  /// What a link names, in short: `v1.2 (1a2b3c4d5e6f)`.
  static std::string described(const Link& link) {
    const std::string rev = redact(link.rev.value_or("the default branch"));
    if (!is_pinned(link)) return "'" + rev + "'";
    const std::string id = rev.substr(0, 12);
    return link.pinned_ref ? source::short_name(*link.pinned_ref) + " (" + id + ")" : id;
  }

  const git::Registry& registry_;
  source::Settings settings_;
  const Rollback& rollback_;
  PastStates states_;
  bool is_cut_off_ = false;                                       ///< history ends before its beginning
  std::map<std::string, std::vector<std::string>> former_names_;  ///< by the name of today
  std::map<std::string, std::string> owners_;                     ///< names of today by former ones
  std::map<std::string, Former> former_;                          ///< by name
};

}  // namespace

std::unique_ptr<LinkRule> rollback_rule(const git::Registry& registry, const source::Settings& settings,
                                        const Rollback& rollback) {
  return std::make_unique<RollbackRule>(registry, settings, rollback);
}

}  // namespace mlem::edit
