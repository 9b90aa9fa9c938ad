#include "check/detail/baseline.hpp"

#include "check/changes.hpp"
#include "git/refs.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mlem::check::detail {
namespace {

constexpr std::size_t most_tips = 64;
constexpr const char* what_failed = "cannot find what a new ref is to be compared with";

/// Returns the commits where the history of `tip` enters what is known: the commit itself if it is known.
std::vector<Oid> entries_to_known(const Receiver& receiver, const Oid& tip, const std::vector<std::string>& prefixes) {
  std::unordered_map<Oid, std::vector<Oid>> new_commits;
  for (git::Commit& commit : receiver.list_commits({tip}, {}, git::refs_below(prefixes))) {
    new_commits.emplace(commit.oid, std::move(commit.parents));
  }
  if (!new_commits.contains(tip)) return {tip};
  std::set<Oid> entries;
  for (const auto& [commit, parents] : new_commits) {
    for (const Oid& parent : parents) {
      if (!new_commits.contains(parent)) entries.insert(parent);
    }
  }
  constexpr std::size_t most_entries = 8;
  std::vector<Oid> some;
  for (auto entry = entries.begin(); entry != entries.end() && some.size() < most_entries; ++entry) {
    some.push_back(*entry);
  }
  return some;
}

}  // namespace

Baselines::Baselines(const Receiver& receiver, std::vector<std::string> prefixes, std::string head)
    : receiver_(receiver), prefixes_(std::move(prefixes)), head_(std::move(head)) {}

void Baselines::add(const Oid& tip) {
  judged_.push_front(tip);
  if (judged_.size() > most_tips) judged_.pop_back();
}

const Baselines::Known& Baselines::known() {
  if (known_) return *known_;
  git::Repository& objects = receiver_.registry.objects();
  Known& known = known_.emplace();
  std::unordered_set<Oid> seen;
  const auto take = [&](const Oid& oid) -> std::optional<Oid> {
    if (!seen.insert(oid).second) return std::nullopt;
    const auto tip = objects.find_tree_ish(oid);
    if (tip && (*tip == oid || seen.insert(*tip).second)) known.tips.push_back(*tip);
    return tip;
  };
  if (const auto head = head_.empty() ? std::nullopt : objects.find_ref(head_)) known.of_head = take(*head);
  std::size_t count = 0;
  for (const std::string& prefix : prefixes_) {
    for (const git::Ref& ref : objects.refs(prefix)) {
      if (++count % 4096 == 0) receiver_.require_time(what_failed);
      take(ref.oid);
    }
  }
  return known;
}

std::vector<Oid> Baselines::nearest_known(const Oid& tip) {
  if (known().tips.size() <= most_tips) return known().tips;
  git::Repository& objects = receiver_.registry.objects();
  std::vector<Oid> nearest;
  if (const auto commit = objects.find_commit(tip)) {
    // Those that have a commit where the new history leaves what is known: no merge base is nearer.
    const std::vector<Oid> entries = entries_to_known(receiver_, *commit, prefixes_);
    const auto tips = git::list_tips_with(receiver_.registry, entries, prefixes_, most_tips, receiver_.limits(),
                                          receiver_.settings.observer.interrupt);
    if (!tips) receiver_.require_time(what_failed);
    for (const Oid& oid : tips.value_or(std::vector<Oid>())) {
      if (const auto found = objects.find_tree_ish(oid)) nearest.push_back(*found);
    }
  }
  for (const Oid& other : known().tips) {
    if (nearest.size() >= most_tips) break;
    if (std::find(nearest.begin(), nearest.end(), other) == nearest.end()) nearest.push_back(other);
  }
  return nearest;
}

std::vector<Oid> Baselines::candidates_for(const Oid& tip) {
  git::Repository& objects = receiver_.registry.objects();
  const auto tree_of = [&](const Oid& oid) { return objects.find(oid, {}).entry.oid; };
  const Oid tree = tree_of(tip);
  const auto is_same = [&](const Oid& other) { return other == tip || tree_of(other) == tree; };
  const auto judged = std::find_if(judged_.begin(), judged_.end(), is_same);
  if (judged != judged_.end()) return {*judged};
  const std::vector<Oid>& tips = known().tips;
  if (std::find(tips.begin(), tips.end(), tip) != tips.end()) return {tip};
  std::vector<Oid> candidates;
  if (known().of_head) candidates.push_back(*known().of_head);
  candidates.insert(candidates.end(), judged_.begin(), judged_.end());
  const std::vector<Oid> nearest = nearest_known(tip);
  candidates.insert(candidates.end(), nearest.begin(), nearest.end());
  const auto same = std::find_if(candidates.begin(), candidates.end(), is_same);
  if (same != candidates.end()) return {*same};
  return candidates;
}

std::optional<Oid> Baselines::nearest_to(const Oid& tip, const std::vector<Oid>& candidates) const {
  std::optional<Oid> nearest;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (const Oid& candidate : candidates) {
    receiver_.require_time(what_failed);
    std::size_t count = 0;
    std::size_t seen = 0;
    source::read_trees(receiver_.registry, {candidate, tip}, receiver_.settings, [&] {
      count = 0;
      receiver_.registry.objects().diff(candidate, tip, [&](const git::Change& change) {
        if (++seen % 4096 == 0) receiver_.require_time(what_failed);
        if (concerns_links(change)) ++count;
        return count < fewest;
      });
    });
    if (count >= fewest) continue;
    fewest = count;
    nearest = candidate;
    if (fewest == 0) break;
  }
  return nearest;
}

}  // namespace mlem::check::detail
