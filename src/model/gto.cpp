#include "model/gto.hpp"

#include "model/rev.hpp"
#include "model/version.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace mlem {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Whether `text` is a name of an artifact or a stage: gto/constants.py has the pattern.
bool is_name(std::string_view text) {
  return !text.empty() && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '/' || c == '_'; });
}

/// Whether `text` is such a name, behind a directory and `=` if there is one.
bool is_full_name(std::string_view text) {
  const std::size_t mark = text.find('=');
  if (mark == std::string_view::npos) return is_name(text);
  const std::string_view directory = text.substr(0, mark);
  return !directory.empty() && is_name(text.substr(mark + 1)) &&
         std::all_of(directory.begin(), directory.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || c == '/'; });
}

/// What a tag says of an artifact.
struct Event {
  std::string version;  ///< with its `v`; empty: it is about a stage
  std::string stage;
  bool is_taken_back = false;
  std::uint64_t counter = 0;
};

std::optional<Event> parse_event(std::string_view tag, std::string_view artifact) {
  if (!tag.starts_with(artifact)) return std::nullopt;
  tag.remove_prefix(artifact.size());
  if (tag.empty() || (tag.front() != '@' && tag.front() != '#')) return std::nullopt;
  const bool is_version = tag.front() == '@';
  tag.remove_prefix(1);
  Event event;
  if (const std::size_t mark = tag.find('#'); mark != std::string_view::npos) {
    const std::string_view digits = tag.substr(mark + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), event.counter);
    if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    tag = tag.substr(0, mark);
  }
  event.is_taken_back = tag.ends_with('!');
  if (event.is_taken_back) tag.remove_suffix(1);
  if (is_version) {
    if (!tag.starts_with('v') || !Version::parse(tag)) return std::nullopt;
    event.version = tag;
  } else {
    if (!is_name(tag)) return std::nullopt;
    event.stage = tag;
  }
  return event;
}

/// A version that is registered, and where.
struct Registration {
  std::string tag;
  Oid commit;
};

/// What the tags of one artifact come to.
class ArtifactTags {
 public:
  void add(const DatedTag& tag, const Event& event) {
    if (!event.version.empty()) {
      known_commits_.insert_or_assign(tag.commit, true);
      if (event.is_taken_back)
        registered_.erase(event.version);
      else
        registered_.insert_or_assign(event.version, Registration{tag.name, tag.commit});
      return;
    }
    auto& assigned = stages_[event.stage];
    std::erase(assigned, tag.commit);
    if (!event.is_taken_back) assigned.push_back(tag.commit);
  }

  /// The greatest version, of those at `commit` if there is one.
  std::optional<GtoVersion> greatest(const std::optional<Oid>& commit) const {
    const std::pair<const std::string, Registration>* best = nullptr;
    for (const auto& each : registered_) {
      if (commit && each.second.commit != *commit) continue;
      if (best == nullptr || Version::parse(best->first)->is_before(*Version::parse(each.first))) best = &each;
    }
    if (best == nullptr) return std::nullopt;
    return GtoVersion{best->second.tag, best->second.commit};
  }

  /// What was assigned to a stage last. A version that is registered no longer is passed over.
  std::optional<GtoVersion> assigned_to(const std::string& stage) const {
    const auto assigned = stages_.find(stage);
    if (assigned == stages_.end()) return std::nullopt;
    for (auto commit = assigned->second.rbegin(); commit != assigned->second.rend(); ++commit) {
      if (auto version = greatest(*commit)) return version;
      if (!known_commits_.contains(*commit)) return GtoVersion{{}, *commit};
    }
    return std::nullopt;
  }

 private:
  std::map<std::string, Registration> registered_;  ///< by version
  std::map<Oid, bool> known_commits_;               ///< at which versions are registered, or were
  std::map<std::string, std::vector<Oid>> stages_;  ///< commits, the last one assigned at the end
};

}  // namespace

std::optional<GtoQuery> GtoQuery::parse(std::string_view text) {
  const std::size_t mark = text.find_last_of("@#");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view wanted = text.substr(mark + 1);
  GtoQuery query{std::string(text.substr(0, mark)), {}};
  std::replace(query.artifact.begin(), query.artifact.end(), ':', '=');
  if (!is_full_name(query.artifact)) return std::nullopt;
  if (text[mark] == '@') return wanted == "latest" || wanted == "greatest" ? std::optional(query) : std::nullopt;
  query.stage = wanted;
  return is_name(wanted) ? std::optional(query) : std::nullopt;
}

bool is_followable(std::string_view text) {
  return (is_ref_name(text) && !text.starts_with('-')) || GtoQuery::parse(text);
}

std::optional<GtoVersion> find_version(const GtoQuery& query, std::vector<DatedTag> tags) {
  std::vector<std::pair<const DatedTag*, Event>> events;
  for (const DatedTag& tag : tags) {
    if (auto event = parse_event(tag.name, query.artifact)) events.emplace_back(&tag, std::move(*event));
  }
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first->time, a.second.counter) < std::pair(b.first->time, b.second.counter);
  });
  ArtifactTags artifact;
  for (const auto& [tag, event] : events) artifact.add(*tag, event);
  return query.stage.empty() ? artifact.greatest(std::nullopt) : artifact.assigned_to(query.stage);
}

}  // namespace mlem
