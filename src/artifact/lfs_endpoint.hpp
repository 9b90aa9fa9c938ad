#pragma once

#include "base/file.hpp"
#include "git/ssh.hpp"
#include "model/repo_url.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mlem::artifact {

/// Where the Git LFS objects of a source are asked for.
struct LfsEndpoint {
  std::string url{};                        ///< of http or https, without a user and `/` at its end; empty: none
  std::string user{};                       ///< of that address, as the user's configuration has it
  std::string password{};                   ///< the same; never to be shown
  bool is_rewritten = false;                ///< the user's configuration leads there
  std::optional<git::SshAddress> ssh{};     ///< whose `git-lfs-authenticate` is asked before; `url` is for who has none
  std::optional<fs::path> store{};          ///< on this machine, which is looked at before any server: see lfs_store()
  std::vector<fs::path> borrowed_stores{};  ///< what that one lacks may be in them: see borrowed_lfs_stores()
};

/// Finds where Git LFS has the objects of `source`, as git-lfs does (git-lfs-config(5), docs/api/server-discovery.md
/// there): `lfs.url` of the user's own configuration, `remote.<name>.lfsurl` of a remote of that address, `lfs.url` of
/// `lfsconfig`, which is the file `.lfsconfig` of the commit in question, else the source's own address. insteadOf
/// applies. What `lfsconfig` says is judged as the address of a source is; a directory it may only name where the
/// source is one itself. Returns why there is no such place.
std::variant<LfsEndpoint, source::Refusal> find_lfs_endpoint(const RepoUrl& source, std::string_view lfsconfig,
                                                             const source::Settings& settings);

}  // namespace mlem::artifact
