#include "edit/drivers.hpp"

#include "base/error.hpp"
#include "git/local_config.hpp"

#include <boost/filesystem/operations.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace mlem::edit {
namespace {

constexpr std::size_t max_attributes_size = std::size_t{1} << 20;
constexpr std::string_view attributes = "# by 'git mlem install --drivers'\n*.mlem merge=mlem diff=mlem\n";

struct Setting {
  const char* key;
  const char* value;
};

constexpr const char* merge_key = "merge.mlem.driver";
constexpr const char* diff_key = "diff.mlem.command";
constexpr auto driver_settings = std::to_array<Setting>({
    {"merge.mlem.name", "links of git-mlem"},
    {merge_key, "git mlem merge-file --marker-size=%L -- %O %A %B %P"},
    {diff_key, "git mlem diff"},
});

/// Whether somebody else has a driver of that name.
bool is_foreign(const std::optional<std::string>& driver) { return driver && !driver->starts_with("git mlem "); }

/// Returns where our lines are in the file; nothing if they are not there.
std::optional<std::size_t> find_lines(std::string_view text) {
  for (std::size_t at = text.find(attributes); at != std::string_view::npos; at = text.find(attributes, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return at;
  }
  return std::nullopt;
}

std::string load_attributes(const fs::path& file) {
  const auto text = load_file(file, max_attributes_size);
  // A symbolic link counts as none, and is not written through.
  if (!text && load_type(file) != fs::file_not_found) {
    throw Error(ErrorKind::invalid, "cannot change '" + file.string() + "'", "it is not a regular file");
  }
  return text.value_or("");
}

}  // namespace

fs::path attributes_file(const git::Registry& registry) { return git::repository_file(registry, "info/attributes"); }

bool install_drivers(const git::Registry& registry, ReplaceDrivers replace) {
  for (const char* const key : {merge_key, diff_key}) {
    const std::optional<std::string> driver = git::find_local(registry, key);
    if (replace == ReplaceDrivers::no && is_foreign(driver)) {
      throw Error(ErrorKind::invalid, std::string("cannot set '") + key + "'", "it is '" + *driver + "' here",
                  "'-f' replaces it");
    }
  }
  const fs::path file = attributes_file(registry);
  std::string text = load_attributes(file);
  bool is_changed = false;
  for (const Setting& setting : driver_settings) {
    if (git::find_local(registry, setting.key) == setting.value) continue;
    git::set_local(registry, setting.key, setting.value);
    is_changed = true;
  }
  if (find_lines(text)) return is_changed;
  if (!text.empty() && text.back() != '\n') text += '\n';
  make_directories(file.parent_path());
  AtomicFile(file, text.append(attributes)).commit();
  return true;
}

bool uninstall_drivers(const git::Registry& registry) {
  const fs::path file = attributes_file(registry);
  std::string text = load_attributes(file);
  bool is_changed = false;
  if (const auto lines = find_lines(text)) {
    text.erase(*lines, attributes.size());
    if (text.empty()) {
      fs::remove(file);
    } else {
      AtomicFile(file, text).commit();
    }
    is_changed = true;
  }
  for (const Setting& setting : driver_settings) {
    const std::string_view key = setting.key;
    const std::optional<std::string> driver = git::find_local(registry, key == diff_key ? diff_key : merge_key);
    if (is_foreign(driver) || !git::find_local(registry, setting.key)) continue;
    git::unset_local(registry, setting.key);
    is_changed = true;
  }
  return is_changed;
}

}  // namespace mlem::edit
