#pragma once

#include "artifact/lfs_pointer.hpp"
#include "base/file.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>

namespace mlem::artifact::detail {

/// What the user has set up that makes git-lfs fetch in another way than from a server's batch API.
enum class LfsAgent {
  none,        ///< or there is no git-lfs to use it
  of_servers,  ///< for servers that want it: `lfs.customtransfer.<name>.path` (git-lfs-config(5))
  standalone,  ///< in the place of a server: `lfs.standalonetransferagent`, of some addresses or of all
};
LfsAgent find_lfs_agent(const source::Settings& settings);

/// Whether there is a git-lfs to run.
bool has_git_lfs(const source::Settings& settings);

/// Has `git lfs smudge` fetch an object, and moves it to `file` in `directory`, which is absolute and empty. `remote`
/// and `endpoint` are as git::LfsSmudge has them. It is nobody's proof that these are the right bytes. Returns why
/// there is none. Throws Interrupted, and Error(io).
std::optional<source::Refusal> smudge_object(const LfsPointer& pointer, const std::string& remote,
                                             const std::string& endpoint, const fs::path& directory,
                                             const source::Settings& settings);

}  // namespace mlem::artifact::detail
