#include "history/standing.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "history/detail/standing_item.hpp"
#include "model/gto.hpp"
#include "model/repo_url.hpp"

#include <utility>

// Of a link nothing is kept but the numbers of what was asked about it: there may be a hundred thousand.

namespace mlem::history {
namespace {

/// Whether what a link follows is a question of GTO.
bool is_question(const std::optional<std::string>& followed) { return followed && GtoQuery::parse(*followed); }

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
  if (options_.follows_own && !link.repo && !is_surely_url(link.path)) follow_own(item, view, name, link);
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
    detail::say_why(*item.known, Verdict::invalid_link, error.what(), error.hint());
  }
  return items_.size() - 1;
}

void Standings::follow_own(Item& item, resolve::TreeView& view, const std::string& name, const Link& link) {
  if (!own_) {
    source::Settings offline = settings_;
    offline.offline = true;
    own_ = std::make_unique<resolve::Resolver>(registry_, std::move(offline));
  }
  item.own = std::make_unique<Item::Own>(Item::Own{own_->add(view, name, link), link.link_type});
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
  sought.rev = detail::version_line_of(sought.rev.value_or("HEAD"));
  asked.newest = resolver.add_newest_version(view, name, sought);
  return asked;
}

void Standings::run() {
  ask_gto();
  resolver_.run();
  if (options_.asks_cache && !settings_.offline) ask_cache();
  measure();
  if (own_) own_->run();
}

bool Standings::is_elsewhere(const Item& item) { return item.question != nullptr || item.is_told; }

std::optional<Standings::DistanceKey> Standings::distance_of(const Item& item, const Answers& answers) const {
  if (!answers.pin || !answers.tip || answers.pin->failed() || answers.tip->failed()) return std::nullopt;
  if (item.recorded && item.recorded != answers.pin->blob) return std::nullopt;
  if (answers.pin->blob == answers.tip->blob) return std::nullopt;
  if (answers.tip->ref.starts_with(detail::tags_prefix) && !is_elsewhere(item)) return std::nullopt;
  const auto& repo = answers.tip->source.repo;
  return DistanceKey{repo ? repo->text() : "",   detail::ref_of(*answers.tip),
                     *answers.pin->commit,       *answers.tip->commit,
                     answers.pin->path,          answers.tip->path,
                     answers.refusal.has_value()};
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
    distance.ref = detail::ref_of(*answers.tip);
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
