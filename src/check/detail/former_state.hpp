#pragma once

#include "check/check.hpp"
#include "check/detail/commits_on_refs.hpp"
#include "check/detail/judged_scope.hpp"
#include "check/detail/scope_reader.hpp"
#include "git/registry.hpp"
#include "resolve/resolver.hpp"

#include <cstddef>
#include <memory_resource>

namespace mlem::check::detail {

/// The tree before a change, where those links are judged again that the change left as they are and that are not ok
/// after it. What was no better before is not reported: nobody is refused for what he did not break.
class FormerState {
 public:
  /// `judged` is of changes, with all that was found in it, and must outlive this. Whatever is ok of links that the
  /// change did not touch is taken out of it, for nobody asked.
  FormerState(const git::Registry& registry, JudgedScope& judged, std::pmr::memory_resource* memory);

  /// Reads what has to be compared. The resolver is told nothing of what a push does to the registry's refs.
  void read(ScopeReader& reader, resolve::Resolver& resolver);
  /// Once that is resolved: holds it to the policies, as settle() does.
  void settle(CommitsOnRefs& commits);
  /// Takes out of the scope what the change did not break. Returns how many links of that were broken before.
  std::size_t forgive();

 private:
  JudgedScope& judged_;
  Scope scope_;
  JudgedScope former_;
};

}  // namespace mlem::check::detail
