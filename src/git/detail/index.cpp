#include "git/detail/index.hpp"

#include "git/detail/libgit2.hpp"

namespace mlem::git::detail {

std::optional<std::deque<File>> read_index(const fs::path& index_file, const Suffixes& suffixes) {
  start_libgit2();
  git_index* raw = nullptr;
  const int rc = git_index_open(&raw, index_file.c_str());
  const IndexPtr index(raw);
  if (rc < 0) return std::nullopt;
  std::deque<File> files;
  const std::size_t count = git_index_entrycount(index.get());
  for (std::size_t i = 0; i < count; ++i) {
    const git_index_entry* entry = git_index_get_byindex(index.get(), i);
    if (!suffixes.match(entry->path)) continue;
    if ((entry->flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD) != 0) continue;
    const bool is_left_out = (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
    const bool is_assumed = (entry->flags & GIT_INDEX_ENTRY_VALID) != 0;
    files.push_back({entry->path, {entry->mode, to_oid(entry->id)}, git_index_entry_stage(entry), is_left_out, is_assumed});
  }
  return files;
}

}  // namespace mlem::git::detail
