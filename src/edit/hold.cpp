#include "edit/hold.hpp"

#include "base/text.hpp"
#include "model/date.hpp"
#include "model/repo_url.hpp"
#include "resolve/chain.hpp"

#include <utility>

namespace mlem::edit {
namespace {

void require_end(const std::string& until, const std::string& today) {
  const std::string what = "cannot hold until '" + escape_for_terminal(until) + "'";
  if (!is_date(until)) throw Error(ErrorKind::invalid, what, "it is not a date", "write it as in '2027-01-31'");
  if (until < today) throw Error(ErrorKind::invalid, what, "it is past: today is '" + today + "' in UTC");
}

/// Sets or lifts holds. What links lead to does not matter, but what they record is to be well-formed.
class HoldRule : public LinkRule {
 public:
  HoldRule(Action action, std::optional<std::string> reason, std::optional<std::string> until)
      : action_(action), reason_(std::move(reason)), until_(std::move(until)) {}

  Action action() const override { return action_; }

  Questions ask(resolve::Resolver&, resolve::TreeView&, const std::string&, const Link&) override { return {}; }

  LinkDecision decide(const resolve::Resolver&, const Subject& subject) override {
    const Link& before = subject.link();
    if (reason_) resolve::pin_of(before);  // a link that is not valid is not held
    LinkDecision decision;
    decision.finding.repo = redact(before.repo.value_or(""));
    decision.finding.rev = redact(before.rev.value_or(""));
    decision.finding.path = redact(before.path);
    decision.hold = reason_;
    decision.until = until_;
    Link after = before;
    after.hold = reason_;
    after.until = until_;
    if (after == before) return decision;
    decision.action = action_;
    decision.after = std::move(after);
    return decision;
  }

 private:
  Action action_;
  std::optional<std::string> reason_;
  std::optional<std::string> until_;
};

}  // namespace

void require_hold_reason(const std::string& reason) {
  const Error bad(ErrorKind::invalid, "cannot hold for this reason",
                  trim(reason).empty() ? "it is empty" : "it has to be one line of UTF-8 without control characters");
  if (trim(reason).empty() || !is_utf8(reason) || escape_for_terminal(reason) != reason) throw bad;
}

HoldRefusal hold_refusal(const std::string& name, const Link& link) {
  return {ErrorKind::invalid, "cannot re-point '" + name + "'",
          "it is held" + (link.until ? " until " + *link.until : std::string()) + ": " + *link.hold,
          "'-f' re-points it and lifts the hold"};
}

std::optional<HoldRefusal> respect_hold(const std::string& name, const Link& before, Link& after, const Holds& holds) {
  if (!before.is_held(holds.today)) return std::nullopt;
  if (!holds.force) return hold_refusal(name, before);
  after.hold.reset();
  after.until.reset();
  return std::nullopt;
}

std::unique_ptr<LinkRule> hold_rule(const std::string& reason, const std::optional<std::string>& until,
                                    const std::string& today) {
  require_hold_reason(reason);
  if (until) require_end(*until, today);
  return std::make_unique<HoldRule>(Action::held, reason, until);
}

std::unique_ptr<LinkRule> unhold_rule() {
  return std::make_unique<HoldRule>(Action::released, std::nullopt, std::nullopt);
}

}  // namespace mlem::edit
