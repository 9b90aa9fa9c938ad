#pragma once

#include "base/error.hpp"
#include "base/process.hpp"
#include "git/config.hpp"
#include "git/login_cache.hpp"
#include "git/repository.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlem::git {

/// Why a repository was not read.
enum class TransportFailure {
  missing_repo,
  missing_ref,
  missing_object,
  refused_filter,     ///< the server has no such filter: another may do
  not_allowed,        ///< the server has no such service: asking for less may help
  broken_repository,  ///< not the remote one, but that which is fetched into
  auth_required,
  unreachable,
  redirected,  ///< the server says that it is elsewhere, and git may not go there
  timeout,
  too_large
};

/// Whether git's words about a failure are among those that are known. Where they are not, for they change from version
/// to version, it may be anything: the source, or the repository that is fetched into.
enum class Explained { yes, no };

/// Thrown by Transport. Its kind is `not_found` for the `missing_*` failures, else `unavailable`.
class TransportError : public Error {
 public:
  TransportError(TransportFailure failure, std::string what_failed, std::string why, std::string hint,
                 std::string missing = {}, Explained explained = Explained::yes);
  TransportFailure failure() const noexcept { return failure_; }
  Explained explained() const noexcept { return explained_; }
  /// What a server did not have: the ref or object id from its message, if it named one.
  const std::string& missing() const noexcept { return missing_; }

 private:
  TransportFailure failure_;
  std::string missing_;
  Explained explained_;
};

/// What bounds one git network command, where it runs, and how it may ask.
struct TransportOptions {
  std::chrono::milliseconds idle{30'000};  ///< mlem.timeout; 0: none
  std::optional<std::chrono::steady_clock::time_point> deadline{};
  std::uint64_t max_growth = std::uint64_t{1} << 30;  ///< mlem.maxFetch, bytes of objects and refs
  bool interactive = false;                           ///< may use the terminal for a password
  std::string directory{};       ///< where relative settings start: git's own, the work tree's root; empty: here
  LoginCache* logins = nullptr;  ///< what has been typed already; null: nothing is kept
  Interrupt* interrupt = nullptr;
  /// Told what is unusual about a source.
  std::function<void(const std::string&)> notice{};
};

/// The refs of a remote repository.
struct RemoteRefs {
  std::optional<std::string> head_branch;  ///< what HEAD is a symbolic ref to
  std::vector<Ref> refs;                   ///< unpeeled, `HEAD` among them
};

/// git's own network commands. The environment decides on credentials, ssh and proxies as the user has them.
///
/// Without `interactive` a command has no terminal, and asks nobody but a program that the user has set up for it.
class Transport {
 public:
  /// `environment` is without_repository() and with_transport_config().
  Transport(Environment environment, TransportOptions options);

  /// `url` is printed as `name`. Throws TransportError.
  RemoteRefs list_refs(std::string_view url, std::string_view name) const;

  struct Fetch {
    std::vector<std::string> refspecs{};  ///< full: `+refs/heads/a:refs/source/heads/a`, or an object id
    std::string filter{};                 ///< for --filter; empty: none
    bool shallow = true;                  ///< --depth=1
    bool prune = false;
    bool refetch = false;  ///< as if the repository were empty
  };
  /// Fetches into the bare repository `git_dir`, which no other process may write meanwhile, without writing its
  /// configuration. What a killed fetch left there is removed first, and what is too large leaves no object behind.
  /// Throws TransportError.
  void fetch(const fs::path& git_dir, std::string_view url, std::string_view name, const Fetch& fetch) const;

 private:
  Environment environment_;
  TransportOptions options_;
};

/// Whether git goes on where a server says that a repository is elsewhere.
enum class Redirects {
  user,   ///< as the user has it in http.followRedirects
  never,  ///< whatever is set
};

/// Returns `environment` with those settings of `config` that transports need, handed on through GIT_CONFIG_COUNT: of
/// the repository's own and `git -c` url.*, http.*, credential.*, core.sshCommand, core.askPass, core.gitProxy,
/// ssh.variant, protocol.*, alias.* and the sections that are not git's, where a helper has its keys. git reads the
/// files of the user and the system itself, but where one includes another on a condition: then all of them are handed
/// on.
Environment with_transport_config(Environment environment, const Config& config, Redirects redirects = Redirects::user);

}  // namespace mlem::git
