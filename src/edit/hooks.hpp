#pragma once

#include "base/file.hpp"
#include "git/registry.hpp"

#include <set>
#include <string>
#include <vector>

// Hooks of git-mlem: one script under the name of each hook (githooks(5)), which runs what it has set aside first.

namespace mlem::edit {

/// Returns the hooks of who commits and pushes.
const std::vector<std::string>& client_hooks();
/// Returns the hooks of a repository that is pushed to.
const std::vector<std::string>& server_hooks();
/// Returns the hooks of both.
std::vector<std::string> all_hooks();

/// Returns the script that all hooks are made of, from the file of the installation that has it, for the program at
/// that path. Throws Error(io) if there is no such file.
std::string load_hook_script(const fs::path& file, const std::string& program);

/// Returns the hook of that name, made of load_hook_script(). It has its name in its text, for others rename hooks.
std::string hook_text(const std::string& script, const std::string& name);

/// What is where a hook would be.
enum class HookState {
  absent,
  foreign,   ///< somebody else's, even if it mentions ours
  current,   ///< ours as it would be installed
  outdated,  ///< ours of another version, of a program elsewhere, or one that may not be executed
  changed,   ///< ours of this version, and somebody wrote into it
};

/// Returns what `file` is, compared with hook_text(). Throws Error(io) if it cannot be read.
HookState load_hook_state(const fs::path& file, const std::string& text);

/// Returns whether the hook of ours in `file` works under any name: those before version 3 are what they are called.
bool knows_its_name(const fs::path& file);

/// Returns where others put a hook that was in `directory` before them: beside it under a longer name, or a directory
/// below. Each file may be there or not.
std::vector<fs::path> moved_places(const fs::path& directory, const std::string& name);

/// Returns where the pre-commit framework runs the hook that was there before its own.
fs::path legacy_place(const fs::path& directory, const std::string& name);

/// Whether install_hooks() replaces what was set aside before, and changed hooks.
enum class ReplaceHooks { no, yes };

/// Puts the hooks into `directory`, which is made if it is missing: a foreign hook is set aside, as
/// `<name>.before-mlem`, and run first by ours. Beside a hook of the pre-commit framework ours is `<name>.legacy`,
/// which that runs first. Returns the files that were written. Throws Error(invalid) before anything is touched if a
/// hook of ours was changed or one was set aside before, Error(io) for what cannot be written: a hook stays where ours
/// cannot take its place.
std::vector<fs::path> install_hooks(const fs::path& directory, const std::vector<std::string>& names,
                                    const std::string& script, ReplaceHooks replace);

/// Returns the directories where hooks of this repository alone may be: the one that git looks in, and the usual one,
/// from before core.hooksPath was set.
std::set<fs::path> hook_directories(const git::Registry& registry);

/// Removes our hooks from the directories, and from where others have moved them there; what was set aside takes its
/// place again. Returns the hooks that were removed. Throws Error(invalid) before anything is touched if one was
/// changed, Error(io).
std::vector<fs::path> uninstall_hooks(const std::set<fs::path>& directories, const std::string& script);

/// Returns whether the owner of the repository may run hooks in `directory`: git runs no hook that it may not execute,
/// and nobody is told but who pushes.
bool owner_may_run_hooks(const fs::path& directory, const fs::path& git_dir);

}  // namespace mlem::edit
