#include "git/diff.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace mlem::git {
namespace {

/// Puts names in the place of paths into a line of the header.
std::string named(std::string_view line, const std::string& before, const std::string& after) {
  const auto in_place_of = [&](std::string_view begin, const std::string& name) {
    const bool is_there = line.substr(begin.size()) != "/dev/null";
    return std::string(begin) + (is_there ? name : "/dev/null");
  };
  if (line.starts_with("diff --git ")) return "diff --git " + before + " " + after;
  if (line.starts_with("--- ")) return in_place_of("--- ", before);
  if (line.starts_with("+++ ")) return in_place_of("+++ ", after);
  if (line.starts_with("Binary files ")) return "Binary files " + before + " and " + after + " differ";
  return std::string(line);
}

}  // namespace

std::string text_difference(const Registry& registry, const NamedFile& before, const NamedFile& after) {
  const std::string output =
      registry.git({"diff", "--no-index", "--no-ext-diff", "--no-textconv", "--", before.path, after.path}).output;
  const std::string old_name = quote_path("a/" + before.name, true);
  const std::string new_name = quote_path("b/" + after.name, true);
  std::string text;
  std::string_view rest = output;
  while (!rest.empty() && !rest.starts_with("@@ ")) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += named(rest.substr(0, end), old_name, new_name);
    if (end == rest.size()) return text;
    text += '\n';
    rest.remove_prefix(end + 1);
  }
  return text.append(rest);
}

}  // namespace mlem::git
