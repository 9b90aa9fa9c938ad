#pragma once

#include "base/file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Programs that put hooks of their own where ours would be, and how each is told to run ours.

namespace mlem::edit {

/// A program that manages hooks, as its hooks tell.
enum class HookManager {
  none,        ///< nobody who is known
  husky,       ///< finds the user's script by the name that its own hook has, and writes its hooks at `npm install`
  lefthook,    ///< renames a hook in its place to `<name>.old`, which nothing runs, whenever its configuration changed
  overcommit,  ///< knows what to do by the name that its hook has
  pre_commit,  ///< runs the hook that was there before, as `<name>.legacy`; knows its own by their text
  git_lfs,     ///< leaves a hook that is there alone
};

/// Returns the name that the manager is known by; the empty text for `none`.
std::string_view name_of(HookManager manager) noexcept;

/// Returns whose hook `file` is: by its text, and of husky by the directory too, so that the file need not be there.
HookManager find_hook_manager(const fs::path& file);

/// Returns whether the manager's hooks have to stay where they are, under their names, to work or to last.
bool keeps_its_place(HookManager manager) noexcept;

/// Returns whether a line of `text`, a script or a configuration, is about `git mlem hook <hook>` and no comment.
bool runs_our_hook(std::string_view text, const std::string& hook);

/// Returns the file in which the user has told the manager to run our hook; nothing if there is none. `file` is the
/// manager's hook, and `work_tree`, which may be empty, has the configuration.
std::optional<fs::path> find_call(HookManager manager, const fs::path& file, const std::string& hook,
                                  const fs::path& work_tree);

/// What a user adds to a file, so that a manager that keeps its place runs our hooks.
struct HookRecipe {
  std::string file;  ///< absolute, or from the root of the work tree
  std::vector<std::string> lines;
};

/// Returns the recipes for these hooks of ours, as git-mlem-install(1) has them too; none for other managers, and for
/// hooks that the manager cannot be told to run. `directory` is where git looks for hooks.
std::vector<HookRecipe> hook_recipes(HookManager manager, const std::vector<std::string>& hooks,
                                     const fs::path& directory);

/// Returns the text of a hook, through a symbolic link too; the empty text if it cannot be read or is no script's size.
std::string load_hook_text(const fs::path& file);

}  // namespace mlem::edit
