#pragma once

#include "git/repository.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mlem::source {

/// The branches and tags of a source, and what its HEAD is for.
struct ListedRefs {
  std::map<std::string, Oid> oids{};         ///< by full name, `HEAD` among them, unpeeled
  std::optional<std::string> head_branch{};  ///< full

  friend bool operator==(const ListedRefs&, const ListedRefs&) = default;
};

/// What it takes to get the same answers about a source without it.
struct RecordedSource {
  RepoUrl url;
  std::set<Oid> objects{};           ///< that were read, those that the source's server was asked for among them
  std::set<Oid> commits{};           ///< those of them that are commits
  std::optional<ListedRefs> refs{};  ///< none: nobody asked for them
};

/// Notes what is read of sources: of each in one conversation after the other, of several at a time.
class Recording {
 public:
  /// Has what is read of a source noted. `repository` must not outlive this.
  void watch(const RepoUrl& url, git::Repository& repository);
  void note_refs(const RepoUrl& url, ListedRefs refs);
  /// Returns what was noted of each source, by its address. Not to be called while sources are read.
  const std::map<std::string, RecordedSource>& sources() const noexcept { return sources_; }

 private:
  RecordedSource& source(const RepoUrl& url);
  std::mutex mutex_;
  std::map<std::string, RecordedSource> sources_;
};

}  // namespace mlem::source
