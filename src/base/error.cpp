#include "base/error.hpp"

#include <utility>

namespace mlem {

Error::Error(ErrorKind kind, std::string what_failed, std::string why, std::string hint,
             std::optional<Position> position)
    : std::runtime_error(why.empty() ? what_failed : what_failed + ": " + why),
      kind_(kind),
      what_failed_(std::move(what_failed)),
      why_(std::move(why)),
      hint_(std::move(hint)),
      position_(position) {}

}  // namespace mlem
