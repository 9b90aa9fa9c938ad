#include "command/detail/link_tree.hpp"

#include "base/text.hpp"

#include <string_view>
#include <utility>

namespace mlem::command {
namespace {

/// What is before a name, and before what is below it.
struct BranchText {
  std::string_view name;
  std::string_view below;
};

/// `is_last` says whether nothing follows in the same directory.
BranchText branch_text(Branches branches, bool is_last) {
  if (branches == Branches::ascii) return is_last ? BranchText{"`-- ", "    "} : BranchText{"|-- ", "|   "};
  return is_last ? BranchText{"└── ", "    "} : BranchText{"├── ", "│   "};
}

/// As ls(1) and tree(1) have directories: git has no colour for them.
constexpr const char* color_of_directory = "\033[1;34m";

}  // namespace

/// Draws the links that are below one directory after the other.
class LinkTree::Drawing {
 public:
  Drawing(std::vector<Link>& links, Branches branches, Table& table)
      : links_(links), branches_(branches), table_(table) {}

  /// Draws the links from `begin` to `end`, whose paths are alike up to `depth`; `lead` is before each.
  void draw(std::size_t begin, std::size_t end, std::size_t depth, const std::string& lead) {
    while (begin < end) {
      const std::string& path = links_[begin].path;
      const std::size_t slash = path.find('/', depth);
      const bool is_link = slash == std::string::npos;
      const std::size_t next = is_link ? begin + 1 : end_of(begin, end, std::string_view(path).substr(0, slash + 1));
      const BranchText branch = branch_text(branches_, next == end);
      const std::string lead_of_name = lead + std::string(branch.name);
      const std::string lead_below = lead + std::string(branch.below);
      if (is_link) {
        Row& row = links_[begin].row;
        row.cells.front().lead = lead_of_name;
        table_.add(row.cells, row.note, lead_below);
      } else {
        add_directory(table_, path.substr(depth, slash - depth), lead_of_name, links_[begin].row.cells.size());
        draw(begin, next, slash + 1, lead_below);
      }
      begin = next;
    }
  }

  static void add_directory(Table& table, const std::string& name, const std::string& lead, std::size_t columns) {
    std::vector<Cell> cells(columns);
    cells.front() = {escape_for_terminal(name), color_of_directory, lead};
    table.add(cells);
  }

 private:
  /// Returns where the links of a directory end.
  std::size_t end_of(std::size_t begin, std::size_t end, std::string_view directory) const {
    while (begin < end && std::string_view(links_[begin].path).starts_with(directory)) ++begin;
    return begin;
  }

  std::vector<Link>& links_;
  Branches branches_;
  Table& table_;
};

void LinkTree::draw(Branches branches, const std::string& root, Table& table) {
  std::vector<Link> links = std::exchange(links_, {});
  if (links.empty()) return;
  Drawing::add_directory(table, root.empty() ? "." : root.substr(0, root.size() - 1), "",
                         links.front().row.cells.size());
  Drawing(links, branches, table).draw(0, links.size(), 0, "");
}

}  // namespace mlem::command
