#pragma once

#include "base/environment.hpp"
#include "base/file.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace mlem::git {

/// What a user logs in with, shared by the git commands of a run: kept in memory by git-credential-cache(1), on a
/// socket in a private directory. Both are gone when this is.
class LoginCache {
 public:
  /// `environment` is what git is run with. Nothing is shared before may_ask(), unless a program of the user's is asked
  /// for logins (gitcredentials(7)): that may be at any time.
  explicit LoginCache(Environment environment);
  ~LoginCache();
  LoginCache(const LoginCache&) = delete;
  LoginCache& operator=(const LoginCache&) = delete;

  /// Returns whether the user has not been asked about `host` yet, and notes that he is now. Makes the cache.
  bool may_ask(const std::string& host);
  /// Lets git look here for credentials, after the user's own helpers, and keep here what was typed.
  void add_to(Environment& environment);

  /// Whether git would ask a program of the user's where there is no terminal.
  static bool is_of_use_without_terminal(const Environment& environment);

 private:
  Environment environment_;
  std::mutex mutex_;
  std::unique_ptr<TemporaryDirectory> directory_;  ///< null: nobody has been asked
  std::set<std::string> hosts_;
};

}  // namespace mlem::git
