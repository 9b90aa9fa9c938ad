#include "history/standing.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/refs.hpp"
#include "model/gto.hpp"
#include "model/repo_url.hpp"
#include "model/version.hpp"
#include "source/gto.hpp"
#include "source/in_parallel.hpp"
#include "source/refs.hpp"

#include <algorithm>
#include <utility>

// Of a link nothing is kept but the numbers of what was asked about it: there may be a hundred thousand.

namespace mlem::history {
namespace {

constexpr std::string_view tags_prefix = "refs/tags/";

/// Whether an answer is about a source that could not be asked, and not about what it has.
bool is_about_source(const resolve::Answer& answer) {
  switch (answer.verdict) {
    case Verdict::missing_repo:
    case Verdict::auth_required:
    case Verdict::unreachable:
    case Verdict::timeout:
    case Verdict::too_large:
      return true;
    default:
      return false;
  }
}

/// Whether an answer says that there is no such rev or object.
bool is_absence(const resolve::Answer& answer) {
  return answer.verdict == Verdict::missing_rev || answer.verdict == Verdict::missing_path ||
         answer.verdict == Verdict::not_an_object;
}

/// Returns a rev that is a version of the same as `followed`, and the same text for all that are: each is asked about.
std::string version_line_of(const std::string& followed) {
  const std::string tag = source::short_name(followed);
  const auto version = VersionTag::parse(tag);
  if (version && version->version.is_pre_release()) return tag;
  const std::size_t end = tag.find_first_of("@#");
  return end == std::string::npos || end == 0 ? "HEAD" : tag.substr(0, end) + "@latest";
}

std::string printable_repo(const resolve::Answer& answer) {
  return answer.source.repo ? answer.source.repo->printable() : std::string();
}

/// The ref that an answer was found by; for an id, that.
const std::string& ref_of(const resolve::Answer& answer) { return answer.ref.empty() ? answer.rev : answer.ref; }

Point point_at(const resolve::Answer& answer) {
  return {.rev = source::short_name(ref_of(answer)),
          .ref = answer.ref,
          .commit = answer.commit ? answer.commit->hex() : "",
          .path = answer.path,
          .repo = printable_repo(answer),
          .blob = answer.blob ? answer.blob->hex() : ""};
}

/// Takes over what an answer found, and if it failed why.
void take_found(const resolve::Answer& answer, Finding& finding) {
  finding.verdict = answer.verdict;
  finding.message = answer.message;
  finding.hint = answer.hint;
  finding.repo = printable_repo(answer);
  finding.rev = answer.rev.empty() && answer.source.rev ? answer.source.rev->text() : answer.rev;
  finding.ref = answer.ref;
  finding.commit = answer.commit;
  finding.commit_time = answer.commit_time;
  finding.path = answer.path.empty() ? answer.source.path : answer.path;
  finding.blob = answer.blob;
  if (answer.source.repo && answer.verdict != Verdict::invalid_link && answer.verdict != Verdict::forbidden) {
    finding.sources.push_back(*answer.source.repo);
  }
}

/// Whether what a link follows is a question of GTO.
bool is_question(const std::optional<std::string>& followed) { return followed && GtoQuery::parse(*followed); }

/// Returns what a link has for its repository; nothing if that is malformed, which the link itself is told.
std::optional<RepoUrl> parse_repo(const std::string& text) {
  try {
    return RepoUrl::parse(text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return std::nullopt;
  }
}

/// Answers the questions about one repository, and if it cannot be asked by the cache.
std::vector<source::GtoAnswer> answer_gto(const git::Registry& registry, const source::Settings& settings,
                                          const std::optional<std::string>& repo, const std::vector<GtoQuery>& queries,
                                          bool asks_cache) {
  if (repo) {
    const auto url = parse_repo(*repo);
    if (!url)
      return std::vector<source::GtoAnswer>(queries.size(), {.refusal = source::no_gto_version(queries.front())});
    auto answers = source::find_gto_versions(*url, queries, settings);
    const auto& refusal = answers.front().refusal;
    if (!asks_cache || settings.offline || !refusal || refusal->verdict == Verdict::missing_rev) return answers;
    source::Settings offline = settings;
    offline.offline = true;
    return source::find_gto_versions(*url, queries, offline);
  }
  const std::vector<DatedTag> tags = git::list_dated_tags(registry);
  std::vector<source::GtoAnswer> answers;
  for (const GtoQuery& query : queries) {
    source::GtoAnswer& answer = answers.emplace_back(source::GtoAnswer{.version = find_version(query, tags)});
    if (!answer.version) answer.refusal = source::no_gto_version(query);
  }
  return answers;
}

/// The number of what a resolver was asked, if it was: a quarter of what std::optional takes.
class Number {
 public:
  Number() = default;
  Number(std::size_t number) : value_(static_cast<std::uint32_t>(number)) {}
  explicit operator bool() const noexcept { return value_ != nothing; }
  std::size_t operator*() const noexcept { return value_; }

 private:
  static constexpr std::uint32_t nothing = UINT32_MAX;
  std::uint32_t value_ = nothing;
};

void say_why(Finding& finding, Verdict verdict, std::string message, std::string hint = {}) {
  finding.verdict = verdict;
  finding.message = std::move(message);
  finding.hint = std::move(hint);
}

}  // namespace

std::string_view name(State state) noexcept {
  switch (state) {
    case State::same:
      return "same";
    case State::behind:
      return "behind";
    case State::moved:
      return "moved";
    case State::rewritten:
      return "rewritten";
    case State::gone:
      return "gone";
    case State::fixed:
      return "fixed";
    case State::floating:
      return "floating";
    case State::unpinned:
      break;
  }
  return "unpinned";
}

bool is_apart(State state) noexcept {
  return state == State::behind || state == State::moved || state == State::rewritten || state == State::gone;
}

/// The numbers of what one resolver is asked about a link.
struct Standings::Asked {
  Number pin;
  Number tip;
  Number newest;
};

struct Standings::Item {
  resolve::TreeView* view = nullptr;
  const std::string* ref = nullptr;  ///< what it follows, if anything
  bool is_pinned = false;
  bool is_told = false;              ///< that is not what the link says, but what the user did
  std::optional<Oid> recorded{};     ///< of a pinned link: the blob that it says
  std::unique_ptr<Link> hold{};      ///< of a link with a hold: only that
  std::unique_ptr<Finding> known{};  ///< of what nobody is asked about: an alias, or what is malformed
  std::unique_ptr<Link> question{};  ///< of a link that follows what GTO says
  Asked asked{};
  std::unique_ptr<Asked> cached{};  ///< by the resolver that is offline
};

struct Standings::Answers {
  std::optional<resolve::Answer> pin;
  std::optional<resolve::Answer> tip;
  std::optional<resolve::Answer> newest;
  std::optional<resolve::Answer> refusal{};  ///< why the source could not be asked; what is above is from the cache
};

Standings::Standings(const git::Registry& registry, source::Settings settings, StandingOptions options)
    : registry_(registry),
      settings_(std::move(settings)),
      options_(std::move(options)),
      resolver_(registry, settings_, {.only_seeks = true}) {}

Standings::~Standings() = default;

std::size_t Standings::size() const noexcept { return items_.size(); }

std::size_t Standings::add(resolve::TreeView& view, const std::string& name, const Link& link,
                           const std::optional<std::string>& to) {
  Item& item = items_.emplace_back();
  item.view = &view;
  if (link.hold) {
    item.hold = std::make_unique<Link>();
    item.hold->hold = link.hold;
    item.hold->until = link.until;
  }
  if (link.is_alias() && !is_surely_url(link.path)) {
    item.known = std::make_unique<Finding>();
    item.known->path = redact(link.path);
    item.known->message = "it is an alias, which goes with the tree that it is in";
    return items_.size() - 1;
  }
  item.is_pinned = link.rev && Oid::parse(*link.rev);
  item.is_told = to.has_value();
  const std::optional<std::string>& followed = to ? to : link.pinned_ref;
  // The tag of a version stands for the question that it answered.
  const bool is_version = link.rev && is_question(link.pinned_ref) && is_question(followed);
  const bool follows = followed && (item.is_pinned || is_version);
  if (follows) item.ref = &*refs_.insert(*followed).first;
  try {
    const std::optional<Oid> recorded = resolve::pin_of(link);
    if (item.is_pinned) item.recorded = recorded;
    Link asked = link;
    asked.pinned_ref = followed;
    if (follows && is_question(followed)) {
      item.question = std::make_unique<Link>(asked);
      asked.pinned_ref.reset();
    }
    item.asked = ask(resolver_, view, name, asked, item.is_pinned || follows);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    item.known = std::make_unique<Finding>();
    item.known->path = redact(link.path);
    item.known->repo = redact(link.repo.value_or(""));
    item.known->rev = redact(link.rev.value_or(""));
    say_why(*item.known, Verdict::invalid_link, error.what(), error.hint());
  }
  return items_.size() - 1;
}

Standings::Asked Standings::ask(resolve::Resolver& resolver, resolve::TreeView& view, const std::string& name,
                                const Link& link, bool follows) const {
  Asked asked;
  Link sought = link;
  sought.pinned_blob.reset();  // it is compared here
  if (follows) {
    asked.pin = resolver.add(view, name, sought);
    if (!link.pinned_ref) return asked;
    sought.rev = link.pinned_ref;
  }
  asked.tip = resolver.add(view, name, sought);
  if (!options_.wants_newest) return asked;
  sought.rev = version_line_of(sought.rev.value_or("HEAD"));
  asked.newest = resolver.add_newest_version(view, name, sought);
  return asked;
}

void Standings::run() {
  ask_gto();
  resolver_.run();
  if (options_.asks_cache && !settings_.offline) ask_cache();
  measure();
}

void Standings::ask_gto() {
  std::map<std::string, std::vector<Item*>> by_repository;
  for (Item& item : items_) {
    if (item.question) by_repository[item.question->repo.value_or("")].push_back(&item);
  }
  std::vector<const std::vector<Item*>*> groups;
  for (const auto& [repo, items] : by_repository) groups.push_back(&items);
  std::vector<std::vector<source::GtoAnswer>> answers(groups.size());
  source::Settings quiet = settings_;  // several prompts on one terminal would mix
  quiet.access.interactive = false;
  source::in_parallel(groups.size(), settings_.budget.jobs, [&](std::size_t i) {
    std::vector<GtoQuery> queries;
    for (const Item* item : *groups[i]) queries.push_back(*GtoQuery::parse(*item->ref));
    answers[i] = answer_gto(registry_, quiet, groups[i]->front()->question->repo, queries, options_.asks_cache);
  });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = 0; j < groups[i]->size(); ++j) take_gto(*(*groups[i])[j], answers[i][j]);
  }
}

