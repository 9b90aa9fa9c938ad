#pragma once

#include "model/object.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mlem::yaml {

/// Reads what a metafile says of its object, as MLEM 0.1.10 to 0.4 wrote it: methods in `processors` with
/// `call_orders`, or in `model_type`; `data_type` or `dataset_type`; today's names of types.
///
/// Nothing in the text is an error: what is not understood becomes a type of kind `unknown`, a method that is `unread`
/// or one of `others`, and of text that is not one YAML mapping, or over `max_object_size`, or of more than
/// 250,000 values, `unread` says why. What
/// `require_time` throws passes: it is called now and then, for a large file takes seconds.
object::Description read_object(std::string_view text, const std::function<void()>& require_time = {});

/// A metafile in two, both as they are written: the keys that say how the object is called, which are most of it and
/// the same for many objects, and the others.
struct DividedObject {
  std::string interface;
  std::string rest;
};

/// Divides a metafile, so that read_object() may be given one part, or both in any order. Who compares two objects of
/// one `interface` needs no more than the rest of both. Returns nothing for a text in which a line may mean more than
/// it says, so that a parser has to tell.
std::optional<DividedObject> divide_object(std::string_view text);

}  // namespace mlem::yaml
