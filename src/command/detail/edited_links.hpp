#pragma once

#include "command/context.hpp"
#include "command/output.hpp"
#include "edit/link_rule.hpp"
#include "edit/placement.hpp"
#include "git/registry.hpp"
#include "model/link.hpp"
#include "source/settings.hpp"

#include <string>
#include <vector>

namespace mlem::command {

/// How a command that changes links speaks of it.
struct EditWords {
  const char* verb;        ///< `pin`
  const char* participle;  ///< `pinned`
};

/// Returns what a link says after a change and did not say before, in one line; empty if that is nothing.
std::string difference_of(const Link& before, const Link& after);

/// Changes the links that `words` select by `rule`, writes them where `placement` says, and tells what became of each
/// and of all. Returns the exit code.
int edit_and_tell(const git::Registry& registry, const source::Settings& settings, edit::LinkRule& rule,
                  edit::Placement& placement, const std::vector<std::string>& words, bool dry_run,
                  const EditWords& spoken, const Format& format, Context& context);

}  // namespace mlem::command
