#pragma once

#include "edit/link_target.hpp"
#include "edit/make_link.hpp"
#include "model/link.hpp"
#include "resolve/answer.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mlem::edit {

/// Returns what a link made by `request` is to lead to.
const resolve::Answer& end_of(const std::vector<resolve::Answer>& chain, const LinkRequest& request);

/// Returns what a link to the end of `chain` says. The path of an alias starts at `base`; `followed` is the question of
/// GTO that the chain begins with; `dialect` is asked for only if a repository is named. Throws Error(invalid) if an
/// alias is to be pinned, or what is plain would be named by one.
Link compose_link(const std::vector<resolve::Answer>& chain, const std::string& base, const std::string& followed,
                  const std::function<Dialect()>& dialect, const LinkRequest& request);

/// Returns the file of a link to `end` in the place of `before`: what need not change stays, the spelling of the
/// repository too. A pin is about one commit, and goes where it no longer holds. Completes `link` by what stays. Throws
/// Error(invalid) if the link is held and would lead elsewhere.
std::string rewrite_link(const ExistingLink& before, const resolve::Answer& end, const std::string& target,
                         const LinkRequest& request, Link& link);

}  // namespace mlem::edit
