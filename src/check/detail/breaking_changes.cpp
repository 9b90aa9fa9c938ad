#include "check/detail/breaking_changes.hpp"

#include "base/error.hpp"
#include "check/detail/broken_rules.hpp"
#include "check/detail/policed_file.hpp"
#include "check/detail/receiver.hpp"
#include "git/trailers.hpp"
#include "history/object_texts.hpp"
#include "model/compatibility.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Of all scopes together, those links are collected that a push re-points, that resolve, and about which a policy
// cares. They are resolved as they were and as they are, in one run for each, and the metafiles that come by are kept
// up to a bound. Then each pair of objects is compared. Where that cannot be done, for want of room or time or because
// the old one cannot be read, the change is refused. What would be refused passes if a commit of the push says that the
// break is meant.

namespace mlem::check::detail {
namespace {

/// Of all metafiles that are compared. A hostile push leads to as many and as large ones as it wants.
constexpr std::size_t most_text = std::size_t{32} << 20;
constexpr const char* rule_name = "breaking";

std::vector<const Policy*> policies_for(const Scope& scope, const std::string& name) {
  std::vector<const Policy*> policies;
  for (const Rules* rules : rules_for(scope, name)) {
    if (rules->policy.forbid_breaking) policies.push_back(&rules->policy);
  }
  return policies;
}

bool forbids_breaking(const Scope& scope) {
  // An audit is about what is there, whatever was there before.
  return scope.kind == Scope::Kind::changes && scope.changes && scope.before && !scope.all &&
         std::any_of(scope.rules.begin(), scope.rules.end(),
                     [](const Rules& rules) { return rules.policy.forbid_breaking; });
}

std::optional<Link> read_link(resolve::TreeView& view, const std::string& name, const git::Entry& entry) {
  try {
    const auto text = view.read(name, entry, yaml::max_link_size);
    if (!text) return std::nullopt;
    yaml::Metafile file = yaml::read_metafile(*text);
    if (file.kind == yaml::Metafile::Kind::link) return std::move(file.link);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
  }
  return std::nullopt;
}

bool is_same_question(const Link& before, const Link& after) {
  return before.link_type == after.link_type && before.repo == after.repo && before.path == after.path &&
         before.rev == after.rev;
}

/// A link that a push re-points, and its numbers at the resolvers.
struct RePointed {
  JudgedScope* judged;
  const std::string* name;
  std::size_t before;
  std::size_t after;
  const std::string* link_type;  ///< of the link as it was
};

/// Compares what links led to with what they lead to.
class BreakingChanges {
 public:
  BreakingChanges(const git::Registry& registry, const source::Settings& settings,
                  const source::PushedRefs& pushed_refs)
      : registry_(registry),
        settings_(settings),
        texts_(most_text),
        old_(registry, settings, {.take_text = taker()}),
        new_(registry, settings, {.take_text = taker(), .pushed_refs = pushed_refs}) {}

  void add(JudgedScope& judged) {
    for (const git::Change& change : *judged.scope.changes) {
      if (!is_edited_file(change) || policies_for(judged.scope, change.name).empty()) continue;
      const auto file = judged.files.find(change.name);
      if (file == judged.files.end() || !file->second.finding) continue;
      add(judged, change, *file->second.finding);
    }
  }

  void settle() {
    old_.run();
    new_.run();
    for (const RePointed& link : links_) hold(link);
  }

 private:
  static bool is_edited_file(const git::Change& change) {
    return change.name.ends_with(mlem_suffix) && change.before && change.after && git::is_regular(*change.before) &&
           git::is_regular(*change.after) && change.before->oid != change.after->oid;
  }

  resolve::TakeText taker() {
    return [this](const Oid& blob, std::string_view text) { texts_.add(blob, text); };
  }

  void add(JudgedScope& judged, const git::Change& change, Finding& finding) {
    if (decision(finding.verdict) == Decision::undecided) {
      leave_unproved(finding, rule_name);
      return;
    }
    // What does not resolve is refused already.
    if (finding.verdict != Verdict::ok && finding.verdict != Verdict::forbidden) return;
    const std::optional<Link> before = read_link(*judged.before, change.name, *change.before);
    const std::optional<Link> after = read_link(*judged.view, change.name, *change.after);
    if (!before || !after || is_same_question(*before, *after)) return;
    const std::string* const type = &*types_.insert(before->link_type).first;
    links_.push_back({&judged, &change.name, old_.add(*judged.before, change.name, *before),
                      new_.add(*judged.view, change.name, *after), type});
  }

