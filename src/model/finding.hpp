#pragma once

#include "model/link.hpp"
#include "model/oid.hpp"
#include "model/repo_url.hpp"
#include "model/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem {

/// A step between a link and the object it ends at: a link in some repository at some commit.
struct Hop {
  std::string repo;           ///< RepoUrl::text(); empty for this repository
  std::string rev;            ///< as the step before asked for it
  std::optional<Oid> commit;  ///< none in an index or work tree
  std::string path;           ///< from the repository's root

  friend bool operator==(const Hop&, const Hop&) = default;
};

/// What a policy says of a link that breaks one of its rules.
struct Demand {
  std::string rule;
  std::string message;
  std::string hint;

  friend bool operator==(const Demand&, const Demand&) = default;
};

/// What is known of a file that an object declares or consists of: an element of the key `artifacts`.
struct FoundArtifact {
  /// What was found out about its bytes. The words are stable: git-mlem-check(1).
  enum class State {
    ok,          ///< they have the hash that is recorded
    unhashed,    ///< they are there, with the recorded size as far as that can be asked
    missing,     ///< nobody has them
    mismatch,    ///< they have another size or hash
    external,    ///< they are where only another program can look
    forbidden,   ///< they would be read or written where nothing may be
    unverified,  ///< it could not be found out
  };
  std::string name;  ///< what the metafile calls it; empty for a file of a plain link
  std::string path;  ///< from the directory of the metafile, or of the plain link; empty if forbidden
  std::optional<std::uint64_t> size{};  ///< in bytes, as it is recorded
  std::string hash{};                   ///< as it is recorded: `sha256:` and hex digits, `md5:`, `git:`, …
  State state = State::unhashed;

  friend bool operator==(const FoundArtifact&, const FoundArtifact&) = default;
};

/// Returns the word that users read: `unhashed`.
std::string_view name(FoundArtifact::State state) noexcept;

/// What is known about one link after it was judged: the keys of `--json` in their order (git-mlem-check(1)).
/// What has no value is empty, and its key absent.
struct Finding {
  std::string link;  ///< the link file from the repository's root: raw bytes, not always UTF-8
  Verdict verdict = Verdict::ok;
  std::string message;  ///< what and why, in one line; empty if `ok`
  std::string hint;     ///< what to do about it
  std::vector<Warning> warnings;
  std::string link_type;
  std::string object_type;       ///< of the object at the end
  std::string repo;              ///< RepoUrl::text() of the source; of a rejected address what may be printed of it
  std::string rev;               ///< what was asked for
  std::string ref;               ///< the full name of what `rev` matched: `refs/tags/v1.0`
  std::optional<Oid> commit;     ///< what `rev` peels to
  std::int64_t commit_time = 0;  ///< its committer's time, in seconds since 1970; no key of JSON
  std::int64_t proof_time = 0;  ///< when the source that was not heard of longest was last; 0: all were during this run
  std::string path;             ///< as it was found, with `.mlem`, from the source's root
  std::optional<Oid> blob;      ///< the object's metafile
  std::vector<Hop> hops;        ///< in the order they were followed
  std::vector<RepoUrl> sources;  ///< the repositories that were asked, in that order; no key of JSON
  std::string at;                ///< where the link was read: `index`, `worktree` or a commit id

  std::string pushed_ref;          ///< of a push: the ref's full name as the pusher gave it
  std::vector<std::string> rules;  ///< the broken rules of policies: `source`, `pinned`, `reachable`, `signed`, …
  std::vector<Demand> demands;     ///< besides what the message says; no key of JSON
  std::string broken_things{};     ///< of rule `breaking`: what callers find changed; no key of JSON
  std::optional<Plain> plain{};    ///< what is there of an object without a metafile; no key of JSON
  std::shared_ptr<const std::vector<FoundArtifact>>
      artifacts{};       ///< of the object, shared by its links; null: not asked for
  std::size_t line = 0;  ///< of the link file, where the fault is, from 1; 0: it is not about a line

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// Returns the warning about a source that is a directory: other machines have another there, or none.
inline std::optional<Warning> local_path_warning(const RepoUrl& repo) {
  if (!repo.local_path()) return std::nullopt;
  return Warning{"local-path", "'" + repo.printable() + "' is a directory of one machine"};
}

}  // namespace mlem
