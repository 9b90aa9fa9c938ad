#include "artifact/lfs_pointer.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace artifact = mlem::artifact;
using mlem::fuzz::require;

/// What is taken for a pointer is the same pointer in the form that git-lfs writes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const std::optional<artifact::LfsPointer> pointer = artifact::parse_lfs_pointer(text);
  if (!pointer || pointer->has_extensions) return 0;
  const std::string written = "version https://git-lfs.github.com/spec/v1\noid sha256:" + pointer->oid + "\nsize " +
                              std::to_string(pointer->size) + "\n";
  require(artifact::parse_lfs_pointer(written) == pointer);
  return 0;
}
