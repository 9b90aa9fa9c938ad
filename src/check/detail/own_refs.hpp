#pragma once

#include "check/detail/judged_scope.hpp"
#include "check/detail/scope_reader.hpp"
#include "git/registry.hpp"
#include "source/refs.hpp"
#include "source/settings.hpp"

#include <memory_resource>

namespace mlem::check::detail {

/// Judges the links of a push again that are good and lead to a ref of the registry itself, as if the ref that carries
/// them were the only one that moves: git may refuse a part of a push after the hook has let all of it pass. What has
/// to be there already is not, and becomes the finding.
void require_without_other_refs(const git::Registry& registry, const source::Settings& settings, ScopeReader& reader,
                                JudgedScope& judged, const source::PushedRefs& pushed_refs,
                                std::pmr::memory_resource* memory);

}  // namespace mlem::check::detail
