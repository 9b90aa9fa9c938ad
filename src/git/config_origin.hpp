#pragma once

#include "git/registry.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mlem::git {

/// One line of git's configuration and the file, or the command line, that has it.
struct ConfigLine {
  std::string key;  ///< section and name in lower case
  std::string value;
  std::string origin;  ///< as `--show-origin` of git-config(1) prints it: `file:.git/config`
};

/// Returns the lines of a section (`mlem-policy`), of all its subsections, in git's order; a key without a value has
/// `true`.
std::vector<ConfigLine> lines_of_section(const Registry& registry, const std::string& section);

/// Returns the files that `include.path` of the repository's own configuration names, and of the files it includes,
/// and that are not there: git passes over them without a word.
std::vector<fs::path> missing_includes(const Registry& registry);

/// Returns the URL of the remote `origin` of another repository, whose directory this is; nothing if it has none.
std::optional<std::string> find_origin_url(const std::string& directory, const Environment& environment);

}  // namespace mlem::git
