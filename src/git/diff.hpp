#pragma once

#include "git/registry.hpp"

#include <string>

namespace mlem::git {

/// A file of the file system, and the name that it is shown by.
struct NamedFile {
  std::string path;
  std::string name;
};

/// Returns how two files differ, as git-diff(1) shows it without drivers.
std::string text_difference(const Registry& registry, const NamedFile& before, const NamedFile& after);

}  // namespace mlem::git
