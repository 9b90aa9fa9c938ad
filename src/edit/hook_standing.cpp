#include "edit/hook_standing.hpp"

#include "edit/hooks.hpp"
#include "git/hooks.hpp"

#include <algorithm>
#include <optional>
#include <unistd.h>
#include <utility>

namespace mlem::edit {
namespace {

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

/// Where git looks for the hook of one name, and what ours would be.
struct HookPlace {
  const git::Registry& registry;
  std::string hook;
  fs::path directory;
  std::string text;

  fs::path file() const { return directory / hook; }
  HookStanding live(std::string detail = {}) const { return {hook, true, std::move(detail)}; }
  HookStanding dead(std::string why) const { return {hook, false, std::move(why)}; }
};

bool is_ours(HookState state) { return state != HookState::absent && state != HookState::foreign; }

bool may_run(const fs::path& file) { return access(file.c_str(), X_OK) == 0; }

/// Where ours is though git does not look there; nothing if it is nowhere.
std::optional<fs::path> find_lost(const HookPlace& place) {
  const fs::path usual = without_links(place.registry.common_dir() / "hooks");
  std::vector<fs::path> candidates = moved_places(place.directory, place.hook);
  if (usual != place.directory) candidates.push_back(usual / place.hook);
  for (const fs::path& candidate : candidates) {
    if (is_ours(load_hook_state(candidate, place.text))) return candidate;
  }
  return std::nullopt;
}

/// Why no hook of ours is in git's way: git looks elsewhere, somebody moved it, or there is none.
std::string describe_absence(const HookPlace& place) {
  const auto lost = find_lost(place);
  if (!lost) return "not installed";
  const fs::path& parent = lost->parent_path();
  if (parent == place.directory || parent.parent_path() == place.directory) {
    return "moved to " + quoted(*lost) + ", which git does not run";
  }
  return "core.hooksPath has git look in " + quoted(place.directory) + " and not in " + quoted(parent);
}

/// One of ours in its place, or in the one that the pre-commit framework runs.
HookStanding judge_own(const HookPlace& place, const fs::path& file, HookState state, const std::string& runner) {
  if (!may_run(file)) return place.dead(quoted(file) + " may not be executed; 'chmod +x' lets git run it");
  if (!owner_may_run_hooks(place.directory, place.registry.common_dir())) {
    return place.dead("the owner of the repository may not run hooks in " + quoted(place.directory));
  }
  std::string detail = runner;
  const auto add = [&](const std::string& text) { detail += (detail.empty() ? "" : ", ") + text; };
  if (state == HookState::changed) add("changed after it had been installed");
  if (state == HookState::outdated) add("not as 'git mlem install' would write it now");
  return place.live(detail);
}

/// Another's hook is where ours would be.
HookStanding judge_foreign(const HookPlace& place) {
  const fs::path file = place.file();
  const HookManager manager = find_hook_manager(file);
  const std::string owner = manager == HookManager::none ? "somebody else" : std::string(name_of(manager));
  if (!may_run(file)) return place.dead(quoted(file) + " of " + owner + " may not be executed");
  if (manager == HookManager::pre_commit) {
    const fs::path legacy = legacy_place(place.directory, place.hook);
    const HookState state = load_hook_state(legacy, place.text);
    // Those before version 3 of our script go by the name that they have.
    if (is_ours(state) && !knows_its_name(legacy)) {
      return place.dead(quoted(legacy) + " is of an older git-mlem; 'git mlem install' renews it");
    }
    if (is_ours(state)) return judge_own(place, legacy, state, "run by pre-commit as " + quoted(legacy));
  }
  if (const auto call = find_call(manager, file, place.hook, place.registry.work_tree())) {
    return place.live(manager == HookManager::none ? "called by " + quoted(*call)
                                                   : "run by " + owner + ": " + quoted(*call));
  }
  const auto lost = find_lost(place);
  return place.dead(quoted(file) + " is of " + owner + " and does not run it" +
                    (lost ? "; ours is " + quoted(*lost) : ""));
}

HookStanding judge(const HookPlace& place) {
  const HookState state = load_hook_state(place.file(), place.text);
  if (state == HookState::absent) return place.dead(describe_absence(place));
  if (state == HookState::foreign) return judge_foreign(place);
  return judge_own(place, place.file(), state, "");
}

}  // namespace

std::vector<HookStanding> load_hook_standings(const git::Registry& registry, const std::string& script) {
  const fs::path directory = without_links(git::hooks_directory(registry));
  std::vector<HookStanding> standings;
  const auto standing_of = [&](const std::string& hook) {
    return judge({registry, hook, directory, hook_text(script, hook)});
  };
  // Inside of the git directory there is no work tree, and somebody commits to the repository all the same.
  const bool has_committers = registry.has_work_tree() || !registry.config().boolean("core.bare", false);
  if (has_committers) {
    for (const std::string& hook : client_hooks()) standings.push_back(standing_of(hook));
  }
  for (const std::string& hook : server_hooks()) {
    HookStanding standing = standing_of(hook);
    const bool is_wanted =
        !has_committers || standing.is_live || is_ours(load_hook_state(directory / hook, hook_text(script, hook)));
    if (is_wanted) standings.push_back(std::move(standing));
  }
  return standings;
}

ManagedHooks find_managed_hooks(const git::Registry& registry, const fs::path& directory,
                                const std::vector<std::string>& names) {
  ManagedHooks managed;
  for (const std::string& name : names) {
    const HookManager manager = find_hook_manager(directory / name);
    if (!keeps_its_place(manager)) continue;
    managed.manager = manager;
    managed.kept.push_back(name);
  }
  for (const std::string& name : names) {
    const bool is_kept = std::ranges::find(managed.kept, name) != managed.kept.end();
    if (find_call(managed.manager, directory / name, name, registry.work_tree())) continue;
    if (!hook_recipes(managed.manager, {name}, directory).empty()) {
      managed.untold.push_back(name);
      managed.is_silent = managed.is_silent || is_kept;
    } else if (is_kept) {
      managed.deaf.push_back(name);
    }
  }
  return managed;
}

}  // namespace mlem::edit