void Standings::take_gto(Item& item, const source::GtoAnswer& answer) {
  Link& link = *item.question;
  link.pinned_blob.reset();
  if (answer.version) {
    const GtoVersion& version = *answer.version;
    link.rev = version.tag.empty() ? version.commit.hex() : std::string(tags_prefix) + version.tag;
    item.asked.tip = resolver_.add(*item.view, {}, link);
  } else {
    item.asked.tip = resolver_.add_refused(resolver_.answer(*item.asked.pin).source, *answer.refusal);
  }
  if (!options_.wants_newest) return;
  link.rev = version_line_of(*item.ref);
  item.asked.newest = resolver_.add_newest_version(*item.view, {}, link);
}

bool Standings::is_elsewhere(const Item& item) { return item.question != nullptr || item.is_told; }

void Standings::ask_cache() {
  source::Settings offline = settings_;
  offline.offline = true;
  for (Item& item : items_) {
    if (item.known) continue;
    const Number decisive = item.asked.tip ? item.asked.tip : item.asked.pin;
    if (!is_about_source(resolver_.answer(*decisive))) continue;
    if (!cached_) {
      cached_ = std::make_unique<resolve::Resolver>(registry_, offline, resolve::ResolverOptions{.only_seeks = true});
    }
    const auto again = [&](Number number) -> Number {
      if (!number) return {};
      return cached_->add(*item.view, {}, resolver_.answer(*number).source);
    };
    item.cached = std::make_unique<Asked>(
        Asked{.pin = again(item.asked.pin), .tip = again(item.asked.tip), .newest = again(item.asked.newest)});
  }
  if (cached_) cached_->run();
}

