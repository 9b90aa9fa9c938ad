#include "edit/pin.hpp"

#include "base/error.hpp"
#include "edit/make_link.hpp"
#include "edit/rev_argument.hpp"
#include "model/gto.hpp"
#include "model/oid.hpp"
#include "model/source.hpp"
#include "resolve/chain.hpp"
#include "source/refs.hpp"

#include <map>
#include <utility>
#include <vector>

// Both rules say first what they have to ask about a link, so that the questions about all links go out together, and
// decide when the answers are there. Whoever pins a link writes the answer down and makes sure that the link, by its
// own words, still leads there; an address with a rev in it is written in parts for that. To unpin, the ref that is
// followed is asked for by its full and by its short name, and the short one is written only if it means the same ref.
// A link that is held may not come to lead elsewhere.

namespace mlem::edit {
namespace {

bool names_commit(const Link& link) { return link.rev && Oid::parse(*link.rev); }

/// Whether a link names an object of its own tree: not by an address in its path.
bool is_alias(const Link& link) {
  try {
    return Source::from_link(link).is_alias();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

/// Whether the blob that a link records is one: what it has there may be anything.
bool records_blob(const Link& link) { return link.pinned_blob && Oid::parse(*link.pinned_blob); }

/// The decision about a link that is held.
LinkDecision skip_held(const Error& refusal) { return skipped(refusal.why(), refusal.hint()); }

/// Whether `link` leads where `answer` was found, by its own words.
bool leads_to(const Link& link, const resolve::Answer& answer) {
  try {
    const Source source = Source::from_link(link);
    return source.undivided.empty() && source.repo == answer.source.repo && source.rev &&
           source.rev->text() == *link.rev && (source.path == answer.source.path || source.path == answer.path);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

class PinRule : public LinkRule {
 public:
  PinRule(const git::Registry& registry, PinMode mode, Holds holds)
      : registry_(registry), mode_(mode), holds_(std::move(holds)) {}

  Action action() const override { return mode_ == PinMode::pin ? Action::pinned : Action::refreshed; }

  Questions ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name,
                const Link& link) override {
    if (!is_concerned(link)) return {};
    // What is recorded may be wrong in any way: it is there to be mended.
    Link asked = link;
    const bool is_malformed = link.pinned_blob && !records_blob(link);
    if (mode_ == PinMode::refresh && is_malformed) asked.pinned_blob.reset();
    Questions questions;
    questions.first = resolver.add(view, name, asked);
    questions.needs_fields = !names_commit(link) || !records_blob(link);
    return questions;
  }

  LinkDecision decide(const resolve::Resolver& resolver, const Subject& subject) override {
    if (!subject.questions.first) return skip_unconcerned(subject);
    resolve::Chain chain = resolver.chain(*subject.questions.first);
    const std::optional<Oid> recorded = chain.pin;
    if (mode_ == PinMode::refresh) chain.pin.reset();
    Finding finding = resolve::finding_of(chain, subject.link_type);
    if (finding.verdict != Verdict::ok) return broken(std::move(finding));
    const resolve::Answer& source = chain.answers.front();
    LinkDecision decision;
    decision.is_judged = true;
    decision.finding = std::move(finding);
    if (subject.questions.needs_fields || recorded != source.blob) {
      const Link& before = subject.link();
      Link after = before;
      if (is_alias(after)) {
        after.pinned_blob = source.blob->hex();
      } else {
        pin_to(registry_, after, source);
      }
      if (after != before) {
        // A pin leads where the link does already.
        const bool re_points = mode_ == PinMode::refresh;
        if (const auto refusal = re_points ? respect_hold(subject.name, before, after, holds_) : std::nullopt) {
          LinkDecision held = skip_held(*refusal);
          if (recorded && recorded != source.blob) held.standing = Decision::no;  // `check` says that it is changed
          return held;
        }
        decision.action = mode_ == PinMode::pin ? Action::pinned : Action::refreshed;
        decision.after = std::move(after);
      }
    }
    return decision;
  }

 private:
  /// An alias goes with the tree that it is in, and has a pin only if somebody wrote one.
  bool is_concerned(const Link& link) const {
    if (mode_ == PinMode::pin) return !is_alias(link);
    return link.pinned_blob || (link.pinned_ref && !names_commit(link));
  }

  static LinkDecision skip_unconcerned(const Subject& subject) {
    const Link& link = subject.link();
    if (is_alias(link)) return skipped_alias();
    if (names_commit(link)) return {};
    return skipped("it is not pinned", "'git mlem pin' without '--refresh' pins it");
  }

  const git::Registry& registry_;
  PinMode mode_;
  Holds holds_;
};

class UnpinRule : public LinkRule {
 public:
  UnpinRule(source::Settings settings, Holds holds) : settings_(std::move(settings)), holds_(std::move(holds)) {}

  Action action() const override { return Action::unpinned; }

  Questions ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name,
                const Link& link) override {
    Questions questions;
    if (!names_commit(link) || !link.pinned_ref) return questions;
    Link followed = link;
    followed.pinned_blob.reset();
    if (const RevArgument* const answer = answer_of(link)) {
      if (answer->refusal) {
        questions.first = resolver.add_refused(Source::from_link(link), *answer->refusal);
      } else {
        followed.rev = answer->text;
        questions.first = resolver.add(view, name, followed);
      }
      return questions;
    }
    followed.rev = link.pinned_ref;
    questions.first = resolver.add(view, name, followed);
    followed.rev = source::short_name(*link.pinned_ref);
    if (followed.rev != link.pinned_ref) questions.second = resolver.add(view, name, followed);
    return questions;
  }

  LinkDecision decide(const resolve::Resolver& resolver, const Subject& subject) override {
    const Link& before = subject.link();
    LinkDecision decision;
    Link after = before;
    after.pinned_blob.reset();
    const RevArgument* const answer = names_commit(before) ? answer_of(before) : nullptr;
    if (answer == nullptr) after.pinned_ref.reset();
    if (subject.questions.first) {
      Finding finding = resolver.finding(*subject.questions.first, subject.link_type);
      if (finding.verdict != Verdict::ok) return broken(std::move(finding));
      after.rev = answer ? answer->text : spelling(resolver, subject.questions, *before.pinned_ref);
      decision.finding = std::move(finding);
      decision.is_judged = true;
    } else if (names_commit(before)) {
      return skipped("it follows no branch or tag", "'git mlem link --no-pin' writes it anew");
    }
    if (after == before) return decision;
    if (after.rev != before.rev) {
      if (const auto refusal = respect_hold(subject.name, before, after, holds_)) return skip_held(*refusal);
    }
    decision.action = Action::unpinned;
    decision.after = std::move(after);
    return decision;
  }

 private:
  /// The short name, if that means this ref in the source and no other.
  static std::string spelling(const resolve::Resolver& resolver, const Questions& questions, const std::string& ref) {
    if (!questions.second) return ref;
    const std::vector<resolve::Answer> chain = resolver.chain(*questions.second).answers;
    return !chain.empty() && !chain.front().failed() && chain.front().ref == ref ? chain.front().rev : ref;
  }

  /// The answer to what a link asks GTO, asked once for all of a repository that ask the same; null if it asks nothing.
  const RevArgument* answer_of(const Link& link) {
    if (!link.pinned_ref || !link.repo || !GtoQuery::parse(*link.pinned_ref)) return nullptr;
    const auto key = std::pair(*link.repo, *link.pinned_ref);
    const auto known = answers_.find(key);
    if (known != answers_.end()) return &known->second;
    RevArgument answer = rev_of_source(RepoUrl::parse(*link.repo), *link.pinned_ref, settings_);
    return &answers_.emplace(key, std::move(answer)).first->second;
  }

  source::Settings settings_;
  Holds holds_;
  std::map<std::pair<std::string, std::string>, RevArgument> answers_;  ///< by repository and question
};

}  // namespace

void pin_to(const git::Registry& registry, Link& link, const resolve::Answer& answer) {
  link.pinned_blob = answer.blob->hex();
  if (names_commit(link)) return;
  link.rev = answer.commit->hex();
  const bool asks_gto = link.pinned_ref && GtoQuery::parse(*link.pinned_ref);
  if (!answer.ref.empty() && !asks_gto) link.pinned_ref = answer.ref;
  if (leads_to(link, answer)) return;
  // An address with a rev in it, in the place of the path or of the repository, takes no other.
  link.path = answer.path;
  if (answer.source.repo) {
    link.repo = answer.source.repo->text();
    if (!link.dialect) link.dialect = dialect_of(registry);
  }
  if (!leads_to(link, answer)) {
    throw Error(ErrorKind::invalid, "cannot pin the link", "it would not lead where it does now");
  }
}

std::unique_ptr<LinkRule> pin_rule(const git::Registry& registry, PinMode mode, Holds holds) {
  return std::make_unique<PinRule>(registry, mode, std::move(holds));
}

std::unique_ptr<LinkRule> unpin_rule(source::Settings settings, Holds holds) {
  return std::make_unique<UnpinRule>(std::move(settings), std::move(holds));
}

}  // namespace mlem::edit
