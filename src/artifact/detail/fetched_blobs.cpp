#include "artifact/detail/fetched_blobs.hpp"

#include "base/file.hpp"
#include "source/conversation.hpp"

#include <set>

namespace mlem::artifact::detail {

std::optional<source::Refusal> with_fetched_blobs(
    const RepoUrl& url, const source::Settings& settings, const std::map<Oid, Oid>& commits_by_blob,
    const std::function<void(git::Repository& repository, const std::map<Oid, source::Refusal>& lacks)>& use) {
  const TemporaryDirectory scratch(settings.cache.directory.parent_path(), "artifacts-", [](const fs::path&) {});
  source::Settings apart = settings;
  apart.cache.directory = scratch.path();
  return source::converse(url, apart, [&](source::Conversation& source) {
    std::set<Oid> commits;
    for (const auto& [blob, commit] : commits_by_blob) commits.insert(commit);
    source.need_commits(commits, 0);
    const auto lacks = source.need_objects(commits_by_blob);
    use(source.repository(), lacks);
  });
}

}  // namespace mlem::artifact::detail
