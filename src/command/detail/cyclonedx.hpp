#pragma once

#include "artifact/object_files.hpp"
#include "model/finding.hpp"
#include "model/oid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlem::command {

/// An object, the links that lead to it, and what is recorded of its files.
struct BomObject {
  std::vector<Finding> findings;  ///< one for each link, at least one; all `ok` and of the same object
  artifact::ObjectFiles files{};
};

/// What a bill of materials is made of.
struct Bom {
  Oid registry;                          ///< the commit or tree that has the links
  std::optional<std::int64_t> time{};    ///< of the commit, in seconds since 1970
  std::vector<std::string> pathspecs{};  ///< that limit the links
  std::vector<BomObject> objects{};
};

/// Returns a machine learning bill of materials in CycloneDX 1.6, as JSON in ASCII. The same content gives the same
/// bytes: its serial number is made of them. git-mlem-export(1) says which field has what.
std::string to_cyclonedx(const Bom& bom);

}  // namespace mlem::command
