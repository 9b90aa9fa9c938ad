#pragma once

#include "base/file.hpp"
#include "model/repo_url.hpp"
#include "source/settings.hpp"

#include <optional>
#include <string>

namespace mlem::source {

/// Where git finds a source.
struct Place {
  std::string address;    ///< what git is given: the source's address as it was written, or the path of a bundle
  std::string rewritten;  ///< what `url.<base>.insteadOf` makes of it
  bool is_rewritten = false;
  std::optional<fs::path> local{};  ///< what it is on this machine, absolute; none: it is behind the network
  bool is_bundle = false;           ///< `local` is a file of git-bundle(1)
};

/// Returns where git finds `url`. A link has an address with a `/` at its end, and on github.com without `.git`: git is
/// given it in the way that insteadOf has the most of, else without the `/`.
Place find_place(const RepoUrl& url, const Access& access);

}  // namespace mlem::source
