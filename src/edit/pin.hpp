#pragma once

#include "edit/hold.hpp"
#include "edit/link_rule.hpp"
#include "git/registry.hpp"
#include "model/link.hpp"
#include "resolve/answer.hpp"
#include "source/settings.hpp"

#include <memory>

namespace mlem::edit {

/// Has a link name the commit of `answer`, which it leads to, and record the object's blob and the ref that led there.
/// One that names a commit already goes on to follow what it follows. Throws Error(invalid) if the link cannot say so.
void pin_to(const git::Registry& registry, Link& link, const resolve::Answer& answer);

/// Which links are pinned.
enum class PinMode {
  pin,      ///< those that resolve
  refresh,  ///< pinned ones whose rev another program has changed, or whose object is not what was recorded
};

/// Returns the rule of git-mlem-pin(1), under which `holds` are respected. `registry` must outlive it.
std::unique_ptr<LinkRule> pin_rule(const git::Registry& registry, PinMode mode, Holds holds);

/// Returns the rule of git-mlem-unpin(1): a link names again what it follows. One that asks GTO names the version that
/// answers now, and sources are asked as `settings` have it.
std::unique_ptr<LinkRule> unpin_rule(source::Settings settings, Holds holds);

}  // namespace mlem::edit
