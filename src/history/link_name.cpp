#include "history/link_name.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "model/repo_path.hpp"
#include "model/work_tree_path.hpp"

namespace mlem::history {
namespace {

/// Whether a path is that of a file in the repository, which need not be there.
bool is_inside(const git::Registry& registry, const std::string& word) {
  if (fs::path(word).is_absolute()) {
    if (!registry.has_work_tree()) return false;
    const auto path = WorkTreePath::find(fs::path(word).lexically_normal().string(), registry.work_tree().native());
    return path && !path->is_root();
  }
  try {
    RepoPath::parse(word, registry.prefix());
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    return false;
  }
}

}  // namespace

bool has_magic(const std::string& word) {
  return word.starts_with(':') || word.find_first_of("*?[\\") != std::string::npos;
}

std::optional<std::string> with_ending(const git::Registry& registry, const std::string& word) {
  const std::string last = word.substr(word.rfind('/') + 1);  // npos + 1 is 0
  const bool is_directory = last.empty() || last == "." || last == "..";
  if (is_directory || last.ends_with(mlem_suffix) || has_magic(word) || !is_inside(registry, word)) return std::nullopt;
  return word + std::string(mlem_suffix);
}

}  // namespace mlem::history
