#include "model/object.hpp"
#include "yaml/read_object.hpp"

#include "invariant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace yaml = mlem::yaml;
using mlem::fuzz::require;

/// What an object says of itself is read of any text; and of a metafile in two parts, in any order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const mlem::object::Description whole = yaml::read_object(text);
  const std::optional<yaml::DividedObject> divided = yaml::divide_object(text);
  if (!divided || !whole.unread.empty()) return 0;
  const mlem::object::Description swapped = yaml::read_object(divided->rest + divided->interface);
  require(swapped.methods == whole.methods && swapped.data == whole.data);
  require(swapped.requirements == whole.requirements && swapped.artifacts == whole.artifacts);
  return 0;
}
