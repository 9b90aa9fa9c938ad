#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mlem::yaml {

/// Returns the metafile `text` as that of an object whose artifacts are plain files at other places: each has the `uri`
/// that `rename` gives for its own, and none says that DVC tracks it. Every other byte stays. Throws Error(invalid) if
/// that cannot be had, for the file is written in a way that leaves nothing else alone.
std::string edit_artifacts(std::string_view text, const std::function<std::string(const std::string& uri)>& rename);

}  // namespace mlem::yaml
