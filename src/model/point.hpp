#pragma once

#include "model/link.hpp"

#include <string>

namespace mlem {

/// What a link names at some time: of an object in its source, or of a link file. What has no value is empty.
struct Point {
  std::string rev;     ///< as the link has it
  std::string ref;     ///< the full name of what it follows or what `rev` matched
  std::string commit;  ///< an id
  std::string path;    ///< as the link has it
  std::string repo;    ///< as the link has it, without secrets
  std::string blob;    ///< the id of the object's metafile

  friend bool operator==(const Point&, const Point&) = default;
};

/// Returns what a link names by its own words.
Point point_of(const Link& link);

}  // namespace mlem
