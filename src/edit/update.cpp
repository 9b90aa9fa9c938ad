#include "edit/update.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "edit/rev_argument.hpp"
#include "edit/sights.hpp"
#include "history/standing.hpp"
#include "model/gto.hpp"
#include "model/source.hpp"
#include "resolve/chain.hpp"
#include "source/reachability.hpp"
#include "source/refs.hpp"

#include <map>
#include <utility>
#include <vector>

// Where a link goes is what its source says; what it would lead to there is resolved as that of any link, so that
// nothing is written that does not resolve.

namespace mlem::edit {
namespace {

using history::State;

bool is_on_branch_or_tag(const std::string& ref) {
  return ref.starts_with("refs/heads/") || ref.starts_with("refs/tags/");
}

class UpdateRule : public LinkRule {
 public:
  UpdateRule(const git::Registry& registry, source::Settings settings, Update update)
      : registry_(registry),
        settings_(std::move(settings)),
        update_(std::move(update)),
        sights_(registry),
        standings_(registry, settings_, {.today = update_.holds.today, .wants_commits = true, .asks_cache = false}) {}

  Action action() const override { return Action::updated; }

  Questions ask(resolve::Resolver&, resolve::TreeView& view, const std::string& name, const Link& link) override {
    std::optional<std::string> to = update_.to;
    if (to && needs_history(*to) && !GtoQuery::parse(*to) && names_commit(link)) {
      const RevArgument& found = look_up(link);
      if (found.refusal) {
        refusals_.push_back(*found.refusal);
        return {.first = {}, .second = refusals_.size() - 1, .needs_fields = false};
      }
      to = found.text;
    }
    const std::size_t number = standings_.add(view, name, link, to);
    if (to) followed_.emplace(number, link.pinned_ref);
    return {.first = number, .second = {}, .needs_fields = false};
  }

  void ask_more(resolve::Resolver& resolver, resolve::TreeView& view) override {
    standings_.run();
    for (std::size_t number = 0; number < standings_.size(); ++number) note(number);
    if (update_.notes_sights) {
      const auto why = sights_.save();
      if (why && settings_.observer.notice) settings_.observer.notice("what was seen is not noted: " + *why);
    }
    for (std::size_t number = 0; number < standings_.size(); ++number) {
      if (is_to_move(number, standings_.standing(number))) choose(resolver, view, number);
    }
    std::vector<source::Reachability*> asked;
    for (auto& [number, goal] : goals_) {
      if (goal.reachability) asked.push_back(&*goal.reachability);
    }
    if (!asked.empty()) source::find_reachability(registry_, settings_, {}, asked);
  }

  LinkDecision decide(const resolve::Resolver& resolver, const Subject& subject) override {
    if (subject.questions.second) {
      const source::Refusal& refusal = refusals_[*subject.questions.second];
      return broken(refusal.verdict, refusal.message, refusal.hint);
    }
    const std::size_t number = *subject.questions.first;
    const history::Standing standing = standings_.standing(number);
    if (auto decision = leave(number, standing)) return with_point(std::move(*decision), standing);
    const auto found = goals_.find(number);
    if (found == goals_.end()) return with_point(wait(number), standing);
    const Goal& goal = found->second;
    const resolve::Chain chain = resolver.chain(goal.question);
    Finding finding = resolve::finding_of(chain, subject.link_type);
    if (finding.verdict != Verdict::ok) return broken(std::move(finding));
    if (goal.reachability && goal.reachability->verdict != Verdict::ok) {
      return broken(goal.reachability->verdict, goal.reachability->message, goal.reachability->hint);
    }
    const resolve::Answer& source = chain.answers.front();
    const bool is_same = source.blob == standing.finding.blob && standing.finding.verdict == Verdict::ok;
    if (is_same && !follows_another(number)) return {};
    const Link& before = subject.link();
    Link after = before;
    point(number, source, after);
    if (update_.to) after.pinned_ref = followed_after(number);
    if (const auto refusal = respect_hold(subject.name, before, after, update_.holds)) {
      return skipped(refusal->why(), refusal->hint());
    }
    LinkDecision decision;
    decision.action = Action::updated;
    decision.is_judged = true;
    decision.finding = std::move(finding);
    decision.after = std::move(after);
    take_commits(number, goal, decision);
    return decision;
  }

