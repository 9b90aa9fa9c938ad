#pragma once

#include "edit/hook_manager.hpp"
#include "git/registry.hpp"

#include <string>
#include <vector>

// Whether the hooks of a repository judge links, whoever else has hooks there.

namespace mlem::edit {

/// How one hook stands.
struct HookStanding {
  std::string hook;
  bool is_live = false;  ///< git will run ours
  std::string detail;    ///< by whom, if not by git itself, or what stands in the way; may be empty if it is live
};

/// Returns the standing of each hook that this repository should have or has: those of who commits where there is a
/// work tree, that of a server elsewhere and where one is installed. `script` is as load_hook_script() returns it.
/// Throws Error(unavailable) if git does not say where hooks are, Error(io).
std::vector<HookStanding> load_hook_standings(const git::Registry& registry, const std::string& script);

/// Hooks of a program that has to keep them where they are.
struct ManagedHooks {
  HookManager manager = HookManager::none;
  std::vector<std::string> kept;    ///< the hooks that are its own
  std::vector<std::string> deaf;    ///< those of them that cannot be told to run ours
  std::vector<std::string> untold;  ///< all hooks that it could be told to run ours for, and has not been
  bool is_silent = false;           ///< one of those is its own already
};

/// Returns which of the hooks `names` in `directory` have to stay with their manager; `manager` is none if none do.
ManagedHooks find_managed_hooks(const git::Registry& registry, const fs::path& directory,
                                const std::vector<std::string>& names);

}  // namespace mlem::edit
