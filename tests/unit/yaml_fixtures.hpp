#pragma once

#include "model/link.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace mlem::test {

/// Returns the directory with what was recorded from MLEM, which a user's checkout does not have.
inline std::string fixtures() {
  const char* const directory = std::getenv("GIT_MLEM_FIXTURES");
  return directory != nullptr ? directory : GIT_MLEM_DEFAULT_FIXTURES;
}

/// Returns what is in the file; nothing if there is none.
inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Returns a link to a model, without repository and rev.
inline Link link_to(std::string path) {
  Link link;
  link.link_type = "model";
  link.path = std::move(path);
  return link;
}

}  // namespace mlem::test
