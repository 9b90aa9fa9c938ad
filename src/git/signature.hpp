#pragma once

#include "base/process.hpp"
#include "git/registry.hpp"
#include "model/oid.hpp"

#include <cstddef>
#include <vector>

namespace mlem::git {

/// What was found out about the signatures of commits.
struct Signatures {
  struct Bad {
    Oid commit;
    bool is_signed = false;  ///< by what git-verify-commit(1) does not take for good
    friend bool operator==(const Bad&, const Bad&) = default;
  };
  std::vector<Bad> bad;  ///< without a signature that git-verify-commit(1) takes for good
  bool in_time = true;   ///< whether there was time enough to tell
};

/// Verifies the signatures of `commits` by the keys that the registry's configuration trusts, up to `most_bad` bad ones.
/// The limits hold for each run of git. Throws Interrupted; `interrupt` may be null.
Signatures verify_commits(const Registry& registry, const std::vector<Oid>& commits, std::size_t most_bad,
                          const Limits& limits, Interrupt* interrupt);

}  // namespace mlem::git
