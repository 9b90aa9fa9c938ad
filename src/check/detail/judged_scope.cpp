#include "check/detail/judged_scope.hpp"

#include <algorithm>

namespace mlem::check::detail {
namespace {

std::unique_ptr<resolve::TreeView> open_view(const git::Registry& registry, const Scope& scope) {
  if (scope.kind == Scope::Kind::work_tree) return resolve::view_work_tree(registry);
  if (scope.commit) return resolve::view_commit(registry.objects(), *scope.commit);
  return resolve::view_index(registry);
}

}  // namespace

JudgedScope::JudgedScope(const git::Registry& registry, const Scope& judged, std::pmr::memory_resource* memory)
    : scope(judged),
      view(open_view(registry, judged)),
      before(judged.before ? resolve::view_commit(registry.objects(), *judged.before) : nullptr),
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

Finding& JudgedScope::finding_for(const std::string& name) {
  JudgedFile& file = files[name];
  if (!file.finding) file.finding = std::make_unique<Finding>();
  return *file.finding;
}

PolicedFile JudgedScope::policed(const std::string& name) {
  return {scope, name, [this, &name]() -> Finding& { return finding_for(name); }};
}

}  // namespace mlem::check::detail
