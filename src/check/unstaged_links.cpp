#include "check/unstaged_links.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "model/repo_path.hpp"
#include "yaml/metafile.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace mlem::check {
namespace {

/// Whether a file is judged as a link.
bool is_judged(const std::optional<std::string>& text) {
  if (!text) return false;
  try {
    return yaml::read_metafile(*text).kind == yaml::Metafile::Kind::link;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return true;
  }
}

/// Whether that is so of what `load` returns. What cannot be read, or is larger than links are, is no link.
template <typename Load>
bool is_link(const Load& load) {
  std::optional<std::string> text;
  try {
    text = load();
  } catch (const Error&) {
    return false;
  }
  return is_judged(text);
}

}  // namespace

UnstagedLinks count_unstaged_links(const git::Registry& registry, const std::vector<std::string>& pathspecs) {
  constexpr std::size_t most_read = 100;
  const std::vector<std::string> names = registry.files_unlike_index(mlem_suffix, pathspecs);
  if (names.empty() || names.size() > most_read) return {names.size(), names.empty()};
  std::set<std::string> links;
  for (const git::File& file : registry.index_entries(names)) {
    const bool is_link_there = file.stage != 0 || is_link([&]() -> std::optional<std::string> {
                                 if (!git::is_regular(file.entry)) return "";
                                 return registry.objects().find_blob(file.entry.oid, yaml::max_link_size);
                               });
    if (is_link_there) links.insert(file.name);
  }
  const auto counts = [&](const std::string& name) {
    return links.contains(name) || is_link([&] { return load_file(registry.work_tree() / name, yaml::max_link_size); });
  };
  return {static_cast<std::size_t>(std::count_if(names.begin(), names.end(), counts)), true};
}

}  // namespace mlem::check
