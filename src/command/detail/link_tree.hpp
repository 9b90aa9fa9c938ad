#pragma once

#include "command/detail/table.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mlem::command {

/// What the branches of a tree are drawn with: lines, where the locale has them, or ASCII, both as tree(1) has them.
enum class Branches { lines, ascii };

/// Links as a tree of their directories. It is drawn when all of them are known, for a branch looks as what comes
/// after it.
class LinkTree {
 public:
  /// A link's row of the table: the first cell has its name without directories.
  struct Row {
    std::vector<Cell> cells;
    std::string note{};  ///< fit for a terminal
  };

  /// Adds a link, by its path from the root of all. Paths come in the order of their bytes.
  void add(std::string path, Row row) { links_.push_back({std::move(path), std::move(row)}); }
  /// Adds the rows to `table`, with their branches, and those of the directories; nothing if there is no link. `root`
  /// is how the root is shown, empty for the current directory. The links are given away by that.
  void draw(Branches branches, const std::string& root, Table& table);

 private:
  struct Link {
    std::string path;
    Row row;
  };
  class Drawing;

  std::vector<Link> links_;
};

}  // namespace mlem::command
