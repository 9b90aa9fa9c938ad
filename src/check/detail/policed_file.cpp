#include "check/detail/policed_file.hpp"

#include "check/detail/broken_rules.hpp"
#include "check/detail/receiver.hpp"
#include "model/repo_path.hpp"

#include <utility>

namespace mlem::check::detail {

std::vector<const Rules*> rules_for(const Scope& scope, std::string_view name) {
  std::vector<const Rules*> rules;
  for (const Rules& each : scope.rules) {
    if (each.policy.covers_path(name)) rules.push_back(&each);
  }
  return rules;
}

bool has_policed_link(const Policy& policy, git::Repository& objects, const Oid& tree, const std::string& directory) {
  if (!policy.reaches_below(directory)) return false;
  bool found = false;
  const std::vector<Oid> missing = objects.walk(tree, directory, [&](const std::string& name, const git::Entry&) {
    found = name.ends_with(mlem_suffix) && policy.covers_path(name);
    return !found;
  });
  return found || !missing.empty();  // who cannot look does not let it pass
}

PolicedFile::PolicedFile(const Scope& scope, const std::string& name, std::function<Finding&()> finding)
    : scope_(scope), name_(name), finding_(std::move(finding)) {}

void PolicedFile::require_approval(const std::string& what_happened) const {
  for (const Rules* rules : rules_for(scope_, name_)) {
    if (rules->is_approved) continue;
    break_rule(finding_(), "approver",
               policy_wants(rules->policy, "lets only its approvers have a link " + what_happened),
               rules->who_may_and_how());
  }
}

void PolicedFile::require_approval_of_project(const std::string& directory, git::Repository& objects) const {
  for (const Rules& rules : scope_.rules) {
    if (rules.is_approved || !scope_.commit) continue;
    // A policed link that is gone has a finding of its own.
    if (!has_policed_link(rules.policy, objects, *scope_.commit, directory)) continue;
    break_rule(finding_(), "approver",
               policy_wants(rules.policy, "lets only its approvers make or remove a project that has its links"),
               rules.who_may_and_how());
  }
}

bool PolicedFile::forbid_link(const git::Entry& entry) const {
  if (!git::is_link(entry)) return false;
  bool is_policed = false;
  for (const Rules& rules : scope_.rules) {
    if (!rules.policy.covers_path(name_) && !rules.policy.reaches_below(name_)) continue;
    is_policed = true;
    break_rule(finding_(), "link-only", policy_wants(rules.policy, "allows no symbolic link or submodule here"),
               "put a link file in its place");
  }
  return is_policed;
}

void PolicedFile::forbid_object() const {
  for (const Rules* rules : rules_for(scope_, name_)) {
    if (rules->policy.allow_objects) continue;
    break_rule(finding_(), "link-only", policy_wants(rules->policy, "allows only links here"),
               "link to the object instead");
  }
}

void PolicedFile::forbid_unread() const {
  for (const Rules* rules : rules_for(scope_, name_)) {
    break_rule(finding_(), "link-only", policy_wants(rules->policy, "could not be applied: there was no time left"),
               hint_of_time);
  }
}

}  // namespace mlem::check::detail
