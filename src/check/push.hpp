#pragma once

#include "check/check.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::check {

/// What a push does to one ref. Neither id: git has given none.
struct RefUpdate {
  std::string ref;            ///< full, as the pusher names it
  std::optional<Oid> before;  ///< none: the ref is new, or its old tip is not here
  std::optional<Oid> after;   ///< none: the ref is deleted
  bool is_audited = false;    ///< judge all that is there, not only what the push changes
};

/// Reads the stdin of pre-receive, `<old> <new> <ref>` on each line (githooks(5)); zeros are no id.
/// Throws Error(invalid) for anything else.
std::vector<RefUpdate> parse_pre_receive(std::string_view input);

/// Reads the stdin of pre-push, `<local ref> <local id> <remote ref> <remote id>` on each line.
std::vector<RefUpdate> parse_pre_push(std::string_view input);

/// Returns what the updates make of the registry's refs.
source::PushedRefs pushed_refs(const std::vector<RefUpdate>& updates);

/// Who pushes, and what that is held to.
struct Pusher {
  std::vector<Policy> policies;
  std::optional<std::string> name;        ///< for `approver`; none or empty: nobody
  std::set<std::string> symbolic_refs{};  ///< of the registry, if a policy is about refs
  std::vector<std::string> known_refs{};  ///< what the full names begin with of those a new ref is compared with
  std::string head{};                     ///< a ref that it is compared with first; empty: none
  bool is_at_clone = false;               ///< nothing is pushed yet: what merges bring in of known refs is not new
};

/// Returns the policies of the registry's configuration and, from the variable that `mlem.pusher` names, the pusher;
/// known are the registry's branches and tags.
/// Throws Error(invalid) as parse_policies().
Pusher load_pusher(const git::Registry& registry);

/// Returns the policies that a push to `ref`, a full name, is held to: of that name, of where the ref leads to through
/// symbolic refs, of the symbolic refs that lead there too, and of what all of them are called in their namespaces.
std::vector<Rules> rules_for(const git::Registry& registry, const std::string& ref, const Pusher& pusher);

/// Returns what has to be judged for a push: at each new tip what differs from the old one; at the tip of a new ref
/// what differs from that known tip which differs in the fewest files; for policies what git-mlem-policy(1) adds.
/// Deletions, and tips that are neither commits nor trees, have no links.
/// Throws Error(unavailable) if what is new cannot be listed before the deadline of `settings`; signatures that cannot
/// be verified before it count as missing.
std::vector<Scope> push_scopes(const git::Registry& registry, const source::Settings& settings,
                               const std::vector<RefUpdate>& updates, const Pusher& pusher);

}  // namespace mlem::check
