#include "check/detail/own_refs.hpp"

#include "check/detail/commits_on_refs.hpp"
#include "check/detail/findings.hpp"
#include "model/rev.hpp"
#include "resolve/resolver.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

namespace mlem::check::detail {
namespace {

/// Whether a step leads to a ref of this repository, and not to a commit by its id.
bool is_own_ref(const std::string& repo, const std::string& rev) {
  return repo.empty() && !rev.empty() && !Oid::parse(rev);
}

bool leads_to_own_ref(const Finding& finding) {
  return is_own_ref(finding.repo, finding.rev) ||
         std::any_of(finding.hops.begin(), finding.hops.end(),
                     [](const Hop& hop) { return is_own_ref(hop.repo, hop.rev); });
}

bool is_good(const Finding& finding) { return finding.verdict == Verdict::ok && finding.rules.empty(); }

}  // namespace

void require_without_other_refs(const git::Registry& registry, const source::Settings& settings, ScopeReader& reader,
                                JudgedScope& judged, const source::PushedRefs& pushed_refs,
                                std::pmr::memory_resource* memory) {
  const auto carrier = pushed_refs.find(judged.scope.pushed_ref);
  if (pushed_refs.size() < 2 || carrier == pushed_refs.end()) return;
  std::deque<git::File> files;
  for (auto& [name, file] : judged.files) {
    take_answer(file);
    if (!is_good(*file.finding) || !leads_to_own_ref(*file.finding)) continue;
    files.push_back({name, judged.view->find(name).entry});
  }
  if (files.empty()) return;
  const source::PushedRefs alone{*carrier};
  JudgedScope without_others(registry, judged.scope, memory);
  resolve::Resolver resolver(registry, settings, {.pushed_refs = alone});
  reader.read_files(without_others, std::move(files), resolver);
  resolver.run();
  CommitsOnRefs commits;
  settle(without_others, commits);
  commits.settle(registry, settings, alone);
  for (auto& [name, file] : without_others.files) {
    take_answer(file);
    if (is_good(*file.finding)) continue;
    Finding& finding = judged.finding_for(name);
    finding = std::move(*file.finding);
    finding.message += ", unless another ref of this push moves, which git may still refuse";
    finding.hint = "push that ref first, then the link";
  }
}

}  // namespace mlem::check::detail
