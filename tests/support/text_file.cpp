#include "support/text_file.hpp"

#include <boost/filesystem/operations.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace mlem::test {

std::string read_file(const fs::path& path) {
  std::ifstream file(path.string(), std::ios::binary);
  std::ostringstream content;
  if (file && file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();
  if (!file.is_open() || file.bad()) throw std::runtime_error("cannot read '" + path.string() + "'");
  return content.str();
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path.string(), std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) throw std::runtime_error("cannot write '" + path.string() + "'");
}

}  // namespace mlem::test
