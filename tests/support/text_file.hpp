#pragma once

#include "support/temp_dir.hpp"

#include <string>
#include <string_view>

namespace mlem::test {

/// Returns all bytes of a file. Throws std::runtime_error if it cannot be read.
std::string read_file(const fs::path& path);

/// Writes a file, making its directories. Throws std::runtime_error if it cannot be written.
void write_file(const fs::path& path, std::string_view content);

}  // namespace mlem::test
