#include "base/text.hpp"
#include "history/detail/standing_item.hpp"
#include "model/point.hpp"
#include "resolve/take_answer.hpp"
#include "source/refs.hpp"

#include <utility>

// The part of Standings that says how a link stands, from the answers and distances that are there.

namespace mlem::history {
namespace {

/// Whether an answer says that there is no such rev or object.
bool is_absence(const resolve::Answer& answer) {
  return answer.verdict == Verdict::missing_rev || answer.verdict == Verdict::missing_path ||
         answer.verdict == Verdict::not_an_object;
}

Point point_at(const resolve::Answer& answer) {
  return {.rev = source::short_name(detail::ref_of(answer)),
          .ref = answer.ref,
          .commit = answer.commit ? answer.commit->hex() : "",
          .path = answer.path,
          .repo = answer.source.repo ? answer.source.repo->printable() : "",
          .blob = answer.blob ? answer.blob->hex() : ""};
}

}  // namespace

Standing Standings::standing(std::size_t number) const {
  const Item& item = items_[number];
  Standing standing;
  if (item.hold && item.hold->is_held(options_.today)) {
    standing.hold = item.hold->hold;
    standing.until = item.hold->until;
  }
  if (auto dead_end = find_dead_end(item)) {
    standing.finding = std::move(*dead_end);
    return standing;
  }
  if (item.known) {
    standing.finding = *item.known;
    if (standing.finding.verdict == Verdict::ok) standing.state = State::floating;
    return standing;
  }
  Answers answers = answers_of(item);
  // A branch leads to whatever is there, whatever was asked once.
  const bool is_version = !item.is_pinned && answers.pin && !answers.pin->failed();
  if (is_version && !answers.pin->ref.starts_with(detail::tags_prefix))
    answers.tip = std::exchange(answers.pin, std::nullopt);
  if (answers.pin)
    tell_pin(item, answers, standing);
  else
    tell_tip(item, answers, standing);
  if (answers.newest && !answers.newest->failed()) standing.newest = point_at(*answers.newest);
  Finding& finding = standing.finding;
  const resolve::Answer& decisive = answers.tip ? *answers.tip : *answers.pin;
  finding.proof_time = decisive.proof.time;
  if (!decisive.proof.doubt.empty()) finding.warnings.push_back({"stale-proof", decisive.proof.doubt});
  if (!answers.refusal) return standing;
  const std::string since =
      decisive.proof.time == 0 ? std::string() : "; it was last seen " + format_time(decisive.proof.time);
  const std::string doubt = answers.refusal->message + since;
  if (answers.refusal->verdict == Verdict::missing_repo) {
    detail::say_why(finding, Verdict::missing_repo, doubt, answers.refusal->hint);
  } else {
    finding.warnings.push_back({"stale-proof", doubt});
  }
  return standing;
}

std::optional<Finding> Standings::find_dead_end(const Item& item) const {
  if (!item.own) return std::nullopt;
  Finding finding = own_->finding(item.own->number, item.own->link_type);
  if (finding.verdict == Verdict::ok) return std::nullopt;
  const bool is_endless = finding.verdict == Verdict::cycle || finding.verdict == Verdict::too_deep;
  // A source is asked about the links that name it. What a link names at a rev has a state, and says what is wrong.
  const bool is_own_to_tell = item.known && finding.repo.empty() && finding.rev.empty();
  if (!is_endless && !is_own_to_tell) return std::nullopt;
  return finding;
}

/// Of a link that names a commit.
void Standings::tell_pin(const Item& item, const Answers& answers, Standing& standing) const {
  const resolve::Answer& pin = *answers.pin;
  Finding& finding = standing.finding;
  resolve::take_answer(pin, finding);
  if (item.ref != nullptr) finding.ref = *item.ref;
  const bool has_tip = answers.tip && !answers.tip->failed();
  if (has_tip) standing.tip = point_at(*answers.tip);
  if (pin.failed()) {
    // A commit that is nowhere is not in the history of what is.
    if (is_absence(pin)) {
      standing.state = has_tip && pin.verdict == Verdict::missing_rev ? State::rewritten : State::gone;
    }
    return;
  }
  if (item.recorded && item.recorded != pin.blob) {
    return detail::say_why(finding, Verdict::changed,
                           "'" + pin.path + "' is " + std::string(pin.git_type()) + " " + pin.blob->hex() + ", not " +
                               item.recorded->hex(),
                           "if that is what is wanted, 'git mlem pin --refresh <link>' records it");
  }
  if (item.ref == nullptr) {
    standing.state = State::fixed;
  } else if (has_tip) {
    compare(item, answers, standing);
  } else if (is_absence(*answers.tip) || answers.tip->verdict == Verdict::invalid_link) {
    standing.state = State::gone;
    finding.hint = answers.tip->hint;
    if (item.is_told) {
      finding.message = answers.tip->message;
      return;
    }
    finding.message = answers.tip->verdict == Verdict::missing_path || answers.tip->verdict == Verdict::not_an_object
                          ? "'" + *item.ref + "' has it no more: " + answers.tip->message
                          : "what it follows is gone: " + answers.tip->message;
  } else {
    detail::say_why(finding, answers.tip->verdict, answers.tip->message, answers.tip->hint);
  }
}

/// Of a link that names a branch or a tag, or neither.
void Standings::tell_tip(const Item&, const Answers& answers, Standing& standing) const {
  const resolve::Answer& tip = *answers.tip;
  resolve::take_answer(tip, standing.finding);
  if (tip.failed()) {
    if (is_absence(tip)) standing.state = State::gone;
    return;
  }
  standing.tip = point_at(tip);
  // An address may have a commit in it.
  standing.state = tip.ref.empty()                            ? State::fixed
                   : tip.ref.starts_with(detail::tags_prefix) ? State::unpinned
                                                              : State::floating;
}

void Standings::compare(const Item& item, const Answers& answers, Standing& standing) const {
  const resolve::Answer& pin = *answers.pin;
  const resolve::Answer& tip = *answers.tip;
  const bool is_tag = tip.ref.starts_with(detail::tags_prefix) && !is_elsewhere(item);
  if (pin.blob == tip.blob) {
    standing.state = State::same;
    if (is_tag && pin.commit != tip.commit) {
      standing.finding.warnings.push_back(
          {"moved", "'" + *item.ref + "' now names commit '" + tip.commit->hex() + "'"});
    }
  } else if (is_tag) {
    standing.state = State::moved;
    standing.finding.message = "'" + *item.ref + "' now names commit '" + tip.commit->hex() + "'";
  } else {
    tell_distance(item, answers, standing);
  }
}

void Standings::tell_distance(const Item& item, const Answers& answers, Standing& standing) const {
  const auto found = distances_.find(distance_of(item, answers).value());
  const source::Distance& distance = found->second;
  if (distance.verdict != Verdict::ok) {
    return detail::say_why(standing.finding, distance.verdict, distance.message, distance.hint);
  }
  // What a stage of GTO is assigned to may go back.
  standing.state = distance.is_ancestor || item.question ? State::behind : State::rewritten;
  standing.behind = distance.commits;
  standing.touching = distance.touching;
  if (standing.state == State::rewritten) {
    standing.finding.message =
        "commit '" + answers.pin->commit->hex() + "' is not in the history of '" + *item.ref + "'";
  }
}

}  // namespace mlem::history
