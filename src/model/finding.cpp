#include "model/finding.hpp"

namespace mlem {

std::string_view name(FoundArtifact::State state) noexcept {
  switch (state) {
    case FoundArtifact::State::ok:
      return "ok";
    case FoundArtifact::State::unhashed:
      return "unhashed";
    case FoundArtifact::State::missing:
      return "missing";
    case FoundArtifact::State::mismatch:
      return "mismatch";
    case FoundArtifact::State::external:
      return "external";
    case FoundArtifact::State::forbidden:
      return "forbidden";
    case FoundArtifact::State::unverified:
      break;
  }
  return "unverified";
}

}  // namespace mlem
