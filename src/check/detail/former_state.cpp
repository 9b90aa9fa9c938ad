#include "check/detail/former_state.hpp"

#include "check/detail/artifacts.hpp"
#include "check/detail/findings.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <string>

namespace mlem::check::detail {
namespace {

Scope scope_before(const Scope& scope, const std::optional<Oid>& origin) {
  Scope before;
  before.kind = Scope::Kind::commit;
  before.commit = origin;
  before.rules = scope.rules;
  before.reachable = scope.reachable;
  before.pushed_ref = scope.pushed_ref;
  return before;
}

/// Returns the name of a file in the tree where it was before.
const std::string& former_name_of(const JudgedScope& judged, const std::string& name) {
  if (judged.merged_from.contains(name)) return name;
  const auto former = judged.former_names.find(name);
  return former == judged.former_names.end() ? name : former->second;
}

/// Returns the file that one of `judged` was in the tree `former`, if its content was the same.
std::optional<git::File> former_file(const JudgedScope& judged, resolve::TreeView& former, const std::string& name) {
  const std::string& former_name = former_name_of(judged, name);
  const git::Lookup before = former.find(former_name);
  const git::Lookup after = judged.view->find(name);
  using State = git::Lookup::State;
  if (before.state != State::found || after.state != State::found) return std::nullopt;
  if (before.entry.oid != after.entry.oid) return std::nullopt;
  return git::File{former_name, before.entry};
}

/// Whether a change is to blame for what is found of a link after it.
bool is_broken_by_change(const Finding& before, const Finding& after) {
  const auto is_new = [&](const std::string& rule) {
    return std::find(before.rules.begin(), before.rules.end(), rule) == before.rules.end();
  };
  if (std::any_of(after.rules.begin(), after.rules.end(), is_new)) return true;
  // A link that nobody could tell of before may have been good.
  if (decision(after.verdict) == Decision::no) return decision(before.verdict) != Decision::no;
  return decision(before.verdict) == Decision::yes;
}

}  // namespace

FormerState::FormerState(const git::Registry& registry, JudgedScope& judged, const std::optional<Oid>& origin,
                         std::pmr::memory_resource* memory)
    : judged_(judged), scope_(scope_before(judged.scope, origin)), former_(registry, scope_, memory) {}

void FormerState::read(ScopeReader& reader, resolve::Resolver& resolver) {
  std::deque<git::File> files;
  for (auto file = judged_.files.begin(); file != judged_.files.end();) {
    const auto next = std::next(file);
    if (file->second.is_as_before && is_of_this(file->first)) {
      take_answer(file->second);
      const bool is_asked_for = judged_.former_names.contains(file->first) || judged_.merged_from.contains(file->first);
      if (file->second.finding->verdict != Verdict::ok || !file->second.finding->rules.empty()) {
        auto former = scope_.commit ? former_file(judged_, *former_.view, file->first) : std::nullopt;
        // What differs and was not asked for is somebody else's question.
        if (former)
          files.push_back(std::move(*former));
        else
          judged_.files.erase(file);
      } else if (!is_asked_for) {
        judged_.files.erase(file);
      }
    }
    file = next;
  }
  if (!files.empty()) reader.read_files(former_, std::move(files), resolver);
}

void FormerState::settle(CommitsOnRefs& commits) {
  if (!scope_.rules.empty() || scope_.reachable) detail::settle(former_, commits);
}

void FormerState::require_artifact_signers(const git::Registry& registry, const source::Settings& settings) {
  detail::require_artifact_signers(registry, settings, former_);
}

std::size_t FormerState::forgive() {
  std::size_t broken = 0;
  for (auto file = judged_.files.begin(); file != judged_.files.end();) {
    const auto next = std::next(file);
    const auto former = former_.files.find(former_name_of(judged_, file->first));
    if (file->second.is_as_before && is_of_this(file->first) && former != former_.files.end()) {
      take_answer(former->second);
      const Finding& before = *former->second.finding;
      if (!is_broken_by_change(before, *file->second.finding)) {
        if (decision(before.verdict) == Decision::no) ++broken;
        judged_.files.erase(file);
      }
    }
    file = next;
  }
  return broken;
}

}  // namespace mlem::check::detail
