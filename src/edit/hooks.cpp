#include "edit/hooks.hpp"

#include "base/error.hpp"
#include "edit/hook_manager.hpp"
#include "git/hooks.hpp"

#include <boost/filesystem/operations.hpp>

#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

// A hook of ours is known by the signature in its second line. Any other one is somebody else's: it is renamed when
// ours comes and, as a rule, has its name back when ours goes. One of ours in which lines were changed is not
// overwritten unless that is asked for. All hooks are looked at and decided about before the first is touched, and each
// is written whole before what was there makes way, so that a failure leaves the old one in its place.

namespace mlem::edit {
namespace {

constexpr std::string_view signature = "# git-mlem hook ";
constexpr std::size_t max_hook_size = std::size_t{1} << 20;

/// Where a hook of somebody else waits while ours is in its place.
fs::path aside_of(const fs::path& hook) { return hook.string() + ".before-mlem"; }

/// In single quotes, for sh.
std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

/// What the second line says behind the signature: `2: judges links; …`. Nothing for a hook that is not ours, even if
/// it mentions one of ours elsewhere.
std::optional<std::string_view> version_line(std::string_view text) {
  const std::size_t start = text.find('\n');
  if (start == std::string_view::npos || !text.substr(start + 1).starts_with(signature)) return std::nullopt;
  text.remove_prefix(start + 1 + signature.size());
  return text.substr(0, text.find('\n'));
}

/// The same hook for a program in any place.
std::string without_program(const std::string& text) {
  constexpr std::string_view label = "\nrecorded=";
  const std::size_t start = text.find(label);
  if (start == std::string::npos) return text;
  return std::string(text).erase(start, text.find('\n', start + 1) - start);
}

/// Whether somebody wrote into a hook of ours. Of other versions it is not known what they were.
bool was_changed(const std::string& hook, const std::string& script) {
  return version_line(hook) == version_line(script) && without_program(hook) != without_program(script);
}

/// What is to be said of a hook of ours that has lines of somebody else.
Error changed_hook(const char* verb, const fs::path& file, const fs::path& aside, const std::string& remedy) {
  return Error(ErrorKind::invalid, std::string("cannot ") + verb + " '" + file.string() + "'",
               "it was changed after it had been installed",
               "move your own lines to '" + aside.filename().string() + "', which it runs first" + remedy);
}

void move(const fs::path& from, const fs::path& to) {
  boost::system::error_code failure;
  fs::rename(from, to, failure);
  if (failure) throw Error(ErrorKind::io, "cannot rename '" + from.string() + "'", failure.message());
}

void remove_file(const fs::path& file) {
  boost::system::error_code failure;
  fs::remove(file, failure);
  if (failure) throw Error(ErrorKind::io, "cannot remove '" + file.string() + "'", failure.message());
}

/// A hook that is about to be written.
struct NewHook {
  fs::path file;
  fs::path aside;  ///< where somebody else's goes
  std::string text;
  bool sets_aside = false;  ///< a hook of somebody else is there
};

/// A hook of ours that is there.
struct InstalledHook {
  fs::path file;
  fs::path aside;         ///< what it runs first, if that is there
  bool is_moved = false;  ///< by somebody else, to another name
};

/// Whether one of ours is at `file`, in whatever state.
bool is_ours(const fs::path& file, const std::string& text) {
  const HookState state = load_hook_state(file, text);
  return state != HookState::absent && state != HookState::foreign;
}

/// Where ours goes: under its name, unless the pre-commit framework is there, which runs another one.
fs::path place_to_install(const fs::path& directory, const std::string& name) {
  const fs::path file = directory / name;
  return find_hook_manager(file) == HookManager::pre_commit ? legacy_place(directory, name) : file;
}

/// Appends each hook of ours of that name. Throws Error(invalid) for one that was changed.
void add_installed_hooks(const fs::path& directory, const std::string& name, const std::string& text,
                         std::vector<InstalledHook>& hooks) {
  const fs::path usual = directory / name;
  std::vector<fs::path> places = moved_places(directory, name);
  places.insert(places.begin(), usual);
  for (const fs::path& file : places) {
    if (!is_ours(file, text)) continue;
    if (load_hook_state(file, text) == HookState::changed) {
      throw changed_hook("remove", file, aside_of(usual), ", or remove the hook yourself");
    }
    hooks.push_back({file, aside_of(usual), file != usual});
  }
}

/// Decides about all hooks before one is touched.
std::vector<NewHook> find_new_hooks(const fs::path& directory, const std::vector<std::string>& names,
                                    const std::string& script, ReplaceHooks replace) {
  std::vector<NewHook> hooks;
  for (const std::string& name : names) {
    const std::string text = hook_text(script, name);
    const fs::path file = place_to_install(directory, name);
    const HookState state = load_hook_state(file, text);
    if (state == HookState::current) continue;
    const bool sets_aside = state == HookState::foreign;
    const fs::path aside = aside_of(directory / name);
    if (replace == ReplaceHooks::no && sets_aside && load_type(aside) != fs::file_not_found) {
      throw Error(ErrorKind::invalid, "cannot set '" + file.string() + "' aside", "'" + aside.string() + "' exists",
                  "'-f' replaces it");
    }
    if (replace == ReplaceHooks::no && state == HookState::changed) {
      throw changed_hook("replace", file, aside, "; '-f' overwrites them");
    }
    hooks.push_back({file, aside, text, sets_aside});
  }
  return hooks;
}

}  // namespace

const std::vector<std::string>& client_hooks() {
  static const std::vector<std::string> names{"pre-commit", "pre-merge-commit", "pre-applypatch", "pre-push"};
  return names;
}

const std::vector<std::string>& server_hooks() {
  static const std::vector<std::string> names{"pre-receive"};
  return names;
}

std::vector<std::string> all_hooks() {
  std::vector<std::string> names = client_hooks();
  names.insert(names.end(), server_hooks().begin(), server_hooks().end());
  return names;
}

std::string load_hook_script(const fs::path& file, const std::string& program) {
  auto text = load_file(file, max_hook_size);
  if (!text) throw Error(ErrorKind::io, "cannot read '" + file.string() + "'", "the installation is incomplete");
  constexpr std::string_view placeholder = "@PROGRAM@";
  const std::size_t place = text->find(placeholder);
  if (place != std::string::npos) text->replace(place, placeholder.size(), shell_quoted(program));
  return *text;
}

std::string hook_text(const std::string& script, const std::string& name) {
  constexpr std::string_view placeholder = "@HOOK@";
  std::string text = script;
  for (std::size_t place = 0; (place = text.find(placeholder, place)) != std::string::npos; place += name.size()) {
    text.replace(place, placeholder.size(), name);
  }
  return text;
}

HookState load_hook_state(const fs::path& file, const std::string& text) {
  const fs::file_type type = load_type(file);
  if (type == fs::file_not_found) return HookState::absent;
  // A program of any size may be a hook; ours are small.
  if (type == fs::regular_file && fs::file_size(file) > max_hook_size) return HookState::foreign;
  const auto found = load_file(file, max_hook_size);
  if (!found || !version_line(*found)) return HookState::foreign;
  if (was_changed(*found, text)) return HookState::changed;
  return *found == text && access(file.c_str(), X_OK) == 0 ? HookState::current : HookState::outdated;
}

bool knows_its_name(const fs::path& file) {
  const auto text = load_file(file, max_hook_size);
  return text && text->find("\nname=${0##*/}\n") == std::string::npos;
}

std::vector<fs::path> moved_places(const fs::path& directory, const std::string& name) {
  // The pre-commit framework; lefthook and husky 4; what people write; overcommit.
  const fs::path file = directory / name;
  return {legacy_place(directory, name), file.string() + ".old", file.string() + ".bak", file.string() + ".orig",
          directory / "old-hooks" / name};
}

fs::path legacy_place(const fs::path& directory, const std::string& name) {
  return (directory / name).string() + ".legacy";
}

std::vector<fs::path> install_hooks(const fs::path& directory, const std::vector<std::string>& names,
                                    const std::string& script, ReplaceHooks replace) {
  std::vector<fs::path> written;
  make_directories(directory);
  for (const NewHook& hook : find_new_hooks(directory, names, script, replace)) {
    // Written whole before the old hook goes, so that a full disk leaves that.
    AtomicFile file(hook.file, hook.text, Permissions::executable);
    if (hook.sets_aside) move(hook.file, hook.aside);
    try {
      file.commit();
    } catch (const Error&) {
      if (hook.sets_aside) move(hook.aside, hook.file);
      throw;
    }
    written.push_back(hook.file);
  }
  return written;
}

std::set<fs::path> hook_directories(const git::Registry& registry) {
  std::set<fs::path> directories{without_links(registry.common_dir() / "hooks")};
  if (!git::shares_hooks(registry)) directories.insert(without_links(git::hooks_directory(registry)));
  return directories;
}

std::vector<fs::path> uninstall_hooks(const std::set<fs::path>& directories, const std::string& script) {
  std::vector<InstalledHook> ours;
  for (const fs::path& directory : directories) {
    for (const std::string& name : all_hooks()) add_installed_hooks(directory, name, hook_text(script, name), ours);
  }
  std::vector<fs::path> removed;
  for (const InstalledHook& hook : ours) {
    if (hook.is_moved && find_hook_manager(hook.aside) == HookManager::pre_commit) {
      // Its present hook is in the usual place, and must not run another of its own.
      remove_file(hook.aside);
    }
    // Renaming replaces ours, so that there is no moment without a hook.
    if (load_type(hook.aside) != fs::file_not_found)
      move(hook.aside, hook.file);
    else
      remove_file(hook.file);
    removed.push_back(hook.file);
  }
  return removed;
}

bool owner_may_run_hooks(const fs::path& directory, const fs::path& git_dir) {
  struct stat hooks {};
  struct stat repository {};
  if (stat(directory.c_str(), &hooks) != 0 || stat(git_dir.c_str(), &repository) != 0) return true;
  const bool is_own = hooks.st_uid == repository.st_uid;
  const bool is_in_group = hooks.st_gid == repository.st_gid;
  const mode_t needed = is_own ? S_IXUSR : is_in_group ? S_IXGRP : S_IXOTH;
  return repository.st_uid == 0 || (hooks.st_mode & needed) != 0;
}

}  // namespace mlem::edit
