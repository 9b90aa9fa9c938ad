#include "git/index_tree.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <string>

namespace mlem::git {

Oid write_index_tree(const Registry& registry) {
  const std::string output =
      detail::output_of(registry.git({"write-tree"}), "cannot look for the files that aliases lead to");
  return Oid::parse(std::string_view(output).substr(0, output.find('\n'))).value();
}

}  // namespace mlem::git
