#pragma once

#include "git/registry.hpp"
#include "model/link.hpp"
#include "model/repo_url.hpp"
#include "source/settings.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mlem::history {

/// Where links may lead: a repository, and in it a rev and a path.
struct Place {
  RepoUrl repo;
  std::string rev{};   ///< empty: any
  std::string path{};  ///< a file with or without `.mlem`, or a directory; empty: all
};

/// Reads `<repo>[@<rev>][:<path>]`, or an address with the path in it. `<repo>` may be a directory, relative to
/// `directory`. Throws Error(invalid) for what is not an address.
Place parse_place(const std::string& text, const fs::path& directory);

/// A link that leads there.
struct LinkToPlace {
  std::string name;               ///< its file
  Link link;                      ///< what it says
  std::vector<std::string> via;   ///< the links of its registry that it leads over, in their order
  std::vector<std::string> refs;  ///< full names of those that have it so
  bool floats = false;            ///< it, or the last one of `via`, names a ref that may move
  std::string registry{};         ///< the address of another registry; empty: this one
};

/// What could not be told.
struct WhoEnd {
  std::vector<std::string> doubts;
};

/// Calls `visit` for each link that leads to `place`, by registry and in the order of names: of all branches, tags and
/// remote-tracking branches of the registry around the current directory, if there is one, and of `registries`.
/// Each distinct file is read once, however many refs have it. Throws Error for a registry that cannot be read.
WhoEnd find_links_to(const git::Registry& registry, const source::Settings& settings, const Place& place,
                     const std::vector<RepoUrl>& registries,
                     const std::function<void(const LinkToPlace& found)>& visit);

}  // namespace mlem::history