  void hold(const RePointed& link) {
    const Finding before = old_.finding(link.before, *link.link_type);
    if (decision(before.verdict) == Decision::no) return;
    const resolve::Chain new_chain = new_.chain(link.after);
    const resolve::Chain old_chain = old_.chain(link.before);
    if (new_chain.answers.empty() || new_chain.answers.back().failed()) return;  // it is refused already
    const resolve::Answer& after = new_chain.answers.back();
    if (before.verdict != Verdict::ok) {
      refuse(link, "and what it led to before cannot be read");
      return;
    }
    const resolve::Answer& old = old_chain.answers.back();
    if (old.blob && old.blob == after.blob) return;
    // Of what has no metafile nobody knows what its callers find, as of a type that is not understood.
    if (old.plain || after.plain) return;
    const auto is_kept = [&](const std::optional<Oid>& blob) { return blob && texts_.has(*blob); };
    if (!is_kept(old.blob) || !is_kept(after.blob) || !settings_.budget.has_time()) {
      refuse(link, "and there is too much to compare at once: push less");
      return;
    }
    const Comparison comparison = texts_.compare(*old.blob, *after.blob);
    if (comparison.compatibility != Compatibility::breaking) return;
    refuse(link, {}, broken_things(comparison));
  }

  static std::string broken_things(const Comparison& comparison) {
    constexpr std::size_t most = 3;
    std::string text;
    std::size_t count = 0;
    for (const Detail& detail : comparison.details) {
      if (detail.compatibility != Compatibility::breaking || ++count > most) continue;
      text += (text.empty() ? "" : "; ") + detail.what + ": " + detail.from.value_or("nothing") + " -> " +
              detail.to.value_or("nothing");
    }
    if (count > most) text += "; and " + std::to_string(count - most) + " more";
    return text;
  }

  void refuse(const RePointed& link, const std::string& doubt, const std::string& broken_things = {}) {
    const Scope& scope = link.judged->scope;
    if (is_admitted(scope, *link.name)) return;
    Finding& finding = *link.judged->files.at(*link.name).finding;
    for (const Policy* policy : policies_for(scope, *link.name)) {
      break_rule(finding, rule_name,
                 policy_wants(*policy, "forbids what breaks callers of the object that the link led to") +
                     (doubt.empty() ? "" : ", " + doubt),
                 hint_of_breaking);
    }
    finding.broken_things = broken_things;
  }

  /// Whether a commit of the push says that it is meant.
  bool is_admitted(const Scope& scope, const std::string& name) const {
    git::Repository& objects = registry_.objects();
    const auto tip = objects.find_commit(*scope.commit);
    if (!tip) return false;
    Limits limits;
    limits.deadline = settings_.budget.deadline;
    return git::has_trailer(registry_, {breaking_trailer, *tip, objects.find_commit(*scope.before), name}, limits,
                            settings_.observer.interrupt);
  }

  const git::Registry& registry_;
  const source::Settings& settings_;
  history::ObjectTexts texts_;
  resolve::Resolver old_;  ///< is told nothing of what the push does to the registry's refs
  resolve::Resolver new_;
  std::set<std::string> types_;
  std::vector<RePointed> links_;
};

}  // namespace

void forbid_breaking(const git::Registry& registry, const source::Settings& settings, std::deque<JudgedScope>& scopes,
                     const source::PushedRefs& pushed_refs) {
  if (std::none_of(scopes.begin(), scopes.end(),
                   [](const JudgedScope& judged) { return forbids_breaking(judged.scope); })) {
    return;
  }
  BreakingChanges changes(registry, settings, pushed_refs);
  for (JudgedScope& judged : scopes) {
    if (forbids_breaking(judged.scope)) changes.add(judged);
  }
  changes.settle();
}

}  // namespace mlem::check::detail
