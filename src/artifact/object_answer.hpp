#pragma once

#include "source/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mlem::artifact {

/// What a store says of an object that it is asked for, without a byte of it.
struct ObjectAnswer {
  enum class Kind { exists, missing, refused };
  Kind kind = Kind::refused;
  std::optional<std::uint64_t> size{};  ///< of what exists, in bytes; none: the store does not tell
  source::Refusal refusal{};            ///< why it is missing (`artifact-missing`), or was not answered for

  static ObjectAnswer exists(std::optional<std::uint64_t> size) { return {Kind::exists, size, {}}; }
  /// What a refusal says, which may be that the object is missing.
  static ObjectAnswer of(source::Refusal refusal) {
    const Kind kind = refusal.verdict == Verdict::artifact_missing ? Kind::missing : Kind::refused;
    return {kind, {}, std::move(refusal)};
  }
};

}  // namespace mlem::artifact
