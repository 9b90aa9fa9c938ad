#pragma once

#include "git/registry.hpp"
#include "history/standing.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlem::edit {

/// When the registry first saw commits of its sources, which their own dates do not tell.
///
/// That is kept in the tree that the ref `refs/mlem/seen` names: a file for each source, which has its address in the
/// first line and then `<commit> <time>`, in seconds since 1970. What was fetched of others as
/// `refs/remotes/<remote>/mlem/seen` counts too: of two times the earlier one holds.
class Sights {
 public:
  /// The ref that has them.
  static constexpr const char* ref = "refs/mlem/seen";

  /// Reads nothing yet. `registry` must outlive it.
  explicit Sights(const git::Registry& registry) : registry_(registry) {}

  /// Returns when a commit was first seen; nothing if it was not yet.
  std::optional<std::int64_t> first(const RepoUrl& source, const Oid& commit);

  /// Notes that a commit is seen at `now`, if it was not before.
  void note(const RepoUrl& source, const Oid& commit, std::int64_t now);

  /// The same for what a link follows, if it is pinned.
  void note(const history::Standing& standing, std::int64_t now);

  /// Keeps what is new in what was noted or fetched, together with what others have noted meanwhile. Returns why that
  /// could not be done, as in a registry that may not be written; nothing if all is well.
  std::optional<std::string> save();

 private:
  using Times = std::map<Oid, std::int64_t>;
  struct Source {
    std::string address;
    Times kept{};   ///< in the registry's own ref
    Times times{};  ///< of all refs and notes
    bool is_known = false;
  };
  Source& source(const RepoUrl& url);
  /// Reads what a tree has of a source.
  Times read(const Oid& tree, const std::string& file) const;
  void try_to_save();

  const git::Registry& registry_;
  std::optional<std::vector<Oid>> others_;  ///< trees of the remote-tracking refs
  std::map<std::string, Source> sources_;   ///< by the names of their files
};

}  // namespace mlem::edit
