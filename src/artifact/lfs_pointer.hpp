#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::artifact {

/// A blob of this many bytes or more is never a pointer.
inline constexpr std::size_t lfs_pointer_cutoff = 1024;

/// What stands in a Git tree for a file that Git LFS keeps.
struct LfsPointer {
  std::string oid;              ///< the SHA-256 of the object that is stored, 64 lower-case hex digits
  std::uint64_t size = 0;       ///< of that object, in bytes
  bool has_extensions = false;  ///< what is stored was made from the file by programs that the user has configured

  friend bool operator==(const LfsPointer&, const LfsPointer&) = default;
};

/// Reads a blob as git-lfs does (docs/spec.md and lfs/pointer.go there), which is more lenient than what it writes:
/// blanks at both ends, empty lines and CRLF are let through. Returns nothing for what git-lfs does not take for a
/// pointer. An empty blob is the pointer of the empty file.
std::optional<LfsPointer> parse_lfs_pointer(std::string_view blob);

}  // namespace mlem::artifact
