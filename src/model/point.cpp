#include "model/point.hpp"

#include "model/oid.hpp"
#include "model/repo_url.hpp"

namespace mlem {

Point point_of(const Link& link) {
  Point point{.rev = redact(link.rev.value_or("")),
              .ref = link.pinned_ref.value_or(""),
              .commit = {},
              .path = redact(link.path),
              .repo = redact(link.repo.value_or("")),
              .blob = link.pinned_blob.value_or("")};
  if (link.rev && Oid::parse(*link.rev)) point.commit = *link.rev;
  return point;
}

}  // namespace mlem
