#pragma once

#include "base/file.hpp"

#include <optional>

namespace mlem::git::detail {

enum class Below { no, yes };

/// Returns a FIFO or device in `directory` and, if asked for, below it: who opens one may wait for ever. Symbolic links
/// to such count too; what cannot be read does not, nor do sockets, as git has for its file monitor.
std::optional<fs::path> find_special_file(const fs::path& directory, Below below);

}  // namespace mlem::git::detail
