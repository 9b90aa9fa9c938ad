#include "source/recording.hpp"

#include <utility>

namespace mlem::source {

RecordedSource& Recording::source(const RepoUrl& url) {
  const std::lock_guard lock(mutex_);
  return sources_.try_emplace(url.text(), RecordedSource{.url = url}).first->second;
}

void Recording::watch(const RepoUrl& url, git::Repository& repository) {
  RecordedSource& recorded = source(url);
  repository.note_reads([&recorded](const Oid& oid, bool is_commit) {
    recorded.objects.insert(oid);
    if (is_commit) recorded.commits.insert(oid);
  });
}

void Recording::note_refs(const RepoUrl& url, ListedRefs refs) { source(url).refs = std::move(refs); }

}  // namespace mlem::source
