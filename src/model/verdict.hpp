#pragma once

#include <string_view>

namespace mlem {

/// What resolving a link came to. The words are stable, and the same in every command, hook and format: git-mlem(1).
enum class Verdict {
  ok,
  invalid_link,       ///< not parseable, or missing, contradictory or malformed fields
  missing_repo,       ///< the server says that there is none, or no such directory
  missing_rev,        ///< no such branch, tag or commit
  ambiguous_rev,      ///< a branch and a tag of that name differ
  missing_path,       ///< nothing at the path
  not_an_object,      ///< no MLEM object there
  wrong_type,         ///< `object_type` is not `link_type`
  cycle,              ///< following links comes back
  too_deep,           ///< following links takes too many hops
  forbidden,          ///< an address that may not be used, or a broken policy
  changed,            ///< the pinned blob is not what is at the commit
  off_branch,         ///< on no branch or tag of the source
  artifact_missing,   ///< a file that the object declares is absent
  artifact_mismatch,  ///< a file that the object declares has another size or hash
  not_signed,         ///< the object has no good signature of who is trusted to sign
  auth_required,      ///< refused without other credentials
  unreachable,        ///< no answer from the network, or one that may change
  timeout,            ///< the time budget is spent
  too_large,          ///< the size budget is spent
  unverified,         ///< a signature of which nobody here can tell whether it is good
};

/// What a verdict says to who only asks whether a link is good; also the exit code.
enum class Decision {
  yes,        ///< exit 0
  no,         ///< exit 1
  undecided,  ///< exit 2: asking again may give another answer
};

/// Returns the word that users read: `missing-rev`.
std::string_view name(Verdict verdict) noexcept;

Decision decision(Verdict verdict) noexcept;

}  // namespace mlem