 private:
  /// Where a link is to go.
  struct Goal {
    Oid commit;
    std::size_t question = 0;  ///< the number of what is asked about the object there
    std::optional<source::Reachability> reachability{};
  };

  static bool names_commit(const Link& link) { return link.rev && Oid::parse(*link.rev); }

  /// Looks up what the user told all links to go to in the source of this one, once for each source.
  const RevArgument& look_up(const Link& link) {
    const std::string& text = *update_.to;
    const std::optional<RepoUrl> repo = repo_of(link);
    const auto [known, is_new] = looked_up_.try_emplace(repo ? repo->text() : std::string());
    if (is_new) known->second = repo ? rev_of_source(*repo, text, settings_) : rev_of_registry(registry_, text);
    return known->second;
  }

  /// Nothing where it is the registry itself, or is malformed: that is told of the link.
  static std::optional<RepoUrl> repo_of(const Link& link) {
    try {
      return Source::from_link(link).repo;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      return std::nullopt;
    }
  }

  /// A decision that leaves a link as it is, with what it leads to.
  static LinkDecision with_point(LinkDecision decision, const history::Standing& standing) {
    Finding& finding = decision.finding;
    const Finding& found = standing.finding;
    finding.repo = found.repo;
    finding.rev = found.rev;
    finding.ref = found.ref;
    finding.commit = found.commit;
    finding.path = found.path;
    finding.blob = found.blob;
    return decision;
  }

  /// Has a link name what was found. One that names the version of GTO's names the version again, if there is one.
  void point(std::size_t number, const resolve::Answer& found, Link& link) const {
    const std::string ref = standings_.tip(number).value().ref;
    const bool is_version = !names_commit(link) && !ref.empty();
    if (!is_version)
      link.rev = found.commit->hex();
    else
      link.rev = link.rev->starts_with("refs/") ? ref : source::short_name(ref);
    if (!is_version || link.pinned_blob) link.pinned_blob = found.blob->hex();
  }

  void note(std::size_t number) {
    const auto tip = standings_.tip(number);
    if (tip && !tip->failed() && tip->source.repo) sights_.note(*tip->source.repo, *tip->commit, update_.now);
  }

  /// Whether a link is to go to what it follows.
  bool is_to_move(std::size_t number, const history::Standing& standing) const {
    if (!standing.state || (standing.hold && !update_.holds.force)) return false;
    if (standing.state == State::behind) return true;
    if (standing.state == State::same) return follows_another(number);
    return update_.holds.force && (standing.state == State::moved || standing.state == State::rewritten);
  }

  bool is_old_enough(const std::optional<RepoUrl>& source, const Oid& commit) {
    if (update_.min_age.count() == 0 || !source) return true;
    const auto first = sights_.first(*source, commit);
    return first && update_.now - *first >= update_.min_age.count();
  }

  /// The commits that a link may stop at on its way; null where there are none, as between versions.
  const source::Distance* distance_of(std::size_t number) const {
    return standings_.asks_gto(number) ? nullptr : standings_.distance(number);
  }

  /// Finds the newest commit that a link may go to, and asks what is there.
  void choose(resolve::Resolver& resolver, resolve::TreeView& view, std::size_t number) {
    const resolve::Answer tip = standings_.tip(number).value();
    std::optional<Oid> commit;
    if (is_old_enough(tip.source.repo, *tip.commit)) {
      commit = tip.commit;
    } else if (const source::Distance* const distance = distance_of(number)) {
      for (const Oid& each : distance->between) {
        if (!is_old_enough(tip.source.repo, each)) continue;
        commit = each;
        break;
      }
    }
    if (!commit) return;
    Link link;
    link.link_type = "model";  // any will do: it is not looked at here
    link.path = tip.source.path;
    link.plain = tip.source.plain;
    if (tip.source.repo) link.repo = tip.source.repo->text();
    link.rev = commit->hex();
    Goal& goal = goals_[number];
    goal.commit = *commit;
    goal.question = resolver.add(view, {}, link);
    if (is_on_branch_or_tag(tip.ref)) return;
    goal.reachability.emplace();
    goal.reachability->repo = tip.source.repo;
    goal.reachability->commit = *commit;
  }

