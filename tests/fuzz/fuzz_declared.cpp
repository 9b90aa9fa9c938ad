#include "artifact/declared.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace artifact = mlem::artifact;
using mlem::fuzz::require;

/// Whatever `uri` a metafile declares, what is found in the tree is below the metafile.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mlem::object::Description description;
  description.artifacts.push_back({.name = "data", .uri = std::string(data, data + size)});
  for (const artifact::Declared& one : artifact::declared_artifacts(description, mlem::RepoPath::parse("a/b/c.mlem"))) {
    const bool is_in_tree = one.kind == artifact::Declared::Kind::in_tree;
    require(is_in_tree ? one.path == "a/b/" + one.below : one.path.empty() && !mlem::has_control_character(one.why));
  }
  return 0;
}
