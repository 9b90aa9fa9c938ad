#include "artifact/dvc_directory.hpp"
#include "base/text.hpp"
#include "model/repo_path.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace artifact = mlem::artifact;
using mlem::fuzz::check_unless_refused;
using mlem::fuzz::require;

namespace {

/// The files of a `.dir` are below it, none below another, and each has a digest.
void check_directory(std::string_view text) {
  const std::vector<artifact::DvcEntry> entries = artifact::parse_dvc_directory(text);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    require(mlem::RepoPath::parse(entries[i].path).text() == entries[i].path && entries[i].md5.size() == 32);
    require(i == 0 || !mlem::is_below(entries[i].path, entries[i - 1].path));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_unless_refused(check_directory, std::string(data, data + size));
  return 0;
}
