#pragma once

#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem/operations.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace mlem::test {

/// Returns the literal blocks of a section of a page of this source, each with its lines. `section` is its line there:
/// `.Sh GITOLITE`, which ends with the next of these, or `.Ss husky`.
inline std::vector<std::string> manual_blocks(const std::string& page, const std::string& section) {
  namespace fs = boost::filesystem;
  const fs::path source = fs::canonical(fs::path(program_directory()) / "../share/git-mlem/hooks").parent_path();
  std::istringstream text(read_file(source / "man" / page));
  std::vector<std::string> blocks;
  bool is_section = false;
  bool is_block = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(".Sh ") || line.starts_with(".Ss ")) is_section = line == section;
    if (line == ".Ed") is_block = false;
    if (is_block) blocks.back() += line + "\n";
    if (is_section && line.starts_with(".Bd -literal")) {
      is_block = true;
      blocks.emplace_back();
    }
  }
  REQUIRE(!blocks.empty());
  return blocks;
}

/// Returns the commands of such a block, for sh.
inline std::string commands_of(const std::string& block) {
  std::string commands = "set -e\n";
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    REQUIRE(line.starts_with("$ "));
    commands += line.substr(2) + "\n";
  }
  return commands;
}

}  // namespace mlem::test