Standings::Answers Standings::answers_of(const Item& item) const {
  const auto answer = [](const resolve::Resolver& resolver, Number number) {
    return number ? std::optional(resolver.answer(*number)) : std::nullopt;
  };
  Answers answers{.pin = answer(resolver_, item.asked.pin),
                  .tip = answer(resolver_, item.asked.tip),
                  .newest = answer(resolver_, item.asked.newest)};
  if (!item.cached) return answers;
  Answers cached{.pin = answer(*cached_, item.cached->pin),
                 .tip = answer(*cached_, item.cached->tip),
                 .newest = answer(*cached_, item.cached->newest)};
  const bool is_known =
      (!cached.pin || !is_about_source(*cached.pin)) && (!cached.tip || !is_about_source(*cached.tip));
  if (!is_known) return answers;
  cached.refusal = answers.tip ? answers.tip : answers.pin;
  return cached;
}

std::optional<Standings::DistanceKey> Standings::distance_of(const Item& item, const Answers& answers) const {
  if (!answers.pin || !answers.tip || answers.pin->failed() || answers.tip->failed()) return std::nullopt;
  if (item.recorded && item.recorded != answers.pin->blob) return std::nullopt;
  if (answers.pin->blob == answers.tip->blob) return std::nullopt;
  if (answers.tip->ref.starts_with(tags_prefix) && !is_elsewhere(item)) return std::nullopt;
  const auto& repo = answers.tip->source.repo;
  return DistanceKey{repo ? repo->text() : "", ref_of(*answers.tip), *answers.pin->commit,       *answers.tip->commit,
                     answers.pin->path,        answers.tip->path,    answers.refusal.has_value()};
}

