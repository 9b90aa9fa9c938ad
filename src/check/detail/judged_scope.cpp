#include "check/detail/judged_scope.hpp"

#include "base/error.hpp"
#include "model/repo_path.hpp"

#include <algorithm>

namespace mlem::check::detail {
namespace {

std::unique_ptr<resolve::TreeView> open_view(const git::Registry& registry, const Scope& scope) {
  if (scope.kind == Scope::Kind::work_tree) return resolve::view_work_tree(registry);
  if (scope.commit) return resolve::view_commit(registry.objects(), *scope.commit);
  return resolve::view_index(registry);
}

}  // namespace

JudgedScope::JudgedScope(const git::Registry& its_registry, const Scope& judged, std::pmr::memory_resource* memory)
    : registry(its_registry),
      scope(judged),
      view(open_view(its_registry, judged)),
      before(judged.before ? resolve::view_commit(its_registry.objects(), *judged.before) : nullptr),
      files(memory),
      touches_aliases(judged.touches_aliases) {}

bool JudgedScope::is_unjudged(const std::string& name) const { return scope.shard.has(name) && !files.contains(name); }

bool JudgedScope::is_judged_whole(const std::string& name) const {
  if (scope.all) return true;
  return scope.all_policed && std::any_of(scope.rules.begin(), scope.rules.end(), [&](const Rules& rules) {
           return !rules.policy.refs.empty() && rules.policy.covers_path(name);
         });
}

std::optional<Oid> JudgedScope::origin_of(const std::string& name) const {
  const auto merged = merged_from.find(name);
  return merged == merged_from.end() ? scope.before : merged->second;
}

void JudgedScope::pair_names(const std::vector<git::Change>& changes) {
  const auto is_link_file = [](const git::Change& change, const std::optional<git::Entry>& entry) {
    return change.name.ends_with(mlem_suffix) && entry && git::is_regular(*entry) && !change.unmerged;
  };
  std::multimap<Oid, std::string> gone;
  for (const git::Change& change : changes) {
    if (!change.after && is_link_file(change, change.before)) gone.emplace(change.before->oid, change.name);
  }
  for (const git::Change& change : changes) {
    if (!is_link_file(change, change.after)) continue;
    if (is_link_file(change, change.before) && change.before->oid == change.after->oid) {
      former_names.emplace(change.name, change.name);
    } else if (!change.before) {
      const auto former = gone.find(change.after->oid);
      if (former == gone.end()) continue;
      former_names.emplace(change.name, former->second);
      gone.erase(former);
    }
  }
}

void JudgedScope::pair_staged_names() {
  if (scope.kind != Scope::Kind::index || has_staged_names) return;
  has_staged_names = true;
  const auto head = registry.find_commit("HEAD");
  if (!head) return;
  try {
    pair_names(registry.changes(*head, std::nullopt, {}));
  } catch (const Error& error) {
    // It is for a hint alone: what a partial clone lacks is not fetched.
    if (error.kind() != ErrorKind::unavailable) throw;
  }
}

Finding& JudgedScope::finding_for(const std::string& name) {
  JudgedFile& file = files[name];
  if (!file.finding) file.finding = std::make_unique<Finding>();
  return *file.finding;
}

PolicedFile JudgedScope::policed(const std::string& name) {
  return {scope, name, [this, &name]() -> Finding& { return finding_for(name); }};
}

}  // namespace mlem::check::detail
