#pragma once

#include "base/environment.hpp"

#include <string_view>

namespace mlem::git::detail {

/// A version of git, and an option of `git rev-parse` that came with it.
struct LeastVersion {
  std::string_view number;
  std::string_view option;
};

/// The oldest git that the program works with, for these reasons:
/// - `cat-file --batch-command` and `fetch --refetch` came with 2.36, `config --show-scope` with 2.26;
/// - GIT_NO_LAZY_FETCH, which keeps a repository that is only read from talking to a server, with 2.39.4;
/// - 2.39 is Debian 12's, and nothing older was ever tried.
///
/// It is checked by the first command on every repository, which runs anyway. That costs 0.4 % of that command's
/// instructions and no system call, where `git --version` would be one process more at each start. Older ones print an
/// option that they do not know, as git-rev-parse(1) does with what is not meant for it; those that know
/// `--exclude-hidden` print nothing for it.
inline constexpr LeastVersion least_version{"2.39", "--exclude-hidden=receive"};

/// Throws Error(unavailable) if `answer`, what `git rev-parse` printed for `least_version.option` before all else, is
/// that of an older git.
void require_least_version(std::string_view answer, const Environment& environment);

}  // namespace mlem::git::detail
