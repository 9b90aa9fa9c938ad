#pragma once

#include "check/check.hpp"
#include "check/detail/commits_on_refs.hpp"
#include "check/detail/judged_scope.hpp"
#include "check/detail/scope_reader.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"
#include "resolve/resolver.hpp"

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>

namespace mlem::check::detail {

/// A tree before a change, where those links are judged again that the change left as they were there and that are not
/// ok after it. What was no better before is not reported: nobody is refused for what he did not break.
class FormerState {
 public:
  /// `judged` is of changes, with all that was found in it, and must outlive this. Whatever is ok of links that the
  /// change did not touch is taken out of it, for nobody asked. `origin` is the commit or tree before the change (none:
  /// nothing), or one that is merged: this state is about the files that were there.
  FormerState(const git::Registry& registry, JudgedScope& judged, const std::optional<Oid>& origin,
              std::pmr::memory_resource* memory);

  /// Reads what has to be compared. The resolver is told nothing of what a push does to the registry's refs.
  void read(ScopeReader& reader, resolve::Resolver& resolver);
  /// Once that is resolved: holds it to the policies, as settle() does.
  void settle(CommitsOnRefs& commits);
  /// After that: holds it to the policies about who signs objects.
  void require_artifact_signers(const git::Registry& registry, const source::Settings& settings);
  /// Takes out of the scope what the change did not break. Returns how many links of that were broken before.
  std::size_t forgive();

 private:
  bool is_of_this(const std::string& name) const { return judged_.origin_of(name) == scope_.commit; }
  JudgedScope& judged_;
  Scope scope_;
  JudgedScope former_;
};

}  // namespace mlem::check::detail