void Standings::measure() {
  for (const Item& item : items_) {
    if (item.known || item.ref == nullptr) continue;
    const Answers answers = answers_of(item);
    auto key = distance_of(item, answers);
    if (!key) continue;
    const auto [entry, is_new] = distances_.try_emplace(std::move(*key));
    if (!is_new) continue;
    source::Distance& distance = entry->second;
    distance.repo = answers.tip->source.repo;
    distance.ref = ref_of(*answers.tip);
    distance.from = *answers.pin->commit;
    distance.to = *answers.tip->commit;
    distance.paths = {answers.pin->path};
    if (answers.tip->path != answers.pin->path) distance.paths.push_back(answers.tip->path);
    distance.are_directories = answers.pin->plain == Plain::tree;
    distance.wants_commits = options_.wants_commits;
  }
  std::vector<source::Distance*> asked;
  std::vector<source::Distance*> cached;
  for (auto& [key, distance] : distances_) (std::get<bool>(key) ? cached : asked).push_back(&distance);
  source::find_distances(registry_, settings_, asked);
  source::Settings offline = settings_;
  offline.offline = true;
  source::find_distances(registry_, offline, cached);
}

Standing Standings::standing(std::size_t number) const {
  const Item& item = items_[number];
  Standing standing;
  if (item.hold && item.hold->is_held(options_.today)) {
    standing.hold = item.hold->hold;
    standing.until = item.hold->until;
  }
  if (item.known) {
    standing.finding = *item.known;
    if (standing.finding.verdict == Verdict::ok) standing.state = State::floating;
    return standing;
  }
  Answers answers = answers_of(item);
  // A branch leads to whatever is there, whatever was asked once.
  const bool is_version = !item.is_pinned && answers.pin && !answers.pin->failed();
  if (is_version && !answers.pin->ref.starts_with(tags_prefix)) answers.tip = std::exchange(answers.pin, std::nullopt);
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
    say_why(finding, Verdict::missing_repo, doubt, answers.refusal->hint);
  } else {
    finding.warnings.push_back({"stale-proof", doubt});
  }
  return standing;
}

/// Of a link that names a commit.
void Standings::tell_pin(const Item& item, const Answers& answers, Standing& standing) const {
  const resolve::Answer& pin = *answers.pin;
  Finding& finding = standing.finding;
  take_found(pin, finding);
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
    return say_why(finding, Verdict::changed,
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
    say_why(finding, answers.tip->verdict, answers.tip->message, answers.tip->hint);
  }
}

/// Of a link that names a branch or a tag, or neither.
void Standings::tell_tip(const Item&, const Answers& answers, Standing& standing) const {
  const resolve::Answer& tip = *answers.tip;
  take_found(tip, standing.finding);
  if (tip.failed()) {
    if (is_absence(tip)) standing.state = State::gone;
    return;
  }
  standing.tip = point_at(tip);
  // An address may have a commit in it.
  standing.state = tip.ref.empty()                    ? State::fixed
                   : tip.ref.starts_with(tags_prefix) ? State::unpinned
                                                      : State::floating;
}

void Standings::compare(const Item& item, const Answers& answers, Standing& standing) const {
  const resolve::Answer& pin = *answers.pin;
  const resolve::Answer& tip = *answers.tip;
  const bool is_tag = tip.ref.starts_with(tags_prefix) && !is_elsewhere(item);
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
    return say_why(standing.finding, distance.verdict, distance.message, distance.hint);
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

std::optional<resolve::Answer> Standings::tip(std::size_t number) const {
  const Item& item = items_[number];
  return item.known || item.ref == nullptr ? std::nullopt : answers_of(item).tip;
}

bool Standings::asks_gto(std::size_t number) const { return items_[number].question != nullptr; }

const source::Distance* Standings::distance(std::size_t number) const {
  const Item& item = items_[number];
  if (item.known || item.ref == nullptr) return nullptr;
  const auto key = distance_of(item, answers_of(item));
  const auto found = key ? distances_.find(*key) : distances_.end();
  return found == distances_.end() ? nullptr : &found->second;
}

}  // namespace mlem::history