  /// Decides about a link that does not go anywhere, but for one that waits.
  std::optional<LinkDecision> leave(std::size_t number, const history::Standing& standing) const {
    const Finding& finding = standing.finding;
    if (!standing.state) return broken(finding);
    const bool is_held = standing.hold && !update_.holds.force;
    switch (*standing.state) {
      case State::same:
        if (!follows_another(number)) return LinkDecision();
        if (!is_held) return std::nullopt;
        break;
      case State::floating:
      case State::unpinned:
        if (!finding.message.empty()) return skipped(finding.message);
        return skipped("it is not pinned", "'git mlem pin' pins it");
      case State::fixed:
        return skipped("it follows no branch or tag", "'--to <rev>' says what it is to go to");
      case State::gone:
        if (finding.verdict != Verdict::ok) return broken(finding);
        return skipped(finding.message, finding.hint, is_held ? Decision::yes : Decision::no);
      case State::moved:
      case State::rewritten:
        if (update_.holds.force) return std::nullopt;
        if (is_held) break;
        return skipped(finding.message, "'-f' has it go there", Decision::no);
      case State::behind:
        if (!is_held) return std::nullopt;
        break;
    }
    return skipped(
        "it is held" + (standing.until ? " until " + *standing.until : std::string()) + ": " + *standing.hold,
        "'-f' re-points it and lifts the hold");
  }

  /// Decides about a link whose new commits are all too young.
  LinkDecision wait(std::size_t number) {
    const auto tip = standings_.tip(number);
    const auto first = tip && tip->source.repo ? sights_.first(*tip->source.repo, *tip->commit) : std::nullopt;
    return skipped(
        "what it follows was first seen " + format_time(first.value_or(update_.now)),
        "it may go there from " + format_time(first.value_or(update_.now) + update_.min_age.count()) + " on");
  }

  /// What a link follows once it went to what the user said: that, if it is not a commit alone.
  std::optional<std::string> followed_after(std::size_t number) const {
    if (GtoQuery::parse(*update_.to)) return update_.to;
    const std::string ref = standings_.tip(number).value().ref;
    return ref.empty() ? followed_.at(number) : std::optional(ref);
  }

  /// Whether the user said that a link is to follow something else than it does: that is recorded though the object be
  /// the same.
  bool follows_another(std::size_t number) const {
    const auto before = followed_.find(number);
    return before != followed_.end() && before->second != followed_after(number);
  }

  void take_commits(std::size_t number, const Goal& goal, LinkDecision& decision) const {
    const source::Distance* const distance = standings_.distance(number);
    if (distance == nullptr || !distance->is_ancestor) return;
    std::size_t skip = 0;
    while (skip < distance->between.size() && distance->between[skip] != goal.commit) ++skip;
    if (skip == distance->between.size()) return;
    decision.commit_count = distance->between.size() - skip;
    for (std::size_t i = skip; i < distance->subjects.size(); ++i) {
      decision.commits.push_back(distance->between[i].short_hex() + " " + distance->subjects[i]);
    }
  }

  const git::Registry& registry_;
  source::Settings settings_;
  Update update_;
  Sights sights_;
  history::Standings standings_;
  std::map<std::size_t, Goal> goals_;                           ///< by the number of the link
  std::map<std::size_t, std::optional<std::string>> followed_;  ///< what links say, if the user said something else
  std::map<std::string, RevArgument> looked_up_;                ///< by repository
  std::vector<source::Refusal> refusals_;
};

}  // namespace

std::unique_ptr<LinkRule> update_rule(const git::Registry& registry, const source::Settings& settings,
                                      const Update& update) {
  return std::make_unique<UpdateRule>(registry, settings, update);
}

}  // namespace mlem::edit
