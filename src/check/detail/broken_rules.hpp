#pragma once

#include "check/check.hpp"
#include "model/finding.hpp"
#include "resolve/answer.hpp"

#include <string>
#include <vector>

namespace mlem::check::detail {

/// Returns `policy '<name>' <what>`.
std::string policy_wants(const Policy& policy, const std::string& what);

/// Adds a rule to those a finding breaks, which makes it `forbidden` unless it is broken in another way already.
void break_rule(Finding& finding, const char* rule, const std::string& message, const std::string& hint);

/// The same for a rule about a whole ref: a finding of its own.
void break_ref_rule(Scope& scope, const char* rule, std::string message, std::string hint = {});

/// Names a rule that an undecided finding might break. What a policy wants proved does not pass unproved, whatever
/// `mlem.onUndecided` says: how much a source sends, and so whether it can be read, is up to whoever has it.
void leave_unproved(Finding& finding, const char* rule);

/// Holds every hop to what a policy says of sources, pins and aliases.
void hold_to(const Policy& policy, Finding& finding, const std::vector<resolve::Answer>& chain);

}  // namespace mlem::check::detail
