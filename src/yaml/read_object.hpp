#pragma once

#include "model/object.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace mlem::yaml {

/// Reads what a metafile says of its object, as MLEM 0.1.10 to 0.4 wrote it: methods in `processors` with
/// `call_orders`, or in `model_type`; `data_type` or `dataset_type`; today's names of types.
///
/// Nothing in the text is an error: what is not understood becomes a type of kind `unknown`, a method that is `unread`
/// or one of `others`, and of text that is not one YAML mapping, or over `max_object_size`, or of more than
/// 250,000 values, `unread` says why. What
/// `require_time` throws passes: it is called now and then, for a large file takes seconds.
object::Description read_object(std::string_view text, const std::function<void()>& require_time = {});

/// Reads two objects whose metafiles say in the same words how they are called, and leaves that out of both, for it is
/// most of them: who compares the two needs no more. Returns nothing if they differ in it, or if a parser has to tell.
std::optional<std::pair<object::Description, object::Description>> read_alike(std::string_view first,
                                                                              std::string_view second);

}  // namespace mlem::yaml
